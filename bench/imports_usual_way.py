"""The usual way to import a file of visits: row by row, over the same rules.

Written as one would write it without thinking of sets: queries for the records that a row names, a
query for the visit itself, an object for each row, a commit now and then.
"""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.imports import (
    LATITUDE_MAX,
    LONGITUDE_MAX,
    FormulaInCell,
    PersonUnknown,
    ReferenceOfAnother,
    VisitEndsBeforeBegin,
    check_codes,
    parse_choice,
    parse_degrees,
    parse_text,
    parse_wall_clock,
)
from ltc.rules.visits import Datum, VisitSource, wall_minutes
from ltc.services.context import Context
from ltc.services.import_rows import CODE_LENGTH_MAX, FORMULA
from ltc.store.base import new_id
from ltc.store.catalogues import get_catalogue
from ltc.store.insured import InsuredPerson
from ltc.store.providers import Carer
from ltc.store.visits import Visit

ROWS_A_COMMIT = 1_000
Cells = dict[str, str]


def import_visits(ctx: Context, path: Path) -> int:
    """Import a file of visits, and return how many rows it had."""
    codes = {service.code for service in get_catalogue().services}
    session, zone, rows = ctx.session, ZoneInfo(ctx.time_zone), 0
    with path.open(encoding="utf-8", newline="") as file:
        for rows, cells in enumerate(csv.DictReader(file), start=1):
            _import_row(ctx, cells, codes, zone)
            if rows % ROWS_A_COMMIT == 0:
                session.commit()
                session.expunge_all()
    session.commit()
    return rows


def _import_row(ctx: Context, cells: Cells, codes: set[str], zone: ZoneInfo) -> None:
    """Add the visit of a row, or leave it where it is recorded already."""
    for column, text in cells.items():
        if FORMULA.match(text):
            raise FormulaInCell(field=column, text=text)
    values = {**_read_names(ctx, cells), **_read_times(cells, zone), **_read_rest(cells, codes)}
    old = ctx.session.scalar(
        sa.select(Visit).where(
            Visit.area_id == ctx.area_id, Visit.provider_id == values["provider_id"],
            Visit.reference == values["reference"], Visit.superseded_at.is_(None),
        )
    )  # fmt: skip
    if old is not None:
        if old.person_id != values["person_id"]:
            raise ReferenceOfAnother(field="reference")
        return
    times = {"recorded_at": ctx.now, "recorded_by_id": ctx.actor.user_id}
    ctx.session.add(Visit(area_id=ctx.area_id, id=new_id(), **values, **times))


def _read_names(ctx: Context, cells: Cells) -> dict[str, Any]:
    person = _find(ctx, InsuredPerson, InsuredPerson.case_number, cells["case_number"])
    carer = _find(ctx, Carer, Carer.code, cells["carer_code"])
    return {
        "reference": parse_text(cells["reference"], "reference", CODE_LENGTH_MAX),
        "person_id": person.id,
        "provider_id": carer.provider_id,
        "carer_id": carer.id,
    }


def _find(ctx: Context, table: Any, column: Any, text: str) -> Any:
    session: Session = ctx.session
    found = session.scalar(sa.select(table).where(table.area_id == ctx.area_id, column == text))
    if found is None:
        raise PersonUnknown(field=column.key, text=text)
    return found


def _read_times(cells: Cells, zone: ZoneInfo) -> dict[str, Any]:
    begins, ends = (parse_wall_clock(cells[name], name) for name in ("begins_at", "ends_at"))
    if ends <= begins:
        raise VisitEndsBeforeBegin(field="ends_at", minutes=wall_minutes(ends))

    def instant(wall_clock: datetime) -> datetime:
        return wall_clock.replace(tzinfo=zone).astimezone(UTC)

    return {
        "begins_at": instant(begins),
        "ends_at": instant(ends),
        "service_on": begins.date(),
        "begins_min": wall_minutes(begins),
        "ends_min": wall_minutes(ends),
    }


def _read_rest(cells: Cells, codes: set[str]) -> dict[str, Any]:
    items = cells["items"].split()
    check_codes(items, codes, "items")
    return {
        "items": " ".join(items),
        "latitude_e6": parse_degrees(cells["latitude"], "latitude", LATITUDE_MAX),
        "longitude_e6": parse_degrees(cells["longitude"], "longitude", LONGITUDE_MAX),
        "datum": parse_choice(cells["datum"], "datum", Datum),
        "source": parse_choice(cells["source"], "source", VisitSource),
    }
