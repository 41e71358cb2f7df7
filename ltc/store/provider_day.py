"""What the manager of a provider looks at: today's visits, who still waits, what to mend, what ends.

Each question is one query over a day, a week or two months of the own provider's rows.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.months import ONE_DAY, DayRange, Month
from ltc.store.base import known_at, of_days
from ltc.store.insured import InsuredPerson
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.scope import visible
from ltc.store.visits import Visit

Rows = sa.Select[*tuple[Any, ...]]
SHOWN = 8
AHEAD = timedelta(days=60)


class Waiting(NamedTuple):
    """A person whose plan asks for more visits this week than were made."""

    person: InsuredPerson
    planned: int
    made: int


class VisitRow(NamedTuple):
    """A visit with its person and carer."""

    visit: Visit
    person: InsuredPerson
    carer: Carer


class Mending(NamedTuple):
    """Visits of some days: all of them, refused ones, and others without a price."""

    visits: int
    refused: int
    unpriced: int


def list_to_visit(
    session: Session, actor: Actor, today: date, week: DayRange, modes: Collection[str]
) -> tuple[list[Waiting], int]:
    """Return who waits longest for the visits of the week, and how many people wait.

    As often as the commonest item of a confirmed plan of one of the modes asks for; plans name no
    day and no hour.
    """
    plan, visit = _count_planned(actor, today, modes), _count_made(actor, week)
    made = sa.func.coalesce(visit.c.made, 0)
    query: Rows = (
        sa.select(InsuredPerson, plan.c.planned, made, sa.func.count().over())
        .join(plan, plan.c.person_id == InsuredPerson.id)
        .outerjoin(visit, visit.c.person_id == InsuredPerson.id)
        .where(InsuredPerson.area_id == actor.area_id, plan.c.planned > made)
        .order_by(made - plan.c.planned, InsuredPerson.case_number)
        .limit(SHOWN)
    )
    rows = session.execute(query).all()
    return [Waiting(*row[:3]) for row in rows], rows[0][3] if rows else 0


def _count_planned(actor: Actor, today: date, modes: Collection[str]) -> Any:
    item = sa.and_(PlanItem.area_id == CarePlan.area_id, PlanItem.plan_id == CarePlan.id)
    query: Rows = (
        sa.select(CarePlan.person_id, sa.func.max(PlanItem.times_per_week).label("planned"))
        .join(PlanItem, item)
        .where(
            known_at(CarePlan, None), of_days(today, today + ONE_DAY, CarePlan),
            CarePlan.confirmed_on.is_not(None), CarePlan.mode.in_(modes),
        )
        .group_by(CarePlan.person_id)
    )  # fmt: skip
    return visible(query, actor, CarePlan).subquery()


def _count_made(actor: Actor, week: DayRange) -> Any:
    query: Rows = (
        sa.select(Visit.person_id, sa.func.count().label("made"))
        .where(*_of_days(week), Visit.refused.is_(None))
        .group_by(Visit.person_id)
    )
    return visible(query, actor, Visit).subquery()


def list_visits_of(
    session: Session, actor: Actor, days: DayRange, *, is_refused: bool
) -> list[VisitRow]:
    """Return the newest visits of some days, of those refused at the check or of the others."""
    refused = Visit.refused.is_not(None) if is_refused else Visit.refused.is_(None)
    query: Rows = (
        sa.select(Visit, InsuredPerson, Carer)
        .join(
            InsuredPerson,
            sa.and_(InsuredPerson.area_id == Visit.area_id, InsuredPerson.id == Visit.person_id),
        )
        .join(Carer, sa.and_(Carer.area_id == Visit.area_id, Carer.id == Visit.carer_id))
        .where(*_of_days(days), refused)
        .order_by(Visit.service_on.desc(), Visit.begins_at.desc(), Visit.id)
        .limit(SHOWN)
    )
    return [VisitRow(*row) for row in session.execute(visible(query, actor, Visit))]


def count_to_mend(session: Session, actor: Actor, days: DayRange) -> Mending:
    """Return how many visits some days have, how many were refused, how many have no price."""
    is_unpriced = sa.and_(Visit.refused.is_(None), Visit.price_fen.is_(None))
    query: Rows = sa.select(
        sa.func.count(),
        sa.func.count(Visit.refused),
        sa.func.count(sa.case((is_unpriced, 1))),
    ).where(*_of_days(days))
    return Mending(*session.execute(visible(query, actor, Visit)).one())


def _of_days(days: DayRange) -> tuple[Any, ...]:
    return (
        known_at(Visit, None), Visit.service_on >= days.starts_on,
        Visit.service_on < (days.ends_before or date.max),
    )  # fmt: skip


def list_ending_certificates(session: Session, actor: Actor, today: date) -> list[Carer]:
    """Return carers at work whose certificate has ended or ends soon, the earliest first."""
    query: Rows = sa.select(Carer).where(
        Carer.certificate_ends_before <= today + AHEAD,
        sa.or_(Carer.ends_before.is_(None), Carer.ends_before > today),
    )
    ordered = visible(query, actor).order_by(Carer.certificate_ends_before, Carer.code)
    return list(session.scalars(ordered.limit(SHOWN)))


def list_ending_agreements(session: Session, actor: Actor, today: date) -> list[Agreement]:
    """Return the agreements that end soon, the earliest first."""
    query: Rows = sa.select(Agreement).where(
        known_at(Agreement, None), Agreement.ends_before.between(today, today + AHEAD)
    )
    ordered = visible(query, actor).order_by(Agreement.ends_before, Agreement.number)
    return list(session.scalars(ordered.limit(SHOWN)))


def list_people_of_month(
    session: Session, provider: Provider, month: Month, limit: int
) -> list[int]:
    """Return the ids of the people who have a plan with a provider on a day of a month."""
    query = sa.select(CarePlan.person_id).distinct().where(
        CarePlan.area_id == provider.area_id, CarePlan.provider_id == provider.id,
        known_at(CarePlan, None), of_days(month.starts_on, month.ends_before, CarePlan),
    )  # fmt: skip
    return list(session.scalars(query.order_by(CarePlan.person_id).limit(limit)))


def list_carer_ids(session: Session, area_id: int, provider_id: int) -> list[int]:
    """Return the ids of all carers that a provider has or had, in rising order."""
    query = sa.select(Carer.id).where(Carer.area_id == area_id, Carer.provider_id == provider_id)
    return list(session.scalars(query.order_by(Carer.id)))
