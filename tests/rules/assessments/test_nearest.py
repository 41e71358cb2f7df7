"""What would change a grade."""

from itertools import combinations, pairwise, product

import pytest
from hypothesis import given

from ltc.rules.assessments.grading import grade
from ltc.rules.assessments.nearest import nearest_changes
from tests.support.vectors import (
    ADL_ITEMS,
    BEST,
    NATIONAL,
    VECTORS,
    WORST,
    complete_scores,
    scores_of,
)


def brute_force_distance(scores, direction):
    """The fewest items, then points, that move the grade, by trying everything up to two items."""
    now = grade(NATIONAL, scores).grade
    for size in (1, 2):
        found = []
        for codes in combinations(NATIONAL.items, size):
            others = [
                [s for s in NATIONAL.items[code].scores if s != scores[code]] for code in codes
            ]
            for values in product(*others):
                changed = grade(NATIONAL, scores | dict(zip(codes, values, strict=True))).grade
                if (changed - now) * direction > 0:
                    points = sum(abs(scores[c] - v) for c, v in zip(codes, values, strict=True))
                    found.append((size, points))
        if found:
            return min(found)
    return None


@pytest.mark.parametrize("vector", VECTORS[::4], ids=lambda vector: vector["id"])
def test_nearest_changes_are_as_near_as_trying_everything_finds(vector):
    scores = scores_of(vector)
    nearest = nearest_changes(NATIONAL, scores)
    for changes, direction in ((nearest.heavier, 1), (nearest.lighter, -1)):
        distance = brute_force_distance(scores, direction)
        if distance is None:
            assert all(len(change.items) > 2 for change in changes)
        else:
            assert changes[0].cost == distance


@given(complete_scores)
def test_nearest_changes_lead_where_they_say(scores):
    now = grade(NATIONAL, scores).grade
    nearest = nearest_changes(NATIONAL, scores)
    assert bool(nearest.heavier) == (now < 5)
    assert bool(nearest.lighter) == (now > 0)
    for change in (*nearest.heavier, *nearest.lighter):
        changed = scores | {step.item: step.would_be for step in change.items}
        assert all(scores[step.item] == step.score != step.would_be for step in change.items)
        assert grade(NATIONAL, changed).grade == change.grade
    assert all(change.grade > now for change in nearest.heavier)
    assert all(change.grade < now for change in nearest.lighter)


def test_every_single_item_that_is_enough_is_listed_nearest_first():
    scores = BEST | {"eat": 5}
    lighter = nearest_changes(NATIONAL, scores).lighter
    assert [[step.item for step in change.items] for change in lighter] == [["eat"]]
    heavier_of_best = nearest_changes(NATIONAL, BEST).heavier
    assert {change.items[0].item for change in heavier_of_best} == ADL_ITEMS
    costs = [change.cost for change in heavier_of_best]
    assert all(one <= other for one, other in pairwise(costs))


def test_where_no_single_item_is_enough_the_smallest_set_is_given():
    (change,) = nearest_changes(NATIONAL, WORST).lighter
    assert change.grade == 4
    assert [(step.item, step.would_be) for step in change.items] == [
        ("memory", 2),
        ("communication", 2),
    ]
