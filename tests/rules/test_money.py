"""The only places that round: halves go away from zero, and parts add up to the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.money import price, round_half_up, share, split

amounts = st.integers(-(10**9), 10**9)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 10, 1), (4, 10, 0), (15, 10, 2), (25, 10, 3), (-5, 10, -1), (-4, 10, 0), (-15, 10, -2),
     (5, -10, -1), (-5, -10, 1), (0, 7, 0), (7, 1, 7)],
)  # fmt: skip
def test_a_half_goes_away_from_zero(numerator, denominator, rounded):
    assert round_half_up(numerator, denominator) == rounded


@given(amounts, st.integers(1, 10**5))
def test_a_rounded_number_is_at_most_half_away(numerator, denominator):
    assert (
        abs(2 * round_half_up(numerator, denominator) * denominator - 2 * numerator) <= denominator
    )


@pytest.mark.parametrize(
    ("amount_fen", "share_bp", "part_fen"),
    [(6_999, 7_000, 4_899), (1, 5_000, 1), (1, 4_999, 0), (-1, 5_000, -1), (333, 10_000, 333)],
)
def test_a_share_is_rounded_to_the_fen(amount_fen, share_bp, part_fen):
    assert share(amount_fen, share_bp) == part_fen


def test_a_share_of_a_price_is_rounded_once_and_not_twice():
    # 50 minutes at 1.01 are 84.1666 fen: 80 % of them are 67.33; 80 % of 84 would be 67.2.
    assert price(50, 101, 8_000) == 67
    # 10 minutes at 0.27 are 4.5 fen: half of them is 2.25; half of the rounded 5 would be 3.
    assert price(10, 27, 5_000) == 2


@pytest.mark.parametrize(
    ("amount_fen", "weights", "parts_fen"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # equal remainders: the earlier part
        (100, [1, 2], [33, 67]),  # 33.33 and 66.67: the larger remainder, though it comes later
        (101, [1, 1], [51, 50]),
        (10, [3, 3, 1], [4, 4, 2]),  # 4.29, 4.29 and 1.43: the last has the largest remainder
        (-100, [1, 1, 1], [-33, -33, -34]),
        (7, [0, 5, 0], [0, 7, 0]),
        (7, [0, 0], [7, 0]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_left_over_fen_go_to_the_largest_remainders(amount_fen, weights, parts_fen):
    assert split(amount_fen, weights) == parts_fen


@given(amounts, weights)
def test_parts_add_up_and_none_is_a_fen_away_from_its_share(amount_fen, weights):
    parts, total = split(amount_fen, weights), sum(weights)
    assert sum(parts) == amount_fen
    if total:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * total - amount_fen * weight) < total
