"""What can be asked about visits, narrowed to what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Reach
from ltc.rules.visits import LONGEST_VISIT_MINUTES, VisitSource
from ltc.store.base import known_at
from ltc.store.insured import InsuredPerson
from ltc.store.insured_questions import matches_person
from ltc.store.paging import Page, page
from ltc.store.providers import Carer
from ltc.store.scope import condition_for, visible
from ltc.store.visits import Visit
from ltc.store.whole_lists import WholeList

SORTS: dict[str, tuple[Any, ...]] = {
    "begins_at": (Visit.begins_at, Visit.id),
    "person": (InsuredPerson.name, Visit.id),
    "carer": (Carer.name, Visit.id),
}


class VisitState(StrEnum):
    """Whether a visit was refused at the check; of those that were not, which have no price."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNPRICED = "unpriced"


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """What a list of visits is narrowed to; days are first and last, both included.

    ``text`` means a person, or the beginning of the provider's own number.
    """

    text: str = ""
    provider_id: int | None = None
    carer_id: int | None = None
    first_on: date | None = None
    last_on: date | None = None
    source: VisitSource | None = None
    state: VisitState | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return self != VisitFilter()


Listed = tuple[Visit, InsuredPerson, Carer]


def list_visits(
    session: Session,
    actor: Actor,
    chosen: VisitFilter,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
) -> Page[Listed]:
    """Return a page of visits with person and carer; raises CursorBroken."""
    query = _select(session, actor, chosen)
    return page(session, query, _by_day(actor, chosen, order), cursor, descending=descending)


def _by_day(actor: Actor, chosen: VisitFilter, order: Sequence[Any]) -> Sequence[Any]:
    """Return the same order with the day first, where an index has the visits by day.

    So has that of a provider or carer. By instant, the visits of the whole area would be gone
    through for those of one provider.
    """
    is_narrow = actor.reach is Reach.ORGANISATION or chosen.provider_id or chosen.carer_id
    is_by_begin = order[0] is Visit.begins_at
    return (Visit.service_on, *order) if is_narrow and is_by_begin else order


def load_visits(session: Session, actor: Actor, chosen: VisitFilter) -> WholeList[Listed]:
    """Return all visits of a filtered list by their begin, for a file."""
    return WholeList(session, _select(session, actor, chosen), Visit.begins_at, Visit.id)


def list_beside(
    session: Session, actor: Actor, visit: Visit, column: str
) -> list[tuple[Visit, bool]]:
    """Return other visits of the same ``carer_id`` or ``person_id`` that share minutes with it.

    Each with whether the actor may see it: that the minutes are paid once is true all the same.
    """
    key = getattr(Visit, column)
    query = sa.select(Visit, condition_for(Visit, actor)).where(
        Visit.area_id == visit.area_id,
        key == getattr(visit, column),
        Visit.begins_min < visit.ends_min,
        Visit.ends_min > visit.begins_min,
        Visit.begins_min > visit.begins_min - LONGEST_VISIT_MINUTES,
        Visit.refused.is_(None),
        Visit.id != visit.id,
        known_at(Visit, None),
    )
    rows = session.execute(query.order_by(Visit.begins_min, Visit.id))
    return [(other, bool(is_shown)) for other, is_shown in rows]


def list_of_carer(session: Session, actor: Actor, first_on: date, before: date) -> list[Listed]:
    """Return a carer's own visits of some days, newest first."""
    chosen = VisitFilter(carer_id=actor.carer_id)
    query = _select(session, actor, chosen).where(
        Visit.service_on >= first_on, Visit.service_on < before
    )
    rows = session.execute(query.order_by(Visit.begins_at.desc(), Visit.id))
    return [(visit, person, carer) for visit, person, carer in rows]


def _select(session: Session, actor: Actor, chosen: VisitFilter) -> sa.Select[Any]:
    query: Any = (
        sa.select(Visit, InsuredPerson, Carer)
        .join(
            InsuredPerson,
            sa.and_(InsuredPerson.area_id == Visit.area_id, InsuredPerson.id == Visit.person_id),
        )
        .join(Carer, sa.and_(Carer.area_id == Visit.area_id, Carer.id == Visit.carer_id))
    )
    query = visible(query, actor, Visit).where(known_at(Visit, None))
    if chosen.text:
        reference = Visit.reference.startswith(chosen.text, autoescape=True)
        query = query.where(sa.or_(matches_person(session, actor, chosen.text), reference))
    for column, value in (
        (Visit.provider_id, chosen.provider_id),
        (Visit.carer_id, chosen.carer_id),
        (Visit.source, chosen.source),
    ):
        if value is not None:
            query = query.where(column == value)
    return _on_days(query, chosen)


def _on_days(query: sa.Select[Any], chosen: VisitFilter) -> sa.Select[Any]:
    if chosen.first_on is not None:
        query = query.where(Visit.service_on >= chosen.first_on)
    if chosen.last_on is not None:
        query = query.where(Visit.service_on <= chosen.last_on)
    if chosen.state is not None:
        is_refused = chosen.state is VisitState.REFUSED
        query = query.where(Visit.refused.is_not(None) if is_refused else Visit.refused.is_(None))
    if chosen.state is VisitState.UNPRICED:
        query = query.where(Visit.price_fen.is_(None))
    return query
