"""Pages of an evaluation: answered on site with keyboard or finger, saved as one goes, printed."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.assessments.drafts import DraftIsNewer
from ltc.rules.assessments.grading import parse_score
from ltc.rules.assessments.instruments import Instrument
from ltc.rules.errors import Invalid
from ltc.services.evaluations import (
    complete_evaluation,
    save_section,
    start_evaluation,
)
from ltc.store.applications import CaseFile, EvaluationNotFound, get_case_file
from ltc.store.areas import get_area
from ltc.store.assessments import Evaluation
from ltc.store.instruments import get_instrument
from ltc.store.pdf import render_pdf
from ltc.web import devices
from ltc.web.assessment_ways import leave
from ltc.web.evaluation_record import build_record
from ltc.web.evaluation_sheet import build_sheet, is_chinese, number_items
from ltc.web.exports import record_printed
from ltc.web.forms.assessments import EvaluationForm
from ltc.web.forms.refusals import show_refusal
from ltc.web.law_words import own_words

blueprint = Blueprint("evaluations", __name__)

SCORE = "score-"


@blueprint.post("/<int:application_id>/start")
@http.requires(Permission.RECORD_SCORES)
def start(application_id: int) -> Any:
    """Begin the evaluation, or go back to the one under way."""
    start_evaluation(http.context(), application_id=application_id)
    return redirect(url_for(".evaluate", application_id=application_id))


@blueprint.get("/<int:application_id>/evaluate")
@http.requires(Permission.RECORD_SCORES)
def evaluate(application_id: int) -> Any:
    """Show the questions with what is answered already, and the sheet beside them."""
    case = _get_case(application_id)
    draft = case.evaluation
    if draft is None or draft.completed_at is not None:
        return redirect(url_for("assessments.show", application_id=application_id))
    page = make_response(_questions(case, draft, EvaluationForm(obj=draft)))
    return devices.keep_for(page, http.current_actor())


@blueprint.post("/<int:application_id>/evaluate")
@http.requires(Permission.RECORD_SCORES)
def save(application_id: int) -> Any:
    """Save some answers: answer a script with the sheet, a form with the next section."""
    try:
        draft = _save(application_id)
    except DraftIsNewer as problem:
        return _show_both(application_id, problem)
    if http.wants_part():
        return _sheet_part(draft)
    section = request.form.get("section", "")
    anchor = section if section in get_instrument(draft.instrument).dimension_by_code else None
    return redirect(url_for(".evaluate", application_id=application_id, _anchor=anchor))


@blueprint.post("/<int:application_id>/complete")
@http.requires(Permission.RECORD_SCORES)
def complete(application_id: int) -> Any:
    """Save what the form holds, and complete the evaluation: it gets its grade."""
    form = EvaluationForm()
    if not form.validate():
        return _refuse(application_id, form)
    try:
        draft = _save(application_id)
        complete_evaluation(
            http.context(),
            application_id=application_id,
            revision=draft.revision,
            guardian_present=form.guardian_present.data or "",
            notes=form.notes.data or "",
        )
    except DraftIsNewer as problem:
        return _show_both(application_id, problem)
    except Invalid as problem:
        return _refuse(application_id, form, problem)
    case = _get_case(application_id)
    return leave(case.application, _("The evaluation is complete."))


@blueprint.get("/<int:application_id>/record.pdf")
@http.requires(Permission.SEE_ASSESSMENTS)
def record(application_id: int) -> Any:
    """Print the record of the evaluation, to be signed."""
    case = _get_case(application_id)
    if case.evaluation is None:
        raise EvaluationNotFound
    area = get_area(http.database(), case.application.area_id)
    context = http.context()
    page = render_template(
        "paper/evaluation_record.html", **build_record(case, case.evaluation, area, context.today)
    )
    pdf = render_pdf(page)
    record_printed("evaluation", case.evaluation.id, pdf)
    response = Response(pdf, mimetype="application/pdf")
    name = f"{case.application.number}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _save(application_id: int) -> Evaluation:
    """Save the scores and words that the form holds."""
    return save_section(
        http.context(),
        application_id=application_id,
        revision=request.form.get("revision", -1, type=int),
        scores=_sent_scores(),
        guardian_present=request.form.get("guardian_present"),
        notes=request.form.get("notes"),
    )


def _sent_scores() -> dict[str, object]:
    """The scores of the form by item; an item without one is left out."""
    return {
        name.removeprefix(SCORE): parse_score(value)
        for name, value in request.form.items()
        if name.startswith(SCORE) and value
    }


def _sheet_part(draft: Evaluation) -> str:
    instrument = get_instrument(draft.instrument)
    return render_template(
        "assessments/_sheet.html",
        sheet=build_sheet(instrument, draft.scores),
        evaluation=draft,
        live=True,
    )


def _questions(
    case: CaseFile, draft: Evaluation, form: EvaluationForm, errors: tuple[Any, ...] = ()
) -> str:
    instrument = get_instrument(draft.instrument)
    return render_template(
        "assessments/evaluate.html",
        case=case,
        application=case.application,
        evaluation=draft,
        instrument=instrument,
        numbers={item.code: number for number, item in number_items(instrument)},
        sheet=build_sheet(instrument, draft.scores),
        words=own_words,
        is_chinese=is_chinese(),
        live=True,
        form=form,
        errors=errors,
    )


def _refuse(application_id: int, form: EvaluationForm, problem: Invalid | None = None) -> Any:
    """Show the questions again with what is wrong, each error leading to its item."""
    case = _get_case(application_id)
    draft = case.evaluation
    if draft is None:
        raise EvaluationNotFound
    instrument, errors = get_instrument(draft.instrument), []
    item = instrument.items.get(problem.field or "") if problem is not None else None
    if item is not None:
        text = _("%(item)s: choose what fits.", item=own_words(item.name))
        errors.append({"text": text, "href": f"#{SCORE}{item.code}-1"})
    elif problem is not None:
        show_refusal(form, problem)
    return _questions(case, draft, form, tuple(errors)), 422


def _show_both(application_id: int, problem: DraftIsNewer) -> Any:
    """Show what another device has saved and what this one has sent, to choose from."""
    case = _get_case(application_id)
    draft = case.evaluation
    if draft is None:
        raise EvaluationNotFound
    template = "assessments/_conflict.html" if http.wants_part() else "assessments/conflict.html"
    page = render_template(
        template,
        case=case,
        evaluation=draft,
        rows=_compare(get_instrument(draft.instrument), draft),
        sent=[(name, value) for name, value in request.form.items() if _is_answer(name)],
    )
    return page, problem.status


def _is_answer(name: str) -> bool:
    return name.startswith(SCORE) or name in ("guardian_present", "notes")


def _compare(instrument: Instrument, draft: Evaluation) -> list[dict[str, str]]:
    """What is saved and what was sent, wherever the two differ."""
    rows = [
        {
            "name": own_words(instrument.items[code].name),
            "saved": _option(instrument, code, draft.scores[code]),
            "sent": _option(instrument, code, score),
        }
        for code, score in _sent_scores().items()
        if code in draft.scores and draft.scores[code] != score
    ]
    form = EvaluationForm()
    for field in (form.guardian_present, form.notes):
        saved = getattr(draft, field.name)
        if field.name in request.form and saved not in ("", field.data):
            rows.append({"name": field.label.text, "saved": saved, "sent": field.data or "–"})
    return rows


def _option(instrument: Instrument, code: str, score: object) -> str:
    """Return an answer by its points and its wording."""
    for option in instrument.items[code].options:
        if option.score == score:
            return f"{option.score} · {own_words(option.text)}"
    return str(score)


def _get_case(application_id: int) -> CaseFile:
    return get_case_file(http.database(), http.current_actor(), application_id)
