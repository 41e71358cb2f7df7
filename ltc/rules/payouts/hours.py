"""The payment form by the hour: minutes up to a cap a week or month, and what long care adds.

Weeks run from Monday to Sunday. A visit counts against the week or month it begins in, under the
cap of its own segment; what the week has used before counts, in another segment or in the days of
the week before the month as well. Nothing carries over. Extra time of the bonus is used after the
cap, in the order of the visits.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from ltc.rules.money import price
from ltc.rules.months import add_months
from ltc.rules.payouts.days import DAYS_PER_WEEK
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.payments import Payment, Work, by_cap
from ltc.rules.payouts.results import Reason
from ltc.rules.payouts.shares import flat, share_out
from ltc.rules.payouts.sheet import CountedVisit, Segment
from ltc.rules.policies import BonusStep, Hourly, Payee, Per, ValueUnknown

BONUS = "bonus"


@dataclass(slots=True)
class _Tally:
    """What a segment's visits came to: minutes paid, over the cap, and the days paid."""

    paid_minutes: int = 0
    over_minutes: int = 0
    extra_minutes: int = 0
    days: int = 0


def pay_hourly(form: Hourly, work: Work) -> list[Payment]:
    """Pay the minutes within the cap at the hourly price, and the bonus that the person chose."""
    payments = _pay_bonus(form, work)
    visits = work.segment.visits
    if visits:
        tally = _tally(form, work, visits)
        if tally.paid_minutes:
            payments.insert(0, _pay_minutes(form, work, tally))
    return payments


def _pay_minutes(form: Hourly, work: Work, tally: _Tally) -> Payment:
    price_fen, share_bp = form.price_fen_per_hour.get(), form.share_bp.get()
    minutes = tally.paid_minutes
    eligible_fen = price(minutes, price_fen)
    fund_fen = price(minutes, price_fen, share_bp)
    parts = share_out(eligible_fen, fund_fen, work.assistance_bp)
    work.step(
        "hourly", ("form", form.code), ("minutes", minutes), ("price_fen_per_hour", price_fen),
        ("eligible_fen", eligible_fen), ("share_bp", share_bp), ("fund_fen", fund_fen),
        *work.refs(),
        law=(form.price_fen_per_hour.key, form.share_bp.key, form.cap_per.key,
             work.value(form, "cap_minutes", form.cap_minutes).key),
    )  # fmt: skip
    return Payment(form.code, form.component, form.payee, tally.days, minutes, parts)


def _tally(form: Hourly, work: Work, visits: list[CountedVisit]) -> _Tally:
    """Go through the visits in order and count each up to what the cap leaves."""
    # All values are asked for before any visit is bounded: an unknown one pays nothing.
    form.price_fen_per_hour.get()
    form.share_bp.get()
    cap = work.value(form, "cap_minutes", form.cap_minutes)
    per, cap_minutes = form.cap_per.get(), cap.get()
    if per is Per.MONTH:
        cap_minutes = work.prorate(form.code, form.payee, cap_minutes, "minutes", by_cap)
    extra_minutes = _extra_minutes(form, work)
    tally, month, used = _Tally(), work.sheet.window.month, work.sheet.used
    allowed_days = work.segment.days_for(form.payee)
    extra_key = (BONUS, _by_bonus(work.segment))
    if per is Per.MONTH:
        key = (form.code, _period(per, work.segment, 0))
        usual = _tally_within(visits, allowed_days & month, cap_minutes - used.get(key, 0))
        if usual is not None:
            used[key] = used.get(key, 0) + usual.paid_minutes
            return usual
    keys: set[tuple[str, Hashable]] = set()
    for counted in visits:
        day = 1 << counted.index
        if not day & allowed_days or (per is Per.MONTH and not day & month):
            continue
        key = (form.code, _period(per, work.segment, counted.index))
        keys.add(key)
        within = min(counted.minutes, max(0, cap_minutes - used.get(key, 0)))
        used[key] = used.get(key, 0) + within
        if day & month:
            extra_left = extra_minutes - used.get(extra_key, 0)
            used[extra_key] = used.get(extra_key, 0) + _count(
                work, tally, counted, within, extra_left
            )
    if tally.over_minutes or tally.extra_minutes:
        used_minutes = sum(used[key] for key in keys) + tally.extra_minutes - tally.paid_minutes
        _write_limit(form, work, tally, cap_minutes, used_minutes)
    return tally


def _write_limit(
    form: Hourly, work: Work, tally: _Tally, cap_minutes: int, used_minutes: int
) -> None:
    """Write down what the limit left of the visits, and what of it was used before them."""
    cap_key = work.value(form, "cap_minutes", form.cap_minutes).key
    if used_minutes:
        work.step(
            "limit_used_minutes", ("form", form.code), ("used_minutes", used_minutes),
            law=(cap_key,),
        )  # fmt: skip
    work.step(
        f"capped_by_{form.cap_per.get().value}", ("form", form.code), ("cap_minutes", cap_minutes),
        ("extra_minutes", tally.extra_minutes), ("paid_minutes", tally.paid_minutes),
        ("over_minutes", tally.over_minutes), law=(cap_key, form.cap_per.key),
    )  # fmt: skip


def _tally_within(visits: list[CountedVisit], allowed_days: int, cap_minutes: int) -> _Tally | None:
    """Return the tally of a month that stays within its cap, as most do; None where it does not."""
    minutes = days = 0
    for counted in visits:
        day = 1 << counted.index
        if day & allowed_days:
            minutes += counted.minutes
            days |= day
    return _Tally(minutes, days=days) if minutes <= cap_minutes else None


def _period(per: Per, segment: Segment, index: int) -> Hashable:
    """Return the week of a day, or the limit a month that the segment is under."""
    return index // DAYS_PER_WEEK if per is Per.WEEK else segment.cap


def _by_bonus(segment: Segment) -> Hashable:
    """All segments with the same bonus: its extra time is one for all of them."""
    return segment.cap, segment.plan.bonus_choice, segment.plan.home_care_since


def _count(work: Work, tally: _Tally, counted: CountedVisit, within: int, extra_left: int) -> int:
    """Add a visit to the tally; exclude what neither cap nor extra time covers.

    Returns the extra time used.
    """
    extra = min(counted.minutes - within, extra_left)
    over = counted.minutes - within - extra
    tally.paid_minutes += within + extra
    tally.extra_minutes += extra
    tally.over_minutes += over
    if within + extra:
        tally.days |= 1 << counted.index
    if over:
        work.sheet.exclude(counted.visit.ref, Reason.ABOVE_CAP, over)
    return extra


def _extra_minutes(form: Hourly, work: Work) -> int:
    """Return the extra minutes of a bonus taken as time; unknown ones are held, not guessed."""
    step = _find_bonus(form, work)
    if step is None or work.segment.plan.bonus_choice != "time":
        return 0
    try:
        whole = step.extra_minutes_per_month.get()
    except ValueUnknown as unknown:
        work.sheet.hold(HoldKind.VALUE_UNKNOWN, 0, **unknown.values)
        return 0
    minutes = work.prorate(BONUS, form.payee, whole, "minutes", _by_bonus)
    work.step(
        "bonus_time", ("from_months", step.from_months), ("extra_minutes", minutes),
        law=(step.extra_minutes_per_month.key,),
    )  # fmt: skip
    return minutes


def _pay_bonus(form: Hourly, work: Work) -> list[Payment]:
    """Pay a bonus taken as cash, to the person; hold it where no choice is recorded."""
    step = _find_bonus(form, work)
    days = work.days_for(Payee.PERSON)
    if step is None or not days:
        return []
    choice = work.segment.plan.bonus_choice
    if choice is None:
        work.sheet.hold(HoldKind.BONUS_CHOICE_MISSING, plan=work.segment.plan.ref)
    if choice != "cash":
        return []
    try:
        whole_fen = step.cash_fen_per_month.get()
        cash_fen = work.prorate(BONUS, Payee.PERSON, whole_fen, "fen")
    except ValueUnknown as unknown:
        work.sheet.hold(HoldKind.VALUE_UNKNOWN, 0, **unknown.values)
        return []
    work.step(
        "bonus_cash", ("from_months", step.from_months), ("fund_fen", cash_fen),
        law=(step.cash_fen_per_month.key,),
    )  # fmt: skip
    return [Payment(BONUS, form.component, Payee.PERSON, days, 0, flat(cash_fen))]


def _find_bonus(form: Hourly, work: Work) -> BonusStep | None:
    """Return the bonus reached by full months of continuous home care at the end of the month."""
    since = work.segment.plan.home_care_since
    if since is None:
        return None
    end = work.sheet.case.month.ends_before
    reached = [
        step
        for step in form.bonus.get(work.segment.level, ())
        if add_months(since, step.from_months) <= end
    ]
    return max(reached, key=lambda step: step.from_months, default=None)
