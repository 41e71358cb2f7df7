"""docs/house.md is kept true: it names every room, every setting, every test of the house, and no other."""

import re
from pathlib import Path

from tests.house.sources import ROOT, write

FLOORS = ["rules", "store", "services", "web"]
SETTING = re.compile(r"\bLTC_[A-Z0-9_]+[A-Z0-9]\b")


def find_unnamed_rooms(root: Path) -> list[str]:
    """Name every room of a floor, file or folder, that the book does not name in backticks."""
    book = (root / "docs/house.md").read_text(encoding="utf-8")
    named = {name for code in re.findall(r"`([^`\n]+)`", book) for name in re.findall(r"\w+", code)}
    return [
        f"{floor}/{room}"
        for floor in FLOORS
        for room in list_rooms(root, floor)
        if room not in named
    ]


def list_rooms(root: Path, floor: str) -> list[str]:
    """List the rooms of a floor: its modules and the folders that a room grew into."""
    folder = root / "ltc" / floor
    rooms = {p.stem for p in folder.glob("*.py")} | {
        p.parent.name for p in folder.glob("*/__init__.py")
    }
    return sorted(rooms - {"__init__"})


def find_wrong_settings(root: Path) -> list[str]:
    """Name every setting that only the book or only the code of the product knows."""
    book = set(SETTING.findall((root / "docs/house.md").read_text(encoding="utf-8")))
    code = {
        name
        for path in (root / "ltc").rglob("*.py")
        for name in SETTING.findall(path.read_text(encoding="utf-8"))
    }
    return [f"not in docs/house.md: {name}" for name in sorted(code - book)] + [
        f"not in the code: {name}" for name in sorted(book - code)
    ]


def find_wrong_tests(root: Path) -> list[str]:
    """Name every test of the house that only the book's table or only the folder has."""
    book = (root / "docs/house.md").read_text(encoding="utf-8")
    told = {name for row in re.findall(r"^\|(.*?)\|", book, re.MULTILINE)
            for name in re.findall(r"`(test_\w+)`", row)}  # fmt: skip
    there = {path.stem for path in (root / "tests/house").glob("test_*.py")}
    return sorted(there ^ told)


def test_the_book_names_every_test_of_the_house_and_no_other():
    assert find_wrong_tests(ROOT) == []


def test_the_book_names_every_room():
    assert find_unnamed_rooms(ROOT) == [], "make rooms brings the table up to date"


def test_the_book_names_every_setting_and_no_other():
    assert find_wrong_settings(ROOT) == []


def test_a_room_that_the_book_does_not_name_is_seen(tmp_path):
    write(tmp_path, "docs/house.md", "Rooms: `visits` and `plans`. Not in backticks: payouts.")
    write(tmp_path, "ltc/rules/visits.py", "")
    write(tmp_path, "ltc/rules/payouts/__init__.py", "")
    write(tmp_path, "ltc/web/plans.py", "")
    assert find_unnamed_rooms(tmp_path) == ["rules/payouts"]


def test_a_test_that_only_one_knows_is_seen(tmp_path):
    write(tmp_path, "docs/house.md", "| `test_gone`, `test_kept` | says `test_words` |\n")
    write(tmp_path, "tests/house/test_kept.py", "")
    write(tmp_path, "tests/house/test_new.py", "")
    assert find_wrong_tests(tmp_path) == ["test_gone", "test_new"]


def test_a_setting_that_only_one_knows_is_seen(tmp_path):
    write(tmp_path, "docs/house.md", "`LTC_HOME` and `LTC_GONE`")
    write(tmp_path, "ltc/settings.py", 'os.environ["LTC_HOME"], os.environ["LTC_NEW"]')
    assert find_wrong_settings(tmp_path) == [
        "not in docs/house.md: LTC_NEW",
        "not in the code: LTC_GONE",
    ]
