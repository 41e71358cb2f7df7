"""Looks up what a chunk of rows of a file names: a few queries a chunk, whatever its size.

Everything is narrowed to what the actor may see, so that a foreign record is simply unknown.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.imports import ImportKind
from ltc.store.areas import District
from ltc.store.base import known_at
from ltc.store.insured import InsuredPerson
from ltc.store.providers import Carer, Provider
from ltc.store.scope import visible

# Said word for word as the partial indexes say it: otherwise no database would use them.
BELIEVED = sa.text("superseded_at IS NULL AND NOT withdrawn")
WITHDRAWN = sa.text("superseded_at IS NULL AND withdrawn")
TABLES_OF = {
    ImportKind.PEOPLE: ("insured_persons", "enrolments"),
    ImportKind.LIFE_EVENTS: ("life_events",),
    ImportKind.PROVIDERS: ("providers", "agreements"),
    ImportKind.CARERS: ("carers",),
    ImportKind.PLANS: ("care_plans", "plan_items"),
    ImportKind.VISITS: ("visits",),
    ImportKind.BED_STAYS: ("bed_stays",),
    ImportKind.FEES: ("fees",),
}
KEYS_AT_ONCE = 2_000  # of three columns each: under the limit of bound values of every database


class PersonFound(NamedTuple):
    """What a row needs to know of a person."""

    id: int
    born_on: Any


class CarerFound(NamedTuple):
    """What a row needs to know of a carer."""

    id: int
    provider_id: int


def find_people(
    session: Session, actor: Actor, case_numbers: Collection[str]
) -> dict[str, PersonFound]:
    """Return the people with these case numbers."""
    query = sa.select(InsuredPerson.case_number, InsuredPerson.id, InsuredPerson.born_on)
    query = visible(query.where(InsuredPerson.case_number.in_(case_numbers)), actor)
    return {row.case_number: PersonFound(row.id, row.born_on) for row in session.execute(query)}


def find_providers(session: Session, actor: Actor, codes: Collection[str]) -> dict[str, int]:
    """Return the ids of the providers with these codes."""
    query = visible(sa.select(Provider.code, Provider.id).where(Provider.code.in_(codes)), actor)
    return {row.code: row.id for row in session.execute(query)}


def find_carers(session: Session, actor: Actor, codes: Collection[str]) -> dict[str, CarerFound]:
    """Return the carers with these codes."""
    query = sa.select(Carer.code, Carer.id, Carer.provider_id).where(Carer.code.in_(codes))
    return {
        row.code: CarerFound(row.id, row.provider_id)
        for row in session.execute(visible(query, actor))
    }


def load_current(
    session: Session,
    area_id: int,
    table: Any,
    columns: tuple[str, ...],
    keys: Iterable[tuple[Any, ...]],
) -> dict[tuple[Any, ...], Any]:
    """Return the newest versions that have one of the keys, as plain rows; the believed one first.

    A withdrawn one is returned where nothing is believed under its key, the latest of several.
    Each column is narrowed to the values that occur, which an index serves on every database;
    combinations that nobody asked for are dropped here.
    """
    wanted = set(keys)
    found: dict[tuple[Any, ...], Any] = {}
    for condition in (WITHDRAWN, BELIEVED):
        for some in _batches(sorted(wanted, key=repr)):
            query = sa.select(*table.__table__.columns).where(table.area_id == area_id, condition)
            for position, name in enumerate(columns):
                query = query.where(getattr(table, name).in_({key[position] for key in some}))
            for row in session.execute(query.order_by(table.recorded_at)):
                key = tuple(getattr(row, name) for name in columns)
                if key in wanted:
                    found[key] = row
    return found


def _batches(keys: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]


def load_of_people(
    session: Session, area_id: int, table: Any, person_ids: Collection[int]
) -> dict[int, list[Any]]:
    """Return what is believed now of some people, by person, in order of days."""
    return _load_of(session, area_id, table, "person_id", person_ids)


def load_of_providers(
    session: Session, area_id: int, table: Any, provider_ids: Collection[int]
) -> dict[int, list[Any]]:
    """Return what is believed now of some providers, by provider, in order of days."""
    return _load_of(session, area_id, table, "provider_id", provider_ids)


def _load_of(
    session: Session, area_id: int, table: Any, column: str, ids: Collection[int]
) -> dict[int, list[Any]]:
    query = sa.select(*table.__table__.columns).where(
        table.area_id == area_id, getattr(table, column).in_(ids), known_at(table, None)
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query.order_by(table.starts_on, table.id)):
        found.setdefault(getattr(row, column), []).append(row)
    return found


def find_districts(session: Session, area_id: int) -> dict[str, int]:
    """Return the ids of the area's districts by code and by both names."""
    districts = session.scalars(sa.select(District).where(District.area_id == area_id))
    return {
        name: district.id
        for district in districts
        for name in (district.name_en, district.name_zh, district.code)
    }


def load_by_column(
    session: Session, area_id: int, table: Any, column: str, values: Collection[Any]
) -> dict[Any, Any]:
    """Return whole records of the area by the value of a column that is unique in it."""
    key = getattr(table, column)
    found = session.scalars(sa.select(table).where(table.area_id == area_id, key.in_(values)))
    return {getattr(record, column): record for record in found}


def find_visible_ids(session: Session, actor: Actor, table: Any, ids: Collection[int]) -> set[int]:
    """Return which of some records the actor may see."""
    return set(session.scalars(visible(sa.select(table.id).where(table.id.in_(ids)), actor)))


def refresh_statistics(session: Session, kind: ImportKind) -> None:
    """Let PostgreSQL look at the tables of a kind now, inside the open transaction.

    By itself it does so some time after a table was filled. Until then it takes a table for empty
    and walks through all of it at every look-up: each piece of a large file would take longer.
    """
    if session.connection().dialect.name == "postgresql":
        for table in TABLES_OF[kind]:
            session.execute(sa.text(f"ANALYZE {table}"))
