"""Reads the timetable of the scheduled tasks strictly: every complaint names file, line and key."""

from collections.abc import Collection
from datetime import time
from pathlib import Path

from ltc.rules.tasks import TASKS
from ltc.rules.timetable import CatchUp, Entry, Repeats, Timetable, Weekday
from ltc.store.yaml_reader import MapNode, read_law_file

TIMETABLE_FILE = Path(__file__).resolve().parent.parent / "jobs" / "timetable.yaml"
LAST_DAY_OF_MONTH = 31
MOST_BACK_DAYS = 400
MOST_QUIET_MINUTES = 24 * 60
OFF = "never"


def read_timetable(path: Path = TIMETABLE_FILE) -> Timetable:
    """Return the timetable of a file; raises LawFileError."""
    root = read_law_file(path)
    general = {kind: _read_entry(kind, node) for kind, node in _each_task(root, "tasks").items()}
    of_areas = {code: _read_area(node) for code, node in root.maybe_each("areas").items()}
    root.done()
    return Timetable(general, of_areas)


def check_areas(codes: Collection[str], path: Path = TIMETABLE_FILE) -> None:
    """Raise LawFileError where a timetable names an area that is not there: it would do nothing."""
    areas = read_law_file(path).maybe_map("areas")
    if areas is None:
        return
    for code in sorted(set(areas.keys()) - set(codes)):
        raise areas.error(code, f"is not an area (known: {', '.join(sorted(codes))})")


def _each_task(node: MapNode, key: str) -> dict[str, MapNode]:
    inner = node.take_map(key)
    found = {}
    for kind in inner.keys():  # noqa: SIM118 - no dict
        _check_known(inner, kind)
        found[kind] = inner.take_map(kind)
    return found


def _check_known(node: MapNode, kind: str) -> None:
    if kind not in TASKS:
        raise node.error(kind, f"is not a task (known: {', '.join(TASKS)})")


def _read_area(node: MapNode) -> dict[str, Entry | None]:
    """Read what an area does otherwise: a whole entry, or ``never``."""
    entries: dict[str, Entry | None] = {}
    for kind in node.keys():  # noqa: SIM118 - no dict
        _check_known(node, kind)
        if node.raw(kind) == OFF:
            node.pass_over(kind)
            entries[kind] = None
        else:
            entries[kind] = _read_entry(kind, node.take_map(kind))
    node.done()
    return entries


def _read_entry(kind: str, node: MapNode) -> Entry:
    repeats = node.take_choice("repeats", Repeats)
    at = _read_time(node) if repeats is not Repeats.AFTER_APPROVAL else time(0)
    day = _within(node, "day", LAST_DAY_OF_MONTH) if repeats is Repeats.MONTHLY else 1
    weekday = Weekday.MONDAY
    if repeats is Repeats.WEEKLY:
        weekday = node.take_choice("weekday", Weekday)
    entry = Entry(
        kind, repeats, at,
        catch_up=node.take_choice("catch_up", CatchUp),
        back_days=_within(node, "back_days", MOST_BACK_DAYS),
        quiet_minutes=_within(node, "quiet_minutes", MOST_QUIET_MINUTES),
        day=day, weekday=weekday,
    )  # fmt: skip
    node.done()
    return entry


def _read_time(node: MapNode) -> time:
    text = node.take("at", str)
    try:
        hour, minute = (int(part) for part in text.split(":") if len(part) == 2)
        return time(hour, minute)
    except ValueError:
        raise node.error("at", f"must be a time such as “02:00”, not “{text}”") from None


def _within(node: MapNode, key: str, most: int) -> int:
    value = node.take(key, int)
    if not 1 <= value <= most:
        raise node.error(key, f"must be a whole number from 1 to {most}, not {value}")
    return value
