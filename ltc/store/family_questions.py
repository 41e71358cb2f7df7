"""What the sheet for the family asks about one person, narrowed to what the actor may see."""

from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.insured import LifeEventKind
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.statements import StatementKind
from ltc.store.assessments import Application, Conclusion
from ltc.store.base import known_at
from ltc.store.insured import LifeEvent
from ltc.store.payouts import PayoutResult, PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.scope import visible
from ltc.store.statements import Statement
from ltc.store.visits import Visit

Rows = sa.Select[*tuple[Any, ...]]


class VisitsOfMonth(NamedTuple):
    """The first visits of a month, how many there are in all, and the day of the last."""

    first: list[Visit]
    in_all: int
    last_on: date | None


class LastMonth(NamedTuple):
    """The last approved month of a person, and its statement where one is issued."""

    run: PayoutRun
    result: PayoutResult
    statement: Statement | None


def find_death(session: Session, actor: Actor, person_id: int) -> date | None:
    """Return the day of death, as believed now."""
    query: Rows = sa.select(LifeEvent).where(
        LifeEvent.person_id == person_id,
        LifeEvent.kind == LifeEventKind.DEATH,
        known_at(LifeEvent, None),
    )
    death: LifeEvent | None = _first(session, actor, query, LifeEvent.starts_on, LifeEvent.id)
    return death.starts_on if death else None


def find_newest_application(session: Session, actor: Actor, person_id: int) -> Application | None:
    """Return the application that was filed last."""
    query: Rows = sa.select(Application).where(Application.person_id == person_id)
    newest: Application | None = _first(session, actor, query, Application.filed_on, Application.id)
    return newest


def find_newest_conclusion(
    session: Session, actor: Actor, person_id: int, application: Application | None
) -> Conclusion | None:
    """Return what was concluded last on an application, as believed now.

    One that was imported names no application: it counts from the day on which this one was filed.
    Without an application every conclusion of the person counts.
    """
    query: Rows = sa.select(Conclusion).where(
        Conclusion.person_id == person_id, known_at(Conclusion, None)
    )
    if application is not None:
        is_later = Conclusion.concluded_on >= application.filed_on
        query = query.where(
            sa.or_(
                Conclusion.application_id == application.id,
                sa.and_(Conclusion.application_id.is_(None), is_later),
            )
        )
    newest: Conclusion | None = _first(
        session, actor, query, Conclusion.concluded_on, Conclusion.id
    )
    return newest


def find_conclusion_on(
    session: Session, actor: Actor, person_id: int, day: date
) -> Conclusion | None:
    """Return the newest conclusion that is valid on a day, as believed now."""
    query: Rows = sa.select(Conclusion).where(
        Conclusion.person_id == person_id, known_at(Conclusion, None),
        Conclusion.concluded_on <= day,
        sa.or_(Conclusion.valid_before.is_(None), Conclusion.valid_before > day),
    )  # fmt: skip
    found: Conclusion | None = _first(session, actor, query, Conclusion.concluded_on, Conclusion.id)
    return found


def list_plans_from(session: Session, actor: Actor, person_id: int, day: date) -> list[CarePlan]:
    """Return a person's plans that have not ended on a day, as believed now, the first one first."""
    query: Rows = sa.select(CarePlan).where(
        CarePlan.person_id == person_id, known_at(CarePlan, None),
        sa.or_(CarePlan.ends_before.is_(None), CarePlan.ends_before > day),
    )  # fmt: skip
    return list(session.scalars(visible(query, actor).order_by(CarePlan.starts_on, CarePlan.id)))


def _first(session: Session, actor: Actor, query: Rows, *order: Any) -> Any:
    ordered = visible(query, actor).order_by(*[column.desc() for column in order])
    return session.scalar(ordered.limit(1))


def find_visits_of_month(
    session: Session, actor: Actor, person_id: int, month: Month, limit: int = 100
) -> VisitsOfMonth:
    """Return a person's visits of a month that were not refused, the first ones as rows."""
    of_month = (
        Visit.person_id == person_id, known_at(Visit, None), Visit.refused.is_(None),
        Visit.service_on >= month.starts_on, Visit.service_on < month.ends_before,
    )  # fmt: skip
    counted: Rows = sa.select(sa.func.count(), sa.func.max(Visit.service_on)).where(*of_month)
    count, last_on = session.execute(visible(counted, actor, Visit)).one()
    query: Rows = sa.select(Visit).where(*of_month).order_by(Visit.begins_at, Visit.id)
    return VisitsOfMonth(list(session.scalars(visible(query, actor).limit(limit))), count, last_on)


def list_refused_visits(
    session: Session, actor: Actor, person_id: int, since: date, limit: int = 20
) -> list[Visit]:
    """Return a person's visits from a day on that were refused at the check, the newest first."""
    query: Rows = sa.select(Visit).where(
        Visit.person_id == person_id, known_at(Visit, None), Visit.refused.is_not(None),
        Visit.service_on >= since,
    )  # fmt: skip
    ordered = visible(query, actor).order_by(Visit.begins_at.desc(), Visit.id)
    return list(session.scalars(ordered.limit(limit)))


def find_last_month(session: Session, actor: Actor, person_id: int) -> LastMonth | None:
    """Return the last approved month that has a result of the person; None before the first."""
    r = PayoutResult
    query: Rows = (
        sa.select(PayoutRun, r)
        .join(r, sa.and_(r.area_id == PayoutRun.area_id, r.run_id == PayoutRun.id))
        .where(r.person_id == person_id, PayoutRun.status == RunStatus.APPROVED)
        .order_by(PayoutRun.month.desc(), PayoutRun.sequence.desc())
        .limit(1)
    )
    row = session.execute(visible(query, actor, r, PayoutRun)).first()
    if row is None:
        return None
    issued: Rows = sa.select(Statement).where(
        Statement.run_id == row[0].id, Statement.kind == StatementKind.PERSON,
        Statement.subject_id == person_id,
    )  # fmt: skip
    return LastMonth(row[0], row[1], session.scalar(visible(issued, actor)))
