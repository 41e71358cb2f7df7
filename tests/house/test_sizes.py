"""Small files, small functions, few branches."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT, at, walk_python, write

FILE_LINES = 400
FUNCTION_LINES = 60
PLACES = ["ltc", "tests", "migrations", "tools", "bench"]


def find_long_files(root: Path) -> list[str]:
    """Name every file of Python with more than 400 lines."""
    return [
        f"{path.relative_to(root)} {lines} lines"
        for place in PLACES
        for path in sorted((root / place).rglob("*.py"))
        if "versions" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    ]


def find_long_functions(root: Path) -> list[str]:
    """Name every function with more than 60 lines, its signature and docstring included."""
    return [
        f"{at(root, path, node)} {node.name} {lines} lines"
        for place in PLACES
        for path, tree in walk_python(root / place)
        if "versions" not in path.parts  # a migration lists tables; nobody branches there
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def find_branching_functions(root: Path, *configuration: str) -> list[str]:
    """Name every function that ruff finds more complex than pyproject.toml allows."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "C901",
         "--output-format", "concise", "--quiet", *configuration, "."],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_files_are_small():
    assert find_long_files(ROOT) == []


def test_functions_are_small():
    assert find_long_functions(ROOT) == []


def test_functions_branch_little():
    assert find_branching_functions(ROOT) == []


@pytest.mark.parametrize(("lines", "is_found"), [(FILE_LINES, False), (FILE_LINES + 1, True)])
def test_a_long_file_is_seen(tmp_path, lines, is_found):
    write(tmp_path, "ltc/web/visits.py", "x = 1\n" * lines)
    assert bool(find_long_files(tmp_path)) is is_found


@pytest.mark.parametrize(("lines", "is_found"), [(59, False), (60, True)])
def test_a_long_function_is_seen(tmp_path, lines, is_found):
    write(tmp_path, "ltc/web/visits.py", "def show():\n" + "    x = 1\n" * lines)
    assert bool(find_long_functions(tmp_path)) is is_found


@pytest.mark.parametrize(("branches", "is_found"), [(7, False), (8, True)])
def test_a_branching_function_is_seen(tmp_path, branches, is_found):
    body = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(branches))
    write(tmp_path, "ltc/web/visits.py", f"def show(x):\n{body}    return x\n")
    found = find_branching_functions(tmp_path, "--config", str(ROOT / "pyproject.toml"))
    assert bool(found) is is_found
