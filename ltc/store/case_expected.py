"""What a case of a file expects: each name with the way in which its value is written."""

from collections.abc import Callable

from ltc.rules.payouts.expectations import AMOUNTS, COUNTS, Expected
from ltc.rules.payouts.results import Outcome
from ltc.store.case_scalars import Entry, parse_day, parse_fen, parse_whole


def _parse_outcome(text: str) -> str:
    if text not in set(Outcome):
        raise ValueError("must be paid, held or zero")
    return text


PARSERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(AMOUNTS, parse_fen),
    **dict.fromkeys(COUNTS, parse_whole),
    "outcome": _parse_outcome,
    "first_payable_day": parse_day,
}


def read_expected(part: Entry | None) -> Expected:
    """Return what a case expects by name; nothing where it expects nothing."""
    if part is None:
        return {}
    expected = {name: part.scalar(name, parse) for name, parse in PARSERS.items() if part.has(name)}
    if part.has("holds"):
        expected["holds"] = _read_holds(part)
    minutes = part.map("excluded_minutes")
    if minutes is not None:
        reasons = minutes.keys()
        expected["excluded_minutes"] = {r: minutes.scalar(r, parse_whole) for r in reasons}
    part.done()
    return expected


def _read_holds(part: Entry) -> list[str]:
    """Return the kinds of holds that must be there, and no others; ``none`` for none."""
    if part.raw("holds") == "none" or part.node.has_empty_list("holds"):
        part.pass_over("holds")
        return []
    return sorted(part.node.take_values("holds", str))
