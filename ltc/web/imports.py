"""Pages of imports: choose a file, see what it would do, do it, past imports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, stream_with_context, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.errors import Problem
from ltc.rules.imports import KIND_NAMES, OUTCOME_NAMES, PERMISSION_OF, ImportKind, Outcome
from ltc.services import imports as use_cases
from ltc.services.import_kinds import SPECS
from ltc.services.uploads import find_upload, keep_upload, remove_upload, sweep_uploads
from ltc.store.import_questions import get_import, is_upload_needed, list_imports
from ltc.store.imports import ImportFile
from ltc.web.formats import problem_text, whole
from ltc.web.forms.imports import ImportForm
from ltc.web.forms.refusals import show_refusal
from ltc.web.lists import read_cursor
from ltc.web.receipts import leave_receipt

blueprint = Blueprint("imports", __name__, url_prefix="/imports")

TO_DO = (Outcome.NEW, Outcome.CHANGED)
IN_QUESTION = (Outcome.CONFLICT, Outcome.BAD)


@blueprint.get("/")
@http.requires(Permission.IMPORT)
def index() -> Any:
    """Offer the form, and list past imports."""
    return _index_page(_form())


@blueprint.post("/")
@http.requires(Permission.IMPORT)
def upload() -> Any:
    """Keep the file, try it out, and show what it would do."""
    form = _form()
    if form.validate_on_submit():
        try:
            file = _try_out(form)
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return redirect(url_for("imports.show", import_id=file.id), code=303)
    return _index_page(form), 422


@blueprint.get("/<int:import_id>")
@http.requires(Permission.IMPORT)
def show(import_id: int) -> Any:
    """Show what a file would do, or has done, and the rows in question."""
    file = get_import(http.database(), http.current_actor(), import_id)
    return render_template(
        "imports/show.html",
        file=file,
        kind_name=KIND_NAMES[ImportKind(file.kind)],
        outcome_names=OUTCOME_NAMES,
        count_of=lambda *outcomes: _sum(file, outcomes),
        to_do=_sum(file, TO_DO),
        in_question=_sum(file, IN_QUESTION),
        has_upload=_has_upload(file),
        summary=_summary(file),
    )


@blueprint.post("/<int:import_id>/carry-out")
@http.requires(Permission.IMPORT)
def carry_out(import_id: int) -> Any:
    """Do what the file tells."""
    file = get_import(http.database(), http.current_actor(), import_id)
    path = find_upload(_folder(), file.file_digest)
    file = use_cases.carry_out(http.context(), import_id=import_id, path=path)
    _drop_upload(file)
    leave_receipt(_summary(file), file.file_digest[:12])
    return redirect(url_for("imports.show", import_id=import_id), code=303)


@blueprint.post("/<int:import_id>/discard")
@http.requires(Permission.IMPORT)
def discard(import_id: int) -> Any:
    """Forget a file that was only tried out."""
    file = get_import(http.database(), http.current_actor(), import_id)
    digest = file.file_digest
    use_cases.discard(http.context(), import_id=import_id)
    if not is_upload_needed(http.database(), digest):
        remove_upload(_folder(), digest)
    leave_receipt(_("The file is forgotten; nothing of it was done."), digest[:12])
    return redirect(url_for("imports.index"), code=303)


@blueprint.get("/<int:import_id>/rows-in-question.csv")
@http.requires(Permission.IMPORT)
def error_file(import_id: int) -> Any:
    """Give the rows in question as they were given, with row, column and reason."""
    file = get_import(http.database(), http.current_actor(), import_id)
    path = find_upload(_folder(), file.file_digest)
    lines: Iterator[str] = use_cases.write_error_file(
        http.context(), import_id=import_id, path=path, say=problem_text
    )
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{file.kind}-rows-in-question.csv"'
    )
    return response


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
    )


def _try_out(form: ImportForm) -> ImportFile:
    """Keep the uploaded file while it is tried out and may still be carried out."""
    folder, ctx = _folder(), http.context()
    sweep_uploads(folder, ctx.now)
    digest = keep_upload(folder, form.file.data.stream)
    try:
        return use_cases.try_out(
            ctx,
            kind=ImportKind(form.kind.data),
            file_name=Path(form.file.data.filename).name,
            file_digest=digest,
            path=find_upload(folder, digest),
        )
    except Problem:
        if not is_upload_needed(http.database(), digest):
            remove_upload(folder, digest)
        raise


def _folder() -> Path:
    documents: Path = http.house().settings.documents
    return documents / "uploads"


def _has_upload(file: ImportFile) -> bool:
    return (_folder() / file.file_digest).is_file()


def _drop_upload(file: ImportFile) -> None:
    """Remove an upload that is done, unless rows in question may still be fetched from it."""
    if not _sum(file, IN_QUESTION) and not is_upload_needed(http.database(), file.file_digest):
        remove_upload(_folder(), file.file_digest)


def _sum(file: ImportFile, outcomes: tuple[Outcome, ...]) -> int:
    return sum(file.counts.get(outcome.value, 0) for outcome in outcomes)


def _summary(file: ImportFile) -> str:
    """Say in a sentence what a file would do or has done."""
    if not any(_sum(file, (outcome,)) for outcome in Outcome if outcome is not Outcome.SAME):
        return str(_("Nothing changes: all %(count)s rows are recorded already.",
                     count=whole(_sum(file, (Outcome.SAME,)))))  # fmt: skip
    parts = [f"{whole(_sum(file, (outcome,)))} {_(OUTCOME_NAMES[outcome])}" for outcome in Outcome]
    return str(_(", ")).join(parts)
