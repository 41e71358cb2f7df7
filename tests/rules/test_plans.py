from datetime import date

import pytest

from ltc.rules.months import DayRange
from ltc.rules.plans import (
    MinutesWrong,
    ModeUnknown,
    PlanOverlaps,
    PlanStatus,
    ProviderNeeded,
    TimesWrong,
    check_authorised,
    check_plan_days,
    check_plan_items,
    check_provider,
    find_mode,
    mode_changes_on,
    plan_status,
    planned_minutes_per_week,
)
from ltc.store.catalogues import get_catalogue

TODAY = date(2022, 1, 31)
DAYS = DayRange(date(2022, 1, 1), date(2022, 3, 1))


@pytest.fixture
def policy(policies):
    return policies.of("chongqing").on(TODAY)


def test_a_mode_comes_from_the_law_in_force(policy):
    assert find_mode(policy, "home_visits", TODAY).code == "home_visits"
    with pytest.raises(ModeUnknown):
        find_mode(policy, "hourly", TODAY)


def test_a_provider_is_named_where_one_is_paid(policy):
    check_provider(policy.modes["own_carer"], None)
    check_provider(policy.modes["home_visits"], 7)
    with pytest.raises(ProviderNeeded):
        check_provider(policy.modes["home_visits"], None)


def test_a_mode_changes_from_the_next_month(policy):
    assert mode_changes_on(policy, TODAY) == date(2022, 2, 1)
    assert mode_changes_on(policy, date(2022, 2, 1)) == date(2022, 3, 1)


def test_plans_follow_one_another_and_do_not_overlap():
    check_plan_days(DAYS, [("A", DayRange(date(2021, 1, 1), date(2022, 1, 1)))])
    with pytest.raises(PlanOverlaps):
        check_plan_days(DAYS, [("A", DayRange(date(2022, 2, 28)))])


@pytest.mark.parametrize("times", [0, 71])
def test_times_a_week_make_sense(times):
    check_plan_items(get_catalogue(), {"D01": 1, "D07": 70})
    with pytest.raises(TimesWrong):
        check_plan_items(get_catalogue(), {"D01": times})


@pytest.mark.parametrize("minutes", [0, 31 * 1440 + 1])
def test_authorised_minutes_fit_into_a_month(minutes):
    check_authorised(None)
    check_authorised(31 * 1440)
    with pytest.raises(MinutesWrong):
        check_authorised(minutes)


def test_minutes_a_week_follow_from_the_catalogue():
    assert planned_minutes_per_week(get_catalogue(), {"D01": 3, "D07": 2}) == 3 * 10 + 2 * 15


@pytest.mark.parametrize(
    ("confirmed_on", "today", "expected"),
    [
        (None, date(2022, 1, 5), PlanStatus.TO_CONFIRM),
        (DAYS.starts_on, date(2021, 12, 31), PlanStatus.AHEAD),
        (DAYS.starts_on, date(2022, 1, 1), PlanStatus.IN_FORCE),
        (DAYS.starts_on, date(2022, 2, 28), PlanStatus.IN_FORCE),
        (DAYS.starts_on, date(2022, 3, 1), PlanStatus.ENDED),
        (None, date(2022, 3, 1), PlanStatus.ENDED),
    ],
)
def test_where_a_plan_stands_follows_from_its_days(confirmed_on, today, expected):
    assert plan_status(DAYS, confirmed_on, today) is expected
    assert plan_status(DAYS, confirmed_on, today, is_withdrawn=True) is PlanStatus.WITHDRAWN
