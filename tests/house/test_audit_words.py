"""The audit log speaks words: every action and kind of record that a use-case writes has some."""

import ast
import dataclasses
import re
from pathlib import Path

import sqlalchemy as sa

from ltc.rules.applications import ApplicationStatus
from ltc.rules.audit_words import ACTION_NAMES, FIELD_NAMES, RECORD_NAMES
from ltc.services import visits
from ltc.services.facts import OF_THE_ROW
from ltc.services.insured import Contact
from ltc.services.providers import CarerFacts, ProviderFacts
from ltc.services.unmasking import SEALED
from ltc.store.audit_questions import TABLES
from ltc.store.base import Base
from ltc.web.audit_events import PAGES
from tests.house.sources import ROOT, at, walk_python, write

ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
WRITERS = {"record", "record_change", "correct_record", "withdraw_recorded"}
# Actions put together while running: what each of them can become.
COMPOSED = {
    "application.{}": {f"application.{status.value}" for status in ApplicationStatus},
    "{}.unmasked": {f"{field}.unmasked" for _table, fields in SEALED.values() for field in fields},
}
# Columns that no event tells; and tables whose records the log calls otherwise.
UNTOLD = {*visits.HIDDEN}
TABLE_KINDS = {"bank_accounts": "account", "bed_stays": "stay", "care_plans": "plan"}


def find_recorded(root: Path, position: int) -> dict[str, str]:
    """Return the texts that are handed to ``record`` at a position, each with one of its places."""
    found = {}
    for folder in ("services", "jobs", "commands", "web", "api"):
        for path, tree in walk_python(root / "ltc" / folder):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record":
                    texts = node.args[position : position + 1]
                    found |= {text: at(root, path, node) for text in map(_text, texts) if text}
    return found


def find_actions(root: Path) -> dict[str, str]:
    """Return every action of a use-case: those recorded, and those handed to what records."""
    found = find_recorded(root, 0)
    for path, tree in walk_python(root / "ltc/services"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _passes_an_action(node):
                found |= {
                    t: at(root, path, node) for t in map(_text, _values(node)) if _is_action(t)
                }
    return found


def _passes_an_action(node: ast.Call) -> bool:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name.lstrip("_") in WRITERS | {"move"}


def _values(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(word.value for word in node.keywords)]


def _text(node: ast.expr) -> str:
    """Return a literal text, a composed one with ``{}`` for its parts; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return ""


def _is_action(text: str) -> bool:
    return bool(ACTION.fullmatch(text))


def find_nameless(root: Path) -> list[str]:
    """Name every action and kind of record that has no words."""
    actions = {a: p for a, p in find_actions(root).items() for a in COMPOSED.get(a, {a})}
    kinds = find_recorded(root, 1)
    return sorted(
        [f"{place} {action}" for action, place in actions.items() if action not in ACTION_NAMES]
        + [f"{place} {kind}" for kind, place in kinds.items() if kind not in RECORD_NAMES]
    )


def test_every_event_of_the_house_has_words():
    assert find_nameless(ROOT) == []


def test_the_walk_meets_direct_and_handed_actions():
    found = find_actions(ROOT)
    assert {"user.created", "visit.refused", "payout_run.checked", "carer.corrected"} <= set(found)
    assert len(found) > 60


def test_events_without_words_are_seen(tmp_path):
    source = (
        'def f(ctx):\n    ctx.record("cake.baked", "cake", 1)\n    _record(ctx, "tea.made", 2)\n'
        '    ctx.record(f"{x}.shown", "user", 1)\n'
    )
    assert find_nameless(write(tmp_path, "ltc/services/a.py", source)) == [
        "ltc/services/a.py:2 cake", "ltc/services/a.py:2 cake.baked",
        "ltc/services/a.py:3 tea.made", "ltc/services/a.py:4 {}.shown",
    ]  # fmt: skip


def find_belonging() -> dict[str, type[Base]]:
    """Return the kinds of records with words whose table names a person or a provider."""
    kinds = {
        TABLE_KINDS.get(mapper.local_table.name, mapper.local_table.name.removesuffix("s")): mapper
        for mapper in Base.registry.mappers
    }
    return {
        kind: mapper.class_
        for kind, mapper in kinds.items()
        if kind in RECORD_NAMES and {"person_id", "provider_id"} & set(mapper.columns.keys())
    }


def test_every_record_of_a_person_or_provider_is_found_by_its_owner_and_has_a_page():
    belonging = find_belonging()
    assert {"account", "assistance", "carer", "visit"} <= set(belonging)
    assert {kind: TABLES.get(kind) for kind in belonging} == belonging
    assert set(belonging) <= set(PAGES)


def test_every_kind_of_record_is_called_by_words_of_its_own():
    assert len(set(RECORD_NAMES.values())) == len(RECORD_NAMES)


def find_told_fields() -> set[str]:
    """Return the fields whose changes events tell: of facts, and of people, providers, carers."""
    facts = [sa.inspect(table) for table in TABLES.values() if hasattr(table, "superseded_at")]
    told = {column.key for mapper in facts for column in mapper.column_attrs}
    told |= {
        f.name for kind in (Contact, ProviderFacts, CarerFacts) for f in dataclasses.fields(kind)
    }
    return {name for name in told - OF_THE_ROW - UNTOLD if not name.endswith("_sealed")}


def test_every_field_that_an_event_tells_has_words():
    told = find_told_fields()
    assert {"bank_name", "phone", "topped_up_on", "valid_before"} <= told
    assert told - set(FIELD_NAMES) == set()
