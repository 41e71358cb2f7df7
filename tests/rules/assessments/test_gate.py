"""The self-assessment gate."""

from dataclasses import replace
from itertools import product

import pytest

from ltc.rules.assessments.gate import (
    AnswerMissing,
    AnswerUnknown,
    FunctionUnknown,
    calculate_level,
    may_apply,
)
from tests.support.vectors import NATIONAL

GATE = NATIONAL.gate
GROUP_A, GROUP_B = ("eat", "continence", "bathe"), ("dress", "toilet", "transfer")


def answers_with(dependent_a: int, dependent_b: int, word: str = "dependent") -> dict[str, str]:
    chosen = {*GROUP_A[:dependent_a], *GROUP_B[:dependent_b]}
    return {code: word if code in chosen else "independent" for code in GROUP_A + GROUP_B}


def test_exactly_the_eight_cells_of_the_form_may_apply():
    allowed = {
        (a, b) for a, b in product(range(4), repeat=2) if may_apply(GATE, answers_with(a, b))
    }
    assert allowed == {(1, 3), (2, 1), (2, 2), (3, 0), (2, 3), (3, 1), (3, 2), (3, 3)}


def test_the_sixteen_cells_have_the_levels_of_the_form():
    levels = [
        "".join(calculate_level(GATE, answers_with(a, b)).level for b in range(4)) for a in range(4)
    ]
    assert levels == ["ABBC", "BCDE", "DEEF", "EFFG"]


def test_partly_independent_counts_only_where_the_switch_says_so():
    answers = answers_with(3, 3, "partly")
    assert calculate_level(GATE, answers).level == "A"
    counting = replace(GATE, partly_counts=True)
    assert calculate_level(counting, answers).level == "G"
    assert calculate_level(counting, answers).dependent == {"a": 3, "b": 3}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"eat": ""}, AnswerMissing),
        ({"eat": "sometimes"}, AnswerUnknown),
        ({"sleep": "dependent"}, FunctionUnknown),
    ],
)
def test_a_wrong_answer_is_refused_and_its_function_named(change, error):
    with pytest.raises(error) as caught:
        may_apply(GATE, answers_with(0, 0) | change)
    assert caught.value.field == next(iter(change))


def test_a_missing_answer_is_refused_and_its_function_named():
    answers = answers_with(0, 0)
    del answers["toilet"]
    with pytest.raises(AnswerMissing, match=r"^toilet: "):
        may_apply(GATE, answers)
