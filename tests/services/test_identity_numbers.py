from datetime import date

import pytest

from ltc.rules.insured import IdentityBirthWrong, IdentityDigitWrong, IdentityLengthWrong, Sex
from ltc.services.identity_numbers import parse_identity
from tests.support.factories import make_identity

TODAY = date(2019, 11, 14)


def test_an_identity_number_says_birth_and_sex():
    known = parse_identity("11010519491231002X", TODAY)
    assert (known.born_on, known.sex) == (date(1949, 12, 31), Sex.FEMALE)


def test_a_number_of_a_district_younger_than_its_holder_is_valid():
    number = make_identity(1, date(1940, 5, 6), region="500103")
    assert parse_identity(number, TODAY).sex is Sex.MALE


@pytest.mark.parametrize(
    "text", [" 11010519491231002x ", "110105 19491231 002X", "1101051949123100２X"]
)
def test_blanks_full_width_digits_and_a_small_x_are_forgiven(text):
    assert parse_identity(text, TODAY).number == "11010519491231002X"


def test_every_wrong_check_digit_is_refused():
    body = "11010519491231002"
    for digit in "0123456789":
        with pytest.raises(IdentityDigitWrong):
            parse_identity(body + digit, TODAY)


@pytest.mark.parametrize(
    "text",
    ["", "110105491231002", "11010519491231002XX", "=cmd|'/C calc'!A0"],
)
def test_a_wrong_length_or_letter_is_refused(text):
    with pytest.raises(IdentityLengthWrong) as raised:
        parse_identity(text, TODAY)
    assert raised.value.field == "identity"


def number_of(day):
    from stdnum.cn import ric

    body = f"110105{day}001"
    return body + ric.calc_check_digit(body + "0")


@pytest.mark.parametrize("day", ["19490230", "19491301", "20191115", "18000101", "00000000"])
def test_a_birth_that_cannot_be_is_refused(day):
    with pytest.raises(IdentityBirthWrong):
        parse_identity(number_of(day), TODAY)
