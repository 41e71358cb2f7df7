"""The way of a case as pages show it: who acts next and until when, and the strip of stations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.applications import (
    CONFIRMATIONS_NEEDED,
    REFUSAL_NAMES,
    ApplicationStatus,
    Situation,
    build_next_step,
    calculate_due,
)
from ltc.rules.errors import Problem
from ltc.rules.working_days import Deadline
from ltc.store.applications import CaseFile, Outcome
from ltc.store.areas import get_area
from ltc.store.assessments import Application
from ltc.store.instruments import CURRENT, get_instrument
from ltc.store.working_days import load_working_days
from ltc.web.formats import day, instant, said
from ltc.web.law_words import own_words
from ltc.web.receipts import leave_receipt

S = ApplicationStatus
TAG_STATES = {
    S.FILED: "current",
    S.ACCEPTED: "current",
    S.SCORED: "current",
    S.CONCLUDED: "done",
    S.REFUSED: "stopped",
    S.WITHDRAWN: "neutral",
}
NOTHING_YET = Outcome(None, 0)


@dataclass(frozen=True, slots=True)
class ShownStep:
    """Who acts next, what they do and until when, in the reader's language."""

    who: str
    what: str
    by: str | None
    late: bool


def show_step(application: Application, outcome: Outcome = NOTHING_YET) -> ShownStep | None:
    """Return who acts next on an application; None where its way has ended."""
    situation = _situation(application, outcome)
    by = find_due(application, outcome)
    step = build_next_step(situation, by)
    if step is None:
        return None
    late = by is not None and by.on < http.context().today
    return ShownStep(said(step.who), said(step.what), show_due(by), late)


def find_due(application: Application, outcome: Outcome = NOTHING_YET) -> Deadline | None:
    """Return the last day of the next step; None where the law of the area does not say."""
    area = get_area(http.database(), application.area_id)
    try:
        policy = http.house().policies.of(area.policy_area).on(application.filed_on)
        return calculate_due(policy, load_working_days(), _situation(application, outcome))
    except Problem:
        return None


def show_due(by: Deadline | None) -> str | None:
    """Return a last day; provisional where the days off up to it are not announced yet."""
    if by is None:
        return None
    return _("%(day)s (provisional)", day=day(by.on)) if by.provisional else day(by.on)


def show_grade(code: str | None, instrument: str = CURRENT) -> str:
    """Return a grade by number and name; empty where there is none."""
    names = {name.code: name for name in get_instrument(instrument).grades}
    if code is None or code not in names:
        return code or ""
    return f"{names[code].grade} {own_words(names[code].name)}"


def leave(application: Application, title: str, outcome: Outcome = NOTHING_YET) -> Any:
    """Leave a receipt that says who acts next, and go to the page of the application."""
    leave_receipt(title, application.number, **_follow(application, outcome))
    return redirect(url_for("assessments.show", application_id=application.id))


def _follow(application: Application, outcome: Outcome) -> dict[str, str]:
    """Return who acts next and until when: after a conclusion its grade needs a care plan."""
    step = show_step(application, outcome)
    if step:
        by = {"next_by": step.by} if step.by else {}
        return {"next_text": step.what, "next_owner": step.who, **by}
    if application.status is not ApplicationStatus.CONCLUDED:
        return {}
    return {
        "next_text": _("draw up a care plan where the grade gives a right to benefits"),
        "next_owner": _("Agency officer"),
    }


def _situation(application: Application, outcome: Outcome) -> Situation:
    return Situation(
        status=application.status,
        filed_on=application.filed_on,
        decided_on=application.decided_on,
        is_assigned=application.assessor_id is not None and application.expert_id is not None,
        confirmations=outcome.confirmations,
    )


# --- the strip of stations ------------------------------------------------------------------------

Station = dict[str, Any]


def build_stations(case: CaseFile) -> list[Station]:
    """Return the stations of a case, as ``parts.pipeline`` shows them."""
    stations = [
        {"label": _("Filed"), "state": "done", "at": day(case.application.filed_on)},
        _decided(case),
        _assigned(case),
        _evaluated(case),
        _confirmed(case),
        _concluded(case),
    ]
    return _mark_current(stations, case.application.status)


def _mark_current(stations: list[Station], status: ApplicationStatus) -> list[Station]:
    """The first station that is not done is the current one; after an end none is needed."""
    has_ended = status in (S.REFUSED, S.WITHDRAWN)
    for station in stations:
        if station["state"] == "waiting":
            station["state"] = "neutral" if has_ended else "current"
            if not has_ended:
                break
    return stations


def _decided(case: CaseFile) -> Station:
    application = case.application
    if application.status is S.REFUSED and application.refusal_reason:
        reason = said(REFUSAL_NAMES[application.refusal_reason])
        return {"label": _("Refused"), "state": "stopped", "at": day(application.decided_on),
                "note": reason}  # fmt: skip
    is_done = application.decided_on is not None
    state = "done" if is_done else "waiting"
    at = day(application.decided_on) if is_done else ""
    return {"label": _("Accepted"), "state": state, "at": at}


def _assigned(case: CaseFile) -> Station:
    names = [name for name in (case.assessor_name, case.expert_name) if name]
    planned = case.application.visit_planned_at
    return {
        "label": _("Assigned"),
        "state": "done" if case.assessor_name and case.expert_name else "waiting",
        "who": " · ".join(names),
        "note": _("visit planned for %(at)s", at=instant(planned)) if planned else "",
    }


def _evaluated(case: CaseFile) -> Station:
    now = case.evaluation
    label = _("Evaluated")
    if now is None:
        return {"label": label, "state": "waiting"}
    if now.completed_at is None:
        items = len(get_instrument(now.instrument).items)
        note = _("%(answered)s of %(items)s items", answered=len(now.scores), items=items)
        return {"label": label, "state": "waiting", "note": note}
    return {"label": label, "state": "done", "at": instant(now.completed_at)}


def _confirmed(case: CaseFile) -> Station:
    count = len(case.confirmed)
    return {
        "label": _("Confirmed"),
        "state": "done" if count >= CONFIRMATIONS_NEEDED else "waiting",
        "note": _("%(count)s of %(needed)s experts", count=count, needed=CONFIRMATIONS_NEEDED),
        "who": " · ".join(name for _row, name in case.confirmed),
    }


def _concluded(case: CaseFile) -> Station:
    label = _("Concluded")
    conclusion = case.conclusion
    if conclusion is None:
        return {"label": label, "state": "waiting"}
    note = _("Grade %(grade)s", grade=show_grade(conclusion.grade, conclusion.standard))
    return {"label": label, "state": "done", "at": day(conclusion.concluded_on), "note": note}


def count_open(counts: Mapping[ApplicationStatus, int]) -> int:
    """Return how many applications have not ended."""
    return sum(counts.get(status, 0) for status in (S.FILED, S.ACCEPTED, S.SCORED))
