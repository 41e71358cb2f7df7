"""Which plan counts on which day, where a change of mode waits for the next month.

On a day that two plans share the one that began later counts. Where the policy says so, a plan
that changes the mode during a month takes effect on the first of the next, and the plan before it
goes on until then; a change of provider alone takes effect at once.
"""

from dataclasses import dataclass
from datetime import date

from ltc.rules.months import Month
from ltc.rules.payouts.cases import PlanPeriod
from ltc.rules.payouts.entitlement import later_wins
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import DayState
from ltc.rules.payouts.sheet import Sheet
from ltc.rules.policies import ValueUnknown


@dataclass(slots=True)
class Chosen:
    """A plan with the days on which it is in effect, and what is not known about them."""

    plan: PlanPeriod
    starts_on: date
    ends_before: date | None
    unknown: ValueUnknown | None = None

    def holds_before(self, day: date) -> bool:
        """Whether the plan is in effect on the day before."""
        return self.starts_on < day and (self.ends_before is None or day <= self.ends_before)


def list_chosen(sheet: Sheet) -> list[tuple[PlanPeriod, int]]:
    """Return the confirmed plans with their days; mark days without a plan, hold unconfirmed."""
    window = sheet.window
    periods = [(c, window.span(c.starts_on, c.ends_before)) for c in _list_effective(sheet)]
    chosen, planned = [], 0
    for choice, days in later_wins(periods, window.whole):
        planned |= days
        if choice.unknown is not None:
            sheet.hold_unknown(choice.unknown, days)
        elif choice.plan.confirmed:
            chosen.append((choice.plan, days))
        else:
            sheet.hold_days(HoldKind.PLAN_UNCONFIRMED, days, plan=choice.plan.ref)
    sheet.mark(DayState.NO_PLAN, ~planned & window.whole)
    return chosen


def _list_effective(sheet: Sheet) -> list[Chosen]:
    """Return the plans in order with the days on which each takes effect."""
    plans = sheet.case.plans
    if len(plans) == 1:
        return [Chosen(plans[0], plans[0].starts_on, plans[0].ends_before)]
    chosen: list[Chosen] = []
    for plan in sorted(plans, key=lambda p: (p.starts_on, p.ref)):
        before = next((c for c in reversed(chosen) if c.holds_before(plan.starts_on)), None)
        choice = Chosen(plan, plan.starts_on, plan.ends_before)
        if before is not None and _changes_mode(before, choice):
            _defer(sheet, before, choice)
        # A change that had not taken effect yet is overtaken by this later choice.
        chosen = [c for c in chosen if c.starts_on <= choice.starts_on]
        chosen.append(choice)
    return chosen


def _changes_mode(before: Chosen, choice: Chosen) -> bool:
    """Whether a plan changes the mode of a confirmed plan in the middle of a month."""
    return (
        before.plan.confirmed
        and before.plan.mode != choice.plan.mode
        and choice.plan.starts_on.day != 1
    )


def _defer(sheet: Sheet, before: Chosen, choice: Chosen) -> None:
    """Let a change of mode wait for the next month where the policy of its day says so."""
    wished_on = choice.plan.starts_on
    policy = sheet.policy_for(wished_on)
    value = policy.conventions.mode_changes_next_month
    try:
        waits = value.get()
    except ValueUnknown as unknown:
        choice.unknown = unknown
        return
    if not waits:
        return
    choice.starts_on = Month.of(wished_on).ends_before
    if before.ends_before is not None:
        # The plan before goes on in place of the new one, and so no longer than that would have.
        until = min(choice.starts_on, choice.plan.ends_before or choice.starts_on)
        before.ends_before = max(before.ends_before, until)
    if Month.of(wished_on) == sheet.case.month:
        sheet.step(
            "mode_change_waits", ("plan", choice.plan.ref), ("mode_before", before.plan.mode),
            ("mode", choice.plan.mode), ("wished_on", wished_on.isoformat()),
            ("starts_on", choice.starts_on.isoformat()), law=(value.key,), policy=policy,
        )  # fmt: skip
