"""Tries cases of a file on the law, without a database: what they come to, and as expected or not."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ltc.rules.errors import Problem
from ltc.rules.law_changes import change_law
from ltc.rules.payouts.english import fill_sentence, format_plain_yuan
from ltc.rules.payouts.expectations import AMOUNTS, compare, read_results
from ltc.rules.payouts.explain import build_hold_sentences, build_sentences
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.trace import build_tree
from ltc.rules.policies import Law, LawBook, Policy, Value
from ltc.store.case_files import FileCase, read_case_file
from ltc.store.yaml_reader import LawFileError


def try_file(book: LawBook, file: Path, *, with_trace: bool = False) -> Iterator[dict[str, Any]]:
    """Try the cases of a file in turn; raises LawFileError, with the line and the key at fault."""
    for place, case in enumerate(read_case_file(file)):
        try:
            yield try_case(book, case, with_trace=with_trace)
        except Problem as problem:
            key = f"cases[{place}].{problem.field}" if problem.field else f"cases[{place}]"
            line = case.lines.get(problem.field or "", case.line)
            raise LawFileError(file, line, key, problem.message) from problem


def try_case(book: LawBook, case: FileCase, *, with_trace: bool = False) -> dict[str, Any]:
    """Return a case's name, whether all came as expected, and the whole result.

    Raises NoLawOfArea, NotAValueOfTheLaw, NotAValue.
    """
    law = book.of(case.area)
    if case.changes:
        law = change_law(law, case.changes)
    settlement = settle(law, case.case)
    tree = build_tree(settlement)
    for written, hold in zip(tree["holds"], settlement.holds, strict=True):
        written["reason"], written["clears"] = map(fill_sentence, build_hold_sentences(hold))
    steps = tree.pop("steps")
    if with_trace:
        tree["steps"] = resolve_steps(law, steps)
    failed = sorted(compare(case.expected, settlement))
    return {
        "name": case.name,
        "ok": not failed,
        "failed": failed,
        "expected": _write(case.expected),
        "got": _write(read_results(settlement)),
        **tree,
        "sentences": [fill_sentence(sentence) for sentence in build_sentences(settlement)],
    }


def resolve_steps(law: Law, steps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps of a tree with each key of the law as its value, standing and source.

    What is stored with a run names the keys and the policy only, and keeps its bytes.
    """
    by_day = {policy.starts_on.isoformat(): policy for policy in law.policies}
    return [
        {**step, "law": _resolve(by_day[step["policy"]], step["law"])} if "law" in step else step
        for step in steps
    ]


def _resolve(policy: Policy, keys: Iterable[str]) -> dict[str, Any]:
    known = {value.key: value for value in policy.values}
    return {key: _write_law(known[key]) for key in keys}


def _write_law(value: Value[object]) -> dict[str, Any]:
    """Return a value as the file of the law has it; None stands where the file says nothing."""
    source, content = value.source, value.value
    dated_on = source.dated_on if source else None
    return {
        "value": content.isoformat() if isinstance(content, date) else content,
        "standing": value.standing.value,
        "document": source.document.en if source else None,
        "article": source.article if source else None,
        "dated_on": dated_on.isoformat() if dated_on else None,
    }


def _write(results: Any) -> dict[str, Any]:
    """Return results as a case file writes them: amounts in yuan, days in ISO form."""
    return {name: _write_value(name, value) for name, value in results.items()}


def _write_value(name: str, value: Any) -> Any:
    if name in AMOUNTS:
        return format_plain_yuan(value)
    return value.isoformat() if isinstance(value, date) else value
