from datetime import date, datetime

import pytest

from ltc.rules import imports
from ltc.rules.imports import Outcome
from ltc.rules.providers import ProviderKind


@pytest.mark.parametrize("text", ["2019-11-04", " 2019/11/4 ", "20191104", "2019-11-4"])
def test_a_day_is_read_in_the_usual_ways(text):
    assert imports.parse_day(text, "day") == date(2019, 11, 4)


@pytest.mark.parametrize(
    "text",
    ["2019-02-29", "2019-13-01", "2019-11-31", "04.11.2019", "2019111", "2019-11", "=TODAY()",
     "-2019-11-04", "２０１９-11-04", "0019-11-04", "43773", "2019-11-04 09:00", "9999-01-01"],
)  # fmt: skip
def test_a_day_that_does_not_exist_is_refused(text):
    with pytest.raises(imports.DayWrong) as raised:
        imports.parse_day(text, "first_day")
    assert raised.value.field == "first_day"


@pytest.mark.parametrize(
    "text", ["2019-11-04 09:05", "2019/11/4 9:05", "2019-11-04T09:05", "2019-11-04 09:05:00"]
)
def test_a_time_is_read_in_the_usual_ways(text):
    assert imports.parse_wall_clock(text, "begins_at") == datetime(2019, 11, 4, 9, 5)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("2019-11-04 24:00", imports.TimeIs24),
        ("2019-11-04 25:00", imports.TimeWrong),
        ("2019-11-04 09:60", imports.TimeWrong),
        ("2019-11-04 -1:30", imports.TimeWrong),
        ("2019-11-04 09:05:30", imports.TimeWrong),
        ("2019-11-04 09", imports.TimeWrong),
        ("2019-11-04 9am", imports.TimeWrong),
        ("2019-11-04", imports.TimeWrong),
        ("2019-11-31 09:00", imports.DayWrong),
        ("", imports.CellMissing),
    ],
)
def test_a_time_that_does_not_exist_is_refused(text, error):
    with pytest.raises(error):
        imports.parse_wall_clock(text, "begins_at")


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1300", 130_000), ("1,300.50", 130_050), ("¥0.1", 10), ("0", 0), ("12.340", 1_234)],
)
def test_an_amount_is_whole_fen(text, fen):
    assert imports.parse_yuan(text, "price_yuan") == fen


@pytest.mark.parametrize(
    "text", ["0.001", "-1", "1e3", "120,50", "NaN", "1.2.3", "=1+1", "１", "9" * 15, "-"]
)
def test_an_amount_that_is_none_is_refused(text):
    with pytest.raises(imports.AmountWrong):
        imports.parse_yuan(text, "price_yuan")


@pytest.mark.parametrize(
    ("text", "micro"),
    [("29.484712", 29_484_712), ("-0.5", -500_000), ("29", 29_000_000), ("29.4847129", 29_484_712),
     ("", None)],
)  # fmt: skip
def test_a_position_is_millionths_of_a_degree(text, micro):
    assert imports.parse_degrees(text, "latitude", 90) == micro


@pytest.mark.parametrize("text", ["91", "-90.1", "29,48", "29°", "nan", "="])
def test_a_position_off_the_globe_is_refused(text):
    with pytest.raises(imports.DegreesWrong):
        imports.parse_degrees(text, "latitude", 90)


@pytest.mark.parametrize("text", ["-1", "71", "1.5", "x", "٣"])
def test_a_number_out_of_bounds_is_refused(text):
    with pytest.raises(imports.WholeWrong):
        imports.parse_whole(text, "contribution_years", 0, 70)


def test_a_choice_names_what_is_possible():
    assert imports.parse_choice(" HOME ", "kind", ProviderKind) is ProviderKind.HOME
    with pytest.raises(imports.ChoiceWrong) as raised:
        imports.parse_choice("hotel", "kind", ProviderKind)
    assert "home, residential, hospital" in raised.value.message


@pytest.mark.parametrize("read", [imports.parse_day, imports.parse_yuan, imports.parse_wall_clock])
def test_an_empty_cell_is_said_to_be_missing(read):
    with pytest.raises(imports.CellMissing):
        read("  ", "column")


def test_long_cells_are_quoted_in_part():
    with pytest.raises(imports.DayWrong) as raised:
        imports.parse_day("x" * 500, "first_day")
    assert len(raised.value.message) < 150


def test_contradictions_are_conflicts_and_the_rest_is_bad():
    assert imports.outcome_of(imports.CaseNumberTaken()) is Outcome.CONFLICT
    assert imports.outcome_of(imports.CellMissing()) is Outcome.BAD
