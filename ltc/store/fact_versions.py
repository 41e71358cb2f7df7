"""Versions of a fact: one by its id, or the whole row of corrections, and who recorded them."""

from collections.abc import Collection
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.store.scope import visible
from ltc.store.users import User

T = TypeVar("T")


class FactNotFound(NotFound):
    """There is no such record, or it is not yours to see."""


def get_fact(session: Session, actor: Actor, table: type[T], fact_id: int) -> T:
    """Return one version of a fact; raises FactNotFound."""
    fact: T | None = session.scalar(_select(actor, table, cast(Any, table).id == fact_id))
    if fact is None:
        raise FactNotFound
    return fact


def list_versions(session: Session, actor: Actor, table: type[T], fact_id: int) -> list[T]:
    """Return all versions of a fact, newest first, from any one of them; raises FactNotFound."""
    newest: Any = get_fact(session, actor, table, fact_id)
    while (after := _find_correction(session, actor, table, newest.id)) is not None:
        newest = after
    versions = [newest]
    while (before := _find(session, actor, table, versions[-1].replaces_id)) is not None:
        versions.append(before)
    return versions


def find_recorders(session: Session, area_id: int, ids: Collection[int | None]) -> dict[int, str]:
    """Return the names of the users who recorded something."""
    query = sa.select(User.id, User.name).where(User.area_id == area_id, User.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def _find_correction(session: Session, actor: Actor, table: Any, fact_id: int) -> Any:
    return session.scalar(_select(actor, table, table.replaces_id == fact_id))


def _find(session: Session, actor: Actor, table: Any, fact_id: int | None) -> Any:
    return None if fact_id is None else session.scalar(_select(actor, table, table.id == fact_id))


def _select(actor: Actor, table: Any, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return visible(sa.select(table).where(condition), actor, table)
