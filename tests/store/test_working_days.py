from datetime import date
from pathlib import Path

import pytest

from ltc.store.working_days import load_working_days, read_days_by_hand
from ltc.store.yaml_reader import LawFileError

# From the State Council's notices for 2025 and 2026: weekend days that are worked, weekdays off.
WORKED = ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
          "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20",
          "2026-10-10"]  # fmt: skip
OFF = ["2025-01-28", "2025-02-04", "2025-04-04", "2025-05-05", "2025-06-02", "2025-10-08",
       "2026-01-02", "2026-02-16", "2026-02-23", "2026-04-06", "2026-05-05", "2026-06-19",
       "2026-09-25", "2026-10-07"]  # fmt: skip
SOURCE = "source: {zh: 通知, en: Notice}\n"


@pytest.mark.parametrize("day", WORKED)
def test_shifted_weekend_days_are_worked(day: str) -> None:
    assert load_working_days().is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", OFF)
def test_announced_days_are_off(day: str) -> None:
    table = load_working_days()
    assert not table.is_working_day(date.fromisoformat(day))
    assert table.names[date.fromisoformat(day)].zh


def test_the_table_says_how_far_it_is_announced() -> None:
    table = load_working_days()
    assert table.is_announced(date(2026, 12, 31))
    assert not table.is_announced(date(2027, 1, 1))
    assert table.add_working_days(date(2026, 12, 28), 10).provisional


def test_the_acceptance_of_an_application_around_spring_festival() -> None:
    deadline = load_working_days().add_working_days(date(2026, 2, 13), 5)
    assert deadline.on == date(2026, 2, 27)  # 14 February is worked, 15 to 23 are off


def test_a_year_entered_by_hand_counts_as_announced(tmp_path: Path) -> None:
    (tmp_path / "working_days.yaml").write_text(
        SOURCE + "announced_years: [2027]\ndays:\n"
        "  - {on: 2027-02-20, working: true, name: {zh: 上班, en: Worked}}\n"
        "  - {on: 2027-02-11, working: false, name: {zh: 春节, en: Spring Festival}}\n",
        "utf-8",
    )
    table = load_working_days(tmp_path)
    assert table.is_announced(date(2027, 1, 1))
    assert table.is_working_day(date(2027, 2, 20))
    assert not table.is_working_day(date(2027, 2, 11))
    assert table.names[date(2027, 2, 11)].en == "Spring Festival"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("days:\n  - {on: 2027-02-30, working: true, name: {zh: 一, en: A}}\n", r"days\[0\].on"),
        ("days:\n  - {on: 2027-02-20, working: maybe, name: {zh: 一, en: A}}\n", "true or false"),
        ("days:\n" + "  - {on: 2027-02-20, working: true, name: {zh: 一, en: A}}\n" * 2, "twice"),
        ("holidays: 3\n", "not a known key"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "working_days.yaml"
    path.write_text(SOURCE + text, "utf-8")
    with pytest.raises(LawFileError, match=says):
        read_days_by_hand(path)
