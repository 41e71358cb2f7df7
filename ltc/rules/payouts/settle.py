"""Settles one person's month: from the facts of a case to lines, holds, exclusions and a trace."""

from collections.abc import Callable
from typing import Any

from ltc.rules.payouts.absences import list_refs_behind
from ltc.rules.payouts.cases import Case
from ltc.rules.payouts.costs import count_bed_days, count_fees
from ltc.rules.payouts.days import first_of, last_of, list_runs
from ltc.rules.payouts.forms import (
    pay_daily_cap,
    pay_daily_fixed,
    pay_monthly_cap,
    pay_monthly_fixed,
)
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.hours import pay_hourly
from ltc.rules.payouts.payments import Payment, Work
from ltc.rules.payouts.results import DayState, Line, Outcome, Settlement
from ltc.rules.payouts.segments import list_segments
from ltc.rules.payouts.shares import AssistanceNotInPolicy, get_assistance
from ltc.rules.payouts.sheet import Segment, Sheet
from ltc.rules.payouts.visits import count_visits
from ltc.rules.policies import (
    DailyCap,
    DailyFixed,
    Form,
    Hourly,
    Law,
    MonthlyCap,
    MonthlyFixed,
    Payee,
    ValueUnknown,
)

# Each form has one function that pays it; it takes the form of its own kind.
PAY: dict[type, Callable[[Any, Work], list[Payment]]] = {
    DailyFixed: pay_daily_fixed,
    DailyCap: pay_daily_cap,
    MonthlyCap: pay_monthly_cap,
    MonthlyFixed: pay_monthly_fixed,
    Hourly: pay_hourly,
}


def settle(law: Law, case: Case) -> Settlement:
    """Return what a person's month comes to by the law, with every reason.

    The outcome is *held* where anything is held (what is certain is paid all the same), *paid*
    where the fund pays and nothing is held, and else *zero*: together they are everybody.
    """
    sheet = Sheet(law, case)
    segments = list_segments(sheet)
    count_visits(sheet, segments)
    if case.fees:
        count_fees(sheet, segments)
    if case.bed_days:
        count_bed_days(sheet, segments)
    lines: list[Line] = []
    for segment in segments:
        lines += _settle_segment(sheet, segments, segment)
    by_state = _days_by_state(sheet)
    _write_days(sheet, by_state)
    return Settlement(
        person=case.person,
        outcome=_outcome(sheet, lines),
        lines=tuple(lines),
        holds=tuple(sheet.holds),
        exclusions=tuple(sheet.exclusions),
        steps=tuple(sheet.steps),
        days=_list_days(sheet, by_state),
    )


def _outcome(sheet: Sheet, lines: list[Line]) -> Outcome:
    if sheet.holds:
        return Outcome.HELD
    return Outcome.PAID if any(line.fund_fen for line in lines) else Outcome.ZERO


def _settle_segment(sheet: Sheet, segments: list[Segment], segment: Segment) -> list[Line]:
    """Return the lines of all forms of a segment, and give its days their states."""
    try:
        assistance_bp = _assistance_bp(sheet, segment)
    except ValueUnknown as unknown:
        sheet.hold_unknown(unknown, segment.days)
        return []
    except AssistanceNotInPolicy as missing:
        sheet.hold_days(HoldKind.ASSISTANCE_NOT_IN_POLICY, segment.days, **missing.values)
        return []
    work = Work(sheet, segments, segment, assistance_bp)
    _write_segment(work)
    lines, paid_days, held_days, is_covered = [], 0, 0, False
    for form in segment.mode.forms:
        if form.component not in segment.scheme.components:
            _skip_form(work, form)
            continue
        is_covered = True
        try:
            payments = PAY[type(form)](form, work)
        except ValueUnknown as unknown:
            held_days |= _hold_form(work, form, unknown)
            continue
        for payment in payments:
            line = _build_line(work, payment)
            lines += [line] if line else []
            paid_days |= payment.days if line else 0
            held_days |= 0 if line else payment.days
    _mark_segment(sheet, segment, paid_days, held_days, is_covered)
    return lines


def _write_segment(work: Work) -> None:
    """Write down the facts that a segment of the month rests on."""
    segment, window = work.segment, work.sheet.window
    days = segment.days & window.month
    if days:
        work.step(
            "segment", ("first_on", window.day(first_of(days)).isoformat()),
            ("last_on", window.day(last_of(days)).isoformat()), ("days", days.bit_count()),
            ("mode", segment.mode.code), ("scheme", segment.scheme.code),
            ("level", segment.level), ("plan", segment.plan.ref),
            ("enrolment", segment.enrolment.ref), ("conclusion", segment.conclusion.ref), law=(),
        )  # fmt: skip


def _assistance_bp(sheet: Sheet, segment: Segment) -> int:
    """Return the share of medical assistance on these days; 0 where the person has none."""
    period, window = segment.assistance, sheet.window
    if period is None:
        return 0
    share = get_assistance(segment.policy, period.category).share_bp
    days = segment.days & window.month
    if days:
        sheet.step(
            "assistance", ("category", period.category), ("assistance", period.ref),
            ("first_on", window.day(first_of(days)).isoformat()),
            ("last_on", window.day(last_of(days)).isoformat()), ("share_bp", share.get()),
            law=(share.key,), policy=segment.policy,
        )  # fmt: skip
    return share.get()


def _skip_form(work: Work, form: Form) -> None:
    """Write down that the scheme's fund does not pay this component."""
    if work.segment.days & work.sheet.window.month:
        scheme = work.segment.scheme.code
        work.step(
            "not_covered", ("form", form.code), ("component", form.component), ("scheme", scheme),
            law=(f"schemes.{scheme}.components",),
        )  # fmt: skip


def _hold_form(work: Work, form: Form, unknown: ValueUnknown) -> int:
    """Hold what a form would pay; return the days of the month that it is about."""
    days = work.days_for(form.payee)
    if days:
        work.sheet.hold(
            HoldKind.VALUE_UNKNOWN, days, **unknown.values, mode=work.segment.mode.code,
            form=form.code,
        )  # fmt: skip
    return days


def _build_line(work: Work, payment: Payment) -> Line | None:
    """Return the line of a payment; None, and a hold, where nobody can be paid."""
    segment, window, parts = work.segment, work.sheet.window, payment.parts
    is_to_provider = payment.payee is Payee.PROVIDER
    if parts.fund_fen and not is_to_provider and not work.sheet.case.has_account:
        work.sheet.hold(
            HoldKind.NO_ACCOUNT, payment.days, form=payment.form, amount_fen=parts.fund_fen
        )
        return None
    return Line(
        component=payment.component,
        scheme=segment.scheme.code,
        mode=segment.mode.code,
        grade=segment.conclusion.grade,
        level=segment.level,
        payee_kind=payment.payee.value,
        payee=segment.plan.provider if is_to_provider else None,
        form=payment.form,
        days=payment.days.bit_count(),
        minutes=payment.minutes,
        eligible_fen=parts.eligible_fen,
        fund_fen=parts.fund_fen,
        assistance_fen=parts.assistance_fen,
        person_fen=parts.person_fen,
        starts_on=window.day(first_of(segment.days & window.month)),
        ends_before=window.day(last_of(segment.days & window.month) + 1),
        excess_fen=parts.excess_fen,
    )


def _mark_segment(
    sheet: Sheet, segment: Segment, paid_days: int, held_days: int, is_covered: bool
) -> None:
    """Give the days of a segment their states: held before paid, the rest without care."""
    sheet.mark(DayState.HELD, held_days)
    sheet.mark(DayState.PAID, paid_days)
    rest = DayState.NO_VISIT if is_covered else DayState.NOT_COVERED
    sheet.mark(rest, segment.days)


def _write_days(sheet: Sheet, by_state: dict[DayState, int]) -> None:
    """Write a step for every run of days of the month that is not paid.

    Days without care are only counted: in the modes by the hour most days are.
    """
    window = sheet.window
    without_care = by_state.get(DayState.NO_VISIT, 0)
    if without_care:
        sheet.step("days_without_care", ("days", without_care.bit_count()))
    for state, days in by_state.items():
        if state is DayState.PAID or state is DayState.NO_VISIT:
            continue
        for low, high in list_runs(days):
            sheet.step(
                "days", ("state", state.value), ("days", high - low + 1),
                ("first_on", window.day(low).isoformat()),
                ("last_on", window.day(high).isoformat()),
                *list_refs_behind(sheet, state, low, high),
            )  # fmt: skip


def _days_by_state(sheet: Sheet) -> dict[DayState, int]:
    """Return the days of the month that have each state."""
    by_state: dict[DayState, int] = {}
    for state, days in sheet.marks:
        if days & sheet.window.month:
            by_state[state] = by_state.get(state, 0) | days & sheet.window.month
    return by_state


def _list_days(sheet: Sheet, by_state: dict[DayState, int]) -> tuple[DayState, ...]:
    """Return the state of every day of the month."""
    low = first_of(sheet.window.month)
    # Every day of the month is marked by now; the most frequent state needs no day of its own.
    most = max(by_state, key=lambda state: by_state[state].bit_count())
    states = [most] * sheet.window.month_days
    for state, days in by_state.items():
        rest = days if state is not most else 0
        while rest:
            states[first_of(rest) - low] = state
            rest &= rest - 1
    return tuple(states)
