"""The law with other values, for trying a case."""

import pytest

from ltc.rules.law_changes import (
    NotAValue,
    NotAValueOfTheLaw,
    OutOfRange,
    WrongKindOfValue,
    change_law,
)
from ltc.rules.policies import Standing
from ltc.store.policies import LAW_FOLDER, load_law
from tests.rules.payouts.by_hand import LAW


def test_a_changed_law_knows_what_it_was_told_only():
    (policy,) = change_law(LAW, {"rate_fen.severe": "6000", "start": "unknown"}).policies
    rate = policy.modes["daily_fixed"].forms[0].rate_fen["severe"]
    assert (rate.value, rate.standing) == (6_000, Standing.ASSUMED)
    assert (policy.start.value, policy.start.standing) == (None, Standing.UNKNOWN)
    assert policy.conventions == LAW.policies[0].conventions


def test_a_change_of_the_law_must_be_of_a_value_that_it_has():
    with pytest.raises(NotAValueOfTheLaw):
        change_law(LAW, {"rate_fen.mild": "6000"})


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"start": "soon"}, NotAValue),
        ({"start": "5"}, WrongKindOfValue),
        ({"start": "by_days"}, WrongKindOfValue),
        ({"rate_fen.severe": "true"}, WrongKindOfValue),
        ({"rate_fen.severe": "60.5"}, NotAValue),
    ],
)
def test_a_change_of_the_law_must_be_of_its_kind(changes, refusal):
    with pytest.raises(refusal):
        change_law(LAW, changes)


def load(area):
    return load_law(LAW_FOLDER).of(area)


@pytest.mark.parametrize(
    ("area", "key", "text", "refusal"),
    [
        ("tianjin", "modes.home_visits.forms.home_fees.share_bp", "10001", OutOfRange),
        ("tianjin", "modes.home_visits.forms.home_fees.share_bp", "-1", OutOfRange),
        ("tianjin", "modes.home_visits.forms.home_fees.cap_fen.severe", "-1", OutOfRange),
        ("tianjin", "conclusion_months", "1000000000", OutOfRange),
        # What nobody knows yet has a kind all the same.
        ("qingdao", "start", "true", WrongKindOfValue),
        ("qingdao", "start", "5", WrongKindOfValue),
        # What is no value to calculate with would change nothing.
        ("tianjin", "grade_map.cn-2021.2", "unknown", NotAValueOfTheLaw),
    ],
)
def test_what_the_law_itself_could_not_say_is_not_tried(area, key, text, refusal):
    with pytest.raises(refusal):
        change_law(load(area), {key: text})


def test_a_start_that_nobody_knows_can_be_tried():
    (policy,) = change_law(load("qingdao"), {"start": "day_after"}).policies
    assert policy.start.value == "day_after"


def test_a_case_may_name_a_category_of_assistance_that_the_law_has_not():
    (policy,) = change_law(load("tianjin"), {"assistance.poor.share_bp": "5000"}).policies
    share = policy.assistance["poor"].share_bp
    assert (share.value, share.standing, share.source) == (5_000, Standing.ASSUMED, None)
    assert share in policy.values
    assert load("tianjin").policies[0].assistance == {}


@pytest.mark.parametrize("text", ["10001", "true", "month_after"])
def test_a_share_of_assistance_is_one_of_the_whole(text):
    with pytest.raises((OutOfRange, WrongKindOfValue)):
        change_law(load("tianjin"), {"assistance.poor.share_bp": text})
