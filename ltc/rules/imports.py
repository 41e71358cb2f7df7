"""Importing files: what may become of a row, how cells are read, and what can be wrong with them.

A row is bad where it cannot be read or names what does not exist (Invalid), and in conflict where
it can be read but contradicts what is known (Conflict). Both are left out; the others are done.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, TypeVar

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict, Invalid, Problem
from ltc.rules.months import is_of_records
from ltc.rules.words import N_
from ltc.rules.written_numbers import MICRO_DIGITS, parse_scaled, parse_yuan_text

E = TypeVar("E", bound=StrEnum)

AMOUNT_FEN_MAX = 10**12
MICRO = 10**MICRO_DIGITS
LATITUDE_MAX, LONGITUDE_MAX = 90, 180
SHOWN_LENGTH = 40
COMPACT_DAY_LENGTH = 8
DAYS_REMEMBERED = 4_096
# As nearly every file writes a time: read at once, without its parts.
USUAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::00)?")


class Outcome(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    CONFLICT = "conflict"
    BAD = "bad"


class ImportStatus(StrEnum):
    """Where an imported file stands; its job in ``job_runs`` says whether somebody works on it."""

    ARRIVED = "arrived"  # to be tried out, or tried out in part
    TRIED = "tried"
    BEGUN = "begun"  # to be carried out, or carried out in part
    DONE = "done"
    REFUSED = "refused"  # cannot be read as a whole


class ImportKind(StrEnum):
    """What a file tells of; the order is the one in which files build on one another."""

    PEOPLE = "people"
    LIFE_EVENTS = "life_events"
    PROVIDERS = "providers"
    CARERS = "carers"
    PLANS = "plans"
    VISITS = "visits"
    BED_STAYS = "bed_stays"
    FEES = "fees"


KIND_NAMES = {
    ImportKind.PEOPLE: N_("People with their enrolment"),
    ImportKind.LIFE_EVENTS: N_("Life events"),
    ImportKind.PROVIDERS: N_("Providers with their agreement"),
    ImportKind.CARERS: N_("Carers"),
    ImportKind.PLANS: N_("Care plans"),
    ImportKind.VISITS: N_("Visits"),
    ImportKind.BED_STAYS: N_("Stays in a bed"),
    ImportKind.FEES: N_("Fees"),
}
OUTCOME_NAMES = {
    Outcome.NEW: N_("new"),
    Outcome.CHANGED: N_("changed"),
    Outcome.SAME: N_("same as recorded"),
    Outcome.CONFLICT: N_("in conflict"),
    Outcome.BAD: N_("bad"),
}
# Who may import a kind may also enter it by hand.
PERMISSION_OF = {
    ImportKind.PEOPLE: Permission.CHANGE_PEOPLE,
    ImportKind.LIFE_EVENTS: Permission.CHANGE_PEOPLE,
    ImportKind.PROVIDERS: Permission.CHANGE_PROVIDERS,
    ImportKind.CARERS: Permission.CHANGE_CARERS,
    ImportKind.PLANS: Permission.CHANGE_PLANS,
    ImportKind.VISITS: Permission.LOG_VISITS,
    ImportKind.BED_STAYS: Permission.CHANGE_STAYS,
    ImportKind.FEES: Permission.CHANGE_STAYS,
}


class CellMissing(Invalid):
    """This cell is empty; it is needed."""


class CellTooLong(Invalid):
    """This cell has {count} characters; at most {most} are possible."""


class FormulaInCell(Invalid):
    """“{text}” begins like a formula. Write plain text or a plain number."""


class DayWrong(Invalid):
    """“{text}” is not a day. Write a day that exists as 2019-11-14."""


class TimeWrong(Invalid):
    """“{text}” is not a time. Write day and time as 2019-11-14 09:30."""


class TimeIs24(Invalid):
    """“{text}”: a day ends at 23:59. Write midnight as 00:00 of the next day."""


class WholeWrong(Invalid):
    """“{text}” is not a whole number from {least} to {most}."""


class AmountWrong(Invalid):
    """“{text}” is not an amount in yuan with at most two decimals, such as 1300.00."""


class ChoiceWrong(Invalid):
    """“{text}” is none of: {choices}."""


class DegreesWrong(Invalid):
    """“{text}” is not a position in degrees from -{most} to {most}, such as 29.484712."""


class PositionHalf(Invalid):
    """A position needs both latitude and longitude."""


class FirstDayAfterLast(Invalid):
    """The last day lies before the first."""


class VisitEndsBeforeBegin(Invalid):
    """The visit ends before it begins: {minutes} minutes. After midnight, write the next day."""


class VisitTooLong(Invalid):
    """The visit lasts more than {most} hours. Compare the days."""


class PersonUnknown(Invalid):
    """Nobody you may see has the case number “{text}”."""


class ProviderUnknown(Invalid):
    """No provider you may see has the code “{text}”."""


class CarerUnknown(Invalid):
    """No carer you may see has the code “{text}”."""


class DistrictCodeUnknown(Invalid):
    """There is no district “{text}” here. There are: {choices}."""


class ItemUnknown(Invalid):
    """“{text}” is no service item. Write codes with blanks between, such as D01 D04."""


class ItemTimesWrong(Invalid):
    """“{text}” is no item with its times a week. Write them as D01:3 D07:7."""


class RowTwice(Invalid):
    """Row {first} of this file is about the same record already. Keep one of them."""


class RegisteredElsewhere(Conflict):
    """Somebody with this identity number is registered already, in another district."""


class CaseNumberDiffers(Conflict):
    """This identity number is registered as {known}. Correct the case number, or the number."""


class CaseNumberTaken(Conflict):
    """The case number belongs to somebody else. Leave it empty to be given a new one."""


class ReferenceOfAnother(Conflict):
    """This reference is recorded for another person. References are used once."""


class WithdrawnBefore(Conflict):
    """Withdrawn on {day} by {who}: “{why}”. If it is right after all, enter it on its page."""


class CodeElsewhere(Conflict):
    """This code is taken, by a record that is not yours to change."""


class IdentityElsewhere(Conflict):
    """Somebody with this identity number is registered under another code."""


def outcome_of(problem: Problem) -> Outcome:
    """Whether a row with this problem is in conflict with what is known, or bad."""
    return Outcome.CONFLICT if isinstance(problem, Conflict) else Outcome.BAD


def shorten(text: str) -> str:
    """Return a cell as a message may quote it."""
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def parse_text(text: str, column: str, most: int) -> str:
    """Return a text on one line, trimmed; raises CellMissing, CellTooLong."""
    cleaned = " ".join(text.split())
    if not cleaned:
        raise CellMissing(field=column)
    if len(cleaned) > most:
        raise CellTooLong(field=column, count=len(cleaned), most=most)
    return cleaned


def parse_day(text: str, column: str) -> date:
    """Return a day written 2019-11-14, 2019/11/14 or 20191114; raises CellMissing, DayWrong."""
    cleaned = text.strip()
    if not cleaned:
        raise CellMissing(field=column)
    day = _find_day(cleaned)
    if day is None:
        raise DayWrong(field=column, text=shorten(cleaned))
    return day


def parse_wall_clock(text: str, column: str) -> datetime:
    """Return a day and time of the area's wall clock, without a zone.

    Seconds, where given, must be 00. Raises CellMissing, DayWrong, TimeWrong, TimeIs24.
    """
    usual = _find_usual_time(text)
    return usual if usual is not None else _parse_unusual_time(text, column)


def _find_usual_time(text: str) -> datetime | None:
    if not USUAL_TIME.fullmatch(text):
        return None
    try:
        wall_clock = datetime.fromisoformat(text)
    except ValueError:
        return None
    return wall_clock if is_of_records(wall_clock) else None


def _parse_unusual_time(text: str, column: str) -> datetime:
    cleaned = text.strip().replace("T", " ")
    if not cleaned:
        raise CellMissing(field=column)
    first, _, rest = cleaned.partition(" ")
    if not rest:
        raise TimeWrong(field=column, text=shorten(cleaned))
    day = parse_day(first, column)
    parts = rest.strip().split(":")
    if parts[0] == "24":
        raise TimeIs24(field=column, text=shorten(cleaned))
    try:
        hour, minute, second = [_digits(part) for part in [*parts, "00"][:3]]
        if second or len(parts) > 3:
            raise ValueError
        return datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a wall clock
    except ValueError:
        raise TimeWrong(field=column, text=shorten(cleaned)) from None


def parse_whole(text: str, column: str, least: int, most: int) -> int:
    """Return a whole number within bounds; raises CellMissing, WholeWrong."""
    cleaned = text.strip()
    if not cleaned:
        raise CellMissing(field=column)
    try:
        number = -_digits(cleaned[1:]) if cleaned.startswith("-") else _digits(cleaned)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise WholeWrong(field=column, text=shorten(cleaned), least=least, most=most)
    return number


def parse_yuan(text: str, column: str) -> int:
    """Return an amount in fen, from yuan with at most two decimals; raises AmountWrong."""
    if not text.strip():
        raise CellMissing(field=column)
    fen = parse_yuan_text(text)
    if fen is None or not 0 <= fen <= AMOUNT_FEN_MAX:
        raise AmountWrong(field=column, text=shorten(text.strip()))
    return fen


def parse_degrees(text: str, column: str, most: int) -> int | None:
    """Return a position in millionths of a degree, None where it is empty; raises DegreesWrong."""
    cleaned = text.strip()
    if not cleaned:
        return None
    whole, _, decimals = cleaned.partition(".")
    micro = parse_scaled(f"{whole}.{decimals[:MICRO_DIGITS]}", MICRO_DIGITS)
    if micro is None or abs(micro) > most * MICRO:
        raise DegreesWrong(field=column, text=shorten(cleaned), most=most)
    return micro


def parse_choice(text: str, column: str, kind: type[E]) -> E:
    """Return one of an enum's values; raises CellMissing, ChoiceWrong."""
    cleaned = text.strip().lower()
    if not cleaned:
        raise CellMissing(field=column)
    members: dict[str, E] = _members(kind)
    if cleaned not in members:
        raise ChoiceWrong(field=column, text=shorten(cleaned), choices=", ".join(members))
    return members[cleaned]


@cache
def _members(kind: type[StrEnum]) -> dict[str, Any]:
    return {member.value: member for member in kind}


def check_codes(codes: Iterable[str], known: Iterable[str], column: str) -> None:
    """Raise ItemUnknown at the first code that the catalogue does not have."""
    for code in codes:
        if code not in known:
            raise ItemUnknown(field=column, text=shorten(code))


def check_order(first: date, last: date | None, column: str) -> None:
    """Raise where the last day lies before the first."""
    if last is not None and last < first:
        raise FirstDayAfterLast(field=column)


@lru_cache(maxsize=DAYS_REMEMBERED)
def _find_day(text: str) -> date | None:
    """Return the day that a text names, None where it names none; a file has few different ones."""
    if len(text) == COMPACT_DAY_LENGTH and text.isdigit():
        parts = [text[:4], text[4:6], text[6:]]
    else:
        parts = text.replace("/", "-").split("-")
    try:
        day = date(*[_digits(part) for part in parts])
    except (ValueError, TypeError):
        return None
    return day if is_of_records(day) else None


def _digits(text: str) -> int:
    """Return plain ASCII digits as a number; raises ValueError."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return int(text)
