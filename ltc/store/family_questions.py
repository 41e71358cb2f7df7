"""What the sheet for the family asks about one person, narrowed to what the actor may see."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.statements import StatementKind
from ltc.store.assessments import Application, Conclusion
from ltc.store.base import known_at
from ltc.store.payouts import PayoutResult, PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.scope import visible
from ltc.store.statements import Statement
from ltc.store.visits import Visit

Rows = sa.Select[*tuple[Any, ...]]


class LastMonth(NamedTuple):
    """The last approved month of a person, and its statement where one is issued."""

    run: PayoutRun
    result: PayoutResult
    statement: Statement | None


def find_newest_application(session: Session, actor: Actor, person_id: int) -> Application | None:
    """Return the application that was filed last."""
    query: Rows = sa.select(Application).where(Application.person_id == person_id)
    newest: Application | None = _first(session, actor, query, Application.filed_on, Application.id)
    return newest


def find_newest_conclusion(session: Session, actor: Actor, person_id: int) -> Conclusion | None:
    """Return the conclusion that was reached last, as believed now."""
    query: Rows = sa.select(Conclusion).where(
        Conclusion.person_id == person_id, known_at(Conclusion, None)
    )
    newest: Conclusion | None = _first(
        session, actor, query, Conclusion.concluded_on, Conclusion.id
    )
    return newest


def find_newest_plan(session: Session, actor: Actor, person_id: int) -> CarePlan | None:
    """Return the plan that begins last, as believed now."""
    query: Rows = sa.select(CarePlan).where(
        CarePlan.person_id == person_id, known_at(CarePlan, None)
    )
    newest: CarePlan | None = _first(session, actor, query, CarePlan.starts_on, CarePlan.id)
    return newest


def _first(session: Session, actor: Actor, query: Rows, *order: Any) -> Any:
    ordered = visible(query, actor).order_by(*[column.desc() for column in order])
    return session.scalar(ordered.limit(1))


def list_visits_of_month(
    session: Session, actor: Actor, person_id: int, month: Month, limit: int = 100
) -> list[Visit]:
    """Return a person's visits of a month that were not refused, the first one first."""
    query: Rows = sa.select(Visit).where(
        Visit.person_id == person_id, known_at(Visit, None), Visit.refused.is_(None),
        Visit.service_on >= month.starts_on, Visit.service_on < month.ends_before,
    )  # fmt: skip
    return list(
        session.scalars(visible(query, actor).order_by(Visit.begins_at, Visit.id).limit(limit))
    )


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
