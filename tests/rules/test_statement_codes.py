import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.statement_codes import ALPHABET, build_code, parse_code, write_code

CODE = build_code("ab" * 32, "201911R1-CHO2019000001", "cd" * 32)


def test_a_code_is_long_and_belongs_to_its_content():
    assert len(CODE) == 16
    assert build_code("ab" * 32, "201911R1-CHO2019000001", "cd" * 32) == CODE
    others = {
        build_code("ac" * 32, "201911R1-CHO2019000001", "cd" * 32),
        build_code("ab" * 32, "201911R1-CHO2019000002", "cd" * 32),
        build_code("ab" * 32, "201911R1-CHO2019000001", "ce" * 32),
    }
    assert len(others | {CODE}) == 4


@given(st.text(alphabet=ALPHABET, min_size=16, max_size=16))
def test_a_code_is_read_however_it_is_typed(code):
    assert parse_code(write_code(code)) == code
    assert parse_code(f" {write_code(code).lower()} ") == code


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("OIL0-0000-0000-0000", "0110000000000000"), ("oil00000 0000 0000", "0110000000000000"),
     ("7K3M", None), ("", None), ("U" * 16, None), ("0" * 17, None), ("../../etc/passwd", None)],
)  # fmt: skip
def test_what_is_easily_misread_is_meant_as_the_digit(typed, meant):
    assert parse_code(typed) == meant
