"""Who is insured, with which grade, from which day on: the first stages of a settlement.

Of several conclusions the latest that has begun counts; it does not fall back to an older one when
it expires. Of several enrolments on one day the one that began last counts.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeVar

from ltc.rules.months import ONE_DAY, Month, add_months
from ltc.rules.payouts.cases import AssistancePeriod, Conclusion, Enrolment
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import DayState
from ltc.rules.payouts.sheet import Sheet
from ltc.rules.policies import ContributionRule, Policy, StartMode, ValueUnknown

T = TypeVar("T")


@dataclass(slots=True)
class Graded:
    """Days with a policy, a conclusion and the benefit level that the policy gives its grade."""

    policy: Policy
    conclusion: Conclusion
    level: str
    days: int


@lru_cache(maxsize=4096)
def begin(mode: StartMode, day: date) -> date:
    """Return the first day of a benefit whose ground (conclusion or payment) is of this day."""
    if mode is StartMode.SAME_DAY:
        return day
    if mode is StartMode.DAY_AFTER:
        return day + ONE_DAY
    return Month.of(day).ends_before


def later_wins(periods: list[tuple[T, int]], whole: int) -> list[tuple[T, int]]:
    """Return periods without their overlaps: on a day that two share the later in the list wins."""
    if len(periods) == 1:
        return periods if periods[0][1] else []
    rest, kept = whole, []
    for thing, days in reversed(periods):
        if days & rest:
            kept.append((thing, days & rest))
            rest &= ~days
    return kept[::-1]


def list_enrolled(sheet: Sheet) -> list[tuple[Enrolment, int]]:
    """Return the enrolments with their days; mark the others as not insured."""
    window, enrolments = sheet.window, sheet.case.enrolments
    if len(enrolments) > 1:
        enrolments = tuple(sorted(enrolments, key=lambda e: (e.starts_on, e.ref)))
    enrolled = later_wins(
        [(e, window.span(e.starts_on, e.ends_before)) for e in enrolments], window.whole
    )
    insured = 0
    for _, days in enrolled:
        insured |= days
    sheet.mark(DayState.NOT_INSURED, ~insured & window.whole)
    return enrolled


def list_assisted(sheet: Sheet) -> list[tuple[AssistancePeriod | None, int]]:
    """Return the periods of medical assistance with their days, and None with all other days.

    A policy without any assistance adds none to anybody: its days need no cut.
    """
    window, periods = sheet.window, sheet.case.assistance
    if not periods:
        return [(None, window.whole)]
    ordered = sorted(periods, key=lambda p: (p.starts_on, p.ref))
    spans = later_wins(
        [(p, window.span(p.starts_on, p.ends_before)) for p in ordered], window.whole
    )
    assisting = 0
    for policy, in_force in sheet.policies:
        assisting |= in_force if policy.assistance else 0
    assisted: list[tuple[AssistancePeriod | None, int]] = []
    others = window.whole
    for period, days in spans:
        others &= ~(days & assisting)
        assisted.append((period, days & assisting))
    return [*assisted, (None, others)]


def list_graded(sheet: Sheet) -> list[Graded]:
    """Return the days with a benefit level; mark those before the start, expired or without."""
    concluded = _list_concluded(sheet)
    graded = []
    for conclusion, days in concluded:
        for policy, in_force in sheet.policies:
            both = days & in_force
            if both:
                level = _level(sheet, policy, conclusion, both)
                if level is not None:
                    graded.append(Graded(policy, conclusion, level, both))
    return graded


def _list_concluded(sheet: Sheet) -> list[tuple[Conclusion, int]]:
    """Return the conclusions with the days on which each is begun and valid."""
    window, conclusions = sheet.window, sheet.case.conclusions
    if not conclusions:
        sheet.mark(DayState.NO_GRADE, window.whole)
        return []
    if len(conclusions) > 1:
        conclusions = tuple(sorted(conclusions, key=lambda c: (c.concluded_on, c.ref)))
    begun, started = [], 0
    for conclusion in conclusions:
        term = _find_term(sheet, conclusion)
        days = window.span(term[0] if term else conclusion.concluded_on, None)
        begun.append(((conclusion, term), days))
        started |= days
    sheet.mark(DayState.BEFORE_START, ~started & window.whole)
    latest = conclusions[-1]
    return [
        (conclusion, _valid_days(sheet, conclusion, term, days, is_latest=conclusion is latest))
        for (conclusion, term), days in later_wins(begun, window.whole)
        if term
    ]


def _find_term(sheet: Sheet, conclusion: Conclusion) -> tuple[date, date] | None:
    """Return the days from and before which a conclusion counts, by the law of the day it was made.

    None where the law does not say; the days since the conclusion are held then.
    """
    policy = sheet.policy_for(conclusion.concluded_on)
    try:
        starts_on = begin(policy.start.get(), conclusion.concluded_on)
        ends_before = _validity_end(policy, conclusion)
    except ValueUnknown as unknown:
        sheet.hold_unknown(unknown, sheet.window.span(conclusion.concluded_on, None))
        return None
    sheet.step(
        "start", ("conclusion", conclusion.ref),
        ("concluded_on", conclusion.concluded_on.isoformat()),
        ("starts_on", starts_on.isoformat()), ("valid_to_on", (ends_before - ONE_DAY).isoformat()),
        law=(policy.start.key, policy.conclusion_months.key), policy=policy,
    )  # fmt: skip
    return starts_on, ends_before


def _valid_days(
    sheet: Sheet, conclusion: Conclusion, term: tuple[date, date], days: int, *, is_latest: bool
) -> int:
    """Return the days before a conclusion expires; hold the days after it.

    Where the person has been assessed again there is nothing to wait for: the days up to the start
    of the next conclusion are not paid.
    """
    valid = days & sheet.window.span(*term)
    expired = sheet.mark(DayState.EXPIRED, days & ~valid)
    if expired and is_latest:
        sheet.hold(
            HoldKind.CONCLUSION_EXPIRED, expired,
            conclusion=conclusion.ref, ends_before=term[1].isoformat(),
        )  # fmt: skip
    return valid


def _validity_end(policy: Policy, conclusion: Conclusion) -> date:
    """Return the first day after the validity: as concluded, at most what the law allows."""
    months = policy.conclusion_months
    if conclusion.valid_before is not None and months.value is None:
        return conclusion.valid_before
    longest = add_months(conclusion.concluded_on, months.get())
    return min(longest, conclusion.valid_before or longest)


def _level(sheet: Sheet, policy: Policy, conclusion: Conclusion, days: int) -> str | None:
    """Return the benefit level of a grade; None where it has none, or where nobody knows."""
    grades = policy.grade_map.get(conclusion.standard)
    if grades is None or conclusion.grade not in grades:
        sheet.hold_days(
            HoldKind.GRADE_NOT_IN_POLICY, days, area=policy.area,
            standard=conclusion.standard, grade=conclusion.grade,
        )  # fmt: skip
        return None
    level = grades[conclusion.grade]
    if days & sheet.window.month:
        code = "grade" if level else "grade_without_level"
        sheet.step(
            code, ("conclusion", conclusion.ref), ("standard", conclusion.standard),
            ("grade", conclusion.grade), ("level", level or ""),
            law=(f"grade_map.{conclusion.standard}.{conclusion.grade}",), policy=policy,
        )  # fmt: skip
    if level is None:
        sheet.mark(DayState.NO_GRADE, days)
    return level


def apply_contribution_rule(sheet: Sheet, enrolled: list[tuple[Enrolment, int]]) -> None:
    """Mark the days before a top-up counts; hold those for which years are missing."""
    for policy, in_force in sheet.policies:
        if policy.contribution is None:
            continue
        for enrolment, days in enrolled:
            both = days & in_force
            if both:
                try:
                    _apply_contribution(sheet, policy, policy.contribution, enrolment, both)
                except ValueUnknown as unknown:
                    sheet.hold_unknown(unknown, both)


def _apply_contribution(
    sheet: Sheet, policy: Policy, rule: ContributionRule, enrolment: Enrolment, days: int
) -> None:
    """Compare the years paid with the years needed, and act on what is missing."""
    needed = rule.years.get()
    missing = max(0, needed - enrolment.contribution_years)
    years = (("enrolment", enrolment.ref), ("years", enrolment.contribution_years),
             ("needed_years", needed))  # fmt: skip
    if not missing:
        sheet.step("contribution_met", *years, law=(rule.years.key,), policy=policy, days=days)
    elif enrolment.topped_up_on is None:
        payment_fen = missing * rule.premium_fen.get()
        sheet.step(
            "contribution_missing", *years, ("one_off_payment_fen", payment_fen),
            law=(rule.years.key, rule.premium_fen.key), policy=policy, days=days,
        )  # fmt: skip
        sheet.hold_days(
            HoldKind.CONTRIBUTION_MISSING, days, enrolment=enrolment.ref,
            missing_years=missing, one_off_payment_fen=payment_fen,
        )  # fmt: skip
    else:
        paid_on = enrolment.topped_up_on
        paid_under = sheet.policy_for(paid_on)
        # Where the law of the payment's day knew no such payment, the one that asks for it counts.
        if paid_under.contribution is not None:
            policy, rule = paid_under, paid_under.contribution
        _apply_top_up(sheet, policy, rule, paid_on, years, missing, days)


def _apply_top_up(
    sheet: Sheet, policy: Policy, rule: ContributionRule, paid_on: date,
    years: tuple[tuple[str, int], ...], missing: int, days: int,
) -> None:  # fmt: skip
    """Mark the days before a top-up payment counts."""
    starts_on = begin(rule.start_after_payment.get(), paid_on)
    sheet.step(
        "contribution_topped_up", *years,
        ("one_off_payment_fen", missing * rule.premium_fen.get()),
        ("topped_up_on", paid_on.isoformat()), ("starts_on", starts_on.isoformat()),
        law=(rule.years.key, rule.premium_fen.key, rule.start_after_payment.key), policy=policy,
        days=days,
    )  # fmt: skip
    sheet.mark(DayState.BEFORE_START, days & ~sheet.window.span(starts_on, None))
