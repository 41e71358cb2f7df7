"""The facts that one person's month rests on, as known when the run was made, with who recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.months import Month
from ltc.rules.payouts.days import weeks_start_on
from ltc.store.assessments import Conclusion
from ltc.store.base import known_at as believed
from ltc.store.insured import Assistance, BankAccount, Enrolment, LifeEvent
from ltc.store.payouts import PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.scope import visible
from ltc.store.users import User
from ltc.store.visits import BedStay, Fee, Visit


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact's row with its kind, and the name of who recorded it (None: the machine)."""

    kind: str
    row: Any
    recorded_at: datetime
    recorded_by: str | None


def list_evidence(session: Session, actor: Actor, run: PayoutRun, person_id: int) -> list[Evidence]:
    """Return the facts of a person for a run's month, in the order of the line to a payment."""
    found = [
        (table.__tablename__, row)
        for table, day in _sources()
        for row in _list_facts(session, actor, run, person_id, table, day)
    ]
    names = name_users(session, actor, {row.recorded_by_id for _, row in found})
    return [
        Evidence(kind, row, row.recorded_at, names.get(row.recorded_by_id)) for kind, row in found
    ]


def _list_facts(
    session: Session, actor: Actor, run: PayoutRun, person_id: int, table: Any, day: Any
) -> list[Any]:
    """Return a person's facts of one kind in order of days.

    They are put in order here: asked for an order, SQLite would walk the facts of everybody in it.
    """
    month = Month.parse(run.month)
    query = sa.select(table).where(
        table.person_id == person_id,
        believed(table, run.known_at),
        day < month.ends_before,
        _touches(table, day, month, person_id, run),
    )
    rows = session.scalars(visible(query, actor, table))
    return sorted(rows, key=lambda row: (getattr(row, day.key), row.id))


def _sources() -> list[tuple[Any, Any]]:
    """Each table of facts about a person with the day that a fact begins on."""
    return [
        (Enrolment, Enrolment.starts_on),
        (Assistance, Assistance.starts_on),
        (Conclusion, Conclusion.concluded_on),
        (CarePlan, CarePlan.starts_on),
        (LifeEvent, LifeEvent.starts_on),
        (BankAccount, BankAccount.starts_on),
        (BedStay, BedStay.starts_on),
        (Fee, Fee.charged_on),
        (Visit, Visit.service_on),
    ]


def _touches(
    table: Any, day: Any, month: Month, person_id: int, run: PayoutRun
) -> sa.ColumnElement[bool]:
    """What reaches into the month's weeks; and the newest conclusion, also where it has run out."""
    monday = weeks_start_on(month)
    if table in (Visit, Fee):
        return sa.and_(day >= monday)
    if table is not Conclusion:
        return sa.or_(table.ends_before.is_(None), table.ends_before > monday)
    newest = (
        sa.select(Conclusion.id)
        .where(Conclusion.area_id == run.area_id, Conclusion.person_id == person_id)
        .where(believed(Conclusion, run.known_at), Conclusion.concluded_on < month.ends_before)
        .order_by(Conclusion.concluded_on.desc(), Conclusion.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    ends = Conclusion.valid_before
    return sa.or_(ends.is_(None), ends > monday, Conclusion.id == newest)


def name_users(session: Session, actor: Actor, ids: set[int | None]) -> dict[int | None, str]:
    """Return the names of people of the area by id, for saying who did what."""
    query = sa.select(User.id, User.name).where(
        User.area_id == actor.area_id, User.id.in_([i for i in ids if i is not None])
    )
    return dict(session.execute(query).all())
