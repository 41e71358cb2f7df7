"""Loads a month's cases: who is in it, and what is known about each, a fixed number of queries.

Everybody of whom one of these is believed at the chosen instant is in the month (``REASONS``): a
conclusion of any grade reached before the month ends and not expired before it begins, a care plan
that touches the month, a visit or fee of the month, a stay in a bed that touches it. A concluded
application has its conclusion, so nobody concluded is left out; who is in and gets nothing ends as
``zero``, with the reason.

Plain tuples are read, never objects of the tables: a large city's month has 600,000 visits.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.insured import LifeEventKind
from ltc.rules.months import Month
from ltc.rules.payouts import cases
from ltc.rules.payouts.cases import AgreementPeriod, Case, Taken
from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY, weeks_start_on
from ltc.store.assessments import Conclusion
from ltc.store.base import known_at as believed
from ltc.store.base import of_days
from ltc.store.bulk import is_any_of
from ltc.store.insured import (
    Assistance,
    BankAccount,
    Enrolment,
    InsuredPerson,
    LifeEvent,
    PersonVersion,
)
from ltc.store.plans import CarePlan
from ltc.store.providers import Agreement
from ltc.store.record_versions import believed_version
from ltc.store.visits import BedStay, Fee, Visit

Condition = sa.ColumnElement[bool]


class Member(NamedTuple):
    """A person of the month's population."""

    case_number: str
    person_id: int


class LoadedCase(NamedTuple):
    """A case with what the rules do not need to know: the person's row and district."""

    person_id: int
    district_id: int
    case: Case


@dataclass(frozen=True, slots=True)
class Frame:
    """What all chunks of a run share; ``taken`` is by person, ``agreements`` by provider."""

    area_id: int
    month: Month
    known_at: datetime
    agreements: Mapping[int, tuple[AgreementPeriod, ...]] = field(default_factory=dict)
    taken: Mapping[int, tuple[Taken, ...]] = field(default_factory=dict)

    @property
    def weeks_start_on(self) -> date:
        """The Monday with which the days that the month's rules look at begin."""
        return weeks_start_on(self.month)

    @property
    def visits_since(self) -> date:
        """The day before that week: a visit of it may cross midnight, and takes those minutes."""
        return self.weeks_start_on - timedelta(days=1)


def list_population(session: Session, frame: Frame) -> list[Member]:
    """Return everybody of the month in order of case number."""
    query = _select_members(frame, InsuredPerson.case_number, InsuredPerson.id)
    return [Member(*row) for row in session.connection().execute(query)]


def _select_members(frame: Frame, *columns: Any) -> sa.Select[*tuple[Any, ...]]:
    """Select the month's people, beside the version believed at the instant if it is an older one.

    Most people have a plan, so that their visits need not be looked at.
    """
    p, v = InsuredPerson, PersonVersion
    is_member = sa.or_(*[
        sa.exists().where(table.area_id == p.area_id, table.person_id == p.id, condition)
        for table, condition in reasons(frame)
    ])  # fmt: skip
    return (
        sa.select(*columns)
        .select_from(sa.outerjoin(p, v, believed_version(v, p, frame.known_at)))
        .where(
            p.area_id == frame.area_id,
            sa.or_(p.recorded_at <= frame.known_at, v.id.is_not(None)),
            is_member,
        )
        .order_by(p.case_number)
    )


def reasons(frame: Frame) -> list[tuple[Any, Condition]]:
    """The facts that bring a person into the month, one table each."""
    month, instant = frame.month, frame.known_at
    starts_on, ends_before = month.starts_on, month.ends_before
    return [
        (CarePlan, sa.and_(believed(CarePlan, instant), of_days(starts_on, ends_before, CarePlan))),
        (Conclusion, sa.and_(believed(Conclusion, instant), _concluded_for(month))),
        (Visit, sa.and_(believed(Visit, instant), _between(Visit.service_on, starts_on, month))),
        (BedStay, sa.and_(believed(BedStay, instant), of_days(starts_on, ends_before, BedStay))),
        (Fee, sa.and_(believed(Fee, instant), _between(Fee.charged_on, starts_on, month))),
    ]


def _concluded_for(month: Month) -> Condition:
    not_expired = sa.or_(
        Conclusion.valid_before.is_(None), Conclusion.valid_before > month.starts_on
    )
    return sa.and_(Conclusion.concluded_on < month.ends_before, not_expired)


def _between(column: Any, starts_on: date, month: Month) -> Condition:
    return sa.and_(column >= starts_on, column < month.ends_before)


def load_agreements(session: Session, frame: Frame) -> dict[int, tuple[AgreementPeriod, ...]]:
    """Return the agreements that touch the month's weeks, by provider."""
    query = sa.select(
        Agreement.provider_id, Agreement.id, Agreement.starts_on, Agreement.ends_before
    ).where(
        Agreement.area_id == frame.area_id,
        believed(Agreement, frame.known_at),
        of_days(frame.weeks_start_on, frame.month.ends_before, Agreement),
    )
    found = defaultdict(list)
    for provider, ref, starts_on, ends_before in session.execute(query):
        found[provider].append(AgreementPeriod(ref, provider, starts_on, ends_before))
    return {provider: tuple(periods) for provider, periods in found.items()}


def load_cases(session: Session, frame: Frame, first_case: str, last_case: str) -> list[LoadedCase]:
    """Return the cases from one case number to another (both included), in their order.

    Ten queries, however many people: persons, and one for each kind of fact.
    """
    return _load(session, frame, InsuredPerson.case_number.between(first_case, last_case))


def load_cases_of(session: Session, frame: Frame, people: Sequence[int]) -> list[LoadedCase]:
    """Return the cases of those of some people that are in the month, by ten queries, too."""
    return _load(session, frame, is_any_of(session, InsuredPerson.id, people))


def _load(session: Session, frame: Frame, chosen: Condition) -> list[LoadedCase]:
    p, v = InsuredPerson, PersonVersion
    district = sa.func.coalesce(v.district_id, p.district_id)
    query = _select_members(frame, p.id, district, p.case_number).where(chosen)
    people = session.connection().execute(query).all()
    chunk = _Chunk(session, frame, [person[0] for person in people])
    facts = {kind: load(chunk) for kind, load in LOADERS.items()}
    return [
        LoadedCase(person_id, district_id, _build_case(frame, facts, person_id, number))
        for person_id, district_id, number in people
    ]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Reads facts of a chunk's people.

    The people are named one by one: joined by their case numbers instead, a planner may rather read
    the whole area's month for every chunk.
    """

    session: Session
    frame: Frame
    people: list[int]

    def read(self, table: Any, *columns: Any, where: Sequence[Condition] = ()) -> Iterable[Any]:
        """Return (person id, columns …) of the believed rows, all at once: row by row is slower."""
        query = sa.select(table.person_id, *columns).where(
            table.area_id == self.frame.area_id,
            is_any_of(self.session, table.person_id, self.people),
            believed(table, self.frame.known_at),
            *where,
        )
        return self.session.connection().execute(query).all()

    @property
    def ends_before(self) -> date:
        """The first day that no longer belongs to the month."""
        return self.frame.month.ends_before


Facts = dict[int, list[Any]]


def _text(column: Any) -> Any:
    """An enum's column as the text it is stored as: the rules compare plain text."""
    return sa.type_coerce(column, sa.String)


def _group(rows: Iterable[Any], build: Callable[..., Any]) -> Facts:
    found: Facts = defaultdict(list)
    for row in rows:
        found[row[0]].append(build(*row[1:]))
    return found


def _load_enrolments(chunk: _Chunk) -> Facts:
    e = Enrolment
    rows = chunk.read(
        e, e.id, _text(e.scheme), e.contribution_years, e.starts_on, e.ends_before, e.topped_up_on,
        where=[e.starts_on < chunk.ends_before],
    )  # fmt: skip
    return _group(rows, cases.Enrolment)


def _load_assistances(chunk: _Chunk) -> Facts:
    a = Assistance
    rows = chunk.read(
        a, a.id, a.category, a.starts_on, a.ends_before, where=[a.starts_on < chunk.ends_before]
    )
    return _group(rows, cases.AssistancePeriod)


def _load_conclusions(chunk: _Chunk) -> Facts:
    c = Conclusion
    rows = chunk.read(
        c, c.id, c.standard, c.grade, c.concluded_on, c.valid_before,
        where=[c.concluded_on < chunk.ends_before],
    )  # fmt: skip
    return _group(rows, cases.Conclusion)


def _load_plans(chunk: _Chunk) -> Facts:
    p = CarePlan
    rows = chunk.read(
        p, p.id, p.mode, p.provider_id, p.starts_on, p.ends_before, p.confirmed_on.is_not(None),
        p.authorised_minutes_per_month, _text(p.bonus_choice), p.home_care_since,
        where=[p.starts_on < chunk.ends_before],
    )  # fmt: skip
    return _group(rows, _build_plan)


def _build_plan(*columns: Any) -> cases.PlanPeriod:
    ref, mode, provider, starts_on, ends_before, confirmed, *rest = columns
    return cases.PlanPeriod(ref, mode, provider, starts_on, ends_before, bool(confirmed), *rest)


def _load_events(chunk: _Chunk) -> Facts:
    """Deaths, whenever they were, and absences that touch the month's weeks."""
    e = LifeEvent
    since = chunk.frame.weeks_start_on
    touches = sa.or_(e.kind == LifeEventKind.DEATH, of_days(since, chunk.ends_before, e))
    rows = chunk.read(
        e, e.id, _text(e.kind), e.starts_on, e.ends_before,
        where=[e.starts_on < chunk.ends_before, touches],
    )  # fmt: skip
    return _group(rows, cases.Absence)


def _load_accounts(chunk: _Chunk) -> Facts:
    return _group(chunk.read(BankAccount, where=[BankAccount.starts_on < chunk.ends_before]), tuple)


def _load_visits(chunk: _Chunk) -> Facts:
    v, frame = Visit, chunk.frame
    first_minute = (frame.weeks_start_on.toordinal() - EPOCH) * MINUTES_PER_DAY
    rows = chunk.read(
        v, v.id, v.provider_id, v.carer_id, v.begins_min, v.ends_min, v.refused, v.price_fen,
        where=[_between(v.service_on, frame.visits_since, frame.month),
               sa.or_(v.service_on >= frame.weeks_start_on, v.ends_min > first_minute)],
    )  # fmt: skip
    found: Facts = defaultdict(list)
    make, visit = tuple.__new__, cases.Visit
    for row in rows:  # person, then what a visit is made of: the fastest way to make 600,000
        found[row[0]].append(make(visit, row[1:]))
    return found


def _load_bed_days(chunk: _Chunk) -> Facts:
    b = BedStay
    rows = chunk.read(
        b, b.id, b.provider_id, b.starts_on, b.ends_before, b.price_fen,
        where=[of_days(chunk.frame.month.starts_on, chunk.ends_before, b)],
    )  # fmt: skip
    return _group(rows, cases.BedDays)


def _load_fees(chunk: _Chunk) -> Facts:
    f = Fee
    rows = chunk.read(
        f, f.id, f.provider_id, f.charged_on, f.amount_fen, f.kind,
        where=[_between(f.charged_on, chunk.frame.month.starts_on, chunk.frame.month)],
    )  # fmt: skip
    return _group(rows, cases.Fee)


LOADERS: dict[str, Callable[[_Chunk], Facts]] = {
    "enrolments": _load_enrolments,
    "assistances": _load_assistances,
    "conclusions": _load_conclusions,
    "plans": _load_plans,
    "events": _load_events,
    "accounts": _load_accounts,
    "visits": _load_visits,
    "bed_days": _load_bed_days,
    "fees": _load_fees,
}


def _build_case(frame: Frame, facts: dict[str, Facts], person_id: int, number: str) -> Case:
    def of(kind: str) -> tuple[Any, ...]:
        return tuple(facts[kind].get(person_id, ()))

    events, plans, visits = of("events"), of("plans"), of("visits")
    beds, fees = of("bed_days"), of("fees")
    death = min((e for e in events if e.kind == "death"), key=_by_day, default=None)
    return Case(
        person=number,
        month=frame.month,
        enrolments=of("enrolments"),
        conclusions=of("conclusions"),
        plans=plans,
        absences=tuple(e for e in events if e.kind != "death"),
        died_on=death and death.starts_on,
        death_ref=death and death.ref,
        visits=visits,
        taken=frame.taken.get(person_id, ()),
        bed_days=beds,
        fees=fees,
        agreements=_agreements_of(frame, {f.provider for f in (*plans, *visits, *beds, *fees)}),
        has_account=bool(of("accounts")),
        assistance=of("assistances"),
    )


def _by_day(event: cases.Absence) -> tuple[date, int]:
    return event.starts_on, event.ref


def _agreements_of(frame: Frame, providers: set[int | None]) -> tuple[AgreementPeriod, ...]:
    return tuple(_iterate_agreements(frame, providers))


def _iterate_agreements(frame: Frame, providers: set[int | None]) -> Iterator[AgreementPeriod]:
    for provider in providers:
        if provider is not None:
            yield from frame.agreements.get(provider, ())
