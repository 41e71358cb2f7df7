"""Sets of days as the bits of a whole number, over the window that one settlement looks at.

Bit 0 is a Monday: the window begins with the week of the day before the month, because a weekly cap
counts whole weeks and a visit may cross midnight, and ends one day after the month. All questions about days (which are insured, suspended, paid) are then ``&``, ``|`` and ``bit_count``.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from ltc.rules.months import Month

DAYS_PER_WEEK = 7
MINUTES_PER_DAY = 24 * 60
EPOCH = date(1970, 1, 1).toordinal()  # minute 0 of the cases lies on this day


@dataclass(frozen=True, slots=True)
class Window:
    """The days from a Monday before the month (``weeks_start_on``) to the day after the month."""

    first: int  # ordinal of the day of bit 0
    length: int
    month: int  # the days of the month itself
    month_days: int
    whole: int  # all days of the window

    def index_of(self, day: date) -> int:
        """Return the place of a day, below 0 or beyond the length where it lies outside."""
        return day.toordinal() - self.first

    def index_of_minute(self, minute: int) -> int:
        """Return the place of the day that a minute of the cases lies on."""
        return minute // MINUTES_PER_DAY + EPOCH - self.first

    def day(self, index: int) -> date:
        """Return the calendar day at a place."""
        return date.fromordinal(self.first + index)

    def span(self, starts_on: date, ends_before: date | None) -> int:
        """Return the days of a half-open range, as far as they lie in the window."""
        low = max(0, starts_on.toordinal() - self.first)
        if ends_before is None:
            return (self.whole >> low) << low
        high = min(self.length, ends_before.toordinal() - self.first)
        return (1 << high) - (1 << low) if high > low else 0


def weeks_start_on(month: Month) -> date:
    """Return the Monday of the week in which the day before the month lies.

    Weekly caps count whole weeks, and a visit of that day may cross midnight into the month.
    """
    return month.starts_on - timedelta(days=month.starts_on.weekday() or DAYS_PER_WEEK)


@lru_cache(maxsize=64)
def window_of(month: Month) -> Window:
    """Return the window of a month."""
    starts_on = weeks_start_on(month)
    lead_days = (month.starts_on - starts_on).days
    length = lead_days + month.day_count + 1
    return Window(
        first=starts_on.toordinal(),
        length=length,
        month=((1 << month.day_count) - 1) << lead_days,
        month_days=month.day_count,
        whole=(1 << length) - 1,
    )


def first_of(days: int) -> int:
    """Return the place of the first day of a set; the set must not be empty."""
    return (days & -days).bit_length() - 1


def last_of(days: int) -> int:
    """Return the place of the last day of a set; the set must not be empty."""
    return days.bit_length() - 1


def list_runs(days: int) -> list[tuple[int, int]]:
    """Return the unbroken runs of a set as places of their first and last day."""
    runs = []
    while days:
        low = first_of(days)
        beyond = ~(days >> low)
        length = first_of(beyond)
        runs.append((low, low + length - 1))
        days &= ~(((1 << length) - 1) << low)
    return runs
