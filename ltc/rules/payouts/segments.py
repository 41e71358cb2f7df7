"""Cuts the month exactly into segments of one policy, scheme, grade, plan and assistance."""

from ltc.rules.payouts.absences import mark_absences, mark_after_death, mark_day_of_death
from ltc.rules.payouts.cases import AssistancePeriod, Enrolment, PlanPeriod
from ltc.rules.payouts.chosen import list_chosen
from ltc.rules.payouts.days import first_of
from ltc.rules.payouts.entitlement import (
    Graded,
    apply_contribution_rule,
    list_assisted,
    list_enrolled,
    list_graded,
)
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import DayState
from ltc.rules.payouts.sheet import Segment, Sheet
from ltc.rules.policies import Mode, Payee


def list_segments(sheet: Sheet) -> list[Segment]:
    """Return the segments of the window, the earliest first; mark every other day.

    The order of the stages is the order in which reasons win: death, no law, not insured, no
    grade, before the start, absent, no plan, no agreement.
    """
    mark_after_death(sheet)
    _mark_days_without_law(sheet)
    if not sheet.policies:
        return []
    enrolled = list_enrolled(sheet)
    graded = list_graded(sheet)
    apply_contribution_rule(sheet, enrolled)
    mark_day_of_death(sheet)
    mark_absences(sheet)
    chosen = list_chosen(sheet)
    assisted = list_assisted(sheet)
    segments = [
        segment
        for plan, planned in chosen
        for grade in graded
        for enrolment, insured in enrolled
        for assistance, helped in assisted
        if (days := planned & insured & helped & grade.days)
        and (segment := _build_segment(sheet, plan, grade, enrolment, assistance, days))
    ]
    segments.sort(key=lambda segment: first_of(segment.days))
    for place, segment in enumerate(segments):
        segment.place = place
    return segments


def _mark_days_without_law(sheet: Sheet) -> None:
    """Hold the days on which no policy is in force."""
    lawless = sheet.window.whole
    for _, in_force in sheet.policies:
        lawless &= ~in_force
    if lawless:
        sheet.hold_days(
            HoldKind.NO_POLICY, lawless, area=sheet.law.area, month=str(sheet.case.month)
        )


def _build_segment(
    sheet: Sheet,
    plan: PlanPeriod,
    grade: Graded,
    enrolment: Enrolment,
    assistance: AssistancePeriod | None,
    days: int,
) -> Segment | None:
    """Return the segment of facts that share these days; None where no day of them is open."""
    days &= sheet.open
    if not days:
        return None
    policy = grade.policy
    mode = policy.modes.get(plan.mode)
    scheme = policy.schemes.get(enrolment.scheme)
    if mode is None:
        sheet.hold_days(HoldKind.MODE_NOT_IN_POLICY, days, area=policy.area, mode=plan.mode)
        return None
    if scheme is None:
        sheet.hold_days(
            HoldKind.SCHEME_NOT_IN_POLICY, days, area=policy.area, scheme=enrolment.scheme
        )
        return None
    agreed = days & sheet.agreement_days(plan.provider) if plan.provider is not None else 0
    if all(form.payee is Payee.PROVIDER for form in mode.forms):
        _hold_days_without_agreement(sheet, plan, mode, days & ~agreed)
        days = agreed
    if not days:
        return None
    return Segment(0, policy, enrolment, scheme, grade.conclusion, grade.level, plan, mode, assistance,
                   days, agreed, [], [], [])  # fmt: skip


def _hold_days_without_agreement(sheet: Sheet, plan: PlanPeriod, mode: Mode, days: int) -> None:
    """Hold days that only a provider could be paid for, and which has no agreement on them."""
    if not days:
        return
    if plan.provider is None:
        sheet.hold_days(HoldKind.NO_PROVIDER, days, plan=plan.ref, mode=mode.code)
        return
    without = sheet.mark(DayState.NO_AGREEMENT, days)
    if without:
        sheet.hold(HoldKind.NO_AGREEMENT, without, provider=plan.provider)
