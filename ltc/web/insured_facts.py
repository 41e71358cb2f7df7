"""Pages of a person's enrolments, medical assistance, life events and accounts.

Each is recorded, corrected, withdrawn. The kinds have the same pages; what differs stands in ``KINDS``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.errors import Problem
from ltc.rules.words import N_
from ltc.services import life_facts
from ltc.store.insured import Assistance, BankAccount, Enrolment, LifeEvent
from ltc.store.insured_questions import get_person
from ltc.web.fact_receipts import follow_fact
from ltc.web.fact_views import load_to_change
from ltc.web.forms.fields import WithdrawForm, last_day
from ltc.web.forms.insured import (
    AccountForm,
    AssistanceForm,
    CorrectAccountForm,
    CorrectAssistanceForm,
    CorrectEnrolmentForm,
    CorrectLifeEventForm,
    EnrolmentForm,
    LifeEventForm,
)
from ltc.web.forms.refusals import show_refusal
from ltc.web.law_choices import category_choices
from ltc.web.receipts import leave_receipt

blueprint = Blueprint("facts", __name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the pages of one kind of fact need; ``key`` names the fact's id to its use-cases."""

    table: Any
    key: str
    form: Any
    correct_form: Any
    record: Callable[..., Any]
    correct: Callable[..., Any]
    withdraw: Callable[..., Any]
    record_title: str
    correct_title: str
    withdraw_title: str


KINDS = {
    "enrolments": Kind(
        Enrolment, "enrolment_id", EnrolmentForm, CorrectEnrolmentForm,
        life_facts.record_enrolment, life_facts.correct_enrolment, life_facts.withdraw_enrolment,
        N_("Record an enrolment"), N_("Correct an enrolment"), N_("Withdraw an enrolment"),
    ),
    "assistances": Kind(
        Assistance, "assistance_id", AssistanceForm, CorrectAssistanceForm,
        life_facts.record_assistance, life_facts.correct_assistance,
        life_facts.withdraw_assistance,
        N_("Record medical assistance"), N_("Correct medical assistance"),
        N_("Withdraw medical assistance"),
    ),
    "life-events": Kind(
        LifeEvent, "event_id", LifeEventForm, CorrectLifeEventForm,
        life_facts.record_life_event, life_facts.correct_life_event,
        life_facts.withdraw_life_event,
        N_("Record a life event"), N_("Correct a life event"), N_("Withdraw a life event"),
    ),
    "accounts": Kind(
        BankAccount, "account_id", AccountForm, CorrectAccountForm,
        life_facts.record_account, life_facts.correct_account, life_facts.withdraw_account,
        N_("Record a bank account"), N_("Correct a bank account"), N_("Withdraw a bank account"),
    ),
}  # fmt: skip
KIND = "<any(enrolments, assistances, 'life-events', accounts):kind>"


@blueprint.route(f"/<int:person_id>/{KIND}/record", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PEOPLE)
def record(person_id: int, kind: str) -> Any:
    """Record a fact about a person."""
    chosen = KINDS[kind]
    person = get_person(http.database(), http.current_actor(), person_id)
    form = chosen.form()
    if form.validate_on_submit():
        try:
            chosen.record(http.context(), person_id=person.id, facts=form.facts())
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _leave_receipt(person, chosen.record_title, kind, form.facts())
    return _form_page(person, form, chosen.record_title)


@blueprint.route(f"/{KIND}/<int:fact_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PEOPLE)
def correct(kind: str, fact_id: int) -> Any:
    """Correct a fact: a new row with a reason, the old one stays readable."""
    chosen = KINDS[kind]
    fact, person = _load(chosen, fact_id)
    form = chosen.correct_form(data=_form_data(fact))
    if form.validate_on_submit():
        keys = {chosen.key: fact.id}
        try:
            chosen.correct(http.context(), facts=form.facts(), reason=form.reason.data, **keys)
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _leave_receipt(person, chosen.correct_title, kind, fact, form.facts())
    return _form_page(person, form, chosen.correct_title)


@blueprint.route(f"/{KIND}/<int:fact_id>/withdraw", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PEOPLE)
def withdraw(kind: str, fact_id: int) -> Any:
    """Say that a fact never was."""
    chosen = KINDS[kind]
    fact, person = _load(chosen, fact_id)
    form = WithdrawForm()
    if form.validate_on_submit():
        keys = {chosen.key: fact.id}
        try:
            chosen.withdraw(http.context(), reason=form.reason.data, **keys)
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _leave_receipt(person, chosen.withdraw_title, kind, fact)
    return _form_page(person, form, chosen.withdraw_title, is_withdrawal=True)


def _load(chosen: Kind, fact_id: int) -> tuple[Any, Any]:
    fact: Any = load_to_change(
        chosen.table, fact_id, lambda newest: url_for("insured.show", person_id=newest.person_id)
    )
    return fact, get_person(http.database(), http.current_actor(), fact.person_id)


def _form_data(fact: Any) -> dict[str, Any]:
    """What is recorded, as a form shows it; an account number is never shown again."""
    names = ("scheme", "contribution_years", "topped_up_on", "kind", "note", "holder_name",
             "bank_name", "category", "starts_on")  # fmt: skip
    kept = {name: getattr(fact, name) for name in names if hasattr(fact, name)}
    return {**kept, "ends_on": last_day(fact.ends_before)}


def _form_page(person: Any, form: Any, title: str, *, is_withdrawal: bool = False) -> Any:
    page = render_template(
        "insured/fact.html", person=person, form=form, title=_(title),
        is_withdrawal=is_withdrawal,
        suggestions={"categories": category_choices(http.context().today)},
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _leave_receipt(person: Any, title: str, kind: str, *facts: Any) -> Any:
    """Say what was done, and who settles again; an account changes no amount."""
    done = _("%(what)s, %(name)s: done.", what=_(title), name=person.name)
    days = [] if kind == "accounts" else [(each.starts_on, each.ends_before) for each in facts]
    leave_receipt(done, person.case_number, **follow_fact(person.id, *days))
    return redirect(url_for("insured.show", person_id=person.id))
