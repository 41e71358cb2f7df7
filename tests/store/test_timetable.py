from datetime import time

import pytest

from ltc.rules.tasks import TASKS
from ltc.store.timetable import check_areas, read_timetable
from ltc.store.yaml_reader import LawFileError

NIGHTLY = '{repeats: daily, at: "03:30", catch_up: newest, back_days: 7, quiet_minutes: 60}'


def read(tmp_path, text):
    path = tmp_path / "timetable.yaml"
    path.write_text(text, "utf-8")
    return read_timetable(path)


def test_the_timetable_that_ships_names_every_task():
    table = read_timetable().of("anywhere")
    assert set(table) == set(TASKS)
    assert table["calculate_last_month"].at == time(2)


def test_an_area_may_do_it_at_another_time_or_never(tmp_path):
    other = NIGHTLY.replace("03:30", "05:15")
    text = f"tasks:\n  books_check: {NIGHTLY}\n  backup: {NIGHTLY}\nareas:\n  chongqing:\n"
    table = read(tmp_path, f"{text}    books_check: {other}\n    backup: never\n")
    assert table.of("chongqing")["books_check"].at == time(5, 15)
    assert set(table.of("chongqing")) == {"books_check"}
    assert table.of("hangzhou")["books_check"].at == time(3, 30)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (NIGHTLY.replace("03:30", "25:00"), "timetable.yaml:2: tasks.books_check.at: must be a"),
        (NIGHTLY.replace("03:30", "3"), "timetable.yaml:2: tasks.books_check.at: must be a time"),
        (NIGHTLY.replace("daily", "hourly"), "tasks.books_check.repeats: “hourly” is not one of"),
        (NIGHTLY.replace("back_days: 7", "back_days: 0"), "tasks.books_check.back_days: must be a"),
        (NIGHTLY.replace("quiet_minutes: 60", "silent: 1"), "quiet_minutes: is missing"),
        (NIGHTLY.replace("}", ", day: 1}"), "tasks.books_check.day: is not a known key here"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(tmp_path, entry, place):
    with pytest.raises(LawFileError) as refused:
        read(tmp_path, f"tasks:\n  books_check: {entry}\n")
    assert place in str(refused.value)


@pytest.mark.parametrize(
    "text", ["tasks:\n  make_coffee: {}\n", "tasks: {}\nareas:\n  x:\n    tea: never\n"]
)
def test_a_task_that_nobody_knows_is_refused(tmp_path, text):
    with pytest.raises(LawFileError, match="is not a task"):
        read(tmp_path, text)


def test_a_mistake_in_what_one_area_does_is_named_as_well(tmp_path):
    wrong = NIGHTLY.replace("03:30", "24:00")
    text = f"tasks:\n  books_check: {NIGHTLY}\nareas:\n  chongqing:\n    books_check: {wrong}\n"
    with pytest.raises(LawFileError) as refused:
        read(tmp_path, text)
    place = "timetable.yaml:5: areas.chongqing.books_check.at: must be a time"
    assert place in str(refused.value)


def test_an_area_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "timetable.yaml"
    path.write_text("tasks: {}\nareas:\n  chongqin:\n    backup: never\n")
    with pytest.raises(LawFileError) as refused:
        check_areas({"chongqing"}, path)
    assert "timetable.yaml:3: areas.chongqin: is not an area (known: chongqing)" in str(
        refused.value
    )
    check_areas({"chongqin"}, path)
    check_areas({"chongqing"})  # the one that ships names none
