"""Pages of the jobs: what is due, what ran, one run with progress and log, run now, dry run, stop."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.access import Permission
from ltc.rules.tasks import ASKED_TITLES, TASKS, find_task
from ltc.rules.timetable import Entry
from ltc.services import jobs as use_cases
from ltc.services.leases import STALE_AFTER
from ltc.store.areas import get_area
from ltc.store.job_questions import LIVE, get_visible_job, list_jobs, list_recent
from ltc.store.job_runs import JobRun, JobStatus
from ltc.web import job_status
from ltc.web.background import start_process
from ltc.web.formats import instant, whole
from ltc.web.job_inputs import asker_of, list_inputs, month_of
from ltc.web.lists import read_choice, read_cursor, read_text
from ltc.web.receipts import leave_receipt, told_if_ended

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")


@blueprint.get("/")
@http.requires(Permission.SEE_JOBS)
def index() -> Any:
    """Show every task with last and next, what is late, and the runs."""
    session, actor, now = http.database(), http.current_actor(), clock.now()
    kind, status = read_text("task"), read_choice("state", JobStatus)
    return render_template(
        "jobs/index.html",
        statuses=job_status.list_statuses(session, actor, now),
        trouble=job_status.find_scheduler_trouble(session, now),
        is_mailed=bool(http.house().settings.mail_url),
        page=list_jobs(session, actor, read_cursor(), kind=kind, status=status),
        chosen={"task": kind, "state": status or ""},
        kinds=[(each, job_status.title_of(each)) for each in (*TASKS, *ASKED_TITLES)],
        states=[(each.value, _(job_status.STATES[each][0])) for each in JobStatus],
        words=job_status,
        month_of=month_of,
    )


@blueprint.get("/tasks/<task>")
@http.requires(Permission.SEE_JOBS)
def task(task: str) -> Any:
    """Show one task: when it is due, how long it took, and the buttons to run it."""
    found, session, actor, now = find_task(task), http.database(), http.current_actor(), clock.now()
    statuses = job_status.list_statuses(session, actor, now)
    status = next((each for each in statuses if each.task.kind == task), None)
    recent = list_recent(session, actor, task)
    return render_template(
        "jobs/task.html",
        task=found,
        status=status,
        recent=recent,
        points=[_point(job) for job in reversed(recent)],
        words=job_status,
    )


def _point(job: JobRun) -> dict[str, Any]:
    seconds = job_status.seconds_of(job)
    return {"label": instant(job.started_at), "value": seconds, "text": whole(seconds)}


@blueprint.post("/tasks/<task>/run")
@http.requires(Permission.RUN_JOBS)
def run(task: str) -> Any:
    """Run a task now, or try it out without writing anything."""
    ctx, is_dry = http.context(), request.form.get("dry_run") == "1"
    entry = _entry_of(task)
    job = use_cases.ask(
        ctx, kind=task, on=ctx.today, dry_run=is_dry, quiet=entry.quiet if entry else STALE_AFTER
    )
    start_process(http.house().settings, "jobs", "run", str(job.id))
    return redirect(url_for("jobs.show", job_id=job.id), code=303)


def _entry_of(kind: str) -> Entry | None:
    area = get_area(http.database(), http.current_actor().area_id)
    entry: Entry | None = http.house().timetable.of(area.code).get(kind)
    return entry


@blueprint.get("/<int:job_id>")
@http.requires(Permission.SEE_JOBS)
def show(job_id: int) -> Any:
    """Show one run: what it was asked, how far it is or how it ended, and its log."""
    values = _values(job_id)
    job = values["job"]
    return render_template(
        "jobs/show.html", inputs=list_inputs(job), asked_by=asker_of(job), **values
    )


@blueprint.get("/<int:job_id>/progress")
@http.requires(Permission.SEE_JOBS)
def progress(job_id: int) -> Any:
    """Give the live bar once more; when the work is done, lead to the result."""
    values = _values(job_id)
    response = Response(render_template("jobs/_progress.html", **values))
    if not values["is_live"]:
        response.headers["HX-Redirect"] = url_for("jobs.show", job_id=job_id)
    return response


@blueprint.post("/<int:job_id>/cancel")
@http.requires(Permission.RUN_JOBS)
def cancel(job_id: int) -> Any:
    """Stop a job that waits, or is at work."""
    with told_if_ended():
        job = use_cases.cancel(http.context(), job_id=job_id)
        leave_receipt(_("The job is being stopped."), job_status.title_of(job.kind))
    return redirect(url_for("jobs.show", job_id=job_id), code=303)


def _values(job_id: int) -> dict[str, Any]:
    job = get_visible_job(http.database(), http.current_actor(), job_id)
    is_live = job.status in LIVE
    may_stop = http.current_actor().may(Permission.RUN_JOBS) and job.kind in TASKS
    return {
        "job": job,
        "title": job_status.title_of(job.kind),
        "state": job_status.state_of(job),
        "is_live": is_live,
        "may_stop": is_live and may_stop and job.cancel_asked_at is None,
        "rows": job_status.list_rows(job),
        "words": job_status,
    }
