from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.payouts.bridge import (
    NOTHING,
    Cause,
    PersonMonth,
    Span,
    build_bridge,
    count_paid_minutes,
    split_difference,
)
from ltc.store.policies import load_law

WHOLE = PersonMonth(155_000, 31, 0, ("home_visits",), ("4",))

months = st.builds(
    PersonMonth,
    fund_fen=st.integers(0, 400_000),
    days=st.integers(0, 31),
    minutes=st.integers(0, 3_000),
    modes=st.sampled_from([("home_visits",), ("residential",), ("home_visits", "residential")]),
    grades=st.sampled_from([("3",), ("4",), ("3", "4")]),
    is_held=st.booleans(),
)


@given(before=months, after=months, is_other_law=st.booleans())
def test_the_causes_add_up_to_the_difference(before, after, is_other_law):
    changes = split_difference(before, after, is_other_law=is_other_law)
    assert sum(change.fund_fen for change in changes) == after.fund_fen - before.fund_fen


@given(before=months, after=months, is_other_law=st.booleans())
def test_a_person_is_counted_once_for_a_cause_and_never_for_nothing(before, after, is_other_law):
    changes = split_difference(before, after, is_other_law=is_other_law)
    causes = [change.cause for change in changes]
    assert len(set(causes)) == len(causes) <= 2
    assert all(change.fund_fen for change in changes)


@given(pairs=st.lists(st.tuples(months, months), max_size=12), is_other_law=st.booleans())
def test_the_spans_add_up_to_the_difference_of_the_two_sums(pairs, is_other_law):
    spans = build_bridge(
        change
        for before, after in pairs
        for change in split_difference(before, after, is_other_law=is_other_law)
    )
    difference = sum(after.fund_fen - before.fund_fen for before, after in pairs)
    assert sum(span.fund_fen for span in spans) == difference
    assert len({span.cause for span in spans}) == len(spans)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NOTHING, WHOLE, [(Cause.STARTED, 155_000)]),
        (WHOLE, NOTHING, [(Cause.STOPPED, -155_000)]),
        (WHOLE, PersonMonth(0, 0, 0, (), (), is_held=True), [(Cause.HELD, -155_000)]),
        (PersonMonth(0, 0, 0, (), (), is_held=True), WHOLE, [(Cause.RELEASED, 155_000)]),
        (WHOLE, PersonMonth(150_000, 30, 0, ("home_visits",), ("4",)), [(Cause.DAYS, -5_000)]),
        (WHOLE, PersonMonth(124_000, 31, 0, ("own_carer",), ("4",)), [(Cause.MODE, -31_000)]),
        (WHOLE, PersonMonth(170_000, 31, 0, ("home_visits",), ("5",)), [(Cause.GRADE, 15_000)]),
        (WHOLE, PersonMonth(130_000, 26, 0, ("residential",), ("4",)), [(Cause.DAYS, -25_000)]),
        (WHOLE, PersonMonth(104_000, 26, 0, ("own_carer",), ("5",)),
         [(Cause.DAYS, -25_000), (Cause.MODE, -26_000)]),
        (WHOLE, PersonMonth(160_000, 26, 0, ("home_visits",), ("5",)),
         [(Cause.DAYS, -25_000), (Cause.GRADE, 30_000)]),
        (WHOLE, PersonMonth(70_000, 14, 0, ("home_visits",), ("4",), is_held=True),
         [(Cause.HELD, -85_000)]),
        (PersonMonth(70_000, 14, 0, ("home_visits",), ("4",), is_held=True), WHOLE,
         [(Cause.RELEASED, 85_000)]),
        (WHOLE, PersonMonth(180_000, 30, 0, ("home_visits",), ("4",)),
         [(Cause.DAYS, -5_000), (Cause.PRICE, 30_000)]),
        (PersonMonth(60_000, 10, 600, ("home_visits",), ("4",)),
         PersonMonth(90_000, 10, 900, ("home_visits",), ("4",)), [(Cause.MINUTES, 30_000)]),
        (PersonMonth(60_000, 10, 600, ("home_visits",), ("4",)),
         PersonMonth(90_000, 10, 900, ("home_visits",), ("5",)), [(Cause.GRADE, 30_000)]),
        (WHOLE, WHOLE, []),
    ],
)  # fmt: skip
def test_each_difference_has_its_cause(before, after, expected):
    changes = split_difference(before, after, is_other_law=False)
    assert [(change.cause, change.fund_fen) for change in changes] == expected


def test_another_price_under_another_law_is_the_law():
    after = PersonMonth(186_000, 31, 0, ("home_visits",), ("4",))
    (change,) = split_difference(WHOLE, after, is_other_law=True)
    assert (change.cause, change.fund_fen) == (Cause.LAW, 31_000)


def test_the_bridge_counts_people_and_amounts_by_cause():
    changes = [
        *split_difference(NOTHING, WHOLE, is_other_law=False),
        *split_difference(NOTHING, WHOLE, is_other_law=False),
        *split_difference(WHOLE, NOTHING, is_other_law=False),
    ]
    assert build_bridge(changes) == [
        Span(Cause.STARTED, 2, 310_000), Span(Cause.STOPPED, 1, -155_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("area", "day", "mode", "expected"),
    [
        ("chongqing", date(2019, 11, 1), "home_visits", 0),
        ("hangzhou", date(2024, 5, 1), "home_visits", 725),
    ],
)
def test_only_minutes_of_a_form_that_pays_time_are_paid_minutes(area, day, mode, expected):
    law = load_law().of(area)
    form = law.on(day).modes[mode].forms[0].code
    assert count_paid_minutes(law, day, mode, form, 725) == expected
