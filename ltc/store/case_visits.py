"""Visits of a case file: one by one, or the same visit on several days."""

from collections.abc import Iterator
from datetime import date, timedelta

from ltc.rules.months import Month
from ltc.rules.payouts.cases import Visit
from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY
from ltc.rules.visits import LONGEST_VISIT_MINUTES
from ltc.store.case_scalars import (
    Entry,
    parse_clock,
    parse_count,
    parse_day,
    parse_price_fen,
    parse_whole,
)

FIRST_BEGIN = 8 * 60  # where a visit names no time, the day's visits follow each other from 08:00


def minute_of(part: Entry, on: date, key: str) -> int:
    """Return a time on a day as minutes of the cases."""
    return day_minute(on) + part.scalar(key, parse_clock)


def day_minute(on: date) -> int:
    """Return the first minute of a day."""
    return (on.toordinal() - EPOCH) * MINUTES_PER_DAY


def read_visits(parts: list[Entry], month: Month) -> tuple[Visit, ...]:
    """Return all visits of a case, numbered from 1 in the order of the file."""
    visits: list[Visit] = []
    free_from: dict[date, int] = {}
    for part in parts:
        for on in _list_days(part, month):
            visit = _read_visit(part, len(visits) + 1, on, free_from.get(on, FIRST_BEGIN))
            free_from[on] = max(visit.ends_min - day_minute(on), FIRST_BEGIN)
            visits.append(visit)
        part.done()
    return tuple(visits)


def _parse_reason(text: str) -> str:
    """Return why a visit was refused; ``false`` would be a reason, too, and nobody means that."""
    if text.lower() in ("true", "false", "yes", "no"):
        raise ValueError("must be the reason in words; leave the key out where it was not refused")
    return text


def _list_days(part: Entry, month: Month) -> Iterator[date]:
    """Return the day of a visit, or every day of a range, or every so many days of it."""
    range_keys = [key for key in ("from", "to", "every_days") if part.has(key)]
    if part.has("on"):
        if range_keys:
            raise part.error(range_keys[0], "stands beside “on”: write one of them only")
        yield part.scalar("on", parse_day)
        return
    if not range_keys:
        raise part.error("on", "is missing: write the day, or from and to for several days")
    day = part.maybe_day("from") or month.starts_on
    end = part.day_after("to") or month.ends_before
    every = part.scalar("every_days", parse_whole, default=1)
    if every < 1:
        raise part.error("every_days", "must be 1 or more")
    if (end - day).days > month.day_count + 31:
        raise part.error("to", "is too far from the month")
    while day < end:
        yield day
        day += timedelta(days=every)


def _read_visit(part: Entry, ref: int, on: date, free_from: int) -> Visit:
    """Read one visit on a day; ``end`` or ``minutes`` say how long it is."""
    begin = part.scalar("begin", parse_clock, default=free_from)
    if begin >= MINUTES_PER_DAY:
        raise part.error("begin", "must lie before 24:00: what begins then is of the next day")
    end = part.maybe("end", parse_clock)
    minutes = part.maybe("minutes", parse_whole)
    if (end is None) == (minutes is None):
        raise part.error("minutes", "write either minutes or end")
    if minutes is not None and minutes > LONGEST_VISIT_MINUTES:
        raise part.error(
            "minutes", f"a visit lasts at most 24 hours, {LONGEST_VISIT_MINUTES} minutes"
        )
    ends = end if end is not None else begin + (minutes or 0)
    return Visit(
        ref=ref,
        provider=part.scalar("provider", parse_count, default=1),
        carer=part.scalar("carer", parse_count, default=1),
        begins_min=day_minute(on) + begin,
        ends_min=day_minute(on) + ends,
        refused=part.maybe("refused", _parse_reason),
        price_fen=part.maybe("price", parse_price_fen),
    )
