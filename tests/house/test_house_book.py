"""docs/house.md is kept true: it names every room and every setting, and no other."""

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


def test_a_setting_that_only_one_knows_is_seen(tmp_path):
    write(tmp_path, "docs/house.md", "`LTC_HOME` and `LTC_GONE`")
    write(tmp_path, "ltc/settings.py", 'os.environ["LTC_HOME"], os.environ["LTC_NEW"]')
    assert find_wrong_settings(tmp_path) == [
        "not in docs/house.md: LTC_NEW",
        "not in the code: LTC_GONE",
    ]
