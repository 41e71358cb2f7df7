"""Files of care given: visits, stays in a bed, fees."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ltc.rules.catalogues import Catalogue
from ltc.rules.errors import Conflict
from ltc.rules.imports import (
    LATITUDE_MAX,
    LONGITUDE_MAX,
    ImportKind,
    PositionHalf,
    ReferenceOfAnother,
    VisitEndsBeforeBegin,
    VisitTooLong,
    check_codes,
    check_order,
    parse_choice,
    parse_day,
    parse_degrees,
    parse_wall_clock,
    parse_yuan,
)
from ltc.rules.insured import DayAhead
from ltc.rules.months import ONE_DAY, DayRange
from ltc.rules.stays import PRICE_FEN_MAX, FeeKind, check_amount, check_fee, check_stay
from ltc.rules.visits import (
    Datum,
    NurseNeeded,
    VisitSource,
    check_carer,
    check_items,
    wall_minutes,
)
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.services.import_facts import Beside, Values, check_facts, write_facts
from ltc.services.import_rows import Checked, Known, Spec, cell, need, optional
from ltc.store.catalogues import get_catalogue
from ltc.store.import_lookups import CarerFound, load_of_people
from ltc.store.visits import BedStay, Fee, Visit

KEY = ("provider_id", "reference")
LONGEST_VISIT_HOURS = 24
MINUTES_PER_HOUR = 60
TIMES_REMEMBERED = 50_000  # the visits of a month begin and end at fewer different minutes
parse_source = partial(parse_choice, kind=VisitSource)
parse_datum = partial(parse_choice, kind=Datum)
parse_fee_kind = partial(parse_choice, kind=FeeKind)


def check_visits(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk of visits."""
    known, zone, catalogue = Known.load(ctx, rows), ZoneInfo(ctx.time_zone), get_catalogue()
    codes = frozenset(service.code for service in catalogue.services)

    def read(row: Row) -> Values:
        person, carer = known.person(row), known.carer(row)
        items = cell(row, "items").split()
        check_codes(items, codes, "items")
        times = _read_times(ctx, row, zone)
        _check_carer(carer, times["service_on"])
        _check_items(catalogue, items, carer, times["ends_min"] - times["begins_min"])
        return {
            "person_id": person.id,
            "provider_id": carer.provider_id,
            "carer_id": carer.id,
            "reference": need(row, "reference"),
            **times,
            "items": " ".join(items),
            **_read_place(row),
            "source": optional(row, "source", parse_source) or VisitSource.IMPORT,
            **_read_price(row),
        }

    return check_facts(ctx, rows, Visit, KEY, read, _same_person)


def _check_carer(carer: CarerFound, on: date) -> None:
    """Refuse what the page of a visit refuses: an expired certificate stops visits by file, too."""
    try:
        check_carer(carer.employed, carer.certificate_ends_before, on)
    except Conflict as problem:
        problem.field = "carer_code"
        raise


def _check_items(
    catalogue: Catalogue, items: Sequence[str], carer: CarerFound, minutes: int
) -> None:
    """Refuse items that the page refuses: for nurses only, or longer than the visit.

    A file need not say what was done. It names services by their codes, and so does the refusal.
    """
    if not items:
        return
    try:
        check_items(catalogue, items, carer.kind, minutes)
    except NurseNeeded as problem:
        problem.values["item"] = problem.values["code"]
        raise


def _read_times(ctx: Context, row: Row, zone: ZoneInfo) -> Values:
    """Begin and end; a visit belongs to the day on which it begins, and may end on the next."""
    begins = _read_moment(row.values["begins_at"], "begins_at", zone)
    ends = _read_moment(row.values["ends_at"], "ends_at", zone)
    minutes = ends.minute - begins.minute
    if minutes <= 0:
        raise VisitEndsBeforeBegin(field="ends_at", minutes=minutes)
    if minutes > LONGEST_VISIT_HOURS * MINUTES_PER_HOUR:
        raise VisitTooLong(field="ends_at", most=LONGEST_VISIT_HOURS)
    if ends.at > ctx.now:
        raise DayAhead(field="ends_at")
    return {
        "begins_at": begins.at,
        "ends_at": ends.at,
        "service_on": begins.day,
        "begins_min": begins.minute,
        "ends_min": ends.minute,
    }


class _Moment(NamedTuple):
    """A wall clock's time as it is stored: the instant, the day, and the minutes since 1970."""

    at: datetime
    day: date
    minute: int


@lru_cache(maxsize=TIMES_REMEMBERED)
def _read_moment(text: str, column: str, zone: ZoneInfo) -> _Moment:
    wall_clock = parse_wall_clock(text, column)
    at = wall_clock.replace(tzinfo=zone).astimezone(UTC)
    return _Moment(at, wall_clock.date(), wall_minutes(wall_clock))


def _read_place(row: Row) -> Values:
    latitude = parse_degrees(cell(row, "latitude"), "latitude", LATITUDE_MAX)
    longitude = parse_degrees(cell(row, "longitude"), "longitude", LONGITUDE_MAX)
    if (latitude is None) != (longitude is None):
        raise PositionHalf(field="latitude" if latitude is None else "longitude")
    datum = optional(row, "datum", parse_datum) or Datum.WGS84
    return {
        "latitude_e6": latitude,
        "longitude_e6": longitude,
        "datum": None if latitude is None else datum,
    }


def _read_price(row: Row) -> Values:
    """Read what was charged for the visit; a file without the column says nothing about it."""
    if "price_yuan" not in row.values:
        return {}
    price_fen = optional(row, "price_yuan", parse_yuan)
    if price_fen is not None:
        check_amount(price_fen, PRICE_FEN_MAX, "price_yuan")
    return {"price_fen": price_fen}


def check_bed_stays(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk of stays in a bed; an empty last day means that the person is still there.

    The same is refused as on the page: a stay ahead, and one on days in another bed.
    """
    known = Known.load(ctx, rows)
    people = [person.id for person in known.people.values()]
    recorded = load_of_people(ctx.session, ctx.area_id, BedStay, people)
    beside = Beside(recorded, lambda row: DayRange(row.starts_on, row.ends_before))

    def read(row: Row) -> Values:
        first = parse_day(cell(row, "first_day"), "first_day")
        last = optional(row, "last_day", parse_day)
        check_order(first, last, "last_day")
        return {
            "person_id": known.person(row).id,
            "provider_id": known.provider(ctx, row),
            "reference": need(row, "reference"),
            "starts_on": first,
            "ends_before": last and last + ONE_DAY,
            "price_fen": parse_yuan(cell(row, "price_yuan"), "price_yuan"),
        }

    def judge(one: Checked) -> None:
        _same_person(one)
        values = one.write.values
        days = DayRange(values["starts_on"], values["ends_before"])
        check_stay(days, values["price_fen"], ctx.today, beside.list_others(one))
        beside.add(one, days)

    return check_facts(ctx, rows, BedStay, KEY, read, judge)


def check_fees(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk of fees."""
    known = Known.load(ctx, rows)

    def read(row: Row) -> Values:
        charged_on = parse_day(cell(row, "charged_on"), "charged_on")
        amount_fen = parse_yuan(cell(row, "amount_yuan"), "amount_yuan")
        check_fee(charged_on, amount_fen, ctx.today)
        kind = optional(row, "kind", parse_fee_kind) or FeeKind.DAILY_CARE
        return {
            "person_id": known.person(row).id,
            "provider_id": known.provider(ctx, row),
            "reference": need(row, "reference"),
            "charged_on": charged_on,
            "amount_fen": amount_fen,
            "kind": kind.value,
        }

    return check_facts(ctx, rows, Fee, KEY, read, _same_person)


def _same_person(one: Checked) -> None:
    """Refuse a reference that is recorded for somebody else: it was used twice."""
    old = one.write.old
    if old is not None and old.person_id != one.write.values["person_id"]:
        raise ReferenceOfAnother(field="reference")


def _carry_out(table: Any, ctx: Context, rows: Sequence[Checked], reason: str) -> None:
    write_facts(ctx, table, [one.write for one in rows], reason)


def _carry_out_visits(ctx: Context, rows: Sequence[Checked], reason: str) -> None:
    """Write visits; what the file does not say of a recorded one stays: refusal and price."""
    writes = [
        write._replace(values={
            "refused": write.old and write.old.refused,
            "price_fen": write.old and write.old.price_fen,
            **write.values,
        })
        for write in (one.write for one in rows)
    ]  # fmt: skip
    write_facts(ctx, Visit, writes, reason)


VISITS = Spec(
    ImportKind.VISITS,
    ("reference", "case_number", "carer_code", "begins_at", "ends_at"),
    ("items", "latitude", "longitude", "datum", "source", "price_yuan"),
    check_visits,
    _carry_out_visits,
)
BED_STAYS = Spec(
    ImportKind.BED_STAYS,
    ("reference", "case_number", "first_day", "price_yuan"),
    ("provider_code", "last_day"),
    check_bed_stays,
    partial(_carry_out, BedStay),
)
FEES = Spec(
    ImportKind.FEES,
    ("reference", "case_number", "charged_on", "amount_yuan"),
    ("provider_code", "kind"),
    check_fees,
    partial(_carry_out, Fee),
)
