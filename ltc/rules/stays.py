"""Stays in a bed and fees of the month: what goes together, and what a stay comes to."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from ltc.rules.errors import Conflict, Invalid
from ltc.rules.months import DayRange
from ltc.rules.providers import check_order
from ltc.rules.words import N_

PRICE_FEN_MAX = 1_000_000  # 10,000 yuan a bed-day: a decimal point was lost
AMOUNT_FEN_MAX = 100_000_000


class FeeKind(StrEnum):
    """What a fee was charged for."""

    DAILY_CARE = "daily_care"
    MEDICAL_CARE = "medical_care"


FEE_KIND_NAMES = {
    FeeKind.DAILY_CARE: N_("Daily care"),
    FeeKind.MEDICAL_CARE: N_("Medical care"),
}


class BedTaken(Conflict):
    """The person is in a bed from {starts_on} on some of these days already. Correct that stay."""


class PriceWrong(Invalid):
    """A price is not negative and at most {most} yuan."""


class StayAhead(Invalid):
    """The first day lies ahead: a stay is recorded once the person is there."""


class ChargedAhead(Invalid):
    """The day lies ahead: a fee is recorded once the care was given."""


class FeeRecorded(Conflict):
    """The same fee is recorded already as {reference}. For another one, give the provider's number."""


class ReferenceTaken(Conflict):
    """The provider's number {reference} is recorded already. A changed record is corrected there."""


def check_stay(days: DayRange, price_fen: int, today: date, others: Iterable[DayRange]) -> None:
    """Raise where a stay has no day, lies ahead, has no sensible price, or shares a day with another.

    The day on which a person leaves one bed and takes another belongs to the second. A bed that is
    only booked is no fact yet: nobody is there.
    """
    check_order(days)
    if days.starts_on > today:
        raise StayAhead(field="starts_on")
    check_amount(price_fen, PRICE_FEN_MAX, "price")
    for other in others:
        if days.overlaps(other):
            raise BedTaken(field="starts_on", starts_on=other.starts_on)


def check_fee(charged_on: date, amount_fen: int, today: date) -> None:
    """Raise where a fee lies ahead or has no sensible amount."""
    check_amount(amount_fen, AMOUNT_FEN_MAX, "amount")
    if charged_on > today:
        raise ChargedAhead(field="charged_on")


def check_amount(amount_fen: int, most_fen: int, field: str) -> None:
    """Raise PriceWrong where an amount in fen is negative or far too large."""
    if not 0 <= amount_fen <= most_fen:
        raise PriceWrong(field=field, most=most_fen // 100)


def count_bed_days(days: DayRange, until: date) -> int:
    """Return the bed-days of a stay so far: nights and days up to, not including, ``until``.

    ``until`` counts only where the stay has not ended before.
    """
    end = until if days.ends_before is None else min(days.ends_before, until)
    return max(0, (end - days.starts_on).days)
