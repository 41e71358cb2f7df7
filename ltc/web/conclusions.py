"""Pages of conclusions: an expert confirms or sends back; two of them correct a conclusion."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.applications import CONFIRMATIONS_NEEDED
from ltc.rules.errors import Problem
from ltc.services.conclusions import (
    ConclusionFacts,
    confirm_conclusion,
    confirm_correction,
    propose_correction,
)
from ltc.services.evaluations import send_back as send_evaluation_back
from ltc.store.applications import (
    CaseFile,
    EvaluationNotFound,
    Outcome,
    get_case_file,
)
from ltc.store.assessments import Conclusion, Evaluation
from ltc.store.conclusion_questions import ConclusionNotFound
from ltc.store.instruments import get_instrument
from ltc.web.assessment_ways import NOTHING_YET, leave, show_grade
from ltc.web.evaluation_sheet import build_sheet, show_answers
from ltc.web.forms.assessments import (
    ConfirmCorrectionForm,
    ConfirmForm,
    CorrectConclusionForm,
    SendBackForm,
)
from ltc.web.forms.fields import day_after, last_day
from ltc.web.forms.refusals import show_refusal
from ltc.web.law_words import own_words
from ltc.web.receipts import leave_receipt

blueprint = Blueprint("conclusions", __name__)


@blueprint.route("/<int:application_id>/confirm", methods=["GET", "POST"])
@http.requires(Permission.CONFIRM_CONCLUSION)
def confirm(application_id: int) -> Any:
    """Confirm the evaluation that is shown; the second expert makes the conclusion."""
    case = get_case_file(http.database(), http.current_actor(), application_id)
    evaluation = _get_evaluation(case)
    form = ConfirmForm(evaluation_id=str(evaluation.id))
    if form.validate_on_submit():
        try:
            conclusion = confirm_conclusion(
                http.context(),
                application_id=application_id,
                evaluation_id=_number(form.evaluation_id.data),
                remark=form.remark.data or "",
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _leave_confirmed(case, conclusion)
    page = render_template(
        "assessments/confirm.html",
        form=form,
        case=case,
        missing=CONFIRMATIONS_NEEDED - len(case.confirmed),
        **_values(evaluation),
    )
    return page, 422 if form.errors else 200


def _leave_confirmed(case: CaseFile, conclusion: Conclusion | None) -> Any:
    if conclusion is not None:
        return leave(case.application, _("The conclusion is made."))
    return leave(case.application, _("Your confirmation is recorded."), Outcome(None, 1))


@blueprint.route("/<int:application_id>/send-back", methods=["GET", "POST"])
@http.requires(Permission.CONFIRM_CONCLUSION)
def send_back(application_id: int) -> Any:
    """Have the evaluation done again, with a reason."""
    case = get_case_file(http.database(), http.current_actor(), application_id)
    evaluation = _get_evaluation(case)
    form = SendBackForm(evaluation_id=str(evaluation.id))
    if form.validate_on_submit():
        try:
            send_evaluation_back(
                http.context(),
                application_id=application_id,
                evaluation_id=_number(form.evaluation_id.data),
                reason=form.reason.data,
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return leave(case.application, _("The evaluation is sent back."), NOTHING_YET)
    page = render_template(
        "assessments/send_back.html", form=form, case=case, **_values(evaluation)
    )
    return page, 422 if form.errors else 200


@blueprint.route("/<int:application_id>/correct-conclusion", methods=["GET", "POST"])
@http.requires(Permission.CONFIRM_CONCLUSION)
def correct(application_id: int) -> Any:
    """Propose what the conclusion of an application should have been, for another expert to see."""
    case = get_case_file(http.database(), http.current_actor(), application_id)
    old = _get_conclusion(case)
    form = _correction_form(old)
    if form.validate_on_submit():
        try:
            propose_correction(
                http.context(),
                conclusion_id=old.id,
                facts=ConclusionFacts(
                    form.grade.data,
                    form.concluded_on.data,
                    day_after(form.last_valid_on.data),
                ),
                reason=form.reason.data,
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _leave_proposed(case)
    page = render_template("assessments/correct_conclusion.html", form=form, case=case)
    return page, 422 if form.errors else 200


def _leave_proposed(case: CaseFile) -> Any:
    leave_receipt(
        _("The correction is proposed."),
        case.application.number,
        next_owner=_("Another expert"),
        next_text=_("confirm the correction, or propose another"),
    )
    return redirect(url_for("assessments.show", application_id=case.application.id))


@blueprint.route("/<int:application_id>/confirm-correction", methods=["GET", "POST"])
@http.requires(Permission.CONFIRM_CONCLUSION)
def second(application_id: int) -> Any:
    """Confirm the correction that another expert proposed: it makes the new conclusion."""
    case = get_case_file(http.database(), http.current_actor(), application_id)
    old = _get_conclusion(case)
    if case.proposal is None:
        raise ConclusionNotFound
    form = ConfirmCorrectionForm(proposal_id=str(case.proposal[0].id))
    if form.validate_on_submit():
        try:
            confirm_correction(
                http.context(), conclusion_id=old.id, proposal_id=_number(form.proposal_id.data)
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return leave(case.application, _("The conclusion is corrected."))
    page = render_template(
        "assessments/confirm_correction.html",
        form=form,
        case=case,
        old=old,
        show_grade=show_grade,
        last_day=last_day,
    )
    return page, 422 if form.errors else 200


def _get_conclusion(case: CaseFile) -> Conclusion:
    if case.conclusion is None:
        raise ConclusionNotFound
    return case.conclusion


def _correction_form(old: Conclusion) -> CorrectConclusionForm:
    form = CorrectConclusionForm(
        data={
            "grade": old.grade,
            "concluded_on": old.concluded_on,
            "last_valid_on": last_day(old.valid_before),
        }
    )
    form.grade.choices = [
        SelectChoice(name.code, f"{name.grade} {own_words(name.name)}")
        for name in get_instrument(old.standard).grades
    ]
    return form


def _get_evaluation(case: CaseFile) -> Evaluation:
    if case.evaluation is None:
        raise EvaluationNotFound
    return case.evaluation


def _values(evaluation: Evaluation) -> dict[str, Any]:
    instrument = get_instrument(evaluation.instrument)
    return {
        "sheet": build_sheet(instrument, evaluation.scores),
        "answers_given": show_answers(instrument, evaluation.scores),
        "show_grade": show_grade,
    }


def _number(text: str) -> int:
    """Return an id from a hidden field; what is none leads to no record."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
