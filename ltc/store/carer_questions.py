"""What can be asked about carers, narrowed to what the actor may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.rules.providers import CarerKind
from ltc.store.endings import certificate_ends_soon
from ltc.store.paging import Page, page
from ltc.store.providers import Carer
from ltc.store.scope import visible
from ltc.store.whole_lists import WholeList

SORTS: dict[str, tuple[Any, ...]] = {
    "code": (Carer.code, Carer.id),
    "name": (Carer.name, Carer.id),
}


class CarerNotFound(NotFound):
    """There is no such carer, or it is not yours to see."""


@dataclass(frozen=True, slots=True)
class CarerFilter:
    """What a list of carers is narrowed to; ``ending_on``: certificates that
    end soon on that day, or have ended.
    """

    text: str = ""
    kind: CarerKind | None = None
    provider_id: int | None = None
    ending_on: date | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return self != CarerFilter()


def get_carer(session: Session, actor: Actor, carer_id: int) -> Carer:
    """Return a carer; raises CarerNotFound."""
    carer: Carer | None = session.scalar(
        visible(sa.select(Carer).where(Carer.id == carer_id), actor)
    )
    if carer is None:
        raise CarerNotFound
    return carer


def list_carers(
    session: Session,
    actor: Actor,
    chosen: CarerFilter,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
) -> Page[Carer]:
    """Return a page of carers; raises CursorBroken."""
    return page(session, _select(actor, chosen), order, cursor, descending=descending)


def load_carers(session: Session, actor: Actor, chosen: CarerFilter) -> WholeList[Carer]:
    """Return all carers of a filtered list by code, for a file."""
    return WholeList(session, _select(actor, chosen), Carer.code)


def count_carers(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, int]:
    """Return how many carers each of some providers has registered."""
    query = visible(
        sa.select(Carer.provider_id, sa.func.count()).where(Carer.provider_id.in_(ids)),
        actor,
        Carer,
    )
    rows = session.execute(query.group_by(Carer.provider_id))
    return {row[0]: row[1] for row in rows}


def find_carers(session: Session, area_id: int, ids: Collection[int]) -> dict[int, Carer]:
    """Return some carers by id, for a name beside what the actor sees."""
    query = sa.select(Carer).where(Carer.area_id == area_id, Carer.id.in_(ids))
    return {carer.id: carer for carer in session.scalars(query)}


def _select(actor: Actor, chosen: CarerFilter) -> sa.Select[Any]:
    query = visible(sa.select(Carer), actor)
    if chosen.text:
        query = query.where(
            sa.or_(
                Carer.name.contains(chosen.text, autoescape=True),
                Carer.code.startswith(chosen.text.upper(), autoescape=True),
                Carer.identity_last4 == chosen.text.upper(),
            )
        )
    if chosen.kind is not None:
        query = query.where(Carer.kind == chosen.kind)
    if chosen.provider_id is not None:
        query = query.where(Carer.provider_id == chosen.provider_id)
    if chosen.ending_on is not None:
        query = query.where(certificate_ends_soon(chosen.ending_on))
    return query
