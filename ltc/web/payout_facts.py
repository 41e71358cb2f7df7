"""The facts behind an amount, written for a reader."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from ltc.rules.insured import LIFE_EVENT_NAMES, SCHEME_NAMES
from ltc.rules.months import ONE_DAY
from ltc.rules.visits import SOURCE_NAMES
from ltc.store.payout_evidence import Evidence
from ltc.web import formats
from ltc.web.payout_words import Names


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact: what it is, details, when it holds, who recorded it and when."""

    title: str
    detail: str | None
    when: str
    recorded_at: datetime
    recorded_by: str | None


def show_fact(evidence: Evidence, names: Names) -> ShownFact:
    """Return a fact in words."""
    title, detail = _WRITERS[evidence.kind](evidence.row, names)
    return ShownFact(title, detail, _when(evidence.row), evidence.recorded_at, evidence.recorded_by)


def _when(row: Any) -> str:
    if hasattr(row, "begins_at"):
        return formats.from_to(row.begins_at, row.ends_at)
    begins = next(
        getattr(row, name)
        for name in ("starts_on", "concluded_on", "charged_on")
        if hasattr(row, name)
    )
    return _span(begins, getattr(row, "ends_before", None))


def _span(begins: date, ends_before: date | None) -> str:
    if ends_before is None:
        return str(_("since %(day)s", day=formats.day(begins)))
    return f"{formats.day(begins)} – {formats.day(ends_before - ONE_DAY)}"


def _join(*parts: str | None) -> str:
    return str(_(", ")).join(part for part in parts if part)


def _enrolment(row: Any, _names: Names) -> tuple[str, str | None]:
    return _("Enrolment"), ngettext(
        "%(scheme)s, %(num)s year paid in", "%(scheme)s, %(num)s years paid in",
        row.contribution_years, scheme=_(SCHEME_NAMES[row.scheme]),
    )  # fmt: skip


def _assistance(row: Any, names: Names) -> tuple[str, str | None]:
    return _("Medical assistance"), names.of("category", row.category)


def _conclusion(row: Any, names: Names) -> tuple[str, str | None]:
    return _("Conclusion"), names.of("grade", row.grade)


def _plan(row: Any, names: Names) -> tuple[str, str | None]:
    provider = names.of("provider", row.provider_id) if row.provider_id else _("no provider")
    return _("Care plan %(number)s", number=row.number), _join(names.of("mode", row.mode), provider)


def _event(row: Any, _names: Names) -> tuple[str, str | None]:
    return _(LIFE_EVENT_NAMES[row.kind]), row.note or None


def _account(row: Any, _names: Names) -> tuple[str, str | None]:
    return _("Bank account"), f"{row.bank_name} ···· {row.account_last4}"


def _stay(row: Any, names: Names) -> tuple[str, str | None]:
    price = _("%(price)s a bed-day", price=formats.yuan(row.price_fen))
    return _("Stay in a bed"), _join(names.of("provider", row.provider_id), price)


def _fee(row: Any, names: Names) -> tuple[str, str | None]:
    provider = names.of("provider", row.provider_id)
    return _("Fee"), _join(formats.yuan(row.amount_fen), provider)


def _visit(row: Any, names: Names) -> tuple[str, str | None]:
    length = formats.minutes(row.ends_min - row.begins_min)
    price = None if row.price_fen is None else formats.yuan(row.price_fen)
    parts = [length, price, names.of("provider", row.provider_id), _(SOURCE_NAMES[row.source])]
    return _("Visit"), _join(*parts, row.refused)


_WRITERS: dict[str, Callable[[Any, Names], tuple[str, str | None]]] = {
    "enrolments": _enrolment,
    "assistances": _assistance,
    "conclusions": _conclusion,
    "care_plans": _plan,
    "life_events": _event,
    "bank_accounts": _account,
    "bed_stays": _stay,
    "fees": _fee,
    "visits": _visit,
}
