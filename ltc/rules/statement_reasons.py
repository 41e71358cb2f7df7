"""Which sentence of a trace belongs to which line, and what a month was for the next one."""

from collections.abc import Sequence
from datetime import date

from ltc.rules.payouts.bridge import PersonMonth, count_paid_minutes
from ltc.rules.payouts.explain import AMOUNTS, Sentence
from ltc.rules.payouts.results import Line, Outcome, Settlement, Step
from ltc.rules.policies import Law

Place = tuple[str, str]  # first day of the segment (ISO), form


def tell_lines(settlement: Settlement) -> dict[Place, list[Sentence]]:
    """Return the sentences of amounts by the segment and the form that they are about.

    The steps of a segment follow its own step, which says its first day; so do its lines.
    """
    told: dict[Place, list[Sentence]] = {}
    segment = ""
    for step in settlement.steps:
        values = dict(step.values)
        if step.code == "segment":
            segment = str(values["first_on"])
        elif step.code in AMOUNTS:
            place = segment, str(values.get("form", ""))
            told.setdefault(place, []).append((AMOUNTS[step.code], values))
    return told


def place_of(line: Line) -> Place:
    """Return the segment and the form of a line."""
    return line.starts_on.isoformat(), line.form


def list_used(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Return (first day of the policy, key) of every value of the law that was used, each once."""
    return list(dict.fromkeys((step.policy, key) for step in steps for key in step.law))


def build_month(law: Law, settlement: Settlement, payee: int | None = None) -> PersonMonth:
    """Return what a month came to, of all lines or of one provider's, to compare it with another."""
    lines = [line for line in settlement.lines if payee is None or line.payee == payee]
    return PersonMonth(
        sum(line.fund_fen for line in lines),
        sum(line.days for line in lines),
        sum(_paid_minutes(law, line) for line in lines),
        tuple(sorted({line.mode for line in lines})),
        tuple(sorted({line.grade for line in lines})),
        settlement.outcome is Outcome.HELD,
    )


def _paid_minutes(law: Law, line: Line) -> int:
    return count_paid_minutes(law, line.starts_on, line.mode, line.form, line.minutes)


def last_day(line: Line) -> date:
    """Return the last day of a line's segment."""
    return date.fromordinal(line.ends_before.toordinal() - 1)
