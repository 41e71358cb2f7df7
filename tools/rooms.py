"""Bring the table of rooms in docs/house.md up to date with the files of the floors.

What the table says of a room stays; a new room comes in with the first sentence of its file, and
one that is gone goes. Names of rooms and floors are taken from ltc/.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "docs/house.md"
FLOORS = ["rules", "store", "services", "web"]
HEADING = "## The rooms\n"
TITLE = "| room | what it is about | on the floors |\n|---|---|---|\n"
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| .*? \|$", re.MULTILINE)


def main() -> None:
    before, rest = BOOK.read_text(encoding="utf-8").split(HEADING)
    table, after = rest.split("\n## ", 1)
    known = dict(ROW.findall(table))
    rows = [
        f"| `{room}` | {known.get(room) or describe(places[0])} | {', '.join(floors_of(places))} |\n"
        for room, places in sorted(find_rooms().items())
    ]
    text = f"{before}{HEADING}{TITLE}{''.join(rows)}\n## {after}"
    BOOK.write_text(text, encoding="utf-8")


def find_rooms() -> dict[str, list[Path]]:
    """Return the places of every room, the lowest floor first."""
    rooms: dict[str, list[Path]] = {}
    for floor in FLOORS:
        folder = ROOT / "ltc" / floor
        inner = [path.parent for path in folder.glob("*/__init__.py")]
        for place in [*folder.glob("*.py"), *inner]:
            if place.stem != "__init__":
                rooms.setdefault(place.stem, []).append(place)
    return rooms


def floors_of(places: list[Path]) -> list[str]:
    return [place.parent.name for place in places]


def describe(place: Path) -> str:
    """Return the first sentence of a file, or of the first file of a folder, without its stop."""
    files = [place] if place.is_file() else sorted(place.glob("[a-z]*.py"))
    text = ast.get_docstring(ast.parse(files[0].read_text(encoding="utf-8"))) or "" if files else ""
    sentence = re.split(r"\.(?:\s|$)", " ".join(text.replace("``", "`").split()), maxsplit=1)[0]
    is_name = sentence[1:2].isupper()
    return sentence if is_name else sentence[:1].lower() + sentence[1:]


if __name__ == "__main__":
    main()
