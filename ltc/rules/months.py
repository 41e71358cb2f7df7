"""Months and half-open ranges of days."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Self

from ltc.rules.errors import Invalid

ONE_DAY = timedelta(days=1)
MONTHS_PER_YEAR = 12
# The years that records may name: nobody is older, and months can be added to any of their days.
FIRST_YEAR, LAST_YEAR = 1900, 2200


class NotAMonth(Invalid):
    """“{text}” is not a month. Write it as year and month, such as 2019-11."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, written ``2019-11``."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2019-11``; raises NotAMonth."""
        try:
            day = date.fromisoformat(f"{text.strip()}-01")
        except ValueError:
            raise NotAMonth(text=text, field="month") from None
        if not is_of_records(day):
            raise NotAMonth(text=text, field="month")
        return cls(day.year, day.month)

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month that a day lies in."""
        return cls(day.year, day.month)

    @property
    def starts_on(self) -> date:
        """The first day."""
        return date(self.year, self.number, 1)

    @property
    def ends_before(self) -> date:
        """The first day of the next month."""
        return self.plus(1).starts_on

    @property
    def day_count(self) -> int:
        """Calendar days: 28 to 31."""
        return (self.ends_before - self.starts_on).days

    def plus(self, months: int) -> Self:
        """Return the month that lies so many months later (earlier where negative)."""
        index = self.year * MONTHS_PER_YEAR + self.number - 1 + months
        return type(self)(index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


def is_of_records(day: date) -> bool:
    """Whether records may name a day: one from 1900 to 2200, not a slip of the pen."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


@lru_cache(maxsize=4096)  # the conclusions of a large city are of a few hundred days
def add_months(day: date, months: int) -> date:
    """Return the day before which so many months from a day on are over: the same day of its month.

    Where that month has no such day its last one still belongs to them: two years from 29 February
    end with 28 February (民法典, Art. 202).
    """
    month = Month.of(day).plus(months)
    if day.day > month.day_count:
        return month.ends_before
    return date(month.year, month.number, day.day)


@dataclass(frozen=True, slots=True)
class DayRange:
    """The days from ``starts_on`` up to, not including, ``ends_before`` (None: without end)."""

    starts_on: date
    ends_before: date | None = None

    def __contains__(self, day: object) -> bool:
        return (
            isinstance(day, date)
            and self.starts_on <= day
            and (self.ends_before is None or day < self.ends_before)
        )

    def overlaps(self, other: "DayRange") -> bool:
        """Whether the two ranges share a day."""
        return (other.ends_before is None or self.starts_on < other.ends_before) and (
            self.ends_before is None or other.starts_on < self.ends_before
        )
