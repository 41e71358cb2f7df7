from datetime import date

import pytest

from ltc.rules.months import ONE_DAY, DayRange
from ltc.rules.providers import LastDayBeforeFirst
from ltc.rules.stays import (
    PRICE_FEN_MAX,
    BedTaken,
    ChargedAhead,
    PriceWrong,
    StayAhead,
    check_fee,
    check_stay,
    count_bed_days,
)

STAY = DayRange(date(2019, 11, 1), date(2019, 11, 11))
TODAY = date(2019, 11, 14)


def test_a_day_is_spent_in_one_bed_only():
    beside = [DayRange(date(2019, 11, 11)), DayRange(date(2019, 1, 1), STAY.starts_on)]
    check_stay(STAY, 7000, TODAY, beside)
    with pytest.raises(BedTaken):
        check_stay(STAY, 7000, TODAY, [DayRange(date(2019, 11, 10))])


def test_a_stay_has_a_day_and_a_price():
    with pytest.raises(LastDayBeforeFirst):
        check_stay(DayRange(STAY.starts_on, STAY.starts_on), 7000, TODAY, [])
    for price_fen in (-1, PRICE_FEN_MAX + 1):
        with pytest.raises(PriceWrong):
            check_stay(STAY, price_fen, TODAY, [])
    check_stay(STAY, 0, TODAY, [])


def test_a_bed_that_is_only_booked_is_no_stay():
    check_stay(STAY, 7000, STAY.starts_on, [])
    with pytest.raises(StayAhead):
        check_stay(STAY, 7000, STAY.starts_on - ONE_DAY, [])


def test_a_fee_is_recorded_once_the_care_was_given():
    check_fee(date(2019, 11, 14), 100, date(2019, 11, 14))
    with pytest.raises(ChargedAhead):
        check_fee(date(2019, 11, 15), 100, date(2019, 11, 14))


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (date(2019, 10, 1), 0),
        (date(2019, 11, 2), 1),
        (date(2019, 11, 11), 10),
        (date(2020, 1, 1), 10),
    ],
)
def test_bed_days_are_counted_up_to_today_or_the_end(until, expected):
    assert count_bed_days(STAY, until) == expected
    open_days = max(0, (until - STAY.starts_on).days)
    assert count_bed_days(DayRange(STAY.starts_on), until) == open_days
