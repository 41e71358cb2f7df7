"""The bridge from one month's sum to the next: each difference has a cause, and they add up.

Who is paid in one month only started or stopped; who is held in one month only, in whole or in part,
is held or released: each takes all of a person's difference. Any other difference is split: what
more or fewer days (or minutes, where time is paid) come to at the price of the month before, and
what is left, which goes to the first that holds: another mode, another grade, another law, another
price or fee. Where time is paid, another mode or grade brings other minutes and takes all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ltc.rules.money import round_half_up
from ltc.rules.policies import Hourly, Law
from ltc.rules.words import N_


class Cause(StrEnum):
    """Why a person's amount is another than in the month before, in the order of the table."""

    STARTED = "started"
    STOPPED = "stopped"
    HELD = "held"
    RELEASED = "released"
    MODE = "mode"
    GRADE = "grade"
    DAYS = "days"
    MINUTES = "minutes"
    LAW = "law"
    PRICE = "price"


CAUSE_NAMES: dict[Cause, str] = {
    Cause.STARTED: N_("Started"),
    Cause.STOPPED: N_("Stopped"),
    Cause.HELD: N_("Now held"),
    Cause.RELEASED: N_("No longer held"),
    Cause.MODE: N_("Other mode of care"),
    Cause.GRADE: N_("Other grade"),
    Cause.DAYS: N_("More or fewer days"),
    Cause.MINUTES: N_("More or less time"),
    Cause.LAW: N_("Other law"),
    Cause.PRICE: N_("Other prices and fees"),
}


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """What a person's month came to; modes and grades are named once each, sorted.

    ``minutes`` are those that were paid for: minutes of a form that pays days are not among them.
    """

    fund_fen: int
    days: int
    minutes: int
    modes: tuple[str, ...]
    grades: tuple[str, ...]
    is_held: bool = False


NOTHING = PersonMonth(0, 0, 0, (), ())


def count_paid_minutes(law: Law, day: date, mode: str, form: str, minutes: int) -> int:
    """Return the minutes of a line that begins on a day, 0 where its form pays days or fees."""
    forms = law.on(day).modes[mode].forms
    is_by_time = any(isinstance(each, Hourly) and each.code == form for each in forms)
    return minutes if is_by_time else 0


@dataclass(frozen=True, slots=True)
class Change:
    """A part of one person's difference, in fen."""

    cause: Cause
    fund_fen: int


@dataclass(frozen=True, slots=True)
class Span:
    """All changes of one cause: people and the difference in fen."""

    cause: Cause
    people: int
    fund_fen: int


def split_difference(
    before: PersonMonth, after: PersonMonth, *, is_other_law: bool
) -> list[Change]:
    """Return the causes of one person's difference; the parts add up to it exactly."""
    difference = after.fund_fen - before.fund_fen
    whole = _find_whole_cause(before, after)
    if whole is not None:
        return [Change(whole, difference)] if difference else []
    by_time, cause = _time_effect(before, after)
    rest = _find_changed(before, after) or (Cause.LAW if is_other_law else Cause.PRICE)
    parts = [Change(cause, by_time), Change(rest, difference - by_time)]
    return [part for part in parts if part.fund_fen]


def _find_whole_cause(before: PersonMonth, after: PersonMonth) -> Cause | None:
    """Return the cause that takes all of a difference, None where it has to be split."""
    if not before.fund_fen:
        return Cause.RELEASED if before.is_held else Cause.STARTED
    if not after.fund_fen:
        return Cause.HELD if after.is_held else Cause.STOPPED
    if before.is_held != after.is_held:
        return Cause.HELD if after.is_held else Cause.RELEASED
    return _find_changed(before, after) if before.minutes or after.minutes else None


def _find_changed(before: PersonMonth, after: PersonMonth) -> Cause | None:
    """Return what is another in the person's care: the mode, else the grade, else nothing."""
    if before.modes != after.modes:
        return Cause.MODE
    return Cause.GRADE if before.grades != after.grades else None


def _time_effect(before: PersonMonth, after: PersonMonth) -> tuple[int, Cause]:
    """Return what the change in time comes to at the price of the month before."""
    if before.minutes and after.minutes:
        more, of, cause = after.minutes - before.minutes, before.minutes, Cause.MINUTES
    else:
        more, of, cause = after.days - before.days, before.days, Cause.DAYS
    return (round_half_up(before.fund_fen * more, of) if of else 0), cause


def build_bridge(changes: Iterable[Change]) -> list[Span]:
    """Add changes up by cause, in the order of causes; causes that do not occur are left out."""
    people: dict[Cause, int] = {}
    sums: dict[Cause, int] = {}
    for change in changes:
        people[change.cause] = people.get(change.cause, 0) + 1
        sums[change.cause] = sums.get(change.cause, 0) + change.fund_fen
    return [Span(cause, people[cause], sums[cause]) for cause in Cause if cause in people]
