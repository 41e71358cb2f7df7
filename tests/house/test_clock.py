"""Only ltc/clock.py reads the clock; everybody else is told the time."""

import ast
from pathlib import Path

import pytest

from tests.house.sources import ROOT, at, name_of, walk_python, write

CLOCK = Path("ltc/clock.py")
READINGS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime",
    "time.monotonic", "time.perf_counter", "time.perf_counter_ns",
    "func.now", "func.current_timestamp", "func.current_date",
}  # fmt: skip
NAMES_OF_TIME = {
    "time", "time_ns", "localtime", "gmtime", "monotonic", "perf_counter", "perf_counter_ns",
}  # fmt: skip


def find_clock_readings(root: Path) -> list[str]:
    """Name every place under ltc/ that reads the clock, but for ltc/clock.py itself."""
    return [
        f"{at(root, path, node)} {reading}"
        for path, tree in walk_python(root / "ltc")
        if path.relative_to(root) != CLOCK
        for node in ast.walk(tree)
        if (reading := _reading(node))
    ]


def _reading(node: ast.AST) -> str | None:
    # A mention is enough: `default=datetime.now` reads the clock without a call of ours.
    if isinstance(node, ast.Attribute):
        return next((r for r in READINGS if f".{name_of(node)}".endswith(f".{r}")), None)
    if isinstance(node, ast.ImportFrom) and node.module == "time":
        return next((a.name for a in node.names if a.name in NAMES_OF_TIME), None)
    return None


def test_only_the_clock_reads_the_clock():
    assert find_clock_readings(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "from datetime import datetime; now = datetime.now()",
        "import datetime; now = datetime.datetime.now(datetime.UTC)",
        "from datetime import date; today = date.today()",
        "recorded_at = mapped_column(default=datetime.utcnow)",
        "import time; started = time.time()",
        "from time import perf_counter",
        "recorded_at = mapped_column(server_default=func.now())",
    ],
)
def test_a_reading_of_the_clock_is_seen(tmp_path, line):
    write(tmp_path, "ltc/clock.py", "from datetime import datetime; datetime.now()\n")
    write(tmp_path, "ltc/store/visits.py", f"{line}\n")
    (found,) = find_clock_readings(tmp_path)
    assert found.startswith("ltc/store/visits.py:1 ")
