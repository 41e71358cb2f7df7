"""The search of the header: people and providers, within what the actor may see."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.insured import InsuredPerson
from ltc.store.person_numbers import match_whole_number
from ltc.store.providers import Provider
from ltc.store.scope import visible

RESULTS_MAX = 50
LAST_SIGN = "\U0010ffff"  # nothing sorts after it


def list_people_found(
    session: Session, actor: Actor, text: str, limit: int = RESULTS_MAX
) -> list[InsuredPerson]:
    """Return people by the case number or the name, of which the text is the beginning.

    Or by the last four of the identity number, or a whole number: of identity, phone or account.
    An exact case number comes first. Only where nobody is found so are names read through for one
    that has the text anywhere: no index knows them.
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
        anywhere = person.name.contains(text, autoescape=True)
        found = _find_people(session, actor, anywhere, person.name, limit)
    ordered = sorted(found.values(), key=lambda p: (p.case_number != number, p.case_number, p.id))
    return ordered[:limit]


def _find_people(
    session: Session, actor: Actor, means: sa.ColumnElement[bool], order: Any, limit: int
) -> dict[int, InsuredPerson]:
    """Return the first people by id, in the order of the index that leads to them."""
    query = visible(sa.select(InsuredPerson), actor).where(means).order_by(order).limit(limit)
    return {person.id: person for person in session.scalars(query)}


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
