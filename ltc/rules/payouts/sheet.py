"""The working sheet of one settlement: which days are still open, and what was found on the way.

Every stage takes the sheet and either marks days with a state (the first reason wins, so that
overlapping reasons count once) or writes a step, a hold or an exclusion onto it.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

from ltc.rules.payouts.cases import (
    AgreementPeriod,
    AssistancePeriod,
    Case,
    Conclusion,
    Enrolment,
    Fee,
    PlanPeriod,
    Visit,
)
from ltc.rules.payouts.days import Window, first_of, last_of, window_of
from ltc.rules.payouts.holds import OWNERS, HoldKind
from ltc.rules.payouts.results import DayState, Exclusion, Hold, Step
from ltc.rules.policies import Law, Mode, NoPolicyInForce, Payee, Policy, Scheme, ValueUnknown

Cap = tuple[date, str, str, str]  # first day of the policy, scheme, mode, level


@dataclass(slots=True)
class Segment:
    """Days on which policy, scheme, grade, plan and medical assistance are the same.

    The month is cut into these. ``days`` are payable as far as the person goes; ``agreed`` of them
    those on which the plan's provider has an agreement: a payment to a provider counts these only.
    """

    place: int
    policy: Policy
    enrolment: Enrolment
    scheme: Scheme
    conclusion: Conclusion
    level: str
    plan: PlanPeriod
    mode: Mode
    assistance: AssistancePeriod | None
    days: int
    agreed: int
    visits: "list[CountedVisit]"
    fees: list[Fee]
    beds: list[tuple[int, int, int]]  # price a day in fen, days, ref

    @property
    def cap(self) -> "Cap":
        """What the segments under one limit a month have in common."""
        return self.policy.starts_on, self.scheme.code, self.mode.code, self.level

    def days_for(self, payee: Payee) -> int:
        """Return the days that count for a payment to this payee."""
        return self.agreed if payee is Payee.PROVIDER else self.days


@dataclass(slots=True)
class CountedVisit:
    """A visit with the minutes of it that count, and the place of its day."""

    visit: Visit
    index: int
    minutes: int


class Sheet:
    """What the stages of one settlement share."""

    __slots__ = ("case", "exclusions", "holds", "law", "marks", "open", "policies", "steps",
                 "used", "window")  # fmt: skip

    def __init__(self, law: Law, case: Case) -> None:
        """Open a sheet with all days of the month's window open."""
        self.law = law
        self.case = case
        self.window: Window = window_of(case.month)
        self.policies = _policies_by_day(law, self.window)
        self.open = self.window.whole
        self.marks: list[tuple[DayState, int]] = []
        self.steps: list[Step] = []
        self.holds: list[Hold] = []
        self.exclusions: list[Exclusion] = []
        # Fen or minutes of a limit that are used: by form and week, or by form and month's limit.
        self.used: dict[tuple[str, Hashable], int] = {}

    def mark(self, state: DayState, days: int) -> int:
        """Give the open days among these a state; return the days of the month newly marked."""
        got = self.open & days
        if got:
            self.open &= ~got
            self.marks.append((state, got))
        return got & self.window.month

    def state_of(self, index: int) -> DayState | None:
        """Return the state that a day was marked with, None while it is open."""
        bit = 1 << index
        if self.open & bit:
            return None
        return next(state for state, days in self.marks if days & bit)

    def step(
        self, code: str, *values: tuple[str, str | int], law: tuple[str, ...] = (),
        policy: Policy | None = None, days: int | None = None,
    ) -> None:  # fmt: skip
        """Write down a step of the calculation, unless it is about days outside of the month only.

        Days before the month use up its first week; what the law asks for on them is past.
        """
        if days is not None and not days & self.window.month:
            return
        starts = policy.starts_on.isoformat() if policy else ""
        self.steps.append(Step(code, values, law, starts))

    def hold(self, kind: HoldKind, days: int = 0, **values: object) -> None:
        """Hold an amount; ``days`` are the days of the month that it is about."""
        written = [(name, str(value)) for name, value in values.items()]
        if days:
            written.append(("days", str(days.bit_count())))
            written.append(("first_on", self.window.day(first_of(days)).isoformat()))
            written.append(("last_on", self.window.day(last_of(days)).isoformat()))
        hold = Hold(kind.value, OWNERS[kind].value, tuple(written))
        if hold not in self.holds:
            self.holds.append(hold)

    def hold_days(self, kind: HoldKind, days: int, **values: object) -> None:
        """Mark the open days among these as held, and hold where any lies in the month."""
        held = self.mark(DayState.HELD, days)
        if held:
            self.hold(kind, held, **values)

    def hold_unknown(self, unknown: ValueUnknown, days: int) -> None:
        """Hold the open days among these because the law does not say a value that they need."""
        self.hold_days(HoldKind.VALUE_UNKNOWN, days, **unknown.values)

    def exclude(
        self, ref: int, reason: str, minutes: int = 0, *, kind: str = "visit", days: int = 0,
        amount_fen: int = 0, note: str = "",
    ) -> None:  # fmt: skip
        """Write down that (a part of) a fact reached no amount."""
        self.exclusions.append(Exclusion(ref, str(reason), minutes, kind, days, amount_fen, note))

    def policy_for(self, day: date) -> Policy:
        """Return the policy in force on a day, or else the first of the window.

        A conclusion or a payment may be older than the oldest policy that is entered.
        """
        try:
            return self.law.on(day)
        except NoPolicyInForce:
            return self.policies[0][0]

    def agreement_days(self, provider: int) -> int:
        """Return the days on which a provider has an agreement."""
        return agreement_days(self.window, self.case.agreements, provider)


def agreement_days(window: Window, agreements: tuple[AgreementPeriod, ...], provider: int) -> int:
    """Return the days on which a provider has an agreement."""
    days = 0
    for agreement in agreements:
        if agreement.provider == provider:
            days |= window.span(agreement.starts_on, agreement.ends_before)
    return days


def _policies_by_day(law: Law, window: Window) -> list[tuple[Policy, int]]:
    """Return the policies of the window with their days, the earliest first."""
    rest, found = window.whole, []
    for policy in reversed(law.policies):
        since = window.span(policy.starts_on, None) & rest
        rest &= ~since
        days = since & window.span(policy.starts_on, policy.ends_before)
        if days:
            found.append((policy, days))
        if not rest:
            break
    return found[::-1]
