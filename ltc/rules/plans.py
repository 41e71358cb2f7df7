"""Care plans: what a person is to receive, from whom, and how much of it is authorised."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from ltc.rules.catalogues import Catalogue
from ltc.rules.errors import Conflict, Invalid
from ltc.rules.months import DayRange, Month
from ltc.rules.policies import DailyCap, Mode, MonthlyCap, Payee, Policy, Setting
from ltc.rules.providers import check_order
from ltc.rules.words import N_


class BonusChoice(StrEnum):
    """What a person takes for long home care, where the policy offers it."""

    TIME = "time"
    CASH = "cash"


class PlanStatus(StrEnum):
    """Where a plan stands on a day; not stored, it follows from the plan's days."""

    TO_CONFIRM = "to_confirm"
    AHEAD = "ahead"
    IN_FORCE = "in_force"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


BONUS_NAMES = {BonusChoice.TIME: N_("More time"), BonusChoice.CASH: N_("Cash")}
PLAN_STATUS_NAMES = {
    PlanStatus.TO_CONFIRM: N_("to be confirmed"),
    PlanStatus.AHEAD: N_("begins later"),
    PlanStatus.IN_FORCE: N_("in force"),
    PlanStatus.ENDED: N_("ended"),
    PlanStatus.WITHDRAWN: N_("withdrawn"),
}
TIMES_PER_WEEK_MAX = 70
STAYING = frozenset({Setting.RESIDENTIAL, Setting.HOSPITAL})
MINUTES_PER_MONTH_MAX = 31 * 24 * 60


class ModeUnknown(Invalid):
    """The law in force on {day} has no mode “{mode}”. Choose one from the list."""


class ProviderNeeded(Invalid):
    """In this mode a provider is paid: say which provider gives the care."""


class PlanOverlaps(Conflict):
    """The plan {number} holds from {starts_on} on some of these days. End it, or change its mode."""


class TimesWrong(Invalid):
    """“{item}” is planned 1 to {most} times a week; {times} is not possible."""


class MinutesWrong(Invalid):
    """Authorised minutes a month are a whole number from 1 to {most}, or left empty."""


class AlreadyConfirmed(Conflict):
    """The plan was confirmed on {day} already."""


class ConfirmationDayWrong(Invalid):
    """A plan is confirmed today or earlier, not ahead."""


class SameMode(Conflict):
    """The plan has this mode and this provider already."""


class PlanEnded(Conflict):
    """The plan ends before {day}: there is nothing to change from then on. Draw up a new plan."""


def find_mode(policy: Policy, code: str, on: date) -> Mode:
    """Return a mode of the law in force; raises ModeUnknown."""
    mode = policy.modes.get(code)
    if mode is None:
        raise ModeUnknown(field="mode", day=on, mode=code)
    return mode


def check_provider(mode: Mode, provider_id: int | None) -> None:
    """Raise ProviderNeeded where the mode pays a provider and the plan names none."""
    if provider_id is None and any(form.payee is Payee.PROVIDER for form in mode.forms):
        raise ProviderNeeded(field="provider")


def check_plan_days(days: DayRange, others: Iterable[tuple[str, DayRange]]) -> None:
    """Raise where a plan has no day, or shares one with another plan (number, days)."""
    check_order(days)
    for number, other in others:
        if days.overlaps(other):
            raise PlanOverlaps(field="starts_on", number=number, starts_on=other.starts_on)


def check_plan_items(catalogue: Catalogue, items: Mapping[str, int]) -> None:
    """Raise where an item is unknown or its times a week make no sense."""
    for code, times in items.items():
        service = catalogue.service(code)
        if not 1 <= times <= TIMES_PER_WEEK_MAX:
            values = {"item": service.name, "times": times, "most": TIMES_PER_WEEK_MAX}
            raise TimesWrong(field="items", **values)


def check_authorised(minutes: int | None) -> None:
    """Raise MinutesWrong where an authorisation is no number of minutes of a month."""
    if minutes is not None and not 1 <= minutes <= MINUTES_PER_MONTH_MAX:
        raise MinutesWrong(field="authorised_minutes", most=MINUTES_PER_MONTH_MAX)


def mode_changes_on(policy: Policy, today: date) -> date:
    """Return the first day of a changed mode: of next month, or tomorrow where the law allows.

    Raises ValueUnknown where the law does not say.
    """
    if policy.conventions.mode_changes_next_month.get():
        return Month.of(today).ends_before
    return date.fromordinal(today.toordinal() + 1)


def planned_minutes_per_week(catalogue: Catalogue, items: Mapping[str, int]) -> int:
    """Return what the items take a week, by the planning values of the catalogue."""
    return sum((catalogue.service(code).minutes or 0) * times for code, times in items.items())


def is_home(mode: Mode) -> bool:
    """Whether care is given at home, so that visits are part of it."""
    return mode.setting is Setting.HOME


def needs_price(mode: Mode) -> bool:
    """Whether the fund shares in what a visit costs, so that each visit needs its price or a fee."""
    return mode.setting not in STAYING and any(
        isinstance(form, DailyCap | MonthlyCap) for form in mode.forms
    )


def days_of_covering_fees(mode: Mode, on: date) -> tuple[date, date]:
    """Return first and last day of fees that may cover a visit: its month, or its own day."""
    if not any(isinstance(form, MonthlyCap) for form in mode.forms):
        return on, on
    month = Month.of(on)
    return month.starts_on, date.fromordinal(month.ends_before.toordinal() - 1)


def plan_status(
    days: DayRange, confirmed_on: date | None, today: date, *, is_withdrawn: bool = False
) -> PlanStatus:
    """Return where a plan stands on a day."""
    if is_withdrawn:
        return PlanStatus.WITHDRAWN
    if days.ends_before is not None and days.ends_before <= today:
        return PlanStatus.ENDED
    if confirmed_on is None:
        return PlanStatus.TO_CONFIRM
    return PlanStatus.IN_FORCE if days.starts_on <= today else PlanStatus.AHEAD
