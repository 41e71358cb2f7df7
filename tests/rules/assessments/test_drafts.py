"""An evaluation under way: what may be merged, and what its answers say so far."""

import random

import pytest

from ltc.rules.assessments.drafts import (
    DraftIsNewer,
    calculate_so_far,
    check_answers,
    merge_answers,
)
from ltc.rules.assessments.grading import ItemUnknown, ScoreNotAnOption, grade
from ltc.store.instruments import get_instrument

CN = get_instrument("cn-2021")


def test_answers_are_added_on_an_older_draft() -> None:
    assert merge_answers({"eat": 5}, {"dress": 0}, is_current=False) == {"eat": 5, "dress": 0}


def test_the_same_answer_may_come_twice() -> None:
    assert merge_answers({"eat": 5}, {"eat": 5}, is_current=False) == {"eat": 5}


def test_an_answer_is_replaced_on_the_newest_draft_only() -> None:
    assert merge_answers({"eat": 5}, {"eat": 0}, is_current=True) == {"eat": 0}
    with pytest.raises(DraftIsNewer, match="eat"):
        merge_answers({"eat": 5, "walk": 0}, {"eat": 0, "walk": 0}, is_current=False)


def test_a_missing_answer_is_fine_but_a_wrong_one_is_not() -> None:
    check_answers(CN, {"eat": 5})
    with pytest.raises(ScoreNotAnOption):
        check_answers(CN, {"eat": 7})
    with pytest.raises(ItemUnknown):
        check_answers(CN, {"sing": 5})


def test_without_answers_everything_is_still_open() -> None:
    so_far = calculate_so_far(CN, {})
    assert so_far.first_open == "eat"
    assert (so_far.answered, so_far.items) == (0, 17)
    assert so_far.cells == frozenset(CN.table.cells)


def test_a_band_is_certain_as_soon_as_no_open_item_can_change_it() -> None:
    """Five items with nothing leave at most 40 of the 100 points: severe whatever follows."""
    lowest = dict.fromkeys(["walk", "transfer", "eat", "dress", "bowel"], 0)
    adl = calculate_so_far(CN, lowest).dimensions[0]
    assert adl.band == "severe"
    assert calculate_so_far(CN, {"eat": 0}).dimensions[0].possible == {"mild", "moderate", "severe"}


def test_the_reached_cell_is_always_among_the_ones_still_open() -> None:
    chance = random.Random(20191114)
    for _ in range(200):
        answers = {code: chance.choice(item.scores) for code, item in CN.items.items()}
        result = grade(CN, answers)
        given = dict(chance.sample(sorted(answers.items()), chance.randrange(18)))
        so_far = calculate_so_far(CN, given)
        assert (result.row_band, result.column_band) in so_far.cells
        if len(given) == len(answers):
            assert so_far.cells == {(result.row_band, result.column_band)}
            assert so_far.grade == result
            assert so_far.first_open is None
