"""Pages of statements: the list, an approved run, issue one or all, downloads."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.access import Permission
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.statements import FAILURE_NAMES, STATEMENT_KIND_NAMES, StatementKind
from ltc.services import statement_files
from ltc.services import statements as use_cases
from ltc.services.leases import is_stalled
from ltc.store.job_runs import JobRun, JobStatus, find_newest_job
from ltc.store.payout_runs import RunNotFound, get_run
from ltc.store.payouts import PayoutRun
from ltc.store.provider_questions import ProviderFilter, get_provider
from ltc.store.scope import visible
from ltc.store.statement_questions import (
    StatementFilter,
    count_by_provider,
    count_by_run,
    count_waiting_by_provider,
    list_approved_runs,
    list_districts_of_run,
    list_providers_of_run,
    list_statements,
)
from ltc.web.background import start_process
from ltc.web.districts import district_choices, district_names
from ltc.web.job_status import why_stopped
from ltc.web.lists import choices_of, read_choice, read_cursor, read_number, read_text
from ltc.web.receipts import leave_receipt, told_if_ended
from ltc.web.run_sums import once
from ltc.web.statement_progress import count_progress_of

blueprint = Blueprint("statements", __name__, url_prefix="/statements")

LIVE = (JobStatus.WAITING, JobStatus.RUNNING)
PDF, ZIP = "application/pdf", "application/zip"


@blueprint.get("/")
@http.requires(Permission.SEE_STATEMENTS)
def index() -> Any:
    """List the statements, filtered, page by page, and the approved months they come from."""
    session, actor = http.database(), http.current_actor()
    chosen = StatementFilter(
        read_text("month"), read_choice("kind", StatementKind), read_number("provider"),
        read_text("q"),
    )  # fmt: skip
    runs = list_approved_runs(session, actor)
    return render_template(
        "statements/index.html",
        page=list_statements(session, actor, chosen, read_cursor()),
        chosen=chosen,
        kinds=choices_of(STATEMENT_KIND_NAMES),
        kind_names=STATEMENT_KIND_NAMES,
        runs=runs,
        counts=count_by_run(session, actor, [run.id for run in runs]),
    )


@blueprint.get("/runs/<int:run_id>")
@http.requires(Permission.SEE_STATEMENTS)
def run(run_id: int) -> Any:
    """Show how far the statements of an approved run are, and the files of its providers."""
    found, session, actor = _get_run(run_id), http.database(), http.current_actor()
    may_issue, progress = actor.may(Permission.ISSUE_STATEMENTS), count_progress_of(found)
    job = find_newest_job(session, found.area_id, use_cases.job_key(found.id))
    live_job = job if may_issue and job is not None and job.status in LIVE else None
    may_ask = may_issue and live_job is None and progress.waiting > 0
    return render_template(
        "statements/run.html",
        run=found,
        issued=progress.issued,
        waiting=progress.waiting if may_issue else 0,
        live_job=live_job,
        is_stalled=job is not None and is_stalled(job, clock.now()),
        why_stopped=why_stopped(job, clock.now()) if job is not None else "",
        may_ask=may_ask,
        districts=once(
            f"districts after {progress.issued}",
            lambda: list_districts_of_run(session, actor, found.id),
            found,
        ),
        **_list_providers(found, progress.issued, may_ask),
    )


def _list_providers(run: PayoutRun, issued: int, may_ask: bool) -> dict[str, Any]:
    """Return a page of the run's providers, with what each has and what waits for it."""
    session, actor = http.database(), http.current_actor()
    chosen = ProviderFilter(read_text("q"), None, read_number("district"))
    waiting: dict[int, int] = {}
    if may_ask:
        waiting = once(
            f"waiting by provider after {issued}",
            lambda: count_waiting_by_provider(session, actor, run),
            run,
        )
    today = http.context().today
    page = list_providers_of_run(session, actor, run, chosen, waiting, today, read_cursor())
    return {
        "chosen": chosen,
        "page": page,
        "counts": count_by_provider(session, actor, run.id, [row.id for row in page.rows]),
        "waiting_people": waiting,
        "filter_districts": district_choices(),
        "district_names": district_names(),
    }


@blueprint.post("/runs/<int:run_id>/issue")
@http.requires(Permission.ISSUE_STATEMENTS)
def issue_all(run_id: int) -> Any:
    """Ask for all statements of a run, in a process of its own."""
    return _ask_for(run_id)


@blueprint.post("/runs/<int:run_id>/providers/<int:provider_id>/issue")
@http.requires(Permission.ISSUE_STATEMENTS)
def issue_of_provider(run_id: int, provider_id: int) -> Any:
    """Ask for the statements of one provider and of the people who are with it alone."""
    provider = get_provider(http.database(), http.current_actor(), provider_id)
    return _ask_for(run_id, provider.id)


def _ask_for(run_id: int, provider_id: int | None = None) -> Any:
    job = use_cases.ask_for_statements(http.context(), run_id=run_id, provider_id=provider_id)
    start_process(http.house().settings, "statements", "issue", "--job", str(job.id))
    return redirect(url_for("statements.job", job_id=job.id), code=303)


@blueprint.post("/runs/<int:run_id>/people/<int:person_id>")
@http.requires(Permission.ISSUE_STATEMENTS)
def issue(run_id: int, person_id: int) -> Any:
    """Issue one person's statement."""
    return _issue_one(run_id, StatementKind.PERSON, person_id)


@blueprint.post("/runs/<int:run_id>/providers/<int:provider_id>")
@http.requires(Permission.ISSUE_STATEMENTS)
def issue_provider(run_id: int, provider_id: int) -> Any:
    """Issue one provider's statement."""
    return _issue_one(run_id, StatementKind.PROVIDER, provider_id)


def _issue_one(run_id: int, kind: StatementKind, subject_id: int) -> Any:
    statement = use_cases.issue(
        http.context(), run_id=run_id, kind=kind, subject_id=subject_id,
        press=http.house().settings.press,
    )  # fmt: skip
    leave_receipt(_("The statement is issued."), statement.number)
    return redirect(url_for("statements.index", q=statement.number), code=303)


@blueprint.get("/jobs/<int:job_id>")
@http.requires(Permission.ISSUE_STATEMENTS)
def job(job_id: int) -> Any:
    """Show how far the issuing is."""
    return render_template("statements/job.html", **_job_values(job_id))


@blueprint.get("/jobs/<int:job_id>/progress")
@http.requires(Permission.ISSUE_STATEMENTS)
def progress(job_id: int) -> Any:
    """Give the live bar once more; when the work has ended, lead to the whole page."""
    values = _job_values(job_id)
    response = Response(render_template("statements/_progress.html", **values))
    if not values["is_live"]:
        response.headers["HX-Redirect"] = url_for("statements.job", job_id=job_id)
    return response


@blueprint.post("/jobs/<int:job_id>/cancel")
@http.requires(Permission.ISSUE_STATEMENTS)
def cancel(job_id: int) -> Any:
    """Stop issuing; what was issued stays."""
    with told_if_ended():
        use_cases.cancel_job(http.context(), job_id=job_id)
    return redirect(url_for("statements.job", job_id=job_id), code=303)


@blueprint.get("/<int:statement_id>.pdf")
@http.requires(Permission.SEE_STATEMENTS)
def download(statement_id: int) -> Any:
    """Give one statement's file; who took it is recorded."""
    statement, content = statement_files.hand_out(
        http.context(), statement_id=statement_id, documents=http.house().settings.documents
    )
    response = Response(content, mimetype=PDF)
    response.headers["Content-Disposition"] = f'attachment; filename="{statement.number}.pdf"'
    return response


@blueprint.get("/runs/<int:run_id>/providers/<int:provider_id>.zip")
@http.requires(Permission.SEE_STATEMENTS)
def archive(run_id: int, provider_id: int) -> Any:
    """Give all files of a provider in a run as a ZIP that is written while it is sent."""
    found = _get_run(run_id)
    entries = statement_files.hand_out_provider(
        http.context(), run_id=run_id, provider_id=provider_id,
        documents=http.house().settings.documents,
    )  # fmt: skip
    provider = get_provider(http.database(), http.current_actor(), provider_id)
    return _stream(found, entries, provider.code)


@blueprint.get("/runs/<int:run_id>/districts/<int:district_id>.zip")
@http.requires(Permission.SEE_STATEMENTS)
def bundle(run_id: int, district_id: int) -> Any:
    """Give the people's files of a district for printing, in order of community."""
    found = _get_run(run_id)
    entries = statement_files.hand_out_district(
        http.context(), run_id=run_id, district_id=district_id,
        documents=http.house().settings.documents,
    )  # fmt: skip
    return _stream(found, entries, f"print-{district_id}")


def _stream(found: PayoutRun, entries: list[statement_files.Entry], name: str) -> Response:
    blocks = statement_files.write_zip(
        entries, documents=http.house().settings.documents, area_id=found.area_id
    )
    response = Response(blocks, mimetype=ZIP)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.month}-{name}.zip"'
    return response


def _get_run(run_id: int) -> PayoutRun:
    """Return an approved run that the actor may see; raises RunNotFound."""
    found = get_run(http.database(), http.current_actor(), run_id)
    if found.status is not RunStatus.APPROVED:
        raise RunNotFound()
    return found


def _job_values(job_id: int) -> dict[str, Any]:
    query = visible(sa.select(JobRun).where(JobRun.id == job_id), http.current_actor())
    found: JobRun | None = http.database().scalar(query)
    if found is None or found.kind != use_cases.JOB_KIND:
        raise RunNotFound()
    seconds = max(1, int((clock.now() - found.started_at).total_seconds()))
    per_minute = found.progress_done * 60 // seconds
    left = found.progress_total - found.progress_done
    return {
        "job": found,
        "message": why_stopped(found, clock.now()),
        "is_live": found.status in LIVE and not is_stalled(found, clock.now()),
        "is_stalled": is_stalled(found, clock.now()),
        "failed": (found.result or {}).get("failed", []),
        "substitutes": (found.result or {}).get("substitutes", 0),
        "failure_names": FAILURE_NAMES,
        "is_done": found.status is JobStatus.DONE,
        "month": found.inputs["month"],
        "run_id": int(found.inputs["run_id"]),
        "per_minute": per_minute,
        "minutes_left": -(-left // per_minute) if per_minute else None,
    }
