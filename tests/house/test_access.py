"""Reading goes through the scope, and only the books may be kept without an audit event."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, at, name_of, walk_python, write

# Services whose writing is no change of a record: sessions seen, tokens swept, blocks sealed, leases renewed,
# how far the trial of a file is, parts of names that were missing, what runs add up to.
BOOKKEEPERS = {
    "audit.py", "context.py", "forms.py", "import_work.py", "jobs.py", "leases.py",
    "name_parts.py", "payout_sums.py", "schedulers.py", "sign_in.py",
}  # fmt: skip
READERS = ("get_", "find_", "list_", "count_", "load_", "sum_")
# What says whose rows are asked for: the scope, or the area alone where a use-case or a job asks.
SAYS_WHO = {"visible", "actor", "area_id"}
# Questions asked before anybody is signed in, or about what belongs to no area.
OF_NOBODY = {
    "ltc/store/areas.py": {"get_area_by_code", "list_areas"},
    "ltc/store/counting.py": {"count_each"},  # it is handed selects that are narrowed already
    "ltc/store/users.py": {
        "find_user_by_name", "find_signed_in", "list_demonstration_users"
    },
    "ltc/store/imports.py": {"find_form_token"},
    "ltc/store/job_questions.py": {"find_newest_scheduler"},
    "ltc/store/job_runs.py": {"find_job"},
    "ltc/store/verify_questions.py": {"find_genuine_by_code", "find_genuine_by_digest"},
}  # fmt: skip


def find_selects_at_doors(root: Path) -> list[str]:
    """Name every function at a door with a select of its own that is not narrowed by the scope."""
    return [
        f"{at(root, path, node)} {node.name}"
        for floor in ("web", "api", "jobs")
        for path, tree in walk_python(root / "ltc" / floor)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and _selects(node) and "visible" not in _names(node)
    ]


def find_questions_of_nobody(root: Path) -> list[str]:
    """Name every question of the store that reads rows and is not told whose."""
    return [
        f"{at(root, path, node)} {node.name}"
        for path, tree in walk_python(root / "ltc/store")
        for node in _readers(tree)
        if _selects(node)
        and not _names(node) & SAYS_WHO
        and node.name not in OF_NOBODY.get(str(path.relative_to(root)), set())
    ]


def find_bookkeeping(root: Path) -> list[str]:
    """Name every service outside of the list that commits without an audit event."""
    return [
        at(root, path, node)
        for path, tree in walk_python(root / "ltc")
        if path.name not in BOOKKEEPERS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "bookkeeping"
    ]


def _readers(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith(READERS):
            yield node


def _selects(function: ast.FunctionDef) -> bool:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(name_of(call.func) in ("sa.select", "select") for call in calls)


def _names(function: ast.FunctionDef) -> set[str]:
    """Every name and attribute that a function mentions."""
    found = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return found | {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}


def test_what_a_door_selects_is_narrowed():
    assert find_selects_at_doors(ROOT) == []


def test_every_question_is_told_whose_rows_it_is_about():
    assert find_questions_of_nobody(ROOT) == []


def test_only_the_books_are_kept_without_an_event():
    assert find_bookkeeping(ROOT) == []


@pytest.mark.parametrize("call", ["sa.select(Visit)", "select(Visit)"])
def test_a_select_at_a_door_is_seen(tmp_path, call):
    good = f"def show():\n    return visible({call}, actor)\n"
    write(tmp_path, "ltc/web/visits.py", f"{good}def index():\n    return {call}\n")
    assert find_selects_at_doors(tmp_path) == ["ltc/web/visits.py:3 index"]


def test_a_question_of_nobody_is_seen(tmp_path):
    good = "def list_visits(session, actor):\n    return visible(sa.select(Visit), actor)\n"
    bad = "def list_all(session):\n    return sa.select(Visit)\n"
    write(tmp_path, "ltc/store/visits.py", good + bad)
    assert find_questions_of_nobody(tmp_path) == ["ltc/store/visits.py:3 list_all"]


def test_a_change_without_an_event_is_seen(tmp_path):
    write(tmp_path, "ltc/services/visits.py", "with ctx.bookkeeping() as session: pass\n")
    write(tmp_path, "ltc/services/audit.py", "with ctx.bookkeeping() as session: pass\n")
    assert find_bookkeeping(tmp_path) == ["ltc/services/visits.py:1"]
