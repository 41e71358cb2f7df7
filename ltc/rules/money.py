"""Money in whole fen (1/100 yuan); the only three places that round.

Rates are basis points (1 bp = 1/10,000). Rounding is half up, once, at the end of a step, and the
parts that ``split`` returns always add up to the whole.
"""

from collections.abc import Sequence

WHOLE_BP = 10_000
MINUTES_PER_HOUR = 60


def round_half_up(numerator: int, denominator: int) -> int:
    """Return numerator over denominator as a whole number, halves away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    top, bottom = abs(numerator), abs(denominator)
    return sign * ((2 * top + bottom) // (2 * bottom))


def share(amount_fen: int, share_bp: int) -> int:
    """Return the given share of an amount, in fen, rounded half up once."""
    return round_half_up(amount_fen * share_bp, WHOLE_BP)


def price(minutes: int, price_fen_per_hour: int, share_bp: int = WHOLE_BP) -> int:
    """Return (a share of) the price of some minutes, in fen, rounded half up once.

    The share is taken before rounding, so that the fund's part is rounded once and not twice.
    """
    return round_half_up(minutes * price_fen_per_hour * share_bp, MINUTES_PER_HOUR * WHOLE_BP)


def split(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to weights, in fen; the parts add up to the whole.

    The fen that rounding leaves over go to the parts with the largest remainders, the earlier part
    first where they are equal. All weights zero: the whole goes to the first part.
    """
    total = sum(weights)
    if total == 0:
        return [amount_fen, *([0] * (len(weights) - 1))]
    parts = [amount_fen * weight // total for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(amount_fen * weights[i] % total), i)
    )
    for i in by_remainder[: amount_fen - sum(parts)]:
        parts[i] += 1
    return parts
