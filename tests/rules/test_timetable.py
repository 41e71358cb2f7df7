from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ltc.rules.timetable import (
    CatchUp,
    Entry,
    Repeats,
    Timetable,
    Weekday,
    due_at,
    find_newest_due,
    find_next_due,
    is_due_on,
    list_due,
)

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def entry(repeats=Repeats.DAILY, at="02:00", catch_up=CatchUp.EVERY, back_days=62, **more):
    hour, minute = at.split(":")
    return Entry(
        "books_check", repeats, time(int(hour), int(minute)), catch_up, back_days, 30, **more
    )


def at(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def due(each, now, zone=SHANGHAI, since=LONG_AGO, done=()):
    return [str(on) for on in list_due(each, time_zone=zone, since=since, now=now, done=done)]


MONTHLY = entry(Repeats.MONTHLY, day=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2019-12-01T01:59", ["2019-10-01", "2019-11-01"]),
        ("2019-12-01T02:00", ["2019-10-01", "2019-11-01", "2019-12-01"]),
        ("2020-01-01T02:00", ["2019-11-01", "2019-12-01", "2020-01-01"]),
        ("2020-03-01T03:00", ["2020-01-01", "2020-02-01", "2020-03-01"]),
    ],
)  # fmt: skip
def test_the_first_of_the_month_is_due_at_two_by_the_clock_of_the_area(now, expected):
    assert due(MONTHLY, at(now)) == expected


def test_the_same_instant_is_another_day_elsewhere():
    now = datetime(2019, 11, 30, 18, 30, tzinfo=UTC)  # 02:30 on 1 December in Shanghai
    assert due(MONTHLY, now)[-1] == "2019-12-01"
    assert due(MONTHLY, now, BERLIN)[-1] == "2019-11-01"


@pytest.mark.parametrize(
    ("on", "expected"),
    [(date(2020, 2, 29), True), (date(2020, 2, 28), False), (date(2019, 2, 28), True),
     (date(2019, 12, 31), True), (date(2019, 4, 30), True), (date(2019, 12, 30), False)],
)  # fmt: skip
def test_the_thirty_first_is_the_last_day_where_a_month_is_shorter(on, expected):
    assert is_due_on(entry(Repeats.MONTHLY, day=31), on) is expected


def test_a_time_that_summer_leaves_out_is_due_an_hour_later_by_the_wall():
    each = entry(at="02:30")
    assert due_at(each, date(2026, 3, 29), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert due(each, at("2026-03-29T01:59", BERLIN), BERLIN)[-1] == "2026-03-28"
    assert due(each, at("2026-03-29T03:30", BERLIN), BERLIN)[-1] == "2026-03-29"


def test_a_time_that_comes_twice_is_due_the_first_time_and_once():
    each, on = entry(at="02:30"), date(2026, 10, 25)
    assert due_at(each, on, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    twice = at("2026-10-25T02:45", BERLIN).replace(fold=1)
    assert due(each, twice, BERLIN, done={on})[-1] == "2026-10-24"


def test_only_the_newest_of_the_missed_dates_is_caught_up_where_the_data_says_so():
    now = at("2019-11-14T03:00")
    newest = entry(catch_up=CatchUp.NEWEST, back_days=7)
    assert due(newest, now) == ["2019-11-14"]
    assert due(newest, now, done={date(2019, 11, 14)}) == []
    assert len(due(entry(back_days=7), now)) == 8


def test_what_was_due_before_it_was_served_is_nobodys_omission():
    since = at("2019-11-12T12:00")
    assert due(entry(), at("2019-11-14T03:00"), since=since) == ["2019-11-13", "2019-11-14"]


def test_a_clock_that_jumps_back_makes_nothing_due_twice():
    done = {date(2019, 11, day) for day in range(1, 15)}
    since = at("2019-11-01T00:00")
    assert due(entry(), at("2019-11-10T09:00"), since=since, done=done) == []


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        (MONTHLY, "2019-12-01T02:00"),
        (entry(), "2019-11-15T02:00"),
        (entry(at="11:00"), "2019-11-14T11:00"),
        (entry(Repeats.WEEKLY, weekday=Weekday.SUNDAY), "2019-11-17T02:00"),
    ],
)
def test_the_next_time_is_told(each, expected):
    now = at("2019-11-14T10:30")
    assert find_next_due(each, time_zone=SHANGHAI, now=now) == at(expected)


def test_an_approval_has_no_time():
    each = entry(Repeats.AFTER_APPROVAL)
    now = at("2019-11-14T10:30")
    assert find_next_due(each, time_zone=SHANGHAI, now=now) is None
    assert find_newest_due(each, time_zone=SHANGHAI, since=LONG_AGO, now=now) is None


def test_an_area_does_otherwise():
    table = Timetable({"books_check": entry()}, {"chongqing": {"books_check": None}})
    assert list(table.of("hangzhou")) == ["books_check"]
    assert table.of("chongqing") == {}
