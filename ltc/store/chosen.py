"""Providers and carers by what somebody writes of them: the code, the name, or a part of it.

A city has a thousand providers and ten thousand carers, so no page carries all of them to choose
from: a page offers those of a short list, and those that fit what was written.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.providers import Carer, Provider
from ltc.store.scope import visible

Kind = type[Provider] | type[Carer]
OFFERED_ROWS = 50


class Named(NamedTuple):
    """Who is meant: the record, and what people call it."""

    id: int
    code: str
    name: str

    @property
    def told(self) -> str:
        """Code and name, as a page says them; written so, they are understood as well."""
        return f"{self.code} {self.name}"


def list_fitting(
    session: Session, actor: Actor, kind: Kind, text: str, limit: int = OFFERED_ROWS
) -> list[Named]:
    """Return whom a text may mean: by the code, by the whole name, then by a part of either."""
    text = text.strip()
    if not text:
        return []
    code = text.upper()
    has_code = kind.code.in_([code, code.split()[0]])
    closeness = sa.case((has_code, 0), (kind.name == text, 1), else_=2)
    fits = sa.or_(
        has_code,
        kind.code.startswith(code, autoescape=True),
        kind.name.contains(text, autoescape=True),
    )
    query = _select(actor, kind).where(fits).order_by(closeness, kind.code, kind.id).limit(limit)
    return [Named(*row) for row in session.execute(query)]


def list_few(session: Session, actor: Actor, kind: Kind) -> list[Named]:
    """Return all that the actor sees where they are few, nobody where they are more."""
    query = _select(actor, kind).order_by(kind.code, kind.id).limit(OFFERED_ROWS + 1)
    found = [Named(*row) for row in session.execute(query)]
    return found if len(found) <= OFFERED_ROWS else []


def _select(actor: Actor, kind: Kind) -> sa.Select[Any]:
    query: sa.Select[*tuple[Any, ...]] = sa.select(kind.id, kind.code, kind.name)
    return visible(query, actor, kind)
