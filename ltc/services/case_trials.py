"""Tries cases of a file on the law, without a database: what they come to, and as expected or not."""

from datetime import date
from typing import Any

from ltc.rules.law_changes import change_law
from ltc.rules.payouts.english import fill_sentence, format_plain_yuan
from ltc.rules.payouts.expectations import AMOUNTS, compare, read_results
from ltc.rules.payouts.explain import build_sentences
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.trace import build_tree
from ltc.rules.policies import LawBook
from ltc.store.case_files import FileCase


def try_case(book: LawBook, case: FileCase, *, with_trace: bool = False) -> dict[str, Any]:
    """Return a case's name, whether all came as expected, and the whole result.

    Raises NoLawOfArea, NotAValueOfTheLaw, NotAValue.
    """
    law = book.of(case.area)
    if case.changes:
        law = change_law(law, case.changes)
    settlement = settle(law, case.case)
    tree = build_tree(settlement)
    if not with_trace:
        del tree["steps"]
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


def _write(results: Any) -> dict[str, Any]:
    """Return results as a case file writes them: amounts in yuan, days in ISO form."""
    return {name: _write_value(name, value) for name, value in results.items()}


def _write_value(name: str, value: Any) -> Any:
    if name in AMOUNTS:
        return format_plain_yuan(value)
    return value.isoformat() if isinstance(value, date) else value
