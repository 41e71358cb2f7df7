"""What the pages of stays and the pages of fees do not have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from ltc import http
from ltc.rules.months import DayRange
from ltc.rules.stays import FEE_KIND_NAMES, FeeKind, count_bed_days
from ltc.rules.words import N_
from ltc.services import stays as use_cases
from ltc.store.person_records import find_people
from ltc.store.provider_questions import find_providers
from ltc.store.stay_questions import FEE_SORTS, STAY_SORTS
from ltc.store.visits import BedStay, Fee
from ltc.web.fact_views import Rows, days_text
from ltc.web.formats import day, said, whole, yuan
from ltc.web.forms.fields import last_day
from ltc.web.forms.stays import CorrectFeeForm, CorrectStayForm, FeeForm, StayForm


@dataclass(frozen=True, slots=True)
class Kind:
    """What the pages of one kind need; ``key`` names the row's id to its use-cases."""

    table: Any
    key: str
    first_day: Callable[[Any], date]
    sorts: Mapping[str, tuple[Any, ...]]
    default_sort: str
    form: Any
    correct_form: Any
    record: Callable[..., Any]
    correct: Callable[..., Any]
    withdraw: Callable[..., Any]
    describe: Callable[[Any], Rows]
    form_data: Callable[[Any], dict[str, Any]]
    columns: tuple[str, ...]
    cells: Callable[[Any], list[Any]]
    tell: Callable[[Any], str]
    name: str
    title: str
    record_title: str
    correct_title: str
    withdraw_title: str


def bed_days_of(stay: BedStay) -> int:
    """Return the bed-days of a stay, up to and with today where it goes on."""
    tomorrow = http.context().today.toordinal() + 1
    until = http.context().today.fromordinal(tomorrow)
    return count_bed_days(DayRange(stay.starts_on, stay.ends_before), until)


def _describe_stay(stay: BedStay) -> Rows:
    bed_days = bed_days_of(stay)
    so_far = _("so far") if stay.ends_before is None else ""
    return [
        *_describe_sides(stay),
        (_("Period"), days_text(stay)),
        (_("Bed-days"), f"{whole(bed_days)} {so_far}".strip()),
        (_("Price a bed-day"), yuan(stay.price_fen)),
        (_("Price of the stay"), f"{yuan(stay.price_fen * bed_days)} {so_far}".strip()),
    ]


def _tell_stay(stay: BedStay) -> str:
    bed_days = bed_days_of(stay)
    values = {"days": whole(bed_days), "price": yuan(stay.price_fen),
              "amount": yuan(stay.price_fen * bed_days)}  # fmt: skip
    if stay.ends_before is None:
        text = ngettext(
            "Still there: %(days)s bed-day so far at %(price)s, %(amount)s.",
            "Still there: %(days)s bed-days so far at %(price)s, %(amount)s.",
            bed_days, **values,
        )  # fmt: skip
    else:
        text = ngettext(
            "%(days)s bed-day at %(price)s: %(amount)s.",
            "%(days)s bed-days at %(price)s: %(amount)s.",
            bed_days, **values,
        )  # fmt: skip
    return str(text)


def _tell_fee(fee: Fee) -> str:
    return f"{fee_kind_name(fee)}, {day(fee.charged_on)}: {yuan(fee.amount_fen)}"


def _describe_fee(fee: Fee) -> Rows:
    return [
        *_describe_sides(fee),
        (_("Day of the care"), day(fee.charged_on)),
        (_("For"), fee_kind_name(fee)),
        (_("Amount"), yuan(fee.amount_fen)),
    ]


def fee_kind_name(fee: Fee) -> str:
    """Return what a fee was charged for, in words."""
    return said(FEE_KIND_NAMES[FeeKind(fee.kind)])


def _describe_sides(row: Any) -> Rows:
    session, area_id = http.database(), row.area_id
    person = find_people(session, area_id, [row.person_id])[row.person_id]
    provider = find_providers(session, area_id, [row.provider_id])[row.provider_id]
    return [
        (_("Insured person"), f"{person.name} ({person.case_number})"),
        (_("Provider"), f"{provider.name} ({provider.code})"),
    ]


def _sides_data(row: Any) -> dict[str, Any]:
    session, area_id = http.database(), row.area_id
    return {
        "person": find_people(session, area_id, [row.person_id])[row.person_id].case_number,
        "provider": find_providers(session, area_id, [row.provider_id])[row.provider_id].code,
        "reference": row.reference,
    }


def _stay_data(stay: BedStay) -> dict[str, Any]:
    days = {"starts_on": stay.starts_on, "ends_on": last_day(stay.ends_before)}
    return {**_sides_data(stay), **days, "price": stay.price_fen}


def _fee_data(fee: Fee) -> dict[str, Any]:
    facts = {"charged_on": fee.charged_on, "amount": fee.amount_fen, "kind": FeeKind(fee.kind)}
    return {**_sides_data(fee), **facts}


def _stay_cells(stay: BedStay) -> list[Any]:
    return [stay.starts_on, last_day(stay.ends_before), bed_days_of(stay), stay.price_fen]


def _fee_cells(fee: Fee) -> list[Any]:
    return [fee.charged_on, FeeKind(fee.kind), fee.amount_fen]


KINDS = {
    "beds": Kind(
        BedStay, "stay_id", attrgetter("starts_on"), STAY_SORTS, "starts_on", StayForm, CorrectStayForm,
        use_cases.record, use_cases.correct, use_cases.withdraw,
        _describe_stay, _stay_data, ("first_day", "last_day", "bed_days", "price_fen"), _stay_cells,
        _tell_stay, N_("Stay in a bed"), N_("Stays in a bed"), N_("Record a stay"),
        N_("Correct a stay"), N_("Withdraw a stay"),
    ),
    "fees": Kind(
        Fee, "fee_id", attrgetter("charged_on"), FEE_SORTS, "charged_on", FeeForm, CorrectFeeForm,
        use_cases.record_fee, use_cases.correct_fee, use_cases.withdraw_fee,
        _describe_fee, _fee_data, ("day", "kind", "amount_fen"), _fee_cells,
        _tell_fee, N_("Fee"), N_("Fees"), N_("Record a fee"), N_("Correct a fee"), N_("Withdraw a fee"),
    ),
}  # fmt: skip
