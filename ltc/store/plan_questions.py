"""What can be asked about care plans, narrowed to what the actor may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.plans import PlanStatus
from ltc.store.base import known_at, of_days
from ltc.store.insured import InsuredPerson
from ltc.store.insured_questions import matches_person
from ltc.store.paging import Page, page
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.scope import visible
from ltc.store.whole_lists import WholeList

SORTS: dict[str, tuple[Any, ...]] = {
    "starts_on": (CarePlan.starts_on, CarePlan.id),
    "number": (CarePlan.number, CarePlan.id),
    "name": (InsuredPerson.name, CarePlan.id),
}


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """What a list of plans is narrowed to; ``text`` means a person or the beginning of a number."""

    text: str = ""
    mode: str = ""
    provider_id: int | None = None
    status: PlanStatus | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return self != PlanFilter()


def list_plans_page(
    session: Session,
    actor: Actor,
    chosen: PlanFilter,
    today: date,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
) -> Page[tuple[CarePlan, InsuredPerson]]:
    """Return a page of plans with their persons; raises CursorBroken."""
    query = _select(session, actor, chosen, today)
    return page(session, query, order, cursor, descending=descending)


def load_plans(
    session: Session, actor: Actor, chosen: PlanFilter, today: date
) -> WholeList[tuple[CarePlan, InsuredPerson]]:
    """Return all plans of a filtered list by their first day, for a file."""
    query = _select(session, actor, chosen, today)
    return WholeList(session, query, CarePlan.starts_on, CarePlan.id)


def list_known_plans(session: Session, area_id: int, person_id: int) -> list[CarePlan]:
    """Return the plans of a person that are believed now, in order of days."""
    query = sa.select(CarePlan).where(
        CarePlan.area_id == area_id, CarePlan.person_id == person_id, known_at(CarePlan, None)
    )
    return list(session.scalars(query.order_by(CarePlan.starts_on, CarePlan.id)))


def find_plan_on(
    session: Session, area_id: int, person_id: int, provider_id: int, day: date
) -> CarePlan | None:
    """Return a person's confirmed plan with a provider on a day, None where there is none."""
    next_day = date.fromordinal(day.toordinal() + 1)
    query = sa.select(CarePlan).where(
        CarePlan.area_id == area_id,
        CarePlan.person_id == person_id,
        CarePlan.provider_id == provider_id,
        CarePlan.confirmed_on.is_not(None),
        known_at(CarePlan, None),
        of_days(day, next_day, CarePlan),
    )
    return session.scalar(query.order_by(CarePlan.id).limit(1))


def find_visible_plan(session: Session, actor: Actor, person_id: int, day: date) -> CarePlan | None:
    """Return the plan of a person on a day, confirmed or not, None where the actor sees none."""
    next_day = date.fromordinal(day.toordinal() + 1)
    query = sa.select(CarePlan).where(
        CarePlan.person_id == person_id, known_at(CarePlan, None), of_days(day, next_day, CarePlan)
    )
    plan: CarePlan | None = session.scalar(visible(query, actor).order_by(CarePlan.id).limit(1))
    return plan


def find_items(session: Session, area_id: int, ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return the times a week by item code of each of some plans, in order of code."""
    query = sa.select(PlanItem).where(PlanItem.area_id == area_id, PlanItem.plan_id.in_(ids))
    items: dict[int, dict[str, int]] = {plan_id: {} for plan_id in ids}
    for item in session.scalars(query.order_by(PlanItem.plan_id, PlanItem.item_code)):
        items[item.plan_id][item.item_code] = item.times_per_week
    return items


def _select(session: Session, actor: Actor, chosen: PlanFilter, today: date) -> Any:
    query: Any = sa.select(CarePlan, InsuredPerson).join(
        InsuredPerson,
        sa.and_(InsuredPerson.area_id == CarePlan.area_id, InsuredPerson.id == CarePlan.person_id),
    )
    query = visible(query, actor, CarePlan).where(known_at(CarePlan, None))
    if chosen.text:
        number = CarePlan.number.startswith(chosen.text.upper(), autoescape=True)
        query = query.where(sa.or_(matches_person(session, actor, chosen.text), number))
    if chosen.mode:
        query = query.where(CarePlan.mode == chosen.mode)
    if chosen.provider_id is not None:
        query = query.where(CarePlan.provider_id == chosen.provider_id)
    if chosen.status is not None:
        query = query.where(_has_status(chosen.status, today))
    return query


def _has_status(status: PlanStatus, today: date) -> sa.ColumnElement[bool]:
    """The same answer as ``rules.plans.plan_status``, as a condition."""
    ended = sa.and_(CarePlan.ends_before.is_not(None), CarePlan.ends_before <= today)
    confirmed = sa.and_(~ended, CarePlan.confirmed_on.is_not(None))
    conditions: dict[PlanStatus, sa.ColumnElement[bool]] = {
        PlanStatus.WITHDRAWN: CarePlan.withdrawn.is_(True),
        PlanStatus.ENDED: ended,
        PlanStatus.TO_CONFIRM: sa.and_(~ended, CarePlan.confirmed_on.is_(None)),
        PlanStatus.IN_FORCE: sa.and_(confirmed, CarePlan.starts_on <= today),
        PlanStatus.AHEAD: sa.and_(confirmed, CarePlan.starts_on > today),
    }
    return conditions[status]
