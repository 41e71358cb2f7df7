"""When scheduled tasks are due: business dates counted in the area's own calendar.

Nothing here trusts that somebody was awake at the right second. From the timetable, the area's time
zone and this instant follow the dates that are due; what has been done for them says the database.
A day of the month that a month does not have is its last day. A time that a summer change leaves
out is due when it would have been (an hour later by the clock on the wall), one that comes twice is
due the first time.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ltc.rules.months import ONE_DAY, Month

LONGEST_PERIOD_DAYS = 31
LATE_AFTER = timedelta(hours=1)


class Repeats(StrEnum):
    """How often a task is due."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    AFTER_APPROVAL = "after_approval"  # once for each approved month


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class CatchUp(StrEnum):
    """Which of several missed dates are done later."""

    EVERY = "every"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timetable.

    ``at`` is the area's wall clock. Missed dates of the last ``back_days`` days are caught up. After
    ``quiet_minutes`` without a sign of life a worker counts as hung, and another takes over.
    """

    kind: str
    repeats: Repeats
    at: time
    catch_up: CatchUp
    back_days: int
    quiet_minutes: int
    day: int = 1  # of the month
    weekday: Weekday = Weekday.MONDAY

    @property
    def quiet(self) -> timedelta:
        """How long a worker may be silent."""
        return timedelta(minutes=self.quiet_minutes)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The entries of every area: the general ones, and what single areas do otherwise."""

    general: Mapping[str, Entry] = field(default_factory=dict)
    of_areas: Mapping[str, Mapping[str, Entry | None]] = field(default_factory=dict)

    def of(self, area_code: str) -> dict[str, Entry]:
        """Return an area's entries by task; what the area leaves out is not in it."""
        merged = {**self.general, **self.of_areas.get(area_code, {})}
        return {kind: entry for kind, entry in merged.items() if entry is not None}


def is_due_on(entry: Entry, on: date) -> bool:
    """Whether a date is one of the entry's business dates."""
    if entry.repeats is Repeats.DAILY:
        return True
    if entry.repeats is Repeats.WEEKLY:
        return list(Weekday)[on.weekday()] is entry.weekday
    if entry.repeats is Repeats.MONTHLY:
        return on.day == min(entry.day, Month.of(on).day_count)
    return False


def due_at(entry: Entry, on: date, time_zone: str) -> datetime:
    """Return the instant (UTC) at which a business date is due."""
    return datetime.combine(on, entry.at, ZoneInfo(time_zone)).astimezone(UTC)


def list_due(
    entry: Entry, *, time_zone: str, since: datetime, now: datetime, done: Collection[date] = ()
) -> list[date]:
    """Return the business dates to be done now, the earliest first.

    Dates that were due before ``since`` are nobody's omission; ``done`` are taken care of already.
    """
    due = _list_past(entry, time_zone, since, now, entry.back_days)
    if entry.catch_up is CatchUp.NEWEST:
        due = due[-1:]
    return [on for on in due if on not in done]


def find_newest_due(entry: Entry, *, time_zone: str, since: datetime, now: datetime) -> date | None:
    """Return the last business date that was due; None where none was since ``since``."""
    days = max(entry.back_days, LONGEST_PERIOD_DAYS)
    past = _list_past(entry, time_zone, since, now, days)
    return past[-1] if past else None


def find_next_due(entry: Entry, *, time_zone: str, now: datetime) -> datetime | None:
    """Return the instant at which the task is due next; None where an approval decides."""
    if entry.repeats is Repeats.AFTER_APPROVAL:
        return None
    today = _day_of(now, time_zone)
    days = (today + ONE_DAY * ahead for ahead in range(2 * LONGEST_PERIOD_DAYS))
    instants = (due_at(entry, on, time_zone) for on in days if is_due_on(entry, on))
    return next(instant for instant in instants if instant > now)


def date_key(kind: str, on: date) -> str:
    """Return the key under which a business date of a task is done once."""
    return f"{kind}:{on}"


def is_late(due: datetime, now: datetime) -> bool:
    """Whether what was due at an instant and is not done by now is to be told of."""
    return now - due > LATE_AFTER


def _list_past(
    entry: Entry, time_zone: str, since: datetime, now: datetime, back_days: int
) -> list[date]:
    today = _day_of(now, time_zone)
    days = (today - ONE_DAY * back for back in range(back_days, -1, -1))
    return [
        on for on in days if is_due_on(entry, on) and since < due_at(entry, on, time_zone) <= now
    ]


def _day_of(instant: datetime, time_zone: str) -> date:
    return instant.astimezone(ZoneInfo(time_zone)).date()
