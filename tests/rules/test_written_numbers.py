"""Numbers as people write them: what is read, and what is refused rather than guessed."""

import pytest

from ltc.rules.written_numbers import MICRO_DIGITS, parse_scaled, parse_yuan_text, write_percent


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1300", 130_000), ("1,300.50", 130_050), ("1,234,567", 123_456_700), ("¥0.1", 10),
        ("￥ 70.00", 7_000), ("0", 0), ("12.340", 1_234), ("-5", -500), (".5", 50),
    ],
)  # fmt: skip
def test_an_amount_in_yuan_is_whole_fen(text, fen):
    assert parse_yuan_text(text) == fen


@pytest.mark.parametrize(
    "text",
    ["120,5", "120,50", "1,2,3", "12,3456", ",100", "1e5", "1E2", "NaN", "Infinity", "0.001",
     "1.2.3", "１", "9" * 13, "-", "", "+5", "=1+1", "1 000"],
)  # fmt: skip
def test_what_is_no_plain_amount_is_not_guessed(text):
    assert parse_yuan_text(text) is None


@pytest.mark.parametrize(("text", "micro"), [("29.484712", 29_484_712), ("-106", -106_000_000)])
def test_degrees_are_whole_millionths(text, micro):
    assert parse_scaled(text, MICRO_DIGITS) == micro


def test_more_decimals_than_there_are_units_are_refused():
    assert parse_scaled("29.4847121", MICRO_DIGITS) is None


@pytest.mark.parametrize(
    ("share_bp", "percent"),
    [(0, "0"), (1, "0.01"), (7_500, "75"), (5_050, "50.5"), (2_401, "24.01"), (10_000, "100")],
)
def test_a_share_is_said_in_per_cent(share_bp, percent):
    assert write_percent(share_bp) == percent
