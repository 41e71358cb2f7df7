"""Which fees and bed-days count, and what a day or a month of a segment costs."""

from dataclasses import replace

from ltc.rules.money import split
from ltc.rules.payouts.cases import BedDays, Fee
from ltc.rules.payouts.days import first_of
from ltc.rules.payouts.facts import (
    check_provider,
    find_segment,
    is_covered,
    is_for,
    list_cost_forms,
    takes_beds,
)
from ltc.rules.payouts.results import DayState, Reason
from ltc.rules.payouts.sheet import CountedVisit, Segment, Sheet
from ltc.rules.policies import DailyCap, MonthlyCap

DAILY_CARE = "daily_care"


def count_fees(sheet: Sheet, segments: list[Segment]) -> None:
    """Hand the fees that count to their segments; exclude the rest."""
    fees = [_date_bill(sheet, segments, fee) if fee.is_of_month else fee for fee in sheet.case.fees]
    for fee in sorted(fees, key=lambda f: (f.charged_on, f.ref)):
        segment = _find_segment_of_fee(sheet, segments, fee)
        if isinstance(segment, Segment):
            segment.fees.append(fee)
        else:
            sheet.exclude(fee.ref, segment, kind="fee", amount_fen=fee.amount_fen)


def _date_bill(sheet: Sheet, segments: list[Segment], fee: Fee) -> Fee:
    """Return a bill of the month with the first day that counts for its provider."""
    window = sheet.window
    for segment in segments:
        days = segment.days & segment.agreed & window.month
        if days and segment.plan.provider == fee.provider:
            return replace(fee, charged_on=window.day(first_of(days)))
    return fee


def _find_segment_of_fee(
    sheet: Sheet, segments: list[Segment], fee: Fee
) -> Segment | DayState | Reason:
    index = sheet.window.index_of(fee.charged_on)
    if index < 0 or not sheet.window.month >> index & 1:
        return Reason.OUTSIDE_MONTH
    if fee.amount_fen <= 0:
        return Reason.NO_AMOUNT
    segment = find_segment(sheet, segments, index, fee.provider)
    return _check_fee(segment, fee) if isinstance(segment, Segment) else segment


def _check_fee(segment: Segment, fee: Fee) -> Segment | DayState | Reason:
    """Return the segment where a form of its mode shares in the fee, and the scheme pays it."""
    mode = segment.mode
    if not any(is_for(form, mode, fee.kind) for form in list_cost_forms(mode)):
        return Reason.NOT_IN_MODE
    return segment if is_covered(segment, fee.kind) else DayState.NOT_COVERED


def count_bed_days(sheet: Sheet, segments: list[Segment]) -> None:
    """Hand the bed-days that count to their segments, one bed a day; exclude the rest."""
    free = sheet.window.month
    for bed in sorted(sheet.case.bed_days, key=lambda b: (b.starts_on, b.ref)):
        days = sheet.window.span(bed.starts_on, bed.ends_before) & sheet.window.month
        _exclude_days(sheet, bed, Reason.OVERLAP_PERSON, days & ~free)
        for state, marked in sheet.marks:
            _exclude_days(sheet, bed, state, days & free & marked)
        for segment in segments:
            counted = _count_bed(sheet, segment, bed, days & free & segment.days)
            free &= ~counted


def _count_bed(sheet: Sheet, segment: Segment, bed: BedDays, days: int) -> int:
    """Return the days of a bed that count in a segment; exclude the others of these days."""
    counted = 0
    for part in (days & segment.agreed, days & ~segment.agreed):
        answer = _check_bed(sheet, segment, bed, part) if part else DayState.NO_PLAN
        if isinstance(answer, Segment):
            segment.beds.append((bed.price_fen, part, bed.ref))
            counted |= part
        else:
            _exclude_days(sheet, bed, answer, part)
    return counted


def _check_bed(
    sheet: Sheet, segment: Segment, bed: BedDays, days: int
) -> Segment | DayState | Reason:
    if not takes_beds(segment.mode):
        return Reason.NOT_IN_MODE
    if not is_covered(segment, DAILY_CARE):
        return DayState.NOT_COVERED
    return check_provider(sheet, segment, days, bed.provider)


def _exclude_days(sheet: Sheet, bed: BedDays, reason: str, days: int) -> None:
    if days:
        sheet.exclude(bed.ref, reason, kind="bed_days", days=days.bit_count())


def sum_costs(sheet: Sheet, segment: Segment, form: DailyCap | MonthlyCap) -> tuple[int, int]:
    """Return what the month of a segment costs, in fen: daily care, and medical care."""
    daily_fen = medical_fen = 0
    for fee in segment.fees:
        if is_for(form, segment.mode, fee.kind):
            if fee.kind == DAILY_CARE:
                daily_fen += fee.amount_fen
            else:
                medical_fen += fee.amount_fen
    if is_for(form, segment.mode, DAILY_CARE):
        allowed = segment.days_for(form.payee)
        daily_fen += sum(fen * (days & allowed).bit_count() for fen, days, _ in segment.beds)
        daily_fen += sum(_price_of(counted) for counted in list_visits(sheet, segment))
    return daily_fen, medical_fen


def list_daily_costs(
    sheet: Sheet, segment: Segment, form: DailyCap | MonthlyCap
) -> list[tuple[int, int]]:
    """Return the costs a day, in fen, each with its days that count; the smallest first."""
    by_day: dict[int, int] = {}
    for index, cost_fen in _list_single_costs(sheet, segment, form):
        by_day[index] = by_day.get(index, 0) + cost_fen
    by_price: dict[int, int] = {}
    allowed = segment.days_for(form.payee)
    for price_fen, days, _ in segment.beds:
        by_price[price_fen] = by_price.get(price_fen, 0) | days & allowed
    for index, cost_fen in by_day.items():
        bit = 1 << index
        base_fen = next((price_fen for price_fen, days in by_price.items() if days & bit), 0)
        if base_fen:
            by_price[base_fen] &= ~bit
        by_price[base_fen + cost_fen] = by_price.get(base_fen + cost_fen, 0) | bit
    return sorted(
        (price_fen, days & allowed)
        for price_fen, days in by_price.items()
        if price_fen and days & allowed
    )


def _list_single_costs(
    sheet: Sheet, segment: Segment, form: DailyCap | MonthlyCap
) -> list[tuple[int, int]]:
    """Return fees and prices of visits with the place of their day."""
    costs = [
        (sheet.window.index_of(fee.charged_on), fee.amount_fen)
        for fee in segment.fees
        if is_for(form, segment.mode, fee.kind)
    ]
    if is_for(form, segment.mode, DAILY_CARE):
        costs += [(c.index, _price_of(c)) for c in list_visits(sheet, segment)]
    return costs


def list_visits(sheet: Sheet, segment: Segment) -> list[CountedVisit]:
    """Return the counted visits of the month itself, without those of the days before it."""
    month = sheet.window.month
    return [counted for counted in segment.visits if month >> counted.index & 1]


def _price_of(counted: CountedVisit) -> int:
    """Return what was charged for the minutes that count."""
    visit = counted.visit
    if visit.price_fen is None:
        return 0
    length = visit.ends_min - visit.begins_min
    return split(visit.price_fen, [counted.minutes, length - counted.minutes])[0]
