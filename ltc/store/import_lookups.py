"""Looks up what a chunk of rows of a file names: a few queries a chunk, whatever its size.

Everything is narrowed to what the actor may see, so that a foreign record is simply unknown.
"""

from collections import namedtuple
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.imports import ImportKind
from ltc.rules.months import DayRange
from ltc.rules.providers import CarerKind
from ltc.store.areas import District
from ltc.store.base import known_at
from ltc.store.bulk import is_any_of, narrow_to_keys
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


class PersonFound(NamedTuple):
    """What a row needs to know of a person."""

    id: int
    born_on: Any


class CarerFound(NamedTuple):
    """What a row needs to know of a carer."""

    id: int
    provider_id: int
    kind: CarerKind
    employed: DayRange
    certificate_ends_before: date | None


def find_people(
    session: Session, actor: Actor, case_numbers: Collection[str]
) -> dict[str, PersonFound]:
    """Return the people with these case numbers."""
    p = InsuredPerson
    query = sa.select(p.case_number, p.id, p.born_on)
    query = visible(query.where(is_any_of(session, p.case_number, case_numbers)), actor)
    return {number: PersonFound(key, born_on) for number, key, born_on in _read(session, query)}


def find_providers(session: Session, actor: Actor, codes: Collection[str]) -> dict[str, int]:
    """Return the ids of the providers with these codes."""
    query = sa.select(Provider.code, Provider.id).where(is_any_of(session, Provider.code, codes))
    return dict(_read(session, visible(query, actor)))


def find_carers(session: Session, actor: Actor, codes: Collection[str]) -> dict[str, CarerFound]:
    """Return the carers with these codes."""
    c = Carer
    query = sa.select(
        c.code, c.id, c.provider_id, c.kind, c.starts_on, c.ends_before, c.certificate_ends_before
    )
    query = visible(query.where(is_any_of(session, c.code, codes)), actor)
    return {
        code: CarerFound(key, provider, kind, DayRange(starts_on, ends_before), certificate)
        for code, key, provider, kind, starts_on, ends_before, certificate in _read(session, query)
    }


def load_current(
    session: Session,
    area_id: int,
    table: Any,
    columns: tuple[str, ...],
    keys: Iterable[tuple[Any, ...]],
) -> dict[tuple[Any, ...], Any]:
    """Return the newest versions that have one of the keys, as plain tuples with names.

    A withdrawn one is returned where nothing is believed under its key, the latest of several.
    """
    wanted = list(set(keys))
    if not wanted:
        return {}
    named, places = _name_columns(table), [getattr(table, name) for name in columns]
    query = sa.select(*table.__table__.columns)
    query = narrow_to_keys(session, query.where(table.area_id == area_id), places, wanted)
    withdrawn = _read(session, query.where(WITHDRAWN).order_by(table.recorded_at, table.id))
    believed = _read(session, query.where(BELIEVED))
    rows = map(named._make, chain(withdrawn, believed))
    return {tuple(getattr(row, name) for name in columns): row for row in rows}


@cache
def _name_columns(table: Any) -> Any:
    """Return what the rows of a table are given as: reading one costs a tenth of SQLAlchemy's."""
    return namedtuple(table.__name__, table.__table__.columns.keys())


def _read(session: Session, query: Any) -> Sequence[Any]:
    """Return plain rows, all at once: as the session would give them, they cost twice as much."""
    return session.connection().execute(query).all()


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
        table.area_id == area_id,
        is_any_of(session, getattr(table, column), ids),
        known_at(table, None),
    )
    found: dict[int, list[Any]] = {}
    for row in _read(session, query.order_by(table.starts_on, table.id)):
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
    is_meant = is_any_of(session, key, values)
    found = session.scalars(sa.select(table).where(table.area_id == area_id, is_meant))
    return {getattr(record, column): record for record in found}


def find_visible_ids(session: Session, actor: Actor, table: Any, ids: Collection[int]) -> set[int]:
    """Return which of some records the actor may see."""
    query = sa.select(table.id).where(is_any_of(session, table.id, ids))
    return set(session.scalars(visible(query, actor)))


def refresh_statistics(session: Session, kind: ImportKind) -> None:
    """Let PostgreSQL look at the tables of a kind now, inside the open transaction.

    By itself it does so some time after a table was filled. Until then it takes a table for empty
    and walks through all of it at every look-up: each piece of a large file would take longer.
    """
    if session.connection().dialect.name == "postgresql":
        for table in TABLES_OF[kind]:
            session.execute(sa.text(f"ANALYZE {table}"))
