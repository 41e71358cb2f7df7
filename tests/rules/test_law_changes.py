"""The law with other values, for trying a case."""

import pytest

from ltc.rules.law_changes import (
    NotAValue,
    NotAValueOfTheLaw,
    WrongKindOfValue,
    change_law,
)
from ltc.rules.policies import Standing
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
