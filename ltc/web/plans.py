"""Pages of care plans: list, one plan, draw up, confirm, correct, change the mode, withdraw, print."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.plans import PLAN_STATUS_NAMES, PlanStatus
from ltc.services import plans as use_cases
from ltc.services.table_files import Coded
from ltc.store.catalogues import get_catalogue
from ltc.store.fact_versions import get_fact
from ltc.store.insured import InsuredPerson
from ltc.store.insured_questions import get_person
from ltc.store.pdf import render_pdf
from ltc.store.plan_questions import SORTS, PlanFilter, find_items, list_plans_page, load_plans
from ltc.store.plans import CarePlan
from ltc.store.provider_questions import find_providers
from ltc.web import plan_words
from ltc.web.chosen import person_id_of, provider_id_of, suggest
from ltc.web.exports import record_printed
from ltc.web.fact_views import load_history, load_to_change
from ltc.web.form_pages import FormPage, ask_why, carry_out, show_form
from ltc.web.formats import day
from ltc.web.forms.fields import last_day
from ltc.web.forms.plans import ChangeModeForm, ConfirmForm, CorrectPlanForm, DrawUpForm
from ltc.web.law_choices import mode_choices, mode_name
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import (
    choices_of,
    read_choice,
    read_cursor,
    read_number,
    read_sort,
    read_text,
)
from ltc.web.receipts import leave_receipt

blueprint = Blueprint("plans", __name__, url_prefix="/plans")

FORM = "plans/form.html"
COLUMNS = (
    "number", "case_number", "name", "mode", "provider", "starts_on", "ends_on", "confirmed_on",
    "authorised_minutes_per_month", "items",
)  # fmt: skip


@blueprint.get("/")
@http.requires(Permission.SEE_PLANS)
def index() -> Any:
    """List plans, filtered and sorted, page by page."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    today, sort = http.context().today, read_sort(SORTS, "starts_on", "descending")
    found = list_plans_page(
        session, actor, chosen, today, sort.columns, read_cursor(), descending=sort.descending
    )
    ids = {plan.provider_id for plan, _person in found.rows}
    return render_template(
        "plans/index.html",
        page=found,
        sort=sort,
        chosen=chosen,
        modes=mode_choices(today),
        statuses=[(key, text) for key, text in choices_of(PLAN_STATUS_NAMES) if key != "withdrawn"],
        providers=find_providers(session, actor.area_id, ids),
        mode_name=mode_name,
        status_tag=plan_words.status_tag,
        last_day=last_day,
    )


@blueprint.get(f"/plans.{LIST_SUFFIX}")
@http.requires(Permission.SEE_PLANS)
def export(suffix: str) -> Any:
    """Give the whole filtered list as a file."""
    session, actor, today = http.database(), http.current_actor(), http.context().today
    found = load_plans(session, actor, _read_filter(), today)
    return give_list(suffix, "plans", _("Care plans"), COLUMNS, found, _cells)


def _cells(rows: Sequence[tuple[CarePlan, InsuredPerson]]) -> Iterator[list[Any]]:
    session, area_id = http.database(), http.current_actor().area_id
    providers = find_providers(session, area_id, {plan.provider_id for plan, _person in rows})
    items = find_items(session, area_id, [plan.id for plan, _person in rows])
    for plan, person in rows:
        provider = providers.get(plan.provider_id or 0)
        yield [
            plan.number, person.case_number, person.name,
            Coded(plan.mode, mode_name(plan.mode, plan.starts_on)), provider and provider.code,
            plan.starts_on, last_day(plan.ends_before), plan.confirmed_on,
            plan.authorised_minutes_per_month,
            " ".join(f"{code}:{times}" for code, times in items[plan.id].items()),
        ]  # fmt: skip


@blueprint.get("/<int:plan_id>")
@http.requires(Permission.SEE_PLANS)
def show(plan_id: int) -> Any:
    """Show a plan with all its versions."""
    history = load_history(CarePlan, plan_id, plan_words.describe)
    plan: CarePlan = history.now
    return render_template(
        "plans/show.html",
        history=history,
        plan=plan,
        person=_person_of(plan),
        answer=plan_words.answer_of(plan),
        no_benefit=plan_words.tell_no_benefit(plan),
        status=plan_words.status_of(plan),
        statuses=PlanStatus,
    )


@blueprint.get("/<int:plan_id>/plan.pdf")
@http.requires(Permission.SEE_PLANS)
def print_plan(plan_id: int) -> Any:
    """Give the plan as a sheet to sign."""
    plan = get_fact(http.database(), http.current_actor(), CarePlan, plan_id)
    pdf = render_pdf(plan_words.build_sheet(plan, _person_of(plan)))
    record_printed("plan", plan.id, pdf)
    headers = {"Content-Disposition": f'inline; filename="{plan.number}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)


@blueprint.route("/draw-up", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PLANS)
def draw_up() -> Any:
    """Draw up a plan for a person."""
    form = DrawUpForm(data={"person": request.args.get("person", "")})
    form.offer(mode_choices(http.context().today))
    done = carry_out(
        form,
        lambda: use_cases.draw_up(
            http.context(),
            person_id=person_id_of(form.person.data),
            facts=form.facts(_provider(form)),
        ),
    )
    if done is None:
        crumbs = [(_("Plans"), url_for("plans.index"))]
        title = _("Draw up a care plan")
        page = FormPage(
            title, _("Draw up"), url_for("plans.index"), crumbs, suggestions=suggest("provider")
        )
        return show_form(form, page, FORM, catalogue=get_catalogue())
    return _leave(done, _("The plan %(number)s is drawn up.", number=done.number))


@blueprint.route("/<int:plan_id>/confirm", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PLANS)
def confirm(plan_id: int) -> Any:
    """Record that the person or the guardian has confirmed a plan."""
    plan = _load(plan_id)
    person = _person_of(plan)
    form = ConfirmForm(data={"confirmed_on": http.context().today, "confirmed_by": person.name})
    done = carry_out(
        form,
        lambda: use_cases.confirm(
            http.context(), plan_id=plan.id, confirmed_on=form.confirmed_on.data,
            confirmed_by=form.confirmed_by.data,
        ),
    )  # fmt: skip
    if done is None:
        return show_form(form, _page(plan, person, _("Confirm a plan"), _("Confirm")))
    return _leave(done, _("The plan %(number)s is confirmed.", number=done.number))


@blueprint.route("/<int:plan_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PLANS)
def correct(plan_id: int) -> Any:
    """Correct a plan: a new row with a reason, the old one stays readable."""
    plan = _load(plan_id)
    form = CorrectPlanForm(data=_form_data(plan))
    form.offer(mode_choices(plan.starts_on))
    done = carry_out(
        form,
        lambda: use_cases.correct(
            http.context(), plan_id=plan.id, facts=form.facts(_provider(form)),
            reason=form.reason.data,
        ),
    )  # fmt: skip
    if done is None:
        title = _("Correct a plan")
        notice = _("To change the mode from now on, change the mode instead of correcting it.")
        page = _page(plan, _person_of(plan), title, _("Record the correction"), notice=notice)
        return show_form(form, page, FORM, catalogue=get_catalogue())
    return _leave(done, _("The correction is recorded."))


@blueprint.route("/<int:plan_id>/change-mode", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PLANS)
def change_mode(plan_id: int) -> Any:
    """Change the mode or the provider from the day that the law says."""
    plan = _load(plan_id)
    first_day = use_cases.first_day_of_change(http.context())
    form = ChangeModeForm(data=_form_data(plan))
    form.offer(mode_choices(first_day))
    done = carry_out(
        form,
        lambda: use_cases.change_mode(
            http.context(), plan_id=plan.id, facts=_changed_facts(form, plan),
            reason=form.reason.data,
        ),
    )  # fmt: skip
    if done is None:
        notice = _(
            "A change of mode takes effect on %(day)s. This plan ends the day before; the new one "
            "has to be confirmed before that day, or nothing is paid from then on.",
            day=day(first_day),
        )
        page = _page(plan, _person_of(plan), _("Change the mode"), _("Change"), notice=notice)
        return show_form(form, page, FORM, catalogue=get_catalogue())
    return _leave(
        done, _("The plan %(number)s follows.", number=done.number),
        next_text=_("confirm before it begins"), next_owner=_("The person or the guardian"),
        next_by=day(done.starts_on),
    )  # fmt: skip


@blueprint.route("/<int:plan_id>/withdraw", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PLANS)
def withdraw(plan_id: int) -> Any:
    """Say that a plan never was."""
    plan = _load(plan_id)
    notice = _("Withdrawing says: this never was. What was paid under it is calculated anew.")
    title = _("Withdraw a plan")
    return ask_why(
        _page(plan, _person_of(plan), title, _("Withdraw"), "danger", notice),
        lambda why: use_cases.withdraw(http.context(), plan_id=plan.id, reason=why),
        lambda done: _leave(
            done, _("The plan %(number)s is withdrawn.", number=done.number),
            next_text=_("draw up the plan that holds: without one nothing is paid"),
            next_owner=_("Agency officer"),
        ),
    )  # fmt: skip


def _changed_facts(form: ChangeModeForm, plan: CarePlan) -> use_cases.PlanFacts:
    return use_cases.PlanFacts(
        mode=form.mode.data,
        starts_on=plan.starts_on,
        provider_id=_provider(form),
        items=form.items.data,
        authorised_minutes_per_month=form.authorised_minutes.data,
        bonus_choice=plan.bonus_choice,
        home_care_since=plan.home_care_since,
    )


def _provider(form: Any) -> int | None:
    return provider_id_of(form.provider.data) if form.provider.data else None


def _load(plan_id: int) -> CarePlan:
    return load_to_change(
        CarePlan, plan_id, lambda newest: url_for("plans.show", plan_id=newest.id)
    )


def _person_of(plan: CarePlan) -> InsuredPerson:
    return get_person(http.database(), http.current_actor(), plan.person_id)


def _form_data(plan: CarePlan) -> dict[str, Any]:
    session, area_id = http.database(), plan.area_id
    provider = find_providers(session, area_id, [plan.provider_id]).get(plan.provider_id or 0)
    return {
        "mode": plan.mode,
        "provider": provider.code if provider else "",
        "authorised_minutes": plan.authorised_minutes_per_month,
        "items": find_items(session, area_id, [plan.id])[plan.id],
        "starts_on": plan.starts_on,
        "ends_on": last_day(plan.ends_before),
        "bonus_choice": plan.bonus_choice or "",
        "home_care_since": plan.home_care_since,
    }


def _page(
    plan: CarePlan, person: InsuredPerson, title: str, button: str, kind: str = "primary",
    notice: str = "",
) -> FormPage:  # fmt: skip
    here = url_for("plans.show", plan_id=plan.id)
    crumbs = [(_("Plans"), url_for("plans.index")), (plan.number, here)]
    caption = f"{person.name} · {plan.number}"
    return FormPage(title, button, here, crumbs, caption, kind, notice, suggest("provider"))


def _read_filter() -> PlanFilter:
    status = read_choice("status", PlanStatus)
    return PlanFilter(read_text("q"), read_text("mode"), read_number("provider"), status)


def _leave(plan: CarePlan, title: str, **following: str) -> Any:
    """Leave a receipt that says what follows."""
    leave_receipt(title, plan.number, **(following or _what_follows(plan)))
    return redirect(url_for("plans.show", plan_id=plan.id))


def _what_follows(plan: CarePlan) -> dict[str, str]:
    """Return who acts next under a plan: who confirms it, or who gives the care."""
    if plan.confirmed_on is None:
        text, owner = _("confirm before the first service"), _("The person or the guardian")
    else:
        text = _("gives the care from %(day)s on", day=day(plan.starts_on))
        owner = _("The provider") if plan.provider_id else _("The person or the guardian")
    return {"next_text": text, "next_owner": owner}
