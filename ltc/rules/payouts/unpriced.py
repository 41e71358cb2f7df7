"""Visits of which nobody said what they cost: held, never taken for nothing.

Where the fund shares in costs, what was charged for a visit is its price, or a fee of the same
provider that covers it. What is known is paid all the same.
"""

from ltc.rules.payouts.costs import DAILY_CARE, list_visits
from ltc.rules.payouts.facts import is_for
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.payments import Work, list_refs
from ltc.rules.payouts.results import DayState
from ltc.rules.payouts.sheet import CountedVisit
from ltc.rules.policies import DailyCap, MonthlyCap


def hold_unpriced(form: DailyCap | MonthlyCap, work: Work) -> None:
    """Hold the visits of a segment that have neither a price nor a fee that covers them.

    A hold for each provider, who has to enter what is missing.
    """
    visits = [counted for counted in work.visits() if counted.visit.price_fen is None]
    if not visits or not is_for(form, work.segment.mode, DAILY_CARE):
        return
    days = _list_charged_days(work)
    billed = _list_billed(work) if isinstance(form, MonthlyCap) else set()
    missing: dict[int, list[CountedVisit]] = {}
    for counted in visits:
        provider = counted.visit.provider
        if provider not in billed and not days.get(provider, 0) >> counted.index & 1:
            missing.setdefault(provider, []).append(counted)
    for provider, unpriced in missing.items():
        _hold(form, work, provider, unpriced)


def _hold(
    form: DailyCap | MonthlyCap, work: Work, provider: int, visits: list[CountedVisit]
) -> None:
    days = 0
    for counted in visits:
        days |= 1 << counted.index
    work.sheet.mark(DayState.HELD, days)
    work.sheet.hold(
        HoldKind.PRICE_MISSING, days, provider=provider, mode=work.segment.mode.code,
        form=form.code, count=len(visits),
        visits=list_refs(counted.visit.ref for counted in visits),
    )  # fmt: skip


def _list_charged_days(work: Work) -> dict[int, int]:
    """Return the days on which each provider charged a fee, or a price for the whole day."""
    window, case, segment = work.sheet.window, work.sheet.case, work.segment
    days: dict[int, int] = {}
    for fee in segment.fees:
        days[fee.provider] = days.get(fee.provider, 0) | 1 << window.index_of(fee.charged_on)
    providers = {bed.ref: bed.provider for bed in case.bed_days} if segment.beds else {}
    for _price_fen, bed_days, ref in segment.beds:
        days[providers[ref]] = days.get(providers[ref], 0) | bed_days
    return days


def _list_billed(work: Work) -> set[int]:
    """Return the providers whose fees are bills of the month.

    Such a fee covers the visits on all days under the same limit. A provider who gives a visit of
    them its own price charges by the visit: its fees cover the visits of their days only.
    """
    billed, by_visit = set(), set()
    for segment in work.segments:
        if segment.cap == work.segment.cap:
            billed |= {fee.provider for fee in segment.fees}
            by_visit |= {
                counted.visit.provider
                for counted in list_visits(work.sheet, segment)
                if counted.visit.price_fen is not None
            }
    return billed - by_visit
