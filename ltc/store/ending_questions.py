"""What of an area ends within some days: conclusions, agreements, carers' certificates.

By number and code, never by name: the lists are kept with jobs, whose readers see no cases.
"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.applications import OPEN
from ltc.store.assessments import Application, Conclusion
from ltc.store.base import known_at
from ltc.store.endings import has_no_later
from ltc.store.insured import InsuredPerson
from ltc.store.providers import Agreement, Carer, Provider

# The number under which it is found, and the last day on which it holds no more.
Ending = tuple[str, date]


def list_ending_conclusions(
    session: Session, area_id: int, since: date, until: date
) -> Sequence[Ending]:
    """Return case numbers whose conclusion ends in the days, and that have no later one."""
    query = (
        sa.select(InsuredPerson.case_number, Conclusion.valid_before)
        .join(Conclusion, sa.and_(
            Conclusion.area_id == InsuredPerson.area_id, Conclusion.person_id == InsuredPerson.id))
        .where(
            Conclusion.area_id == area_id, known_at(Conclusion, None),
            Conclusion.valid_before >= since, Conclusion.valid_before <= until, has_no_later(),
        )
    )  # fmt: skip
    return _read(session, query.order_by(Conclusion.valid_before, InsuredPerson.case_number))


def list_ending_agreements(
    session: Session, area_id: int, since: date, until: date
) -> Sequence[Ending]:
    """Return the numbers of agreements that end in the days."""
    query = sa.select(Agreement.number, Agreement.ends_before).where(
        Agreement.area_id == area_id, known_at(Agreement, None),
        Agreement.ends_before >= since, Agreement.ends_before <= until,
    )  # fmt: skip
    return _read(session, query.order_by(Agreement.ends_before, Agreement.number))


def list_ending_certificates(
    session: Session, area_id: int, since: date, until: date
) -> Sequence[Ending]:
    """Return providers' and carers' codes, as one, whose certificate ends in the days."""
    code = Provider.code + sa.literal(" / ") + Carer.code
    query = (
        sa.select(code, Carer.certificate_ends_before)
        .join(Provider, sa.and_(
            Provider.area_id == Carer.area_id, Provider.id == Carer.provider_id))
        .where(
            Carer.area_id == area_id, Carer.certificate_ends_before >= since,
            Carer.certificate_ends_before <= until,
            sa.or_(Carer.ends_before.is_(None), Carer.ends_before > since),
        )
    )  # fmt: skip
    return _read(session, query.order_by(Carer.certificate_ends_before, code))


def list_open_applications(session: Session, area_id: int) -> list[Application]:
    """Return the applications of an area whose way has not ended, the earliest first."""
    query = sa.select(Application).where(
        Application.area_id == area_id, Application.status.in_(sorted(OPEN))
    )
    return list(session.scalars(query.order_by(Application.filed_on, Application.id)))


def _read(session: Session, query: sa.Select[str, date | None]) -> list[Ending]:
    return [(row[0], row[1]) for row in session.execute(query) if row[1] is not None]
