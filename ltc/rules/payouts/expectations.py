"""What a case expects of its settlement, and whether it came so."""

from collections.abc import Mapping
from datetime import date

from ltc.rules.payouts.results import Line, Settlement

# Money in fen, days and minutes as whole numbers, holds as sorted kinds, left-out minutes by reason.
Expected = Mapping[str, object]

AMOUNTS = ("fund", "assistance", "person", "eligible", "excess", "one_off_payment")
COUNTS = ("days", "minutes")
# Flat sums are not costs that anybody shares in: they count as fund, not as eligible.
FLAT = frozenset({"daily_fixed", "monthly_fixed", "bonus_cash"})


def read_results(settlement: Settlement) -> dict[str, object]:
    """Return the results of a settlement under the names that a case may expect."""
    lines = settlement.lines
    flat_forms = _list_flat_forms(settlement)
    shared = [line for line in lines if line.form not in flat_forms]
    return {
        "outcome": settlement.outcome.value,
        "fund": sum(line.fund_fen for line in lines),
        "assistance": sum(line.assistance_fen for line in lines),
        "person": sum(line.person_fen + line.excess_fen for line in lines),
        "eligible": sum(line.eligible_fen for line in shared),
        "excess": sum(line.excess_fen for line in lines),
        "days": _count_paid_days(settlement),
        "minutes": _sum_minutes(lines),
        "one_off_payment": _find_step_value(settlement, "one_off_payment_fen"),
        "first_payable_day": find_first_payable_day(settlement),
        "holds": sorted({hold.kind for hold in settlement.holds}),
        "excluded_minutes": sum_excluded_minutes(settlement),
    }


def compare(expected: Expected, settlement: Settlement) -> dict[str, tuple[object, object]]:
    """Return what did not come as expected: by name, the expected and the actual value."""
    results = read_results(settlement)
    return {
        name: (wanted, results[name])
        for name, wanted in expected.items()
        if results[name] != wanted
    }


def find_first_payable_day(settlement: Settlement) -> date | None:
    """Return the first day that conclusion and contributions allow; None where they do not."""
    begun: list[date] = []
    counted: list[date] = []
    for step in settlement.steps:
        values = dict(step.values)
        if step.code == "start":
            begun.append(date.fromisoformat(str(values["starts_on"])))
        elif step.code == "contribution_topped_up":
            counted.append(date.fromisoformat(str(values["starts_on"])))
        elif step.code == "contribution_missing":
            return None
    return max(min(begun), *counted) if begun and counted else min(begun, default=None)


def sum_excluded_minutes(settlement: Settlement) -> dict[str, int]:
    """Return the minutes of visits that were left out, by reason."""
    sums: dict[str, int] = {}
    for exclusion in settlement.exclusions:
        if exclusion.kind == "visit":
            sums[exclusion.reason] = sums.get(exclusion.reason, 0) + exclusion.minutes
    return sums


def _list_flat_forms(settlement: Settlement) -> set[str]:
    forms = {"bonus"}
    for step in settlement.steps:
        if step.code in FLAT:
            forms.add(str(dict(step.values).get("form", "bonus")))
    return forms


def _count_paid_days(settlement: Settlement) -> int:
    return sum(state.value == "paid" for state in settlement.days)


def _sum_minutes(lines: tuple[Line, ...]) -> int:
    """Return the minutes of visits, which several lines of the same days may rest on."""
    by_span: dict[tuple[date, date], int] = {}
    for line in lines:
        span = (line.starts_on, line.ends_before)
        by_span[span] = max(by_span.get(span, 0), line.minutes)
    return sum(by_span.values())


def _find_step_value(settlement: Settlement, name: str) -> int:
    values = (dict(step.values).get(name) for step in settlement.steps)
    return next((int(value) for value in values if value is not None), 0)
