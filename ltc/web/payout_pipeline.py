"""The pipeline of a month's run: its stations with dates and people, and who must act next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import ROLE_NAMES, Reach, Role
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus, is_month_over
from ltc.store.payout_evidence import name_users
from ltc.store.payout_questions import NOTHING, sum_by_run
from ltc.store.payouts import PayoutRun
from ltc.web.formats import area_zone, day, instant, whole
from ltc.web.statement_progress import count_progress


@dataclass(frozen=True, slots=True)
class Known:
    """What the pipeline of a run says beside the run: names of people, and how far statements are."""

    users: Mapping[int | None, str]
    issued: int
    waiting: int


def gather_known(runs: Sequence[PayoutRun]) -> dict[int, Known]:
    """Return what the pipelines of some runs say: a fixed number of queries, however many runs."""
    session, actor = http.database(), http.current_actor()
    ids = {
        user_id
        for run in runs
        for user_id in (run.calculated_by_id, run.checked_by_id, run.approved_by_id)
    }
    users = name_users(session, actor, ids)
    progress = count_progress(runs)
    return {run.id: Known(users, *progress[run.id]) for run in runs}


def show_months(runs: Sequence[PayoutRun]) -> list[tuple[Any, ...]]:
    """Return each run with its pipeline, its sum and who acts next, for ``payouts/_months.html``."""
    known = gather_known(runs)
    totals = sum_by_run(http.database(), http.current_actor(), runs)
    return [
        (
            run,
            build_pipeline(run, known[run.id]),
            totals.get(run.id, NOTHING),
            who_acts(run, known[run.id]),
        )
        for run in runs
    ]


def build_pipeline(run: PayoutRun, known: Known) -> list[dict[str, Any]]:
    """Return the stations of a month with their dates and people."""
    users = known.users
    is_sent_back = run.status is RunStatus.REJECTED
    statements = _statements_station(known)
    steps = [
        _station(_("Facts as known"), run.known_at, None),
        _station(_("Calculated"), run.calculated_at, users.get(run.calculated_by_id)),
        _station(_("Checked"), run.checked_at, users.get(run.checked_by_id)),
        _station(_("Approved"), run.approved_at, users.get(run.approved_by_id)),
        statements,
        _station(_("Paid"), None, None),
    ]
    decided = steps[: steps.index(statements)]
    current = next((step for step in decided if step["state"] == "waiting"), None)
    if current is not None:
        current["state"] = "stopped" if is_sent_back else "current"
        if is_sent_back:
            current["note"] = _(run.remark) if run.remark else None
    return steps


def _station(label: str, at: datetime | None, who: str | None) -> dict[str, Any]:
    if at is None:
        return {"label": label, "state": "waiting"}
    return {"label": label, "state": "done", "at": instant(at), "who": who}


def _statements_station(known: Known) -> dict[str, Any]:
    """Return not yet, under way while some are missing, or done, of what the actor may see."""
    if not known.issued and not known.waiting:
        return {"label": _("Statements"), "state": "waiting"}
    note = _("%(count)s issued", count=whole(known.issued))
    if known.waiting:
        note = _("Issued: %(issued)s. Waiting: %(waiting)s.", issued=whole(known.issued),
                 waiting=whole(known.waiting))  # fmt: skip
    state = "current" if known.waiting else "done"
    return {"label": _("Statements"), "state": state, "note": note}


def last_day_to_come(run: PayoutRun) -> date | None:
    """Return the month's last day where the run knew only a part of the month, None otherwise."""
    found = Month.parse(run.month)
    if is_month_over(found, run.known_at.astimezone(area_zone()).date()):
        return None
    return found.ends_before - timedelta(days=1)


def who_acts(run: PayoutRun, known: Known) -> dict[str, Any] | None:
    """Return who must act on a run, what they do and by when; None where nothing is left to do.

    A month's benefit is paid in the month that follows (the field's rules, “Settlement”).
    """
    acts = {
        RunStatus.CALCULATED: (Role.FINANCE_CHECKER, _("checks the run")),
        RunStatus.CHECKED: (Role.FINANCE_APPROVER, _("approves the run")),
        RunStatus.REJECTED: (Role.FINANCE_PREPARER, _("calculates the month again")),
        RunStatus.APPROVED: (Role.FINANCE_APPROVER, _("issues the statements")),
    }
    if run.status not in acts or http.current_actor().reach is not Reach.AREA:
        return None
    if run.status is RunStatus.APPROVED and not known.waiting:
        return None
    by = Month.parse(run.month).plus(2).starts_on - timedelta(days=1)
    role, what = acts[run.status]
    if run.status is RunStatus.CHECKED and last_day_to_come(run):
        role, what = acts[RunStatus.REJECTED]
    return {"who": _(ROLE_NAMES[role]), "what": what, "by": day(by),
            "late": http.context().today > by}  # fmt: skip
