"""Reads identity numbers of 18 characters (GB 11643) with python-stdnum.

Its look-up of the place of birth is left out on purpose: it knows a county's code only for the
years in which the county existed, but a number keeps the code of where and when it was given out,
which may be decades after birth. Somebody born in 1940 has a valid number of a district of 1997.
"""

import re
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError
from stdnum.util import clean

from ltc.rules.insured import (
    Identity,
    IdentityBirthWrong,
    IdentityDigitWrong,
    IdentityLengthWrong,
    Sex,
)

EARLIEST_BIRTH_YEAR = 1890
SHAPE = re.compile(r"[0-9]{17}[0-9X]")


def parse_identity(text: str, today: date, field: str = "identity") -> Identity:
    """Return an identity number with the day of birth and sex that it says.

    Raises IdentityLengthWrong, IdentityDigitWrong, IdentityBirthWrong.
    """
    number = str(clean(text, " -")).strip().upper()
    if not SHAPE.fullmatch(number):
        raise IdentityLengthWrong(field=field, count=len(number))
    if ric.calc_check_digit(number) != number[-1]:
        raise IdentityDigitWrong(field=field)
    return Identity(number, _read_birth(number, today, field), _read_sex(number))


def _read_birth(number: str, today: date, field: str) -> date:
    try:
        born_on: date = ric.get_birth_date(number)
    except ValidationError:
        raise IdentityBirthWrong(field=field) from None
    if born_on > today or born_on.year < EARLIEST_BIRTH_YEAR:
        raise IdentityBirthWrong(field=field)
    return born_on


def _read_sex(number: str) -> Sex:
    """The seventeenth digit is odd for men."""
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
