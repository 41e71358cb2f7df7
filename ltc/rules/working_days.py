"""Working days: a value made from a table that is handed in, and counting along it.

Beyond the last year whose days off the State Council has announced, weekends and the festivals by
the calendar are all that is known: a day counted across that edge is provisional and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ltc.rules.errors import Invalid
from ltc.rules.months import ONE_DAY
from ltc.rules.policies import Text

FIRST_WEEKEND_DAY = 5  # Saturday, with Monday as 0
COUNT_LIMIT = 1_000  # no deadline of the field comes near it


class WorkingDayCountOutOfRange(Invalid):
    """{count} working days cannot be counted. Give a number from 0 to {limit}."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day reached by counting; ``provisional``: the days off up to it are not all announced."""

    on: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days are worked: exceptions to the plain week, and the years that are announced.

    ``exceptions``: True for a weekend day that is worked, False for a weekday that is off.
    """

    exceptions: Mapping[date, bool]
    names: Mapping[date, Text]  # what a day off is called, as far as known
    announced_years: frozenset[int]

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on the day."""
        return self.exceptions.get(day, day.weekday() < FIRST_WEEKEND_DAY)

    def is_announced(self, day: date) -> bool:
        """Whether the days off of that year are announced."""
        return day.year in self.announced_years

    def add_working_days(self, day: date, count: int) -> Deadline:
        """Return the day that lies so many working days later; the first one does not count.

        Raises WorkingDayCountOutOfRange for a negative or absurd count.
        """
        if not 0 <= count <= COUNT_LIMIT:
            raise WorkingDayCountOutOfRange(field="count", count=count, limit=COUNT_LIMIT)
        provisional = False
        for _ in range(count):
            day += ONE_DAY
            while not self.is_working_day(day):
                provisional |= not self.is_announced(day)
                day += ONE_DAY
            provisional |= not self.is_announced(day)
        return Deadline(day, provisional)
