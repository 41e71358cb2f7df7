"""Pages of the month's runs: months, start, progress, one run, check, approve, send back."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.access import ROLE_NAMES, Permission, Role
from ltc.rules.errors import Problem
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.services import payouts as use_cases
from ltc.services.leases import is_stalled
from ltc.services.payout_start import JOB_KIND, end_of_day
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payout_questions import BREAKDOWNS, count_holds
from ltc.store.payout_runs import RunNotFound, get_run, list_newest_runs, list_runs_of_month
from ltc.store.payouts import PayoutRun
from ltc.store.scope import visible
from ltc.web import payout_lines
from ltc.web.background import start_process
from ltc.web.formats import area_zone, month
from ltc.web.forms.payouts import DecideForm, SendBackForm, StartForm
from ltc.web.forms.refusals import show_refusal
from ltc.web.job_status import why_stopped
from ltc.web.payout_pipeline import last_day_to_come, show_months
from ltc.web.payout_run import (
    build_overview,
    hold_name,
    sum_run,
    sum_run_by,
    why_not_now,
)
from ltc.web.payout_words import Names
from ltc.web.receipts import leave_receipt, told_if_ended
from ltc.web.run_sums import once_a_minute

blueprint = Blueprint("payouts", __name__, url_prefix="/payouts")
blueprint.register_blueprint(payout_lines.blueprint)

CALCULATE = Permission.CALCULATE_PAYOUTS
LIVE = (JobStatus.WAITING, JobStatus.RUNNING)
STOPPED = (JobStatus.CANCELLED, JobStatus.FAILED)


@blueprint.get("/")
@http.requires(Permission.SEE_PAYOUTS)
def index() -> Any:
    """Show the months as a strip of pipelines, the latest first."""
    return _show_index(StartForm())


@blueprint.post("/start")
@http.requires(Permission.CALCULATE_PAYOUTS)
def start() -> Any:
    """Ask for a month to be calculated, in a process of its own."""
    form = StartForm()
    if form.validate_on_submit():
        try:
            job = _ask(form)
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return redirect(url_for("payouts.job", job_id=job.id), code=303)
    return _show_index(form), 422


def _ask(form: StartForm) -> JobRun:
    ctx, known_on = http.context(), form.known_on.data
    known_at = known_on and end_of_day(known_on, ctx.time_zone, ctx.now)
    job = use_cases.ask_for_run(ctx, month=Month.parse(form.month.data), known_at=known_at)
    start_process(http.house().settings, "payouts", "calculate", "--job", str(job.id))
    return job


def _show_index(form: StartForm) -> str:
    session, actor = http.database(), http.current_actor()
    runs = list_newest_runs(session, actor)
    if not form.month.data and not form.is_submitted():
        form.month.data = str(_next_month(runs))
    return render_template(
        "payouts/index.html",
        form=form,
        months=show_months(runs),
    )


def _next_month(runs: list[PayoutRun]) -> Month:
    """Return the month after the newest that was calculated; the last one before the first run."""
    if runs:
        return Month.parse(runs[0].month).plus(1)
    return Month.of(http.context().today).plus(-1)


@blueprint.get("/jobs/<int:job_id>")
@http.requires(Permission.SEE_PAYOUTS)
def job(job_id: int) -> Any:
    """Show how far a calculation is."""
    return render_template("payouts/job.html", **_job_values(job_id))


@blueprint.get("/jobs/<int:job_id>/progress")
@http.requires(Permission.SEE_PAYOUTS)
def progress(job_id: int) -> Any:
    """Give the live bar once more; when the work is done, lead to the run."""
    values = _job_values(job_id)
    response = Response(render_template("payouts/_progress.html", **values))
    if values["job"].status not in LIVE:
        response.headers["HX-Redirect"] = url_for("payouts.job", job_id=job_id)
    return response


@blueprint.post("/jobs/<int:job_id>/cancel")
@http.requires(CALCULATE)
def cancel(job_id: int) -> Any:
    """Stop calculating a month; what is done stays."""
    with told_if_ended():
        use_cases.cancel_calculation(http.context(), job_id=job_id)
    return redirect(url_for("payouts.job", job_id=job_id), code=303)


def _job_values(job_id: int) -> dict[str, Any]:
    query = visible(sa.select(JobRun).where(JobRun.id == job_id), http.current_actor())
    found: JobRun | None = http.database().scalar(query)
    if found is None or found.kind != JOB_KIND:
        raise RunNotFound()
    seconds = max(1, int((clock.now() - found.started_at).total_seconds()))
    per_second = found.progress_done // seconds
    left = found.progress_total - found.progress_done
    done = found.result if found.status is JobStatus.DONE else None
    return {
        "job": found,
        "is_live": found.status in LIVE and not is_stalled(found, clock.now()),
        "may_stop": found.status in LIVE and http.current_actor().may(CALCULATE),
        "month": found.inputs["month"],
        "per_second": per_second,
        "seconds_left": left // per_second if per_second else None,
        "run_id": int(done["run_id"]) if done else None,
        "message": why_stopped(found, clock.now()),
        "may_start": found.status in STOPPED and http.current_actor().may(CALCULATE),
        "known_on": _known_on(found),
    }


def _known_on(job: JobRun) -> str:
    """Return the day at whose end a job was to know, as its form takes it; empty for all."""
    asked = job.inputs.get("known_at")
    return datetime.fromisoformat(asked).astimezone(area_zone()).date().isoformat() if asked else ""


@blueprint.get("/<int:run_id>")
@http.requires(Permission.SEE_PAYOUTS)
def show(run_id: int) -> Any:
    """Show a run: what it comes to, where it stands, and why it differs from the month before."""
    run = _get(run_id)
    session, actor = http.database(), http.current_actor()
    holds = once_a_minute("holds", lambda: count_holds(session, actor, run), run)
    return render_template(
        "payouts/show.html",
        run=run,
        others=[r for r in list_runs_of_month(session, run.area_id, Month.parse(run.month))
                if r.id != run.id and actor.may(Permission.CALCULATE_PAYOUTS)],
        holds=[(kind, hold_name(kind), owner, count, people, _(ROLE_NAMES[Role(owner)]))
               for kind, owner, count, people in holds],
        **build_overview(run),
    )  # fmt: skip


@blueprint.get("/<int:run_id>/by/<breakdown>")
@http.requires(Permission.SEE_PAYOUTS)
def totals(run_id: int, breakdown: str) -> Any:
    """Show the run's sums by district, scheme, component, mode, grade or provider, all of them."""
    run = _get(run_id)
    if breakdown not in BREAKDOWNS:
        raise RunNotFound()
    names, rows = Names(run), sum_run_by(run, breakdown)
    if breakdown == "provider":
        names.learn_providers(row.key for row in rows)
    return render_template(
        "payouts/totals.html",
        run=run,
        breakdown=breakdown,
        rows=[(names.of(breakdown, row.key), row) for row in rows],
        parts_people=sum(row.people for row in rows),
        whole=sum_run(run),
    )


@blueprint.route("/<int:run_id>/check", methods=["GET", "POST"])
@http.requires(Permission.CHECK_PAYOUTS)
def check(run_id: int) -> Any:
    """Let the checker say that the run is right."""
    following = {
        "next_text": _("approve the run"), "next_owner": _(ROLE_NAMES[Role.FINANCE_APPROVER])
    }  # fmt: skip
    return _decide(run_id, "check", use_cases.check_run, _("The run is checked."), following)


@blueprint.route("/<int:run_id>/approve", methods=["GET", "POST"])
@http.requires(Permission.APPROVE_PAYOUTS)
def approve(run_id: int) -> Any:
    """Let the approver release the run, once, with the consequence in numbers."""
    following = {
        "next_text": _("issue the statements"), "next_owner": _(ROLE_NAMES[Role.FINANCE_APPROVER])
    }  # fmt: skip
    return _decide(run_id, "approve", use_cases.approve_run, _("The run is approved."), following)


def _decide(run_id: int, step: str, use_case: Any, title: str, following: dict[str, str]) -> Any:
    run, form = _get(run_id), DecideForm()
    if form.validate_on_submit():
        try:
            use_case(http.context(), run_id=run.id, digest=form.digest.data)
        except Problem as problem:
            show_refusal(form, problem)
        else:
            leave_receipt(title, _number(run), **following)
            return redirect(url_for("payouts.show", run_id=run.id), code=303)
    form.digest.data = run.digest
    page = render_template(
        "payouts/decide.html", run=run, form=form, step=step, open_until=last_day_to_come(run),
        why_not=why_not_now(run, step),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.route("/<int:run_id>/send-back", methods=["GET", "POST"])
@http.requires(Permission.SEE_PAYOUTS)
def send_back(run_id: int) -> Any:
    """Let checker or approver send a run back, with the reason."""
    run, form = _get(run_id), SendBackForm()
    if not http.current_actor().may(Permission.APPROVE_PAYOUTS):
        http.context().require(Permission.CHECK_PAYOUTS)
    if form.validate_on_submit():
        try:
            use_cases.send_back(http.context(), run_id=run.id, remark=form.remark.data)
        except Problem as problem:
            show_refusal(form, problem)
        else:
            leave_receipt(
                _("The run is sent back."), _number(run), next_text=_("calculate the month again"),
                next_owner=_(ROLE_NAMES[Role.FINANCE_PREPARER]),
            )  # fmt: skip
            return redirect(url_for("payouts.show", run_id=run.id), code=303)
    page = render_template("payouts/send_back.html", run=run, form=form)
    return page, 422 if form.errors else 200


def _get(run_id: int) -> PayoutRun:
    """Return a finished run that the actor may see; raises RunNotFound."""
    run = get_run(http.database(), http.current_actor(), run_id)
    if run.status is RunStatus.CALCULATING or run.digest is None:
        raise RunNotFound()
    return run


def _number(run: PayoutRun) -> str:
    return f"{month(run.month)} / {run.sequence}"
