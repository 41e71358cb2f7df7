"""What follows when a fact about a person was recorded late: months that were settled without it."""

from collections.abc import Iterable, Mapping
from datetime import date

from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import ROLE_NAMES, Role
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.store.payout_questions import list_results_of_person
from ltc.web.formats import month


def follow_fact(person_id: int, *days: tuple[date, date | None]) -> dict[str, str]:
    """Return who settles again the months that the days touch; nothing where none was settled.

    ``days``: first day and the day after the last (None: it goes on) of what is recorded now and
    of what was recorded before.
    """
    results = list_results_of_person(http.database(), http.current_actor(), person_id)
    touched = {
        run.month: run.status
        for _result, run in reversed(results)  # the newest run of a month comes last, and stays
        if any(_touches(Month.parse(run.month), *each) for each in days)
    }
    if not touched:
        return {}
    return {
        "next_text": _("; ").join(_tell_months(touched)),
        "next_owner": _(ROLE_NAMES[Role.FINANCE_PREPARER]),
    }


def _tell_months(touched: Mapping[str, RunStatus]) -> list[str]:
    """Return what is to be done: an approved month stands, another one is calculated anew."""
    stand = [each for each, status in touched.items() if status is RunStatus.APPROVED]
    others = [each for each in touched if each not in stand]
    told = []
    if others:
        told.append(
            _("calculate anew what was settled without it: %(months)s", months=_join(others))
        )
    if stand:
        told.append(
            _("approved without it, a correction settles it: %(months)s", months=_join(stand))
        )
    return told


def _join(months: Iterable[str]) -> str:
    return str(_(", ")).join(month(each) for each in sorted(months))


def _touches(settled: Month, starts_on: date, ends_before: date | None) -> bool:
    return starts_on < settled.ends_before and (
        ends_before is None or settled.starts_on < ends_before
    )
