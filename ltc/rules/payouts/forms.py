"""The payment forms by the day and by the month: one function each, from facts to payments.

The parts of a day are rounded once and then multiplied: so a month that is split by days adds up
to the same amount. Monthly forms round once a segment.
"""

from ltc.rules.money import WHOLE_BP, share
from ltc.rules.payouts.costs import list_daily_costs, sum_costs
from ltc.rules.payouts.payments import Payment, Work, by_cap
from ltc.rules.payouts.shares import NOTHING, Parts, flat, share_out
from ltc.rules.payouts.unpriced import hold_unpriced
from ltc.rules.policies import CapOrder, DailyCap, DailyFixed, MonthlyCap, MonthlyFixed, Value

STEP_BY_ORDER = {
    CapOrder.BOUNDS_PAYMENT: "daily_cap_on_payment",
    CapOrder.BOUNDS_COST: "daily_cap_on_cost",
}


def pay_daily_fixed(form: DailyFixed, work: Work) -> list[Payment]:
    """Pay the rate for each day that counts (with care, where the policy asks for it)."""
    days = work.days_for(form.payee)
    needs_visit = form.needs_visit.get()
    if needs_visit:
        days &= work.days_with_care()
    if not days:
        return []
    rate = work.value(form, "rate_fen", form.rate_fen)
    parts = flat(rate.get() * days.bit_count())
    work.step(
        "daily_fixed", ("form", form.code), ("days", days.bit_count()),
        ("of_days", work.sheet.window.month_days), ("rate_fen", rate.get()),
        ("fund_fen", parts.fund_fen), *work.refs(),
        law=(rate.key, form.needs_visit.key),
    )  # fmt: skip
    return [Payment(form.code, form.component, form.payee, days, work.minutes(), parts)]


def pay_daily_cap(form: DailyCap, work: Work) -> list[Payment]:
    """Pay the share of each day's cost, up to a limit on the payment or on the cost."""
    hold_unpriced(form, work)
    costs = list_daily_costs(work.sheet, work.segment, form)
    if not costs:
        return []
    cap = work.value(form, "cap_fen", form.cap_fen)
    order, share_bp, cap_fen = form.order.get(), form.share_bp.get(), cap.get()
    total, paid_days = NOTHING, 0
    for cost_fen, days in costs:
        day = _share_day(order, cost_fen, cap_fen, share_bp, work.assistance_bp)
        parts = day.times(days.bit_count())
        total, paid_days = total.plus(parts), paid_days | days
        work.step(
            STEP_BY_ORDER[order], ("form", form.code), ("days", days.bit_count()),
            ("of_days", work.sheet.window.month_days), ("cost_fen", cost_fen),
            ("cap_fen", cap_fen), ("share_bp", share_bp), ("order", order.value),
            ("day_fund_fen", day.fund_fen), ("fund_fen", parts.fund_fen), *work.refs(),
            law=(cap.key, form.share_bp.key, form.order.key),
        )  # fmt: skip
    return [Payment(form.code, form.component, form.payee, paid_days, work.minutes(), total)]


def _share_day(
    order: CapOrder, cost_fen: int, cap_fen: int, share_bp: int, assistance_bp: int
) -> Parts:
    """Return the parts of one day's cost, the limit bounding the payment (A) or the cost (B)."""
    if order is CapOrder.BOUNDS_PAYMENT:
        return share_out(cost_fen, min(share(cost_fen, share_bp), cap_fen), assistance_bp)
    eligible_fen = min(cost_fen, cap_fen)
    fund_fen = share(eligible_fen, share_bp)
    return share_out(eligible_fen, fund_fen, assistance_bp, cost_fen - eligible_fen)


def pay_monthly_cap(form: MonthlyCap, work: Work) -> list[Payment]:
    """Pay the share of the month's costs up to the cap; daily care may fill a part of it only."""
    hold_unpriced(form, work)
    daily_fen, medical_fen = sum_costs(work.sheet, work.segment, form)
    days = work.days_for(form.payee)
    if not (daily_fen + medical_fen and days):
        return []
    cap = work.value(form, "cap_fen", form.cap_fen)
    share_bp = form.share_bp.get()
    cap_fen = work.prorate(form.code, form.payee, cap.get(), "fen", by_cap)
    law = [cap.key, form.share_bp.key]
    counted_fen = daily_fen
    if form.daily_care_limit_bp is not None:
        counted_fen = _count_daily_care(form, form.daily_care_limit_bp, work, daily_fen, cap_fen)
        law.append(form.daily_care_limit_bp.key)
    used, key = work.sheet.used, (form.code, by_cap(work.segment))
    used_fen = used.get(key, 0)
    if used_fen:
        work.step("limit_used", ("form", form.code), ("cap_fen", cap_fen), ("used_fen", used_fen),
                  law=(cap.key,))  # fmt: skip
    eligible_fen = min(counted_fen + medical_fen, cap_fen - used_fen)
    used[key] = used_fen + eligible_fen
    cost_fen = daily_fen + medical_fen
    fund_fen = share(eligible_fen, share_bp)
    parts = share_out(eligible_fen, fund_fen, work.assistance_bp, cost_fen - eligible_fen)
    work.step(
        "monthly_cap", ("form", form.code), ("cost_fen", cost_fen),
        ("daily_care_fen", daily_fen), ("daily_care_counted_fen", counted_fen),
        ("cap_fen", cap_fen), ("eligible_fen", eligible_fen), ("share_bp", share_bp),
        ("fund_fen", fund_fen),
        *work.refs(), law=tuple(law),
    )  # fmt: skip
    return [Payment(form.code, form.component, form.payee, days, work.minutes(), parts)]


def _count_daily_care(
    form: MonthlyCap, limit: Value[int], work: Work, daily_fen: int, cap_fen: int
) -> int:
    """Return what counts of the costs of daily care: it may fill its part of the limit only."""
    used, key = work.sheet.used, (f"{form.code} daily_care", by_cap(work.segment))
    limit_bp = min(limit.get(), WHOLE_BP)
    counted_fen = min(daily_fen, share(cap_fen, limit_bp) - used.get(key, 0))
    used[key] = used.get(key, 0) + counted_fen
    if counted_fen < daily_fen:
        work.step(
            "daily_care_limited", ("form", form.code), ("limit_bp", limit_bp),
            ("daily_care_fen", daily_fen), ("counted_fen", counted_fen), law=(limit.key,),
        )  # fmt: skip
    return counted_fen


def pay_monthly_fixed(form: MonthlyFixed, work: Work) -> list[Payment]:
    """Pay a sum a month, or the segment's part of it."""
    days = work.days_for(form.payee)
    if not days:
        return []
    amount = work.value(form, "amount_fen", form.amount_fen)
    part_fen = work.prorate(form.code, form.payee, amount.get(), "fen")
    work.step(
        "monthly_fixed", ("form", form.code), ("days", days.bit_count()),
        ("of_days", work.sheet.window.month_days), ("amount_fen", amount.get()),
        ("fund_fen", part_fen), law=(amount.key,),
    )  # fmt: skip
    return [Payment(form.code, form.component, form.payee, days, 0, flat(part_fen))]
