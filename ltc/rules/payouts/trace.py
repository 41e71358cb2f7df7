"""A settlement as JSON and back: what is stored with a run, and what its digest is taken of.

The text is canonical: the same settlement always gives the same bytes, whatever the order in which
its facts were read. Days are written as runs, ``[["paid", 9], ["in_hospital", 5], …]``.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date
from operator import attrgetter
from typing import Any

from ltc.rules.payouts.results import (
    DayState,
    Exclusion,
    Hold,
    Line,
    Outcome,
    Settlement,
    Step,
)

_LINE_FIELDS = tuple(
    name for name in Line.__dataclass_fields__ if name not in ("starts_on", "ends_before")
)
_read_line = attrgetter(*_LINE_FIELDS)
_encoder = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
)


def encode(tree: Any) -> bytes:
    """Return plain mappings and lists as canonical JSON: keys sorted, no spaces, UTF-8."""
    return _encoder.encode(tree).encode()


def to_json(settlement: Settlement, encoded: Callable[[Any], bytes] = encode) -> bytes:
    """Return a settlement as canonical JSON in UTF-8.

    ``encoded`` is whatever writes the same bytes as ``encode``: a library does so faster.
    """
    return encoded(build_tree(settlement))


def build_tree(settlement: Settlement) -> dict[str, Any]:
    """Return a settlement as plain mappings and lists."""
    return {
        "person": settlement.person,
        "outcome": settlement.outcome.value,
        "lines": [_write_line(line) for line in settlement.lines],
        "holds": [
            {"kind": hold.kind, "owner": hold.owner, "values": dict(hold.values)}
            for hold in settlement.holds
        ],
        "exclusions": [_write_exclusion(exclusion) for exclusion in settlement.exclusions],
        "steps": [_write_step(step) for step in settlement.steps],
        "days": _write_days(settlement.days),
    }


def _write_days(days: Iterable[DayState]) -> list[list[Any]]:
    runs: list[list[Any]] = []
    before = None
    for state in days:
        if state is before:
            runs[-1][1] += 1
        else:
            runs.append([state, 1])
            before = state
    return runs


def _write_line(line: Line) -> dict[str, Any]:
    written = dict(zip(_LINE_FIELDS, _read_line(line), strict=True))
    written["starts_on"] = line.starts_on.isoformat()
    written["ends_before"] = line.ends_before.isoformat()
    return written


def _write_exclusion(exclusion: Exclusion) -> dict[str, Any]:
    """Write what an exclusion says; nothing about days, amount and note where there is none."""
    written: dict[str, Any] = {
        "kind": exclusion.kind, "ref": exclusion.ref, "reason": exclusion.reason,
        "minutes": exclusion.minutes,
    }  # fmt: skip
    if exclusion.days:
        written["days"] = exclusion.days
    if exclusion.amount_fen:
        written["amount_fen"] = exclusion.amount_fen
    if exclusion.note:
        written["note"] = exclusion.note
    return written


def _write_step(step: Step) -> dict[str, Any]:
    written: dict[str, Any] = {"code": step.code, "values": dict(step.values)}
    if step.law:
        written["law"] = step.law
        written["policy"] = step.policy
    return written


def from_json(text: bytes) -> Settlement:
    """Return the settlement that ``to_json`` wrote."""
    tree = json.loads(text)
    return Settlement(
        person=tree["person"],
        outcome=Outcome(tree["outcome"]),
        lines=tuple(_parse_line(line) for line in tree["lines"]),
        holds=tuple(
            Hold(hold["kind"], hold["owner"], _pairs(hold["values"])) for hold in tree["holds"]
        ),
        exclusions=tuple(Exclusion(**exclusion) for exclusion in tree["exclusions"]),
        steps=tuple(
            Step(step["code"], _pairs(step["values"]), tuple(step.get("law", ())),
                 step.get("policy", ""))
            for step in tree["steps"]
        ),
        days=tuple(DayState(state) for state, length in tree["days"] for _ in range(length)),
    )  # fmt: skip


def _parse_line(written: dict[str, Any]) -> Line:
    days = {name: date.fromisoformat(written[name]) for name in ("starts_on", "ends_before")}
    return Line(**{**written, **days})


def _pairs(values: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(values.items())
