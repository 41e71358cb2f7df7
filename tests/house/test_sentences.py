"""Problems are raised with values, never with codes made of them: doors say both languages."""

import ast
from pathlib import Path

import pytest

from tests.house.sources import ROOT, at, walk_python, write


def find_codes(root: Path) -> list[str]:
    """Name every raised value that is the code of an enum member, or a day made into text."""
    return [
        f"{at(root, path, node)} {word.arg}"
        for path, tree in walk_python(root / "ltc")
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        for word in node.exc.keywords
        if _is_code(word.value)
    ]


def _is_code(value: ast.expr) -> bool:
    if isinstance(value, ast.Attribute):
        return value.attr == "value"
    is_method = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
    return is_method and value.func.attr == "isoformat"


def test_problems_carry_values_and_not_their_codes():
    assert find_codes(ROOT) == []


@pytest.mark.parametrize("value", ["run.status.value", "day.isoformat()"])
def test_a_code_is_seen(tmp_path, value):
    source = f"def f():\n    raise Wrong(field='x', status={value})\n"
    assert find_codes(write(tmp_path, "ltc/a.py", source)) == ["ltc/a.py:2 status"]
