"""What can be asked about stays in a bed and fees, narrowed to what the actor may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.base import known_at, of_days
from ltc.store.insured import InsuredPerson
from ltc.store.insured_questions import matches_person
from ltc.store.paging import Page, page
from ltc.store.scope import visible
from ltc.store.visits import BedStay, Fee, Visit
from ltc.store.whole_lists import WholeList

STAY_SORTS: dict[str, tuple[Any, ...]] = {
    "starts_on": (BedStay.starts_on, BedStay.id),
    "name": (InsuredPerson.name, BedStay.id),
    "price": (BedStay.price_fen, BedStay.id),
}
FEE_SORTS: dict[str, tuple[Any, ...]] = {
    "charged_on": (Fee.charged_on, Fee.id),
    "name": (InsuredPerson.name, Fee.id),
    "amount": (Fee.amount_fen, Fee.id),
}


@dataclass(frozen=True, slots=True)
class CareFilter:
    """What a list of stays or fees is narrowed to; days are first and last, both included."""

    text: str = ""
    provider_id: int | None = None
    first_on: date | None = None
    last_on: date | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return self != CareFilter()


def list_care(
    session: Session,
    actor: Actor,
    table: Any,
    chosen: CareFilter,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
) -> Page[Any]:
    """Return a page of stays (BedStay) or fees (Fee) with their persons; raises CursorBroken."""
    query = _select(session, actor, table, chosen)
    return page(session, query, order, cursor, descending=descending)


def load_care(
    session: Session, actor: Actor, table: Any, chosen: CareFilter
) -> WholeList[tuple[Any, InsuredPerson]]:
    """Return all stays or fees of a filtered list by their day, for a file."""
    return WholeList(session, _select(session, actor, table, chosen), _first_day(table), table.id)


def list_known_stays(session: Session, area_id: int, person_id: int) -> list[BedStay]:
    """Return the stays of a person that are believed now, in order of days."""
    query = sa.select(BedStay).where(
        BedStay.area_id == area_id, BedStay.person_id == person_id, known_at(BedStay, None)
    )
    return list(session.scalars(query.order_by(BedStay.starts_on, BedStay.id)))


def find_same_fee(session: Session, area_id: int, values: Mapping[str, Any]) -> Fee | None:
    """Return a fee that is believed now and says the same in all of these columns."""
    query = sa.select(Fee).where(Fee.area_id == area_id, known_at(Fee, None)).filter_by(**values)
    return session.scalar(query.order_by(Fee.id).limit(1))


def _select(session: Session, actor: Actor, table: Any, chosen: CareFilter) -> sa.Select[Any]:
    query = sa.select(table, InsuredPerson).join(
        InsuredPerson,
        sa.and_(InsuredPerson.area_id == table.area_id, InsuredPerson.id == table.person_id),
    )
    query = visible(query, actor, table).where(known_at(table, None))
    if chosen.text:
        reference = table.reference.startswith(chosen.text, autoescape=True)
        query = query.where(sa.or_(matches_person(session, actor, chosen.text), reference))
    if chosen.provider_id is not None:
        query = query.where(table.provider_id == chosen.provider_id)
    return query.where(*_on_days(table, chosen))


def _on_days(table: Any, chosen: CareFilter) -> list[sa.ColumnElement[bool]]:
    """A stay is found by any of its days, a fee by its own."""
    found = []
    if chosen.first_on is not None:
        is_stay = table is BedStay
        found.append(
            of_days(chosen.first_on, None, table)
            if is_stay
            else table.charged_on >= chosen.first_on
        )
    if chosen.last_on is not None:
        found.append(_first_day(table) <= chosen.last_on)
    return found


def _first_day(table: Any) -> Any:
    return table.starts_on if table is BedStay else table.charged_on


def has_fee(session: Session, visit: Visit, first_on: date, last_on: date) -> bool:
    """Whether the provider of a visit charged its person a fee on some days, both included."""
    query = sa.select(Fee.id).where(
        Fee.area_id == visit.area_id,
        Fee.person_id == visit.person_id,
        Fee.provider_id == visit.provider_id,
        Fee.charged_on.between(first_on, last_on),
        Fee.amount_fen > 0,
        known_at(Fee, None),
    )
    return session.scalar(query.limit(1)) is not None
