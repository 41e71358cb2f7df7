from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.working_days import COUNT_LIMIT, WorkingDayCountOutOfRange, WorkingDays

SATURDAY_WORKED = date(2026, 2, 14)
FRIDAY_OFF = date(2026, 2, 20)
TABLE = WorkingDays(
    exceptions={SATURDAY_WORKED: True, FRIDAY_OFF: False},
    names={},
    announced_years=frozenset({2026}),
)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 13), True),
        (SATURDAY_WORKED, True),
        (date(2026, 2, 15), False),
        (FRIDAY_OFF, False),
        (date(2026, 2, 21), False),
    ],
)
def test_exceptions_stand_above_the_plain_week(day: date, worked: bool) -> None:
    assert TABLE.is_working_day(day) is worked


@pytest.mark.parametrize(
    ("count", "reached"),
    [
        (0, date(2026, 2, 13)),
        (1, SATURDAY_WORKED),
        (2, date(2026, 2, 16)),
        (5, date(2026, 2, 19)),
        (6, date(2026, 2, 23)),
    ],
)
def test_counting_starts_on_the_next_day_and_skips_days_off(count: int, reached: date) -> None:
    deadline = TABLE.add_working_days(date(2026, 2, 13), count)
    assert (deadline.on, deadline.provisional) == (reached, False)


def test_a_deadline_across_the_edge_is_provisional() -> None:
    assert not TABLE.add_working_days(date(2026, 12, 30), 1).provisional
    assert TABLE.add_working_days(date(2026, 12, 30), 2).provisional


def test_a_deadline_that_skips_an_unannounced_day_off_is_provisional() -> None:
    table = WorkingDays({date(2025, 12, 31): False}, {}, frozenset({2026}))
    deadline = table.add_working_days(date(2025, 12, 30), 1)
    assert (deadline.on, deadline.provisional) == (date(2026, 1, 1), True)


@pytest.mark.parametrize("count", [-1, COUNT_LIMIT + 1])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(WorkingDayCountOutOfRange, match=str(count)):
        TABLE.add_working_days(date(2026, 1, 1), count)


@given(st.dates(date(2026, 1, 1), date(2026, 6, 30)), st.integers(1, 60))
def test_exactly_so_many_working_days_lie_between(day: date, count: int) -> None:
    end = TABLE.add_working_days(day, count).on
    days = [day + timedelta(days=step) for step in range(1, (end - day).days + 1)]
    assert sum(TABLE.is_working_day(between) for between in days) == count
    assert TABLE.is_working_day(end)
