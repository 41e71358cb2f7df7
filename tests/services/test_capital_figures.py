import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.services.capital_figures import write_capitals

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = {"拾": 10, "佰": 100, "仟": 1_000}
SECTIONS = {"亿": 10**8, "万": 10**4}


# The examples of 《正确填写票据和结算凭证的基本规定》, and the edges around them.
@pytest.mark.parametrize(
    ("amount_fen", "capitals"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (1_00, "壹元整"),
        (10_10, "壹拾元壹角整"),
        (10_01, "壹拾元零壹分"),
        (1_005_00, "壹仟零伍元整"),
        (10_000_00, "壹万元整"),
        (100_100_00, "壹拾万零壹佰元整"),
        (100_000_000_01, "壹亿元零壹分"),
        (1_000_100_000_00, "壹拾亿零壹拾万元整"),
        (1_409_50, "壹仟肆佰零玖元伍角整"),
        (6_007_14, "陆仟零柒元壹角肆分"),
        (1_680_32, "壹仟陆佰捌拾元叁角贰分"),
        (107_000_53, "壹拾万柒仟元伍角叁分"),
        (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
        (325_04, "叁佰贰拾伍元零肆分"),
        (-5_00, "负伍元整"),
        (-1_250_00, "负壹仟贰佰伍拾元整"),
    ],
)
def test_an_amount_is_written_as_the_rule_on_bills_asks(amount_fen, capitals):
    assert write_capitals(amount_fen) == capitals


@given(st.integers(0, 10**14))
def test_what_is_written_can_be_read_back(amount_fen):
    assert read(write_capitals(amount_fen)) == amount_fen


def read(text):
    """Read capital figures back, in fen; knows nothing of how they are written."""
    yuan, _, rest = text.removesuffix("整").rpartition("元")
    return read_whole(yuan) * 100 + sum(
        DIGITS.index(rest[at - 1]) * worth
        for sign, worth in (("角", 10), ("分", 1))
        if (at := rest.find(sign)) > 0
    )


def read_whole(text):
    for sign, worth in SECTIONS.items():
        if sign in text:
            high, low = text.split(sign, 1)
            return read_whole(high) * worth + read_whole(low)
    total = digit = 0
    for sign in text:
        if sign in PLACES:
            total += (digit or 1) * PLACES[sign]
            digit = 0
        else:
            digit = DIGITS.index(sign)
    return total + digit
