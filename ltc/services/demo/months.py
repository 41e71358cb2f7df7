"""The two months of the demonstration: calculated, checked and approved, each by somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from ltc.rules.months import ONE_DAY, Month
from ltc.services import visits
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import at
from ltc.services.executors import Executor
from ltc.services.payouts import approve_run, calculate_run, check_run
from ltc.store.base import known_at
from ltc.store.payouts import PayoutRun
from ltc.store.visits import Visit

REFUSED_EVERY = 110  # one visit in so many is refused when the agency looks at the month
REFUSALS = ("签到位置与家庭住址不符", "服务时长不足", "家属反映未到服务")


@dataclass(frozen=True, slots=True)
class Timetable:
    """When the people of finance act, told to the use-cases as their now."""

    month: Month

    @property
    def calculated_at(self) -> datetime:
        """The night after the month."""
        return at(self.month.ends_before, 2)

    @property
    def checked_at(self) -> datetime:
        """The day after that."""
        return at(self.month.ends_before + ONE_DAY, 10)

    @property
    def approved_at(self) -> datetime:
        """A day later still."""
        return at(self.month.ends_before + 2 * ONE_DAY, 11)

    @property
    def issued_at(self) -> datetime:
        """Later on the day of the approval."""
        return at(self.month.ends_before + 2 * ONE_DAY, 14)


def refuse_visits(stage: Stage, month: Month) -> int:
    """Refuse some of a month's visits, as the agency does before it calculates; return how many."""
    query = sa.select(Visit.id).where(
        Visit.area_id == stage.area_id,
        Visit.service_on >= month.starts_on,
        Visit.service_on < month.ends_before,
        known_at(Visit, None),
    )
    chosen: Sequence[int] = stage.session.scalars(query.order_by(Visit.reference)).all()
    refused = chosen[::REFUSED_EVERY]
    for place, visit_id in enumerate(refused):
        officer = stage.acting("officer", _refusing_at(month.ends_before, place))
        visits.refuse(officer, visit_id=visit_id, reason=REFUSALS[place % len(REFUSALS)])
    stage.forget()
    return len(refused)


def calculate_and_approve(stage: Stage, month: Month, executor: Executor) -> PayoutRun:
    """Calculate a month as known in the night after it, and have two others release it."""
    when = Timetable(month)
    run = calculate_run(
        stage.acting("preparer", when.calculated_at),
        month=month,
        executor=executor,
        clock=lambda: when.calculated_at,
    )
    digest = run.digest or ""
    check_run(stage.acting("checker", when.checked_at), run_id=run.id, digest=digest)
    return approve_run(stage.acting("approver", when.approved_at), run_id=run.id, digest=digest)


def _refusing_at(day: date, place: int) -> datetime:
    """An instant in the hour before the month is calculated."""
    return at(day, 1) + timedelta(seconds=place)
