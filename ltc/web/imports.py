"""Pages of imports: choose a file, see what it would do, do it, past imports.

A request keeps the file and asks; the work goes on in a process of its own (``jobs/imports``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ltc import clock, http
from ltc.rules.access import Permission
from ltc.rules.errors import Invalid, Problem
from ltc.rules.imports import (
    KIND_NAMES,
    OUTCOME_NAMES,
    PERMISSION_OF,
    ImportKind,
    ImportStatus,
    Outcome,
)
from ltc.services import imports as use_cases
from ltc.services.import_kinds import SPECS
from ltc.services.import_tables import list_unread, open_import
from ltc.services.leases import is_stalled, is_worked_on
from ltc.services.uploads import (
    find_upload,
    forget_work,
    keep_upload,
    left_out_path,
    remove_upload,
    sweep_uploads,
    uploads_folder,
)
from ltc.store.import_questions import get_import, is_upload_needed, list_imports
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobRun, find_newest_job
from ltc.store.sealing import KeyRing
from ltc.web.background import start_process
from ltc.web.formats import said, whole
from ltc.web.forms.imports import ImportForm
from ltc.web.forms.refusals import show_refusal
from ltc.web.job_status import why_stopped
from ltc.web.list_files import LIST_SUFFIX, give_table
from ltc.web.lists import read_choice, read_cursor
from ltc.web.receipts import leave_receipt, told_if_ended
from ltc.web.shell import too_large

blueprint = Blueprint("imports", __name__, url_prefix="/imports")

TO_DO = (Outcome.NEW, Outcome.CHANGED)
IN_QUESTION = (Outcome.CONFLICT, Outcome.BAD)
# A file up to this size is opened while one waits, so that a wrong one is refused at its field at
# once; what is wrong with a larger one is found by the job, and said on the page of the import.
LOOKED_AT_BYTES = 1 << 20
# After a file of each kind: what comes next, the page where that is done, and who may see it.
MONTH = (_l("Finance calculates the month; what came in counts from then on."), "payouts.index",
         Permission.SEE_PAYOUTS)  # fmt: skip
CARE = (_l("Care may be given: log or import visits, stays and fees."), "visits.index",
        Permission.SEE_VISITS)  # fmt: skip
NEXT_STEPS = {
    ImportKind.PEOPLE: (_l("Write or import the care plans of those who have a conclusion."),
                        "plans.index", Permission.SEE_PLANS),
    ImportKind.LIFE_EVENTS: MONTH,
    ImportKind.PROVIDERS: (_l("Import the carers of these providers."), "imports.index",
                           Permission.IMPORT),
    ImportKind.CARERS: (_l("Import the care plans, then the visits of these carers."),
                        "imports.index", Permission.IMPORT),
    ImportKind.PLANS: CARE,
    ImportKind.VISITS: MONTH,
    ImportKind.BED_STAYS: MONTH,
    ImportKind.FEES: MONTH,
}  # fmt: skip


@blueprint.get("/")
@http.requires(Permission.IMPORT)
def index() -> Any:
    """Offer the form, with the kind of the list one comes from, and list past imports."""
    form = _form()
    form.kind.data = read_choice("kind", ImportKind)
    return _index_page(form)


@blueprint.post("/")
@http.requires(Permission.IMPORT)
def upload() -> Any:
    """Keep the file, ask that it be tried out, and lead to its page."""
    form = _form()
    if form.validate_on_submit():
        try:
            asked = _receive(form)
        except Invalid as problem:
            problem.field = "file"  # whatever column it names: the form has this one field
            show_refusal(form, problem)
        else:
            return _lead_to(_start(asked))
    return _index_page(form), 422


@blueprint.get("/<int:import_id>")
@http.requires(Permission.IMPORT)
def show(import_id: int) -> Any:
    """Show how far a file is, what it would do or has done, and the rows in question."""
    file = get_import(http.database(), http.current_actor(), import_id)
    values = _values_of(file)
    if file.status is not ImportStatus.REFUSED:
        return render_template("imports/show.html", **values)
    form = _form()
    form.kind.data = file.kind
    form.file.errors = [said(file.problems[0]["template"], **file.problems[0]["values"])]
    return render_template("imports/refused.html", form=form, **values, **_limits())


@blueprint.get("/<int:import_id>/progress")
@http.requires(Permission.IMPORT)
def progress(import_id: int) -> Any:
    """Give the live bar once more; when the work has ended, lead to the whole page."""
    values = _values_of(get_import(http.database(), http.current_actor(), import_id))
    response = Response(render_template("imports/_progress.html", **values))
    if not values["is_live"]:
        response.headers["HX-Redirect"] = url_for("imports.show", import_id=import_id)
    return response


@blueprint.post("/<int:import_id>/carry-out")
@http.requires(Permission.IMPORT)
def carry_out(import_id: int) -> Any:
    """Ask that what the file tells be done."""
    _check_kept(import_id)
    return _start(use_cases.ask_to_carry_out(http.context(), import_id=import_id))


@blueprint.post("/<int:import_id>/go-on")
@http.requires(Permission.IMPORT)
def go_on(import_id: int) -> Any:
    """Ask that interrupted work go on."""
    _check_kept(import_id)
    return _start(use_cases.ask_to_go_on(http.context(), import_id=import_id))


@blueprint.post("/<int:import_id>/cancel")
@http.requires(Permission.IMPORT)
def cancel(import_id: int) -> Any:
    """Stop the work; what is done stays."""
    with told_if_ended():
        use_cases.cancel(http.context(), import_id=import_id)
    return redirect(url_for("imports.show", import_id=import_id), code=303)


@blueprint.post("/<int:import_id>/discard")
@http.requires(Permission.IMPORT)
def discard(import_id: int) -> Any:
    """Forget a file of which nothing was done."""
    file = get_import(http.database(), http.current_actor(), import_id)
    digest = file.file_digest
    use_cases.discard(http.context(), import_id=import_id)
    forget_work(_folder(), import_id)
    if not is_upload_needed(http.database(), digest):
        remove_upload(_folder(), digest)
    leave_receipt(_("The file is forgotten; nothing of it was done."), digest[:12])
    return redirect(url_for("imports.index"), code=303)


@blueprint.get(f"/<int:import_id>/rows-in-question.{LIST_SUFFIX}")
@http.requires(Permission.IMPORT)
def error_file(import_id: int, suffix: str) -> Any:
    """Give the rows in question as they were given, with row, column and reason."""
    file = get_import(http.database(), http.current_actor(), import_id)
    table = use_cases.build_error_file(
        http.context(), import_id=import_id, folder=_folder(), title=_("Rows in question"), say=_say
    )
    return give_table(suffix, f"{file.kind}-rows-in-question", table)


def kinds_of_actor() -> list[ImportKind]:
    """Return the kinds of files that the actor may import, in the order they build on another."""
    actor = http.current_actor()
    return [kind for kind in ImportKind if actor.may(PERMISSION_OF[kind])]


def _form() -> ImportForm:
    form = ImportForm()
    form.offer(kinds_of_actor())
    return form


def _index_page(form: ImportForm) -> str:
    session, actor = http.database(), http.current_actor()
    return render_template(
        "imports/index.html",
        form=form,
        page=list_imports(session, actor, read_cursor()),
        kind_names=KIND_NAMES,
        specs={kind: SPECS[kind] for kind in kinds_of_actor()},
        summary=_summary,
        **_limits(),
    )


def _limits() -> dict[str, Any]:
    """Return how large a file may be, and what is said about a larger one."""
    return {"limit_mb": http.house().settings.upload_mb, "too_large": too_large()}


def _receive(form: ImportForm) -> use_cases.Asked:
    """Keep the uploaded file and ask that it be tried out; a small one must be of its kind."""
    folder, ctx, kind = _folder(), http.context(), ImportKind(form.kind.data)
    sweep_uploads(folder, ctx.now)
    digest = keep_upload(folder, form.file.data.stream, _keys())
    upload = find_upload(folder, digest, _keys())
    try:
        if upload.path.stat().st_size <= LOOKED_AT_BYTES:
            open_import(upload, SPECS[kind])
        name = Path(form.file.data.filename).name
        return use_cases.receive(ctx, kind=kind, file_name=name, file_digest=digest)
    except Problem:
        if not is_upload_needed(http.database(), digest):
            remove_upload(folder, digest)
        raise


def _lead_to(answer: Any) -> Any:
    """Let the script that sent a file open the page that the answer leads to."""
    if http.wants_part():
        return Response(status=204, headers={"HX-Redirect": answer.location})
    return answer


def _start(asked: use_cases.Asked) -> Any:
    start_process(http.house().settings, "imports", "work", "--job", str(asked.job_id))
    return redirect(url_for("imports.show", import_id=asked.import_id), code=303)


def _values_of(file: ImportFile) -> dict[str, Any]:
    """Return what the pages of an import show."""
    spec = SPECS[ImportKind(file.kind)]
    job = find_newest_job(http.database(), file.area_id, use_cases.job_key(file.id))
    next_step, endpoint, permission = NEXT_STEPS[ImportKind(file.kind)]
    return {
        "file": file,
        "kind_name": KIND_NAMES[ImportKind(file.kind)],
        "specs": {ImportKind(file.kind): spec},
        "kind_names": KIND_NAMES,
        "outcome_names": OUTCOME_NAMES,
        "count_of": lambda *outcomes: _sum(file, outcomes),
        "to_do": _sum(file, TO_DO),
        "in_question": _sum(file, IN_QUESTION),
        "unread": list_unread(file.columns or [], spec),
        "has_upload": (_folder() / file.file_digest).is_file(),
        "has_error_file": left_out_path(_folder(), file.id).is_file(),
        "error_suffix": "xlsx" if use_cases.is_workbook(file) else "csv",
        "summary": _summary(file),
        "last_row": (file.checkpoint or {}).get("row", 1),
        "next_step": next_step,
        "next_href": url_for(endpoint) if http.current_actor().may(permission) else None,
        **_progress_of(job),
    }


def _progress_of(job: JobRun | None) -> dict[str, Any]:
    """Return how far the work is, in rows, how fast it goes, and about how long it takes still."""
    if job is None:
        nothing = ("job", "is_live", "is_stalled", "rows_done", "rows_total", "per_second")
        return dict.fromkeys(nothing, 0) | {"seconds_left": None, "why_stopped": ""}
    now = clock.now()
    seconds = max(1, int((now - job.started_at).total_seconds()))
    before = int(job.inputs.get("row", 1)) - 1  # done by the work that this one goes on with
    per_second = max(0, job.progress_done - before) // seconds
    left = job.progress_total - job.progress_done
    return {
        "job": job,
        "is_live": is_worked_on(job, now),
        "is_stalled": is_stalled(job, now),
        "why_stopped": why_stopped(job, now),
        "rows_done": job.progress_done,
        "rows_total": job.progress_total,
        "per_second": per_second,
        "seconds_left": left // per_second if per_second else None,
    }


def _check_kept(import_id: int) -> None:
    """Raise UploadGone where a file that may be imported is no longer kept."""
    file = get_import(http.database(), http.current_actor(), import_id)
    if file.status is not ImportStatus.DONE:
        find_upload(_folder(), file.file_digest, _keys())


def _keys() -> KeyRing:
    keys: KeyRing = http.house().settings.keys
    return keys


def _folder() -> Path:
    return uploads_folder(http.house().settings.documents)


def _say(template: str, values: Mapping[str, str]) -> str:
    return said(template, **values)


def _sum(file: ImportFile, outcomes: tuple[Outcome, ...]) -> int:
    return sum(file.counts.get(outcome.value, 0) for outcome in outcomes)


def _summary(file: ImportFile) -> str:
    """Say in a sentence what a file would do or has done."""
    if file.status is ImportStatus.REFUSED:
        return str(_("The file cannot be read."))
    if not any(_sum(file, (outcome,)) for outcome in Outcome if outcome is not Outcome.SAME):
        same = _sum(file, (Outcome.SAME,))
        return str(ngettext("Nothing changes: its row is recorded already.",
                            "Nothing changes: all %(count)s rows are recorded already.",
                            same, count=whole(same)))  # fmt: skip
    parts = [f"{whole(_sum(file, (outcome,)))} {_(OUTCOME_NAMES[outcome])}" for outcome in Outcome]
    return str(_(", ")).join(parts)
