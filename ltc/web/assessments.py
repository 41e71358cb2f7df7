"""Pages of assessments: the list, one application, filing and deciding it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission, Role
from ltc.rules.applications import (
    REFUSAL_NAMES,
    STATUS_NAMES,
    ApplicationStatus,
    check_may_assign,
    check_move,
)
from ltc.rules.errors import Problem
from ltc.services import applications
from ltc.store.applications import (
    ORDERS,
    CaseFile,
    Filter,
    count_by_status,
    get_case_file,
    get_person_by_case_number,
    list_applications,
    load_applications,
    load_outcomes,
)
from ltc.store.family_questions import find_conclusion_on
from ltc.store.instruments import get_instrument
from ltc.store.insured import InsuredPerson
from ltc.store.insured_questions import get_person
from ltc.store.staff import Staff, list_staff
from ltc.web import conclusions, devices, evaluations, reassessments
from ltc.web.assessment_ways import (
    NOTHING_YET,
    TAG_STATES,
    build_stations,
    count_open,
    find_due,
    leave,
    show_grade,
    show_step,
)
from ltc.web.districts import district_choices
from ltc.web.evaluation_sheet import build_sheet, show_answers
from ltc.web.forms.assessments import (
    AssignForm,
    FileForm,
    RefuseForm,
    WithdrawForm,
    file_form,
)
from ltc.web.forms.fields import last_day
from ltc.web.forms.refusals import show_refusal
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import (
    choices_of,
    read_choice,
    read_cursor,
    read_number,
    read_sort,
    read_text,
)
from ltc.web.self_assessments import build_refusal, find_asked_gate, show_self_assessment

blueprint = Blueprint("assessments", __name__, url_prefix="/assessments")
blueprint.register_blueprint(evaluations.blueprint)
blueprint.register_blueprint(devices.blueprint)
blueprint.register_blueprint(conclusions.blueprint)

S = ApplicationStatus
COLUMNS = (
    "number", "case_number", "name", "filed_on", "status", "grade", "assessor", "expert", "due_on",
)  # fmt: skip


@blueprint.get("/")
@http.requires(Permission.SEE_ASSESSMENTS)
def index() -> Any:
    """List applications: where each stands, who acts next and until when."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    sort = read_sort(ORDERS, "filed", order="descending")
    found = list_applications(
        session, actor, chosen, sort.columns, read_cursor(), descending=sort.descending
    )
    outcomes = load_outcomes(session, actor, [row.application.id for row in found.rows])
    counts = count_by_status(session, actor)
    return render_template(
        "assessments/index.html",
        page=found,
        sort=sort,
        chosen=chosen,
        counts=counts,
        open_count=count_open(counts),
        statuses=choices_of(STATUS_NAMES),
        districts=district_choices(),
        outcomes=outcomes,
        nothing_yet=NOTHING_YET,
        status_names=STATUS_NAMES,
        tag_states=TAG_STATES,
        show_grade=show_grade,
        show_step=show_step,
    )


@blueprint.get(f"/applications.{LIST_SUFFIX}")
@http.requires(Permission.SEE_ASSESSMENTS)
def export(suffix: str) -> Any:
    """Give the whole filtered list as a file."""
    found = load_applications(http.database(), http.current_actor(), _read_filter())
    return give_list(suffix, "applications", _("Applications"), COLUMNS, found, _cells)


def _cells(rows: Sequence[tuple[Any, ...]]) -> Iterator[list[Any]]:
    ids = [application.id for application, *_others in rows]
    outcomes = load_outcomes(http.database(), http.current_actor(), ids)
    for application, person, assessor_name, expert_name in rows:
        grade, due = outcomes.get(application.id, NOTHING_YET).grade, find_due(application)
        yield [
            application.number, person.case_number, person.name, application.filed_on,
            application.status, grade, assessor_name, expert_name, due and due.on,
        ]  # fmt: skip


@blueprint.get("/<int:application_id>")
@http.requires(Permission.SEE_ASSESSMENTS)
def show(application_id: int) -> Any:
    """Show where a case is, like a parcel, and what the evaluation came to."""
    case = _get_case(application_id)
    outcomes = load_outcomes(http.database(), http.current_actor(), [application_id])
    user_id, is_new = http.current_actor().user_id, case.application.status is S.FILED
    return render_template(
        "assessments/show.html",
        case=case,
        application=case.application,
        stations=build_stations(case),
        step=show_step(case.application, outcomes.get(application_id, NOTHING_YET)),
        status_names=STATUS_NAMES,
        refusal_names=REFUSAL_NAMES,
        tag_states=TAG_STATES,
        show_grade=show_grade,
        self_assessment=show_self_assessment(case.application),
        no_benefit=reassessments.tell_no_benefit(case.conclusion) if case.conclusion else None,
        before=_tell_before(case.person.id, case.application.filed_on) if is_new else None,
        **_evaluation_values(case),
        is_mine=user_id in (case.application.assessor_id, case.application.expert_id),
        last_day=last_day,
        is_proposer=case.proposal is not None and case.proposal[0].proposed_by_id == user_id,
        has_confirmed=user_id in {row.expert_id for row, _name in case.confirmed},
    )


def _tell_before(person_id: int, on: date) -> tuple[str, str] | None:
    """Return what a person who applies again was assessed as; None where it is the first time."""
    before = find_conclusion_on(http.database(), http.current_actor(), person_id, on)
    return reassessments.tell_before(before, on) if before else None


def _evaluation_values(case: CaseFile) -> dict[str, Any]:
    """What the page shows of the evaluation that counts now, if there is one."""
    evaluation = case.evaluation
    if evaluation is None:
        return {"sheet": None, "answers_given": []}
    instrument = get_instrument(evaluation.instrument)
    return {
        "sheet": build_sheet(instrument, evaluation.scores),
        "answers_given": show_answers(instrument, evaluation.scores),
    }


@blueprint.route("/file", methods=["GET", "POST"])
@http.requires(Permission.FILE_APPLICATION)
def file() -> Any:
    """File an application for an insured person."""
    gate, asked, today = find_asked_gate(), _asked_person(), http.context().today
    case_number = asked.case_number if asked else ""
    form = file_form(gate)(data={"case_number": case_number, "filed_on": today})
    if form.validate_on_submit():
        try:
            application = applications.file(
                http.context(),
                person_id=_find_person(form).id,
                filed_on=form.filed_on.data,
                self_assessment={f.code: form[f.code].data for f in gate.functions} if gate else {},
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return leave(application, _("The application is filed."))
    before = _tell_before(asked.id, today) if asked else None
    page = render_template(
        "assessments/file.html", form=form, gate=gate, before=before, person=asked
    )
    return page, 422 if form.errors else 200


def _find_person(form: FileForm) -> InsuredPerson:
    return get_person_by_case_number(
        http.database(), http.current_actor(), form.case_number.data.strip()
    )


def _asked_person() -> InsuredPerson | None:
    """The person from whose page the reader comes."""
    asked = request.args.get("person", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 20):
        return None
    return get_person(http.database(), http.current_actor(), int(asked))


@blueprint.post("/<int:application_id>/accept")
@http.requires(Permission.ACCEPT_APPLICATION)
def accept(application_id: int) -> Any:
    """Accept an application."""
    application = applications.accept(http.context(), application_id=application_id)
    return leave(application, _("The application is accepted."))


@blueprint.route("/<int:application_id>/refuse", methods=["GET", "POST"])
@http.requires(Permission.ACCEPT_APPLICATION)
def refuse(application_id: int) -> Any:
    """Refuse an application for one of the reasons."""
    case = _get_case(application_id)
    check_move(case.application.status, ApplicationStatus.REFUSED)
    form = RefuseForm(data=build_refusal(case.application))
    if form.validate_on_submit():
        try:
            application = applications.refuse(
                http.context(),
                application_id=application_id,
                reason=form.reason.data,
                note=form.note.data or "",
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return leave(application, _("The application is refused."))
    page = render_template("assessments/refuse.html", form=form, case=case)
    return page, 422 if form.errors else 200


@blueprint.route("/<int:application_id>/withdraw", methods=["GET", "POST"])
@http.requires(Permission.FILE_APPLICATION)
def withdraw(application_id: int) -> Any:
    """Withdraw an application that has not ended."""
    case, form = _get_case(application_id), WithdrawForm()
    check_move(case.application.status, ApplicationStatus.WITHDRAWN)
    if form.validate_on_submit():
        try:
            application = applications.withdraw(
                http.context(), application_id=application_id, note=form.note.data
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return leave(application, _("The application is withdrawn."))
    page = render_template("assessments/withdraw.html", form=form, case=case)
    return page, 422 if form.errors else 200


@blueprint.route("/<int:application_id>/assign", methods=["GET", "POST"])
@http.requires(Permission.ACCEPT_APPLICATION)
def assign(application_id: int) -> Any:
    """Assign the assessor and the expert who evaluate together."""
    case = _get_case(application_id)
    check_may_assign(case.application.status)
    form = AssignForm(obj=case.application)
    aside = _offer_staff(form)
    if form.validate_on_submit():
        try:
            application = applications.assign(
                http.context(),
                application_id=application_id,
                assessor_id=form.assessor_id.data,
                expert_id=form.expert_id.data,
                visit_planned_at=form.planned_at(http.context().time_zone),
                interest_asked=form.interest_asked.data,
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return leave(application, _("Assessor and expert are assigned."))
    page = render_template(
        "assessments/assign.html",
        form=form,
        case=case,
        aside=aside,
        back=url_for(".show", application_id=application_id),
    )
    return page, 422 if form.errors else 200


def _offer_staff(form: AssignForm) -> list[Staff]:
    """Offer who may evaluate; return who may not, as their organisation has a part in the case."""
    session, area_id = http.database(), http.current_actor().area_id
    assessors, experts = [
        list_staff(session, area_id, role) for role in (Role.ASSESSOR, Role.EXPERT)
    ]
    form.offer(assessors, experts)
    return [each for each in (*assessors, *experts) if not each.is_independent]


def _get_case(application_id: int) -> CaseFile:
    return get_case_file(http.database(), http.current_actor(), application_id)


def _read_filter() -> Filter:
    return Filter(
        text=read_text("q"),
        status=read_choice("status", ApplicationStatus),
        district_id=read_number("district"),
        is_open=request.args.get("open") == "1",
    )
