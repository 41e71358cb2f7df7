"""Numbers as people write them, exactly: amounts in yuan and degrees are read, shares are said."""

import re

BP_PER_PERCENT = 100
FEN_DIGITS, MICRO_DIGITS = 2, 6  # decimals of yuan and of degrees
WHOLE_DIGITS_MAX = 12  # what is longer is no amount and no position
DECIMAL = re.compile(r"(-?[0-9]*)\.?([0-9]*)")
# A comma stands before three digits, or it is no thousands separator: 120,5 is not 1,205.
GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
YUAN_SIGNS = "¥￥"  # the second is what a Chinese keyboard writes


def parse_yuan_text(text: str) -> int | None:
    """Return an amount in fen from yuan with at most two decimals; None where it is none."""
    number = text.strip().lstrip(YUAN_SIGNS).strip()
    if GROUPED.fullmatch(number):
        number = number.replace(",", "")
    return parse_scaled(number, FEN_DIGITS)


def parse_scaled(text: str, digits: int) -> int | None:
    """Return a plain decimal in units of so many decimals, None where it is none or has more."""
    match = DECIMAL.fullmatch(text)
    if match is None:
        return None
    whole, decimals = match.groups()
    if len(whole) > WHOLE_DIGITS_MAX or decimals[digits:].strip("0"):
        return None
    number = whole + decimals[:digits].ljust(digits, "0")
    return int(number) if whole.strip("-") or decimals else None


def write_percent(share_bp: int) -> str:
    """Return a share in per cent, without the sign: ``75``, ``24.01``, ``50.5``."""
    whole, rest = divmod(share_bp, BP_PER_PERCENT)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)
