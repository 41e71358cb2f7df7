"""What follows when care given was recorded: what holds its payment up, else where it counts."""

from datetime import date
from typing import Any

from flask_babel import gettext as _

from ltc import http
from ltc.rules.months import Month
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
    counts_in = month(Month.of(on))
    return still_open or {
        "next_text": _("it counts in the settlement of %(month)s", month=counts_in)
    }


def ask_provider(text: str) -> Following:
    """Return that the provider acts next."""
    return {"next_text": text, "next_owner": _("The provider")}
