"""The start page of a provider's manager: today as a board, what to mend, what ends, the amount."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ltc import http
from ltc.rules.months import ONE_DAY, DayRange, Month
from ltc.rules.plans import is_home, needs_price
from ltc.rules.policies import Policy
from ltc.rules.timetable import find_next_due
from ltc.rules.visits import week_of
from ltc.services.context import Context
from ltc.store import provider_day
from ltc.store.areas import get_area
from ltc.store.payout_runs import list_newest_runs
from ltc.store.waiting import count_unconfirmed_plans
from ltc.web.forms.fields import last_day
from ltc.web.law_choices import policy_on

CALCULATION = "calculate_last_month"


@dataclass(frozen=True, slots=True)
class ToMend:
    """Something that pays nothing until it is mended: how often, what, where, and by when."""

    count: int
    what: str
    consequence: str
    href: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends or has ended: what it is, the first day without it, and where."""

    what: str
    ends_before: date
    href: str


def build_part(ctx: Context) -> dict[str, Any]:
    """Return the parts of the start page that only a provider's manager has."""
    policy, open_days = policy_on(ctx.today), _open_days(ctx)
    today = DayRange(ctx.today, ctx.today + ONE_DAY)
    homes = [mode.code for mode in policy.modes.values() if is_home(mode)] if policy else []
    session, actor, week = ctx.session, ctx.actor, week_of(ctx.today)
    mending = provider_day.count_to_mend(session, actor, open_days)
    waiting, waiting_count = provider_day.list_to_visit(session, actor, ctx.today, week, homes)
    return {
        "template": "home/_provider.html",
        "waiting": waiting,
        "waiting_count": waiting_count,
        "done": provider_day.list_visits_of(session, actor, today, is_refused=False),
        "done_count": provider_day.count_to_mend(session, actor, today),
        "refused": provider_day.list_visits_of(session, actor, open_days, is_refused=True),
        "mending": mending,
        "to_mend": _list_to_mend(ctx, policy, mending, open_days.starts_on),
        "open_since": open_days.starts_on,
        "mend_by": _mend_by(ctx),
        "endings": _list_endings(ctx),
        "last_day": last_day,
        "month": str(Month.of(ctx.today)),
    }


def _open_days(ctx: Context) -> DayRange:
    """Return the days whose visits can still be mended: the last month if not approved, and this.

    A provider sees approved runs only, so the newest of them is the last month that stands.
    """
    this_month = Month.of(ctx.today)
    runs = list_newest_runs(ctx.session, ctx.actor, 1)
    is_closed = bool(runs) and Month.parse(runs[0].month) >= this_month.plus(-1)
    first = this_month if is_closed else this_month.plus(-1)
    return DayRange(first.starts_on, this_month.ends_before)


def _mend_by(ctx: Context) -> datetime | None:
    """Return when the timetable calculates the month; None where nothing does."""
    area = get_area(ctx.session, ctx.area_id)
    entry = http.house().timetable.of(area.code).get(CALCULATION)
    return entry and find_next_due(entry, time_zone=area.time_zone, now=ctx.now)


def _list_to_mend(
    ctx: Context, policy: Policy | None, found: provider_day.Mending, since: date
) -> list[ToMend]:
    """Return what pays nothing until it is mended, of what occurs."""
    since_then: dict[str, Any] = {"from": since.isoformat()}
    has_prices = policy is not None and any(needs_price(mode) for mode in policy.modes.values())
    rows = [
        ToMend(
            found.refused,
            ngettext(
                "%(num)s visit refused at the check",
                "%(num)s visits refused at the check",
                found.refused,
            ),
            _("A refused visit is not paid."),
            url_for("visits.index", state="refused", **since_then),
        ),
        ToMend(
            found.unpriced if has_prices else 0,
            ngettext(
                "%(num)s visit without a price", "%(num)s visits without a price", found.unpriced
            ),
            _("Without a price, or a fee that covers it, the payment is held."),
            url_for("visits.index", state="unpriced", **since_then),
        ),
        ToMend(
            unsigned := count_unconfirmed_plans(ctx.session, ctx.actor),
            ngettext(
                "%(num)s care plan not signed yet", "%(num)s care plans not signed yet", unsigned
            ),
            _("Nothing is paid before the person, or who stands in, has signed."),
            url_for("plans.index", status="to_confirm"),
        ),
    ]
    return [row for row in rows if row.count]


def _list_endings(ctx: Context) -> list[Ending]:
    """Return certificates and agreements that end within 60 days or have ended, by their day."""
    session, actor, today = ctx.session, ctx.actor, ctx.today
    carers = [
        Ending(
            _("Certificate of %(name)s (%(code)s)", name=carer.name, code=carer.code),
            carer.certificate_ends_before,
            url_for("providers.carers.show", carer_id=carer.id),
        )
        for carer in provider_day.list_ending_certificates(session, actor, today)
        if carer.certificate_ends_before
    ]
    agreements = [
        Ending(
            _("Agreement %(number)s", number=agreement.number),
            agreement.ends_before,
            url_for("providers.show", provider_id=agreement.provider_id),
        )
        for agreement in provider_day.list_ending_agreements(session, actor, today)
        if agreement.ends_before
    ]
    return sorted([*carers, *agreements], key=lambda ending: (ending.ends_before, ending.what))
