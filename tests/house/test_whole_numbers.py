"""The rules calculate with whole numbers: no float, no division that could make one."""

import ast
from pathlib import Path

import pytest

from tests.house.sources import ROOT, at, walk_python, write


def find_inexact_numbers(root: Path) -> list[str]:
    """Name every float literal, mention of ``float`` and ``/`` in ltc/rules."""
    return [
        f"{at(root, path, node)} {fault}"
        for path, tree in walk_python(root / "ltc/rules")
        for node in ast.walk(tree)
        if (fault := _fault(node))
    ]


def _fault(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        return f"float {node.value}"
    if isinstance(node, ast.Name) and node.id in {"float", "complex"}:
        return node.id
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        return "division by /"
    if isinstance(node, ast.Attribute | ast.alias) and _is_float_function(node):
        return "a function that returns floats"
    return None


def _is_float_function(node: ast.Attribute | ast.alias) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.name
    return name in {"truediv", "fsum", "total_seconds", "statistics"}


def test_rules_calculate_with_whole_numbers():
    assert find_inexact_numbers(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "share = 0.7",
        "def pay(amount: float): ...",
        "half = total / 2",
        "total /= 2",
        "hours = span.total_seconds()",
        "from operator import truediv",
    ],
)
def test_an_inexact_number_is_seen(tmp_path, line):
    write(tmp_path, "ltc/rules/payouts/daily.py", f"days = 31 // 2\n{line}\n")
    (found,) = find_inexact_numbers(tmp_path)
    assert found.startswith("ltc/rules/payouts/daily.py:2 ")
