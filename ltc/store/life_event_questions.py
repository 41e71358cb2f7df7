"""What can be asked about life events of all people, narrowed to what the actor may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.insured import LifeEventKind
from ltc.store.base import of_days
from ltc.store.insured import InsuredPerson, LifeEvent
from ltc.store.insured_questions import matches_person
from ltc.store.paging import Page, page
from ltc.store.scope import visible
from ltc.store.whole_lists import WholeList

SORTS: dict[str, tuple[Any, ...]] = {
    "starts_on": (LifeEvent.starts_on, LifeEvent.id),
    "recorded_at": (LifeEvent.recorded_at, LifeEvent.id),
}


@dataclass(frozen=True, slots=True)
class LifeEventFilter:
    """What a list of life events is narrowed to; days are first and last, both included.

    It holds what is believed now, or what was withdrawn; a corrected version stands in neither.
    """

    text: str = ""
    kind: LifeEventKind | None = None
    district_id: int | None = None
    first_on: date | None = None
    last_on: date | None = None
    withdrawn: bool = False

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return self != LifeEventFilter()


def list_life_events(
    session: Session,
    actor: Actor,
    chosen: LifeEventFilter,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
) -> Page[Any]:
    """Return a page of life events with their persons; raises CursorBroken."""
    query = _select(session, actor, chosen)
    return page(session, query, order, cursor, descending=descending)


def load_life_events(
    session: Session, actor: Actor, chosen: LifeEventFilter
) -> WholeList[tuple[LifeEvent, InsuredPerson]]:
    """Return all life events of a filtered list by their first day, for a file."""
    return WholeList(session, _select(session, actor, chosen), LifeEvent.starts_on, LifeEvent.id)


def _select(session: Session, actor: Actor, chosen: LifeEventFilter) -> Any:
    query: Any = sa.select(LifeEvent, InsuredPerson).join(
        InsuredPerson,
        sa.and_(
            InsuredPerson.area_id == LifeEvent.area_id, InsuredPerson.id == LifeEvent.person_id
        ),
    )
    query = visible(query, actor, LifeEvent).where(
        LifeEvent.superseded_at.is_(None), LifeEvent.withdrawn.is_(chosen.withdrawn)
    )
    if chosen.text:
        query = query.where(matches_person(session, actor, chosen.text))
    if chosen.kind is not None:
        query = query.where(LifeEvent.kind == chosen.kind)
    if chosen.district_id is not None:
        query = query.where(InsuredPerson.district_id == chosen.district_id)
    return query.where(*_on_days(chosen))


def _on_days(chosen: LifeEventFilter) -> Iterator[sa.ColumnElement[bool]]:
    """An event is found by any of its days, a death by its own: it has no last one."""
    if chosen.first_on is not None:
        is_death = LifeEvent.kind == LifeEventKind.DEATH
        yield sa.case(
            (is_death, LifeEvent.starts_on >= chosen.first_on),
            else_=of_days(chosen.first_on, None, LifeEvent),
        )
    if chosen.last_on is not None:
        yield LifeEvent.starts_on <= chosen.last_on
