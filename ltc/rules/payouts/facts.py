"""To which segment a visit, a fee or a bed-day belongs, or why to none."""

from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import DayState, Reason
from ltc.rules.payouts.sheet import Segment, Sheet
from ltc.rules.policies import DailyCap, Mode, MonthlyCap, Payee, Setting

STAYING = frozenset({Setting.RESIDENTIAL, Setting.HOSPITAL})


def find_segment(
    sheet: Sheet, segments: list[Segment], index: int, provider: int
) -> Segment | DayState | Reason:
    """Return the segment of a provider's fact on a day, or the reason why it belongs to none."""
    for segment in segments:
        if segment.days >> index & 1:
            return _check_provider(sheet, segment, index, provider)
    return sheet.state_of(index) or DayState.NO_PLAN


def _check_provider(
    sheet: Sheet, segment: Segment, index: int, provider: int
) -> Segment | DayState | Reason:
    """Return the segment where the fact is of the plan's provider, and on a day agreed on."""
    planned = segment.plan.provider
    if planned is None:
        return segment
    if planned != provider:
        return Reason.OTHER_PROVIDER
    if not segment.agreed >> index & 1 and pays_provider(segment.mode):
        day = 1 << index & sheet.window.month
        if day:
            sheet.hold(HoldKind.NO_AGREEMENT, day, provider=provider)
        return DayState.NO_AGREEMENT
    return segment


def pays_provider(mode: Mode) -> bool:
    """Whether any form of the mode pays a provider."""
    return any(form.payee is Payee.PROVIDER for form in mode.forms)


def list_cost_forms(mode: Mode) -> list[DailyCap | MonthlyCap]:
    """Return the forms of the mode that share in costs."""
    return [form for form in mode.forms if isinstance(form, DailyCap | MonthlyCap)]


def takes_beds(mode: Mode) -> bool:
    """Whether days at a price count: in a stay, and wherever the fund shares in costs."""
    return mode.setting in STAYING or bool(list_cost_forms(mode))


def is_for(form: DailyCap | MonthlyCap, mode: Mode, kind: str) -> bool:
    """Whether a form shares in costs of a kind.

    A mode with one such form puts all its costs there. With several, each takes the costs of its
    own component only: the two funds never mix.
    """
    return kind == form.component or len(list_cost_forms(mode)) == 1
