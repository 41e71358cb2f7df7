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
from ltc.rules.payouts.results import Outcome
from ltc.rules.plans import is_home
from ltc.store.applications import load_outcomes
from ltc.store.assessments import Application, Conclusion
from ltc.store.family_questions import (
    LastMonth,
    VisitsOfMonth,
    find_conclusion_on,
    find_death,
    find_last_month,
    find_newest_application,
    find_newest_conclusion,
    find_visits_of_month,
    list_plans_from,
    list_refused_visits,
)
from ltc.store.insured_questions import get_person
from ltc.store.person_records import find_provider_names
from ltc.store.plans import CarePlan
from ltc.web import family_reasons, reassessments
from ltc.web.assessment_ways import NOTHING_YET, ShownStep, show_step
from ltc.web.formats import day, instant, month, yuan
from ltc.web.forms.fields import last_day
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
    application, last = find_newest_application(*of_person), find_last_month(*of_person)
    now, coming = _choose_plans(list_plans_from(*of_person, ctx.today), ctx.today)
    visits = find_visits_of_month(*of_person, this_month)
    refused = list_refused_visits(*of_person, this_month.plus(-1).starts_on)
    conclusion = find_conclusion_on(*of_person, ctx.today)
    places = {visit.provider_id for visit in (*visits.first, *refused)}
    if now and now.provider_id:
        places.add(now.provider_id)
    died_on = find_death(*of_person)
    stations = [
        *_of_application(person.id, application),
        _of_plan(now or coming),
        _station(_("Care ended"), day(died_on)) if died_on else _of_care(now, visits, ctx.today),
        _of_payment(last),
    ]
    return render_template(
        "insured/family.html",
        person=person,
        died_on=died_on,
        month=str(this_month),
        stations=stations if died_on else _mark_current(stations),
        step=_find_step(application) if application else None,
        plan=now,
        coming=coming,
        mode_on=mode_name,
        today=ctx.today,
        visits=visits,
        refused=refused,
        end=family_reasons.tell_end(application),
        no_benefit=reassessments.tell_no_benefit(conclusion) if conclusion else None,
        again=family_reasons.tell_again(conclusion) if conclusion else [],
        why=family_reasons.tell_month(last) if last else None,
        providers=find_provider_names(ctx.session, ctx.area_id, places),
        last=last,
    )  # fmt: skip


def _choose_plans(plans: list[CarePlan], today: date) -> tuple[CarePlan | None, CarePlan | None]:
    """Return the signed plan that holds today, and the first of the others that goes on after it."""
    now = next((plan for plan in reversed(plans) if _holds(plan, today)), None)
    return now, next((plan for plan in plans if not _holds(plan, today)), None)


def _find_step(application: Application) -> ShownStep | None:
    outcomes = load_outcomes(http.database(), http.current_actor(), [application.id])
    return show_step(application, outcomes.get(application.id, NOTHING_YET))


def _of_application(person_id: int, application: Application | None) -> list[Station]:
    """Return the stations up to the conclusion; one that was imported needed no application."""
    ctx = http.context()
    of_person = (ctx.session, ctx.actor, person_id)
    conclusion = find_newest_conclusion(*of_person, application)
    filed = _station(_("Applied"), application and day(application.filed_on))
    if conclusion is None:
        return [*_of_older(find_conclusion_on(*of_person, ctx.today)), filed, _of_none(application)]
    if application is None:
        filed["state"] = "neutral"
    assessed = _station(_("Assessed"), day(conclusion.concluded_on))
    return [filed, {**assessed, "note": grade_name(conclusion)}]


def _of_none(application: Application | None) -> Station:
    """Return the station of an assessment that has come to nothing yet, or never will."""
    is_over = application is not None and application.status in (S.REFUSED, S.WITHDRAWN)
    return {"label": _("Assessed"), "state": "stopped" if is_over else "waiting"}


def _of_older(conclusion: Conclusion | None) -> list[Station]:
    """Return the conclusion of before the application, which is valid until there is another."""
    if conclusion is None:
        return []
    grade, end = grade_name(conclusion), conclusion.valid_before
    note = (
        _("Grade %(grade)s, valid to %(day)s.", grade=grade, day=day(last_day(end)))
        if end
        else _("Grade %(grade)s, valid without end.", grade=grade)
    )
    return [{**_station(_("Assessed before"), day(conclusion.concluded_on)), "note": note}]


def _of_plan(plan: CarePlan | None) -> Station:
    signed = plan and plan.confirmed_on
    return _station(_("Care agreed"), signed and day(signed))


def _of_care(plan: CarePlan | None, visits: VisitsOfMonth, today: date) -> Station:
    """Return the care of the month: by its visits, or by the plan where care is not visits."""
    label = _("Care this month")
    if visits.last_on:
        note = ngettext("%(num)s visit", "%(num)s visits", visits.in_all)
        return {**_station(label, day(visits.last_on)), "note": note}
    is_given = plan is not None and not _is_by_visits(plan, today)
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
    if last is None:
        return station
    if last.result.outcome is Outcome.HELD:
        return {**station, "state": "attention", "note": _("not paid yet, or not in full")}
    return {**station, "note": _("fund pays %(amount)s", amount=yuan(last.result.fund_fen))}


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
