"""Chinese working days from the ``holidays`` library, corrected by ``ltc/policy/working_days.yaml``.

The library knows the days off and the shifted working days of every announced year. A year that
is announced after the library was released is entered by hand in the file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import holidays

from ltc.rules.policies import Text
from ltc.rules.working_days import FIRST_WEEKEND_DAY, WorkingDays
from ltc.store.policies import LAW_FOLDER
from ltc.store.policy_values import read_text
from ltc.store.yaml_reader import MapNode, read_law_file

FILE_NAME = "working_days.yaml"
YEARS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class DayByHand:
    """A day whose working or being off was entered by hand."""

    on: date
    working: bool
    name: Text


@dataclass(frozen=True, slots=True)
class DaysByHand:
    """What the file adds: whole announced years and single days."""

    source: Text
    announced_years: tuple[int, ...]
    days: tuple[DayByHand, ...]


@cache
def load_working_days(folder: Path = LAW_FOLDER) -> WorkingDays:
    """Return the table for all announced years and a few beyond; raises LawFileError."""
    by_hand = read_days_by_hand(folder / FILE_NAME)
    announced = frozenset((*_announced_by_library(), *by_hand.announced_years))
    years = range(min(announced), max(announced) + YEARS_AHEAD)
    chinese = holidays.country_holidays("CN", years=years, language="zh_CN")
    english = holidays.country_holidays("CN", years=years, language="en_US")
    exceptions = {day: False for day in chinese if day.weekday() < FIRST_WEEKEND_DAY}
    exceptions |= dict.fromkeys(chinese.weekend_workdays, True)
    names = {day: Text(zh=chinese[day], en=english[day]) for day in chinese}
    return WorkingDays(
        exceptions=exceptions | {day.on: day.working for day in by_hand.days},
        names=names | {day.on: day.name for day in by_hand.days},
        announced_years=announced,
    )


def read_days_by_hand(path: Path) -> DaysByHand:
    """Read the file; raises LawFileError."""
    root = read_law_file(path)
    by_hand = DaysByHand(
        source=read_text(root, "source"),
        announced_years=root.take_values("announced_years", int)
        if root.has("announced_years")
        else (),
        days=tuple(_read_days(root.take_maps("days"))) if root.has("days") else (),
    )
    root.done()
    return by_hand


def _read_days(nodes: Iterable[MapNode]) -> Iterable[DayByHand]:
    seen: set[date] = set()
    for node in nodes:
        day = DayByHand(node.take("on", date), node.take("working", bool), read_text(node, "name"))
        if day.on in seen:
            raise node.error("on", f"{day.on} stands twice; enter each day once")
        seen.add(day.on)
        node.done()
        yield day


def _announced_by_library() -> frozenset[int]:
    """Return the years for which the library carries the notice, not only the calendar."""
    return frozenset(holidays.country_holidays("CN").special_public_holidays)
