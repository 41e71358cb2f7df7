"""Nothing but services changes a session, and only Context.transaction() commits.

The floor of tables may hold the means (sealing, the audit log, bulk loaders that services call
live in ``store``), so there only committing is forbidden.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, at, name_of, walk_python, write

DOORS = ["ltc/web", "ltc/api", "ltc/jobs", "ltc/commands", "ltc/cli.py", "ltc/http.py",
         "ltc/factory.py"]  # fmt: skip
COMMITTER = Path("ltc/services/context.py")
CHANGES = {
    "add", "add_all", "delete", "merge", "flush", "commit", "begin", "begin_nested",
    "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings",
}  # fmt: skip
COMMITS = {"commit", "begin", "begin_nested"}
STATEMENTS = {"insert", "update", "delete"}


def find_changes_at_doors(root: Path) -> list[str]:
    """Name every place at a door that changes a session or builds a changing statement."""
    return [
        f"{at(root, path, node)} {change}"
        for path, tree in _walk(root, DOORS)
        for node in ast.walk(tree)
        if (change := _changes_session(node, CHANGES) or _imports_statement(node))
    ]


def find_commits_below(root: Path) -> list[str]:
    """Name every place in services and store that commits past Context.transaction()."""
    return [
        f"{at(root, path, node)} {change}"
        for path, tree in _walk(root, ["ltc/services", "ltc/store"])
        if path.relative_to(root) != COMMITTER
        for node in ast.walk(tree)
        if (change := _changes_session(node, COMMITS))
    ]


def _walk(root: Path, places: list[str]) -> Iterator[tuple[Path, ast.Module]]:
    for path, tree in walk_python(root / "ltc"):
        if any(path.relative_to(root).is_relative_to(place) for place in places):
            yield path, tree


def _changes_session(node: ast.AST, methods: set[str]) -> str | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    owner = node.func.value.func if isinstance(node.func.value, ast.Call) else node.func.value
    is_session = name_of(owner).rsplit(".", 1)[-1].lower().endswith("session")
    return f"session.{node.func.attr}" if is_session and node.func.attr in methods else None


def _imports_statement(node: ast.AST) -> str | None:
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
        return next((f"import {a.name}" for a in node.names if a.name in STATEMENTS), None)
    if isinstance(node, ast.Attribute) and name_of(node) in {f"sa.{s}" for s in STATEMENTS}:
        return name_of(node)
    return None


def test_doors_change_nothing():
    assert find_changes_at_doors(ROOT) == []


def test_only_the_transaction_commits():
    assert find_commits_below(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "session.add(visit)",
        "g.session.delete(visit)",
        "db_session.commit()",
        "get_session().merge(visit)",
        "from sqlalchemy import select, update",
        "from sqlalchemy.dialects.postgresql import insert",
        "sa.delete(Visit)",
    ],
)
def test_a_change_at_a_door_is_seen(tmp_path, line):
    write(tmp_path, "ltc/web/visits.py", f"visits = session.scalars(select(Visit))\n{line}\n")
    (found,) = find_changes_at_doors(tmp_path)
    assert found.startswith("ltc/web/visits.py:2 ")


@pytest.mark.parametrize("floor", ["services", "store"])
def test_a_commit_past_the_transaction_is_seen(tmp_path, floor):
    write(tmp_path, "ltc/services/context.py", "session.commit()\n")
    write(tmp_path, f"ltc/{floor}/visits.py", "ctx.session.add(visit)\nctx.session.commit()\n")
    (found,) = find_commits_below(tmp_path)
    assert found == f"ltc/{floor}/visits.py:2 session.commit"
