"""The start page of finance: the last months as pipelines, and what is held, by reason and owner."""

from typing import Any

from flask_babel import gettext as _

from ltc.rules.access import ROLE_NAMES, Role
from ltc.services.context import Context
from ltc.store.payout_questions import count_holds
from ltc.store.payout_runs import list_newest_runs
from ltc.web.payout_pipeline import show_months
from ltc.web.payout_run import hold_name

MONTHS_SHOWN = 3
RUNS_READ = 12  # a month may have been calculated several times


def build_part(ctx: Context) -> dict[str, Any]:
    """Return the last months with where each stands, and the holds of the newest of them."""
    runs = list_newest_runs(ctx.session, ctx.actor, RUNS_READ)[:MONTHS_SHOWN]
    newest = next((run for run in runs if run.digest), None)
    holds = count_holds(ctx.session, ctx.actor, newest) if newest else []
    return {
        "template": "home/_finance.html",
        "months": show_months(runs),
        "newest": newest,
        "holds": [
            {"kind": kind, "owner": owner, "reason": hold_name(kind), "count": count,
             "people": people, "who": _(ROLE_NAMES[Role(owner)])}
            for kind, owner, count, people in holds
        ],
    }  # fmt: skip
