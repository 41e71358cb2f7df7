"""What ends soon, as conditions: start pages count by them what their lists then show."""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ltc.store.assessments import Conclusion
from ltc.store.base import known_at
from ltc.store.providers import Agreement, Carer

DAYS_AHEAD = timedelta(days=60)
Condition = sa.ColumnElement[bool]


def conclusion_ends_soon(today: date) -> Condition:
    """The condition for conclusions that end within the days ahead and have no later one."""
    ends = Conclusion.valid_before.between(today, today + DAYS_AHEAD)
    return sa.and_(known_at(Conclusion, None), ends, has_no_later())


def has_no_later() -> Condition:
    """The condition for conclusions that no later one of the person has replaced."""
    later: Any = aliased(Conclusion)
    return ~sa.exists().where(
        later.area_id == Conclusion.area_id, later.person_id == Conclusion.person_id,
        later.concluded_on > Conclusion.concluded_on, known_at(later, None),
    )  # fmt: skip


def agreement_ends_soon(today: date) -> Condition:
    """The condition for agreements that end within the days ahead."""
    ends = Agreement.ends_before.between(today, today + DAYS_AHEAD)
    return sa.and_(known_at(Agreement, None), ends)


def certificate_ends_soon(today: date) -> Condition:
    """The condition for certificates of carers still employed that end so, or have ended."""
    is_employed = sa.or_(Carer.ends_before.is_(None), Carer.ends_before > today)
    return sa.and_(Carer.certificate_ends_before <= today + DAYS_AHEAD, is_employed)
