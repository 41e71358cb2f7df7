"""The sheet for the family: where the case is, like a parcel; this month's visits; the last statement.

Families have no account here. The office shows or prints the sheet; it names no number that is
masked elsewhere.
"""

from datetime import date
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.applications import ApplicationStatus
from ltc.rules.months import DayRange, Month
from ltc.rules.plans import is_home
from ltc.store.assessments import Application, Conclusion
from ltc.store.family_questions import (
    LastMonth,
    find_last_month,
    find_newest_application,
    find_newest_conclusion,
    find_newest_plan,
    list_visits_of_month,
)
from ltc.store.insured_questions import get_person
from ltc.store.person_records import find_provider_names
from ltc.store.plans import CarePlan
from ltc.store.visits import Visit
from ltc.web.assessment_ways import show_step
from ltc.web.formats import day, instant, month, yuan
from ltc.web.insured_show import grade_name
from ltc.web.law_choices import mode_name, policy_on

blueprint = Blueprint("family", __name__, url_prefix="/<int:person_id>/for-the-family")

S = ApplicationStatus
Station = dict[str, Any]


@blueprint.get("")
@http.requires(Permission.SEE_PEOPLE)
def show(person_id: int) -> Any:
    """Show where a case is, in words for the family."""
    ctx = http.context()
    person, this_month = get_person(ctx.session, ctx.actor, person_id), Month.of(ctx.today)
    of_person = (ctx.session, ctx.actor, person.id)
    application, plan = find_newest_application(*of_person), find_newest_plan(*of_person)
    conclusion, last = find_newest_conclusion(*of_person), find_last_month(*of_person)
    visits = list_visits_of_month(*of_person, this_month)
    places = {visit.provider_id for visit in visits}
    if plan and plan.provider_id:
        places.add(plan.provider_id)
    return render_template(
        "insured/family.html",
        person=person,
        month=str(this_month),
        stations=_mark_current([
            *_of_application(application, conclusion),
            _of_plan(plan),
            _of_care(plan, visits, ctx.today),
            _of_payment(last),
        ]),
        step=show_step(application) if application else None,
        plan=plan,
        is_agreed=plan is not None and _holds(plan, ctx.today),
        mode=mode_name(plan.mode, max(plan.starts_on, ctx.today)) if plan else None,
        visits=visits,
        providers=find_provider_names(ctx.session, ctx.area_id, places),
        last=last,
    )  # fmt: skip


def _of_application(
    application: Application | None, conclusion: Conclusion | None
) -> list[Station]:
    """Return the stations up to the conclusion; one that was imported needed no application."""
    filed = _station(_("Applied"), application and day(application.filed_on))
    if application is None and conclusion is not None:
        filed["state"] = "neutral"
    if application and application.status in (S.REFUSED, S.WITHDRAWN) and not conclusion:
        return [filed, {"label": _("Assessed"), "state": "stopped"}]
    assessed = _station(_("Assessed"), conclusion and day(conclusion.concluded_on))
    if conclusion:
        assessed["note"] = grade_name(conclusion)
    return [filed, assessed]


def _of_plan(plan: CarePlan | None) -> Station:
    signed = plan and plan.confirmed_on
    return _station(_("Care agreed"), signed and day(signed))


def _of_care(plan: CarePlan | None, visits: list[Visit], today: date) -> Station:
    """Return the care of the month: by its visits, or by the plan where care is not visits."""
    label = _("Care this month")
    if visits:
        note = ngettext("%(num)s visit", "%(num)s visits", len(visits))
        return {**_station(label, day(visits[-1].service_on)), "note": note}
    is_given = plan is not None and not _is_by_visits(plan, today) and _holds(plan, today)
    return _station(label, is_given and plan and _("since %(day)s", day=day(plan.starts_on)))


def _holds(plan: CarePlan, today: date) -> bool:
    is_signed = plan.confirmed_on is not None
    return is_signed and today in DayRange(plan.starts_on, plan.ends_before)


def _is_by_visits(plan: CarePlan, today: date) -> bool:
    policy = policy_on(today)
    mode = policy.modes.get(plan.mode) if policy else None
    return mode is None or is_home(mode)


def _of_payment(last: LastMonth | None) -> Station:
    label = _("Last month paid out") if last is None else month(last.run.month)
    station = _station(label, last and instant(last.run.approved_at))
    if last:
        station["note"] = _("fund pays %(amount)s", amount=yuan(last.result.fund_fen))
    return station


def _station(label: str, at: Any) -> Station:
    return (
        {"label": label, "state": "done", "at": at} if at else {"label": label, "state": "waiting"}
    )


def _mark_current(stations: list[Station]) -> list[Station]:
    """The first station that is not reached is the one where the case is."""
    if not any(station["state"] == "stopped" for station in stations):
        waiting = next((each for each in stations if each["state"] == "waiting"), None)
        if waiting:
            waiting["state"] = "current"
    return stations
