"""Scheduled looks at an area: what ends soon, what is due, and whether the audit log is whole."""

from collections.abc import Iterable
from datetime import date, timedelta

from ltc.jobs.work import Work
from ltc.rules.applications import Situation, calculate_due
from ltc.rules.errors import Conflict
from ltc.rules.months import ONE_DAY
from ltc.rules.policies import NoLawOfArea, NoPolicyInForce, ValueUnknown
from ltc.rules.words import N_
from ltc.services.audit import verify
from ltc.store.areas import get_area
from ltc.store.assessments import Application
from ltc.store.ending_questions import (
    Ending,
    list_ending_agreements,
    list_ending_certificates,
    list_ending_conclusions,
    list_open_applications,
)
from ltc.store.working_days import load_working_days

DAYS_AHEAD = 60
DUE_DAYS_AHEAD = 3
MOST_ROWS = 500  # kept with the job, the first to end or be due; the counts are of all
ENDINGS = (
    (N_("Conclusion"), list_ending_conclusions),
    (N_("Agreement"), list_ending_agreements),
    (N_("Certificate"), list_ending_certificates),
)
UNPROVABLE = "?"


class ChainBroken(Conflict):
    """The chain of the audit log is broken at block {block} ({fault}): somebody changed it outside
    of the program. Keep the database as it is and compare it with the last backup.
    """


class SealingStopped(Conflict):
    """{count} events wait for a block since {since}: nothing seals the audit log. Start `flask
    serve`, or `flask audit seal --every 60`.
    """

    one = ("count", N_("One event waits for a block since {since}: nothing seals the audit log. Start `flask serve`, or `flask audit seal --every 60`."))  # fmt: skip


def list_ending_soon(work: Work) -> dict[str, object]:
    """List what ends within 60 days: conclusions, agreements, carers' certificates."""
    ctx, until = work.machine, work.on + timedelta(days=DAYS_AHEAD)
    rows: list[dict[str, object]] = []
    for what, find in ENDINGS:
        rows += _rows(what, find(ctx.session, ctx.area_id, work.on, until))
    return {"found": len(rows), "rows": _keep_first(rows, "ends_on")}


def _rows(what: str, endings: Iterable[Ending]) -> list[dict[str, object]]:
    return [
        {"what": what, "number": number, "ends_on": str(ends_before - ONE_DAY)}
        for number, ends_before in endings
    ]


def list_deadlines(work: Work) -> dict[str, object]:
    """List the applications whose next step is late, or due within three days."""
    ctx = work.machine
    rows: list[dict[str, object]] = []
    for application in list_open_applications(ctx.session, ctx.area_id):
        due = _find_due(work, application)
        if due is not None and due <= work.on + timedelta(days=DUE_DAYS_AHEAD):
            rows.append({"number": application.number, "due_on": str(due)})
    overdue = sum(str(row["due_on"]) < str(work.on) for row in rows)
    return {"found": len(rows), "overdue": overdue, "rows": _keep_first(rows, "due_on")}


def _keep_first(rows: list[dict[str, object]], by: str) -> list[dict[str, object]]:
    """Return the rows by their day, so that what is cut off is what comes last."""
    return sorted(rows, key=lambda row: (row[by], row["number"]))[:MOST_ROWS]


def _find_due(work: Work, application: Application) -> date | None:
    """Return the last day of the next step; None where the law of the area does not say."""
    ctx = work.machine
    area = get_area(ctx.session, ctx.area_id)
    try:
        policy = work.house.policies.of(area.policy_area).on(application.filed_on)
        due = calculate_due(policy, load_working_days(), _situation(application))
    except (NoLawOfArea, NoPolicyInForce, ValueUnknown):
        return None
    return due.on if due else None


def _situation(application: Application) -> Situation:
    return Situation(
        application.status, application.filed_on, application.decided_on,
        is_assigned=application.assessor_id is not None, confirmations=0,
    )  # fmt: skip


def check_audit(work: Work) -> dict[str, object]:
    """Verify the area's chain from its beginning; raises ChainBroken, SealingStopped."""
    ctx = work.machine
    state = verify(ctx.session, ctx.area_id, now=ctx.now)
    if state.broken is not None:
        block = state.broken.block_number or UNPROVABLE
        raise ChainBroken(block=block, fault=state.broken.fault)
    if state.overdue:
        raise SealingStopped(count=state.overdue, since=state.overdue_since)
    return {
        "blocks": state.blocks, "events": state.events, "waiting": state.waiting,
        "digest": state.head_digest,
    }  # fmt: skip
