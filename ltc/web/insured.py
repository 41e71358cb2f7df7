"""Pages of insured persons: list, one person, register, correct."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import ROLE_NAMES, Permission, Role
from ltc.rules.errors import Problem
from ltc.rules.insured import SCHEME_NAMES, SchemeCode, mask_from_last4
from ltc.services import insured as use_cases
from ltc.store.insured import InsuredPerson
from ltc.store.insured_questions import (
    SORTS,
    PeopleFilter,
    find_deaths,
    find_schemes,
    get_person,
    list_people,
    load_people,
)
from ltc.store.person_records import find_person_by_case_number
from ltc.web import insured_events, insured_facts, insured_family
from ltc.web.districts import district_choices, district_names
from ltc.web.forms.insured import CorrectPersonForm, RegisterForm
from ltc.web.forms.refusals import show_refusal
from ltc.web.insured_show import show_values
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import (
    ENDS_SOON,
    choices_of,
    read_choice,
    read_cursor,
    read_number,
    read_sort,
    read_text,
)
from ltc.web.receipts import leave_receipt

blueprint = Blueprint("insured", __name__, url_prefix="/insured")
blueprint.register_blueprint(insured_facts.blueprint)
blueprint.register_blueprint(insured_events.blueprint)
blueprint.register_blueprint(insured_family.blueprint)

COLUMNS = (
    "case_number", "name", "identity", "sex", "born_on", "district", "community", "scheme",
)  # fmt: skip


@blueprint.get("/")
@http.requires(Permission.SEE_PEOPLE)
def index() -> Any:
    """List people, filtered and sorted, page by page."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    sort = read_sort(SORTS, "case_number")
    found = list_people(
        session, actor, chosen, sort.columns, read_cursor(), descending=sort.descending
    )
    ids = [person.id for person in found.rows]
    return render_template(
        "insured/index.html",
        page=found,
        sort=sort,
        chosen=chosen,
        districts=district_choices(),
        district_names=dict(district_choices()),
        schemes=choices_of(SCHEME_NAMES),
        scheme_of=find_schemes(session, actor.area_id, ids),
        scheme_names=SCHEME_NAMES,
        dead=find_deaths(session, actor.area_id, ids),
        mask=mask_from_last4,
    )


@blueprint.get(f"/people.{LIST_SUFFIX}")
@http.requires(Permission.SEE_PEOPLE)
def export(suffix: str) -> Any:
    """Give the whole filtered list as a file, numbers masked."""
    found = load_people(http.database(), http.current_actor(), _read_filter())
    return give_list(suffix, "people", _("People"), COLUMNS, found, _cells)


def _cells(people: Sequence[InsuredPerson]) -> Iterator[list[Any]]:
    ids, districts = [person.id for person in people], dict(district_choices())
    schemes = find_schemes(http.database(), http.current_actor().area_id, ids)
    for person in people:
        yield [
            person.case_number, person.name, mask_from_last4(person.identity_last4), person.sex,
            person.born_on, districts.get(person.district_id, ""), person.community,
            schemes.get(person.id),
        ]  # fmt: skip


@blueprint.get("/<int:person_id>")
@http.requires(Permission.SEE_PEOPLE)
def show(person_id: int) -> Any:
    """Show everything that is known about a person."""
    person = get_person(http.database(), http.current_actor(), person_id)
    return render_template(
        "insured/show.html", person=person, districts=district_names(),
        **show_values(http.database(), http.current_actor(), person, district_names()),
    )  # fmt: skip


@blueprint.route("/register", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PEOPLE)
def register() -> Any:
    """Register a person with the first enrolment."""
    form, known = RegisterForm(), None
    form.offer(district_choices())
    if form.validate_on_submit():
        try:
            person = use_cases.register(
                http.context(),
                identity=form.identity.data,
                contact=form.contact(),
                scheme=form.scheme.data,
                contribution_years=form.contribution_years.data,
                starts_on=form.starts_on.data,
            )
        except Problem as problem:
            show_refusal(form, problem)
            known = _find_known(problem)
        else:
            return _leave_receipt(
                person, _("%(name)s is registered.", name=person.name),
                next_text=_("record the bank account, file an application"),
                next_owner=_(ROLE_NAMES[Role.OFFICER]),
            )  # fmt: skip
    page = render_template("insured/register.html", form=form, known=known)
    return page, 422 if form.errors else 200


def _find_known(problem: Problem) -> InsuredPerson | None:
    """Return who is registered already, if the refusal names somebody."""
    if not isinstance(problem, use_cases.AlreadyRegistered):
        return None
    case_number = str(problem.values["case_number"])
    return find_person_by_case_number(http.database(), http.current_actor(), case_number)


@blueprint.route("/<int:person_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PEOPLE)
def correct(person_id: int) -> Any:
    """Correct a person's name, district, community, phone or address."""
    person = get_person(http.database(), http.current_actor(), person_id)
    form = CorrectPersonForm(
        data={"name": person.name, "district_id": person.district_id, "community": person.community}
    )
    form.offer(district_choices())
    if form.validate_on_submit():
        try:
            use_cases.correct_person(
                http.context(),
                person_id=person.id,
                contact=form.contact(),
                reason=form.reason.data,
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _leave_receipt(person, _("The correction is recorded."))
    page = render_template("insured/correct.html", form=form, person=person)
    return page, 422 if form.errors else 200


def _read_filter() -> PeopleFilter:
    sees_endings = http.current_actor().may(Permission.SEE_ASSESSMENTS)
    is_ending = sees_endings and read_text("conclusion") == ENDS_SOON
    return PeopleFilter(
        read_text("q"),
        read_number("district"),
        read_choice("scheme", SchemeCode),
        http.context().today if is_ending else None,
    )


def _leave_receipt(person: InsuredPerson, title: str, **following: str) -> Any:
    leave_receipt(title, person.case_number, **following)
    return redirect(url_for("insured.show", person_id=person.id))
