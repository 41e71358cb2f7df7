"""What a case of a file expects: each name with the way in which its value is written."""

from collections.abc import Callable
from datetime import date

from ltc.rules.payouts.expectations import AMOUNTS, COUNTS, Expected
from ltc.rules.payouts.explain import REASONS
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import Outcome
from ltc.store.case_scalars import Entry, parse_count, parse_day, parse_fen


def _parse_outcome(text: str) -> str:
    if text not in set(Outcome):
        raise ValueError("must be paid, held or zero")
    return text


def _parse_first_day(text: str) -> date | None:
    return None if text == "none" else parse_day(text)


PARSERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(AMOUNTS, parse_fen),
    **dict.fromkeys(COUNTS, parse_count),
    "outcome": _parse_outcome,
    "first_payable_day": _parse_first_day,
}


def read_expected(part: Entry | None) -> Expected:
    """Return what a case expects by name; nothing where it expects nothing."""
    if part is None:
        return {}
    expected: dict[str, object] = {
        name: part.maybe(name, parse) for name, parse in PARSERS.items() if part.has(name)
    }
    if part.has("holds"):
        expected["holds"] = _read_holds(part)
    minutes = part.map("excluded_minutes")
    if minutes is not None:
        expected["excluded_minutes"] = {
            reason: minutes.scalar(reason, parse_count)
            for reason in minutes.keys()  # noqa: SIM118 - a node of the file, not a mapping
            if reason in REASONS
        }
        minutes.node.done(REASONS)
    part.done()
    return expected


def _read_holds(part: Entry) -> list[str]:
    """Return the kinds of holds that must be there, and no others; ``none`` for none."""
    if part.raw("holds") == "none" or part.node.has_empty_list("holds"):
        part.pass_over("holds")
        return []
    kinds = part.node.take_values("holds", str)
    for kind in kinds:
        if kind not in set(HoldKind):
            raise part.error("holds", f"“{kind}” is no hold; there are {', '.join(HoldKind)}")
    return sorted(set(kinds))
