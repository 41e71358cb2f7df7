"""What else is known about a person: conclusions, plans, visits, stays; narrowed to the actor."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.assessments import Conclusion
from ltc.store.base import known_at
from ltc.store.insured import InsuredPerson
from ltc.store.plans import CarePlan
from ltc.store.providers import Provider
from ltc.store.scope import visible
from ltc.store.visits import BedStay, Visit

LATEST_ROWS = 10


def find_person_by_case_number(
    session: Session, actor: Actor, case_number: str
) -> InsuredPerson | None:
    """Return the person with a case number, None where there is none that the actor sees."""
    number = case_number.strip().upper()
    query = sa.select(InsuredPerson).where(InsuredPerson.case_number == number)
    person: InsuredPerson | None = session.scalar(visible(query, actor))
    return person


def find_people(session: Session, area_id: int, ids: Collection[int]) -> dict[int, InsuredPerson]:
    """Return some people by id, for a name beside what the actor sees."""
    query = sa.select(InsuredPerson).where(
        InsuredPerson.area_id == area_id, InsuredPerson.id.in_(ids)
    )
    return {person.id: person for person in session.scalars(query)}


def list_conclusions(session: Session, actor: Actor, person_id: int) -> list[Conclusion]:
    """Return all versions of a person's conclusions, newest first."""
    query = sa.select(Conclusion).where(Conclusion.person_id == person_id)
    order = (Conclusion.concluded_on.desc(), Conclusion.recorded_at.desc(), Conclusion.id)
    return list(session.scalars(visible(query, actor).order_by(*order)))


def list_plans(session: Session, actor: Actor, person_id: int) -> list[CarePlan]:
    """Return all versions of a person's plans, newest first."""
    query = sa.select(CarePlan).where(CarePlan.person_id == person_id)
    order = (CarePlan.starts_on.desc(), CarePlan.recorded_at.desc(), CarePlan.id)
    return list(session.scalars(visible(query, actor).order_by(*order)))


def list_latest_visits(session: Session, actor: Actor, person_id: int) -> list[Visit]:
    """Return the latest visits that are believed now."""
    return _list_latest(session, actor, Visit, person_id, Visit.begins_at)


def list_latest_stays(session: Session, actor: Actor, person_id: int) -> list[BedStay]:
    """Return the latest stays in a bed that are believed now."""
    return _list_latest(session, actor, BedStay, person_id, BedStay.starts_on)


def find_provider_names(session: Session, area_id: int, ids: set[int]) -> dict[int, str]:
    """Return the names of some providers."""
    query = sa.select(Provider.id, Provider.name)
    query = query.where(Provider.area_id == area_id, Provider.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def _list_latest(
    session: Session, actor: Actor, table: Any, person_id: int, newest: Any
) -> list[Any]:
    query = sa.select(table).where(table.person_id == person_id, known_at(table, None))
    query = visible(query, actor).order_by(newest.desc(), table.id.desc()).limit(LATEST_ROWS)
    return list(session.scalars(query))
