"""A small month of Chongqing's pilot, November 2019, with everything that can happen in one.

Twenty-four people in two districts with two providers: whole months, stays in hospital, a death, an
unconfirmed plan, a missing account, a grade without a benefit, visits refused and visits in which
one carer was with two people.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from ltc.rules.insured import LifeEventKind, SchemeCode
from ltc.rules.months import Month
from ltc.services.context import Context
from ltc.services.executors import Executor, Inline
from ltc.services.payouts import approve_run, calculate_run, check_run
from ltc.store.insured import InsuredPerson
from ltc.store.payouts import PayoutRun
from ltc.store.providers import Provider
from tests.support import factories as make

MONTH = Month(2019, 11)
AFTER = datetime(2019, 12, 3, 2, 0, tzinfo=UTC)
PEOPLE = 24


@dataclass(frozen=True)
class SmallMonth:
    """What the month is made of."""

    people: list[InsuredPerson]
    providers: list[Provider]


def make_month(session: Session, area_id: int = 1, people: int = PEOPLE) -> SmallMonth:
    """Build the month's facts, recorded long before it ended."""
    districts = [make.make_district(session, area_id) for _ in range(2)]
    providers = [make.make_provider(session, area_id, district_id=d.id) for d in districts]
    for provider in providers:
        make.make_agreement(session, provider)
    carers = [make.make_carer(session, provider) for provider in providers]
    made = []
    for number in range(people):
        side = number % 2
        person = make.make_person(session, area_id, district_id=districts[side].id)
        scheme = SchemeCode.RESIDENT if number % 3 == 0 else SchemeCode.EMPLOYEE
        make.make_enrolment(session, person, scheme=scheme)
        make.make_conclusion(session, person, grade="1" if number == 9 else str(3 + number % 3))
        _make_plan(session, person, providers[side], number)
        _make_events(session, person, number)
        if number % 4 == 0:
            for day in (5, 12, 19):  # always the same carer and hour: one minute is paid once
                make.make_visit(
                    session, person, carers[side], refused="too short" if day == 19 else None,
                    begins_at=datetime(2019, 11, day, 1, number % 7, tzinfo=UTC),
                )  # fmt: skip
        made.append(person)
    return SmallMonth(made, providers)


def _make_plan(session: Session, person: InsuredPerson, provider: Provider, number: int) -> None:
    if number == 3:
        make.make_plan(session, person, None, mode="own_carer")  # and no account: held
        return
    if number == 4:
        make.make_account(session, person)
        make.make_plan(session, person, None, mode="own_carer")
        return
    confirmed_on = None if number == 5 else date(2019, 1, 20)
    mode = "residential" if number % 6 == 0 else "home_visits"
    make.make_plan(session, person, provider, mode=mode, confirmed_on=confirmed_on)


def _make_events(session: Session, person: InsuredPerson, number: int) -> None:
    if number in (6, 7):
        make.make_life_event(session, person)  # in hospital from the 10th to the 14th
    if number == 8:
        make.make_life_event(
            session, person, kind=LifeEventKind.DEATH, starts_on=date(2019, 11, 17),
            ends_before=None,
        )  # fmt: skip


def calculate(ctx: Context, executor: Executor | None = None, **given: object) -> PayoutRun:
    """Calculate the month in this process (unless told otherwise), at the context's time."""
    options = {"month": MONTH, "clock": lambda: ctx.now, "chunk_people": 7, **given}
    engine = ctx.session.get_bind()
    return calculate_run(ctx, executor=executor or Inline(engine), **options)  # type: ignore[arg-type]


def approve(preparer: Context, checker: Context, approver: Context) -> PayoutRun:
    """Calculate, check and approve the month by three people."""
    run = calculate(preparer)
    check_run(checker, run_id=run.id, digest=run.digest or "")
    return approve_run(approver, run_id=run.id, digest=run.digest or "")


def later(moment: datetime, **spans: int) -> datetime:
    """Return an instant so much later."""
    return moment + timedelta(**spans)
