"""What follows when care given was recorded: what holds its payment up, else where it counts."""

from datetime import date
from typing import Any

from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import ROLE_NAMES, Role
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.store.payout_runs import list_runs_of_month
from ltc.store.provider_questions import list_agreed_days
from ltc.web.formats import month

Following = dict[str, str]


def follow_care(row: Any, on: date, still_open: Following) -> Following:
    """Return who acts next after a visit, a stay or a fee: the agency, the provider, or nobody.

    ``still_open`` is what the row itself lacks, empty where it lacks nothing.
    """
    agreed = list_agreed_days(http.database(), row.area_id, row.provider_id)
    if not any(on in days for days in agreed):
        return {
            "next_text": _("record an agreement: without one the payment is held"),
            "next_owner": _("Agency officer"),
        }
    return still_open or _follow_month(row.area_id, Month.of(on))


def _follow_month(area_id: int, of: Month) -> Following:
    """Return in which settlement care counts; in none by itself, where its month was approved."""
    if is_approved(area_id, of):
        text = _("%(month)s was approved without it: a correction settles it", month=month(of))
        return {"next_text": text, "next_owner": _(ROLE_NAMES[Role.FINANCE_PREPARER])}
    return {"next_text": _("it counts in the settlement of %(month)s", month=month(of))}


def warn_of_month(area_id: int, on: date) -> str:
    """Return what a change of care given means for a month that was approved; empty before that."""
    of = Month.of(on)
    if not is_approved(area_id, of):
        return ""
    told = _(
        "%(month)s is settled and approved already. What is paid for it stays; a later correction"
        " settles what this changes.",
        month=month(of),
    )
    return str(told)


def is_approved(area_id: int, of: Month) -> bool:
    """Whether a month was approved: everybody may know that, as its statements say it."""
    runs = list_runs_of_month(http.database(), area_id, of)
    return any(run.status is RunStatus.APPROVED for run in runs)


def ask_provider(text: str) -> Following:
    """Return that the provider acts next."""
    return {"next_text": text, "next_owner": _("The provider")}
