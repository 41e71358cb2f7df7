"""Providers, carers and organisations by what somebody writes: the code, the name, a part of it.

A city has a thousand providers and ten thousand carers, so no page carries all of them to choose
from: a page offers those of a short list, and those that fit what was written.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.areas import Organisation
from ltc.store.providers import Carer, Provider
from ltc.store.scope import visible

Kind = type[Provider] | type[Carer] | type[Organisation]
OFFERED_ROWS = 50
CODES: dict[Kind, Any] = {
    Provider: Provider.code,
    Carer: Carer.code,
    # The agency and the assessing bodies have no code: where names are alike, their number tells.
    Organisation: sa.func.coalesce(Provider.code, sa.cast(Organisation.id, sa.String)),
}


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
    written = text.upper()
    code = CODES[kind]
    has_code = code.in_([written, written.split()[0]])
    closeness = sa.case((has_code, 0), (kind.name == text, 1), else_=2)
    fits = sa.or_(
        has_code,
        code.startswith(written, autoescape=True),
        kind.name.contains(text, autoescape=True),
    )
    query = _select(actor, kind).where(fits).order_by(closeness, code, kind.id).limit(limit)
    return [Named(*row) for row in session.execute(query)]


def list_few(session: Session, actor: Actor, kind: Kind) -> list[Named]:
    """Return all that the actor sees where they are few, nobody where they are more."""
    query = _select(actor, kind).order_by(CODES[kind], kind.id).limit(OFFERED_ROWS + 1)
    found = [Named(*row) for row in session.execute(query)]
    return found if len(found) <= OFFERED_ROWS else []


def _select(actor: Actor, kind: Kind) -> sa.Select[Any]:
    query: sa.Select[*tuple[Any, ...]] = sa.select(kind.id, CODES[kind], kind.name)
    query = query.select_from(kind)
    if kind is Organisation:
        of_provider = sa.and_(
            Provider.area_id == Organisation.area_id, Provider.id == Organisation.id
        )
        query = query.outerjoin(Provider, of_provider)
    return visible(query, actor, kind)
