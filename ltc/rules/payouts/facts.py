"""To which segment a visit, a fee or a bed-day belongs, or why to none."""

from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import DayState, Reason
from ltc.rules.payouts.sheet import Segment, Sheet
from ltc.rules.plans import STAYING
from ltc.rules.policies import DailyCap, Form, Mode, MonthlyCap, Payee


def find_segment(
    sheet: Sheet, segments: list[Segment], index: int, provider: int
) -> Segment | DayState | Reason:
    """Return the segment of a provider's fact on a day, or the reason why it belongs to none."""
    for segment in segments:
        if segment.days >> index & 1:
            return check_provider(sheet, segment, 1 << index, provider)
    return sheet.state_of(index) or DayState.NO_PLAN


def check_provider(
    sheet: Sheet, segment: Segment, days: int, provider: int
) -> Segment | DayState | Reason:
    """Return the segment where the fact is of the plan's provider, and on days agreed on.

    The days are all agreed on, or none is. Where the mode pays a provider and the plan names none,
    nobody is known to be paid: the fact is left out, and held.
    """
    planned, mode = segment.plan.provider, segment.mode
    if not is_covered(segment):
        return DayState.NOT_COVERED
    if planned is not None and planned != provider:
        return Reason.OTHER_PROVIDER
    if segment.agreed & days or not pays_provider(mode):
        return segment
    is_of_month = days & sheet.window.month
    if planned is None:
        if is_of_month:
            sheet.hold(HoldKind.NO_PROVIDER, plan=segment.plan.ref, mode=mode.code)
        return Reason.OTHER_PROVIDER
    if is_of_month:
        without = segment.days & ~segment.agreed & sheet.window.month
        sheet.hold(HoldKind.NO_AGREEMENT, without, provider=provider)
    return DayState.NO_AGREEMENT


def pays_provider(mode: Mode) -> bool:
    """Whether any form of the mode pays a provider."""
    return any(form.payee is Payee.PROVIDER for form in mode.forms)


def is_covered(segment: Segment, kind: str | None = None) -> bool:
    """Whether the scheme pays a form of the mode: one for costs of a kind, where a form is."""
    forms: list[Form] = list(segment.mode.forms)
    for_kind = [
        form
        for form in list_cost_forms(segment.mode)
        if kind is not None and is_for(form, segment.mode, kind)
    ]
    return any(form.component in segment.scheme.components for form in for_kind or forms)


def list_cost_forms(mode: Mode) -> list[DailyCap | MonthlyCap]:
    """Return the forms of the mode that share in costs."""
    return [form for form in mode.forms if isinstance(form, DailyCap | MonthlyCap)]


def takes_beds(mode: Mode) -> bool:
    """Whether days at a price count: in a stay, and where the fund shares in the costs of a day."""
    return mode.setting in STAYING or any(isinstance(form, DailyCap) for form in mode.forms)


def is_for(form: DailyCap | MonthlyCap, mode: Mode, kind: str) -> bool:
    """Whether a form shares in costs of a kind.

    A mode with one such form puts all its costs there. With several, each takes the costs of its
    own component only: the two funds never mix.
    """
    return kind == form.component or len(list_cost_forms(mode)) == 1
