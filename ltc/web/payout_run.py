"""What the page of a run shows: figures, pipeline, bridge, totals, the largest changes."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission, Reach
from ltc.rules.months import Month
from ltc.rules.payouts.bridge import CAUSE_NAMES, Span
from ltc.rules.payouts.explain import HOLDS
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.runs import STATUS_NAMES, RunStatus
from ltc.rules.words import N_
from ltc.store.payout_changes import (
    Bridge,
    LargeChange,
    count_late_facts,
    find_with_result,
    name_people,
    sum_changes,
)
from ltc.store.payout_questions import (
    BREAKDOWNS,
    Total,
    count_outcomes,
    sum_by,
    sum_visible,
)
from ltc.store.payout_runs import find_run_before, list_preparers, list_runs_of_month
from ltc.store.payout_sums import WHOLE, find_bridge, find_sums
from ltc.store.payouts import PayoutRun
from ltc.web.formats import month, whole, yuan
from ltc.web.payout_pipeline import build_pipeline, gather_known, last_day_to_come, who_acts
from ltc.web.payout_words import Names, law_of
from ltc.web.run_sums import once, once_a_minute

ROWS_SHOWN = 12
BREAKDOWN_NAMES = {
    "district": N_("By district"),
    "scheme": N_("By scheme"),
    "component": N_("By component"),
    "mode": N_("By mode of care"),
    "grade": N_("By grade"),
    "provider": N_("By provider"),
}
HOLD_NAMES: dict[HoldKind, str] = {
    HoldKind.VALUE_UNKNOWN: N_("The law does not say a value"),
    HoldKind.NO_POLICY: N_("No policy in force"),
    HoldKind.SCHEME_NOT_IN_POLICY: N_("Scheme not in the policy"),
    HoldKind.GRADE_NOT_IN_POLICY: N_("Grade not in the policy"),
    HoldKind.MODE_NOT_IN_POLICY: N_("Mode not in the policy"),
    HoldKind.ASSISTANCE_NOT_IN_POLICY: N_("Category of assistance not in the policy"),
    HoldKind.CONTRIBUTION_MISSING: N_("Contribution years missing"),
    HoldKind.CONCLUSION_EXPIRED: N_("Conclusion expired"),
    HoldKind.PLAN_UNCONFIRMED: N_("Care plan not confirmed"),
    HoldKind.NO_PROVIDER: N_("Care plan without a provider"),
    HoldKind.NO_AGREEMENT: N_("Provider without an agreement"),
    HoldKind.NO_ACCOUNT: N_("No bank account"),
    HoldKind.PRICE_MISSING: N_("Price of visits missing"),
    HoldKind.BONUS_CHOICE_MISSING: N_("Choice of time or cash missing"),
    HoldKind.CALCULATION_FAILED: N_("Calculation failed"),
}


def hold_name(kind: str) -> str:
    """Return what a kind of hold is called."""
    return str(_(HOLD_NAMES[HoldKind(kind)])) if kind in HOLDS else kind


def build_overview(run: PayoutRun) -> dict[str, Any]:
    """Return everything on the page of a run but its holds."""
    session, actor = http.database(), http.current_actor()
    names = Names(run)
    known = gather_known([run])[run.id]
    is_agency = actor.reach is Reach.AREA
    return {
        "total": sum_run(run),
        "outcomes": once("outcomes", lambda: count_outcomes(session, actor, run), run)
        if is_agency
        else None,
        "pipeline": build_pipeline(run, known),
        "breakdowns": [_build_breakdown(run, breakdown, names) for breakdown in BREAKDOWNS],
        "next_step": next_step(run),
        "acts": None if _is_followed(run) else who_acts(run, known),
        "open_until": last_day_to_come(run),
        **_compare(run),
    }


def _is_followed(run: PayoutRun) -> bool:
    """Whether a run was set aside and its month has been calculated again since."""
    if run.status is not RunStatus.REJECTED:
        return False
    runs = list_runs_of_month(http.database(), run.area_id, Month.parse(run.month))
    return runs[0].sequence > run.sequence


def _build_breakdown(run: PayoutRun, breakdown: str, names: Names) -> dict[str, Any]:
    rows = sum_run_by(run, breakdown)
    if breakdown == "provider":
        names.learn_providers(row.key for row in rows[:ROWS_SHOWN])
    return {
        "code": breakdown,
        "title": _(BREAKDOWN_NAMES[breakdown]),
        "count": len(rows),
        "people": sum(row.people for row in rows),
        "rows": [(names.of(breakdown, row.key), row) for row in rows[:ROWS_SHOWN]],
        "is_cut": len(rows) > ROWS_SHOWN,
    }


def _compare(run: PayoutRun) -> dict[str, Any]:
    """Return the bridge from the month before, and the largest changes."""
    session, actor = http.database(), http.current_actor()
    before = find_run_before(session, actor, run)
    if before is None:
        return {"before": None}
    bridge = once("changes", lambda: _find_changes(before, run), before, run)
    sums = [sum_run(each).fund_fen for each in (before, run)]
    late = once_a_minute("late", lambda: count_late_facts(session, actor, before), before)
    return {
        "before": before,
        "bridge": _build_steps(before, run, bridge.spans, sums),
        "largest": _show_largest(before, run, bridge.largest),
        "late": late,
    }


def sum_run(run: PayoutRun) -> Total:
    """Return the sum of a run's lines that the reader may see."""
    session, actor = http.database(), http.current_actor()

    def work_out() -> Total:
        stored = find_sums(session, actor, run, WHOLE)
        return stored[0] if stored else sum_visible(session, actor, run)

    return once("total", work_out, run)


def sum_run_by(run: PayoutRun, breakdown: str) -> list[Total]:
    """Return a run's sums by one of BREAKDOWNS that the reader may see, as stored where they are."""
    session, actor = http.database(), http.current_actor()

    def work_out() -> list[Total]:
        stored = find_sums(session, actor, run, breakdown)
        return stored or sum_by(session, actor, run, breakdown)

    return once(breakdown, work_out, run)


def _find_changes(before: PayoutRun, run: PayoutRun) -> Bridge:
    """Return why two runs differ, of what the reader may see, as stored where it is."""
    session, actor = http.database(), http.current_actor()
    stored = find_bridge(session, actor, before, run)
    return stored or sum_changes(session, actor, law_of(run), before, run)


def _build_steps(
    before: PayoutRun, run: PayoutRun, spans: Sequence[Span], sums: list[int]
) -> list[Any]:
    """Return the steps of the chart: total, one for each cause, total."""
    return [
        _step(month(before.month), sums[0], "total"),
        *[
            _step(
                _(
                    "%(cause)s (%(count)s)",
                    cause=_(CAUSE_NAMES[span.cause]),
                    count=whole(span.people),
                ),
                span.fund_fen,
                "change",
            )
            for span in spans
        ],
        _step(month(run.month), sums[1], "total"),
    ]


def _step(label: str, fen: int, kind: str) -> dict[str, Any]:
    sign = "+" if kind == "change" and fen > 0 else ""
    return {"label": label, "value": fen, "text": f"{sign}{yuan(fen)}", "kind": kind}


def _show_largest(before: PayoutRun, run: PayoutRun, largest: Sequence[LargeChange]) -> list[Any]:
    """Return the largest changes: who, why, and where each of the two months is explained."""
    session, actor = http.database(), http.current_actor()
    ids = [change.person_id for change in largest]
    people, there = (
        name_people(session, actor, ids),
        find_with_result(session, actor, (before, run), ids),
    )
    return [
        {
            "change": change,
            "who": people.get(change.person_id, ("–", "")),
            "causes": [_(CAUSE_NAMES[cause]) for cause in change.causes],
            "hrefs": [
                url_for("payouts.lines.why", run_id=each.id, person_id=change.person_id)
                if (each.id, change.person_id) in there
                else None
                for each in (before, run)
            ],
        }
        for change in largest
    ]


def why_not_now(run: PayoutRun, step: str) -> str:
    """Return why the actor cannot ``check`` or ``approve`` a run now; empty where they can."""
    found = next_step(run)
    if found is None or found["step"] != step:
        state = _(STATUS_NAMES[run.status])
        return str(_("The run stands at “%(state)s”: this step is not the next one.", state=state))
    return str(found["blocked"] or "")


def next_step(run: PayoutRun) -> dict[str, Any] | None:
    """Return what is to be done next: its button, or why the actor cannot press it."""
    steps = {
        RunStatus.CALCULATED: ("check", Permission.CHECK_PAYOUTS, _("Check this run"),
                               _("A checker has to look at it next.")),
        RunStatus.CHECKED: ("approve", Permission.APPROVE_PAYOUTS, _("Approve this run"),
                            _("An approver has to release it next.")),
    }  # fmt: skip
    if run.status not in steps:
        return None
    actor = http.current_actor()
    step, permission, text, reason = steps[run.status]
    took_part = actor.user_id in {*list_preparers(http.database(), run), run.checked_by_id}
    blocked = None if actor.may(permission) else reason
    if blocked is None and took_part:
        blocked = _("You have taken a step of this run already; another person has to.")
    if blocked is None and step == "approve" and last_day_to_come(run):
        blocked = _(
            "The month was not over when it was calculated. Calculate it again, then approve."
        )
    may_send_back = actor.may(Permission.CHECK_PAYOUTS) or actor.may(Permission.APPROVE_PAYOUTS)
    return {
        "step": step,
        "text": text,
        "href": url_for(f"payouts.{step}", run_id=run.id),
        "blocked": blocked,
        "may_send_back": may_send_back,
    }
