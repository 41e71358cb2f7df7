"""The search of the header: people and providers, within what the actor may see."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.insured import InsuredPerson
from ltc.store.name_parts import LAST_SIGN, select_by_part
from ltc.store.person_numbers import match_whole_number
from ltc.store.providers import Provider
from ltc.store.scope import visible

RESULTS_MAX = 50
FEW = 1_000


def list_people_found(
    session: Session, actor: Actor, text: str, limit: int = RESULTS_MAX
) -> list[InsuredPerson]:
    """Return people by the case number or the name, of which the text is the beginning.

    Or by the last four of the identity number, or a whole number: of identity, phone or account.
    An exact case number comes first. Only where nobody is found so may the text stand anywhere in
    a name.
    """
    number = text.upper()
    found: dict[int, InsuredPerson] = {}
    person = InsuredPerson
    has_number = match_whole_number(session, actor, text)
    for means, order in (
        (begins_with(session, person.case_number, number), person.case_number),
        (begins_with(session, person.name, text), person.name),
        (person.identity_last4 == number, person.identity_last4),
        *((means, person.id) for means in has_number),
    ):
        found |= _find_people(session, actor, means, order, limit)
    if not found and not has_number:
        found = _find_people(session, actor, _has_part(session, actor, text), person.name, limit)
    ordered = sorted(found.values(), key=lambda p: (p.case_number != number, p.case_number, p.id))
    return ordered[:limit]


def _find_people(
    session: Session, actor: Actor, means: sa.ColumnElement[bool], order: Any, limit: int
) -> dict[int, InsuredPerson]:
    """Return the first people by id, in the order of the index that leads to them."""
    query = visible(sa.select(InsuredPerson), actor).where(means).order_by(order).limit(limit)
    return {person.id: person for person in session.scalars(query)}


def list_candidates(session: Session, actor: Actor, text: str) -> list[int] | None:
    """Return the ids of all in the area whom a part of a name, or of a number, may mean.

    None where they are more than FEW: then a list in whatever order soon has a page of them.
    """
    number, person = text.upper(), InsuredPerson
    people = sa.select(person.id).where(person.area_id == actor.area_id)
    found: set[int] = set()
    for query in (
        select_by_part(actor.area_id, text),
        people.where(begins_with(session, person.case_number, number)),
        people.where(person.identity_last4 == number),
    ):
        some = session.scalars(query.limit(FEW + 1)).all()
        if len(some) > FEW:
            return None
        found.update(some)
    return sorted(found)


def _has_part(session: Session, actor: Actor, text: str) -> sa.ColumnElement[bool]:
    """Return the condition for people whose name has a text in it."""
    has_text = InsuredPerson.name.contains(text, autoescape=True)
    ids = list_candidates(session, actor, text)
    return has_text if ids is None else sa.and_(InsuredPerson.id.in_(ids), has_text)


def begins_with(session: Session, column: Any, text: str) -> sa.ColumnElement[bool]:
    """Return the condition for texts with a beginning, so that an index on the column serves it.

    SQLite's LIKE takes large letters for small ones and no index; but it compares sign by sign.
    """
    if session.get_bind().dialect.name == "sqlite":
        return sa.and_(column >= text, column < text + LAST_SIGN)
    return column.startswith(text, autoescape=True)  # type: ignore[no-any-return]


def list_providers_found(
    session: Session, actor: Actor, text: str, limit: int = RESULTS_MAX
) -> list[Provider]:
    """Return providers by code or part of the name."""
    query = visible(sa.select(Provider), actor).where(
        sa.or_(Provider.code == text.upper(), Provider.name.contains(text, autoescape=True))
    )
    return list(session.scalars(query.order_by(Provider.name, Provider.id).limit(limit)))
