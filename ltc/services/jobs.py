"""Scheduled tasks as rows: planned or asked for, taken by one process, told of, and ended.

A row is a task of an area for one business date. The unique schedule key lets every date be planned
once, the unique key of live jobs lets one process at a time work on a task. What a process writes is
bound to its lease: who was taken over writes nothing more. These rows are the books of the machine;
only what a person does here (run now, cancel) is an audit event.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict
from ltc.rules.spoken import say_in_english, to_json
from ltc.rules.tasks import TASKS, find_task
from ltc.rules.timetable import Entry, Repeats, date_key, due_at, find_newest_due
from ltc.rules.words import N_
from ltc.services import leases
from ltc.services.context import Context
from ltc.services.leases import LEFT_AFTER, STOPPED, Lease
from ltc.services.statements import job_key
from ltc.store.areas import Area, is_first_area
from ltc.store.base import new_id
from ltc.store.job_questions import (
    find_by_schedule_key,
    get_visible_job,
    list_runs_approved_since,
)
from ltc.store.job_runs import JobNotFound, JobRun, JobStatus, find_newest_job, lock_job

MOST_ATTEMPTS = 3
LOG_CHARACTERS = 20_000
CUT = "…\n"
GAVE_UP = N_(
    "Its process ended {attempts} times, or gave no sign of life, before the work was done. Look at"
    " the log below and at that of the system (memory and disk first), mend what they name, then"
    " run it again."
)
BROKE = N_(
    "It ended with an error of the program ({kind}). Where, says the output of the scheduler, or the"
    " installation's jobs.log if a page had started it. Report it."
)


class TakenElsewhere(Conflict):
    """Another process works on this job."""


class GivenUp(Conflict):
    """This job was given up after {attempts} attempts."""


class Cancelled(Conflict):
    """Stopped by a person."""


def task_key(kind: str, *, dry_run: bool = False) -> str:
    """Return the key of the one live job of a task; a dry run stands in nobody's way."""
    return f"task:{kind}:dry" if dry_run else f"task:{kind}"


def plan(
    ctx: Context, *, kind: str, schedule_key: str, on: date, inputs: Mapping[str, Any] | None = None
) -> int | None:
    """Add the waiting job of a business date; None where somebody did, or the task is at work.

    Its holder is the scheduler that will start a process for it.
    """
    try:
        with ctx.bookkeeping() as session:
            job = JobRun(
                area_id=ctx.area_id, id=new_id(), kind=kind, job_key=task_key(kind),
                schedule_key=schedule_key, due_on=on, status=JobStatus.WAITING,
                holder=leases.name_holder(),
                inputs=dict(inputs or {}), heartbeat_at=ctx.now, started_at=ctx.now,
            )  # fmt: skip
            session.add(job)
            session.flush()
    except IntegrityError:
        return None
    return job.id


class UnplannedRun(NamedTuple):
    """An approved run that no row of a task is planned for; ``by_hand``: who is at it meanwhile."""

    run_id: int
    month: str
    approved_at: datetime
    key: str
    by_hand: JobRun | None


def list_unplanned_runs(
    session: Session, area_id: int, entry: Entry, *, since: datetime, at: datetime
) -> Iterator[UnplannedRun]:
    """Yield what a task that follows approvals has still to do, the earliest first.

    ``since``: when the area's task was first served; ``at`` is this instant.
    """
    earliest = max(since, at - timedelta(days=entry.back_days))
    for run in list_runs_approved_since(session, area_id, earliest):
        key = f"{entry.kind}:run:{run.id}"
        if find_by_schedule_key(session, area_id, key) is None:
            newest = find_newest_job(session, area_id, job_key(run.id))
            is_begun = newest is not None and _is_begun_by_hand(newest, at)
            yield UnplannedRun(*run, key, newest if is_begun else None)


def _is_begun_by_hand(job: JobRun, at: datetime) -> bool:
    """Whether somebody works on a job, or a person asked for it: that is gone on with."""
    is_asked = job.status in leases.LIVE and job.asked_by_id is not None
    return is_asked or leases.is_worked_on(job, at)


class Wait(NamedTuple):
    """What is due and waits until a job has ended: since when, and for which."""

    since: datetime
    job: JobRun


def find_wait(
    session: Session, area: Area, entry: Entry, *, since: datetime, at: datetime,
    live: Mapping[str, JobRun],
) -> Wait | None:  # fmt: skip
    """Return what a task, served ``since`` an instant, waits for though it is due; None if nothing.

    Only one run of a task goes on: a date waits for one that a person asked for, or for the date
    before. What follows an approval waits as well for whoever issues by hand. ``live``: the area's
    tasks that have not ended, by their key.
    """
    own = live.get(task_key(entry.kind))
    if entry.repeats is Repeats.AFTER_APPROVAL:
        runs = list_unplanned_runs(session, area.id, entry, since=since, at=at)
        held = ((run.approved_at, run.by_hand or own) for run in runs)
        return next((Wait(approved, job) for approved, job in held if job), None)
    on = find_newest_due(entry, time_zone=area.time_zone, since=since, now=at)
    if own is None or on is None:
        return None
    if find_by_schedule_key(session, area.id, date_key(entry.kind, on)):
        return None
    return Wait(due_at(entry, on, area.time_zone), own)


def ask(ctx: Context, *, kind: str, on: date, dry_run: bool, quiet: timedelta) -> JobRun:
    """Let a person run a task now for a business day, or try it without writing anything.

    Raises UnknownTask, AlreadyRunning, RoleLacksPermission.
    """
    ctx.require(Permission.RUN_JOBS)
    find_task(kind, first_area=is_first_area(ctx.session, ctx.area_id))
    with ctx.transaction():
        job = leases.ask(
            ctx, kind=kind, key=task_key(kind, dry_run=dry_run), inputs={}, at=ctx.now,
            quiet=quiet,
        )  # fmt: skip
        job.dry_run, job.attempts, job.cancel_asked_at = dry_run, 0, None
        job.due_on = on if job.schedule_key is None else job.due_on
        what = {"task": [None, kind], "on": [None, on], "dry_run": [None, int(dry_run)]}
        ctx.record("job.asked", "job_run", job.id, what)
    return job


def cancel(ctx: Context, *, job_id: int) -> JobRun:
    """Stop a task: at once where it waits, with its next sign of life where it is at work.

    Raises JobNotFound, JobNotLive, RoleLacksPermission.
    """
    ctx.require(Permission.RUN_JOBS)
    with ctx.transaction():
        if get_visible_job(ctx.session, ctx.actor, job_id).kind not in TASKS:
            raise JobNotFound()
        job = leases.lock_live(ctx, job_id)
        job.cancel_asked_at = ctx.now
        if job.status is JobStatus.WAITING or leases.is_gone(job.holder):
            _stop(job, ctx.now)
        ctx.record("job.cancelled", "job_run", job.id, {"task": [None, job.kind]})
    return job


def claim(ctx: Context, *, job_id: int, at: datetime, quiet: timedelta) -> Lease:
    """Take a waiting job, or one whose process is gone or silent for too long.

    One that was to be stopped ends. Raises JobNotFound, TakenElsewhere, Cancelled, GivenUp.
    """
    with ctx.bookkeeping() as session:
        job = lock_job(session, ctx.area_id, job_id)
        if job is None:
            raise JobNotFound()
        if not may_claim(job, at, quiet):
            raise TakenElsewhere()
        refused = _take_or_end(job, at)
    if refused:
        raise refused
    return Lease(ctx.area_id, job.id, job.holder)


def may_claim(job: JobRun, at: datetime, quiet: timedelta) -> bool:
    """Whether a job waits, or its process is gone or has been silent for too long."""
    if job.status is JobStatus.WAITING:
        return True
    if job.status is not JobStatus.RUNNING:
        return False
    return leases.is_gone(job.holder) or leases.is_silent(job, at, quiet)


def _take_or_end(job: JobRun, at: datetime) -> Conflict | None:
    """Take a job; where it has to end instead, end it and return why."""
    if job.cancel_asked_at is not None:
        _stop(job, at)
        return Cancelled()
    if job.attempts >= MOST_ATTEMPTS:
        _give_up(job, at)
        return GivenUp(attempts=MOST_ATTEMPTS)
    _take(job, at)
    return None


def take_up(ctx: Context, *, job_id: int, at: datetime) -> None:
    """Let a job that a person asked for wait anew, for this process.

    What does the work then goes on where the process before has ended. Raises JobNotFound,
    TakenElsewhere, GivenUp.
    """
    refused = None
    with ctx.bookkeeping() as session:
        job = lock_job(session, ctx.area_id, job_id)
        if job is None:
            raise JobNotFound()
        if not is_left(job, at):
            raise TakenElsewhere()
        if job.attempts >= MOST_ATTEMPTS:
            _give_up(job, at)
            refused = GivenUp(attempts=MOST_ATTEMPTS)
        else:
            _note_takeover(job, at)
            job.status, job.holder, job.heartbeat_at = JobStatus.WAITING, leases.name_holder(), at
            job.attempts += 1
    if refused:
        raise refused


def is_left(job: JobRun, at: datetime) -> bool:
    """Whether a job that a person asked for has no process any more, however clocks differ."""
    is_silent = job.heartbeat_at < at - LEFT_AFTER
    return job.status in leases.LIVE and (is_silent or leases.is_gone(job.holder))


def _note_takeover(job: JobRun, at: datetime) -> None:
    why = "had ended" if leases.is_gone(job.holder) else f"was silent since {job.heartbeat_at}"
    job.log = _bound(job.log + _line(at, f"Taken over: the process {job.holder} {why}."))


def _take(job: JobRun, at: datetime) -> None:
    if job.status is JobStatus.RUNNING:
        _note_takeover(job, at)
    else:
        job.started_at = at
    job.status, job.holder, job.heartbeat_at = JobStatus.RUNNING, leases.name_holder(), at
    job.attempts += 1


def _give_up(job: JobRun, at: datetime) -> None:
    job.status, job.ended_at, job.holder = JobStatus.FAILED, at, ""
    _say(job, GAVE_UP, {"attempts": job.attempts})


def _stop(job: JobRun, at: datetime) -> None:
    job.status, job.ended_at, job.message = JobStatus.CANCELLED, at, STOPPED


def tell(
    ctx: Context, lease: Lease, *, at: datetime, done: int | None = None, total: int = 0,
    text: str = "",
) -> None:  # fmt: skip
    """Write a sign of life with progress, a line of the log, or both; raises LeaseLost, Cancelled."""
    with ctx.bookkeeping() as session:
        job = lock_job(session, ctx.area_id, lease.job_id)
        if job is None or job.holder != lease.holder or job.status is not JobStatus.RUNNING:
            raise leases.LeaseLost()
        is_cancelled = job.cancel_asked_at is not None
        job.heartbeat_at = at
        if done is not None:
            job.progress_done, job.progress_total = done, total
        if text:
            job.log = _bound(job.log + _line(at, text))
    if is_cancelled:
        raise Cancelled()


def finish(ctx: Context, lease: Lease, *, at: datetime, result: Mapping[str, Any]) -> None:
    """End a job that did what it should; raises LeaseLost."""
    with ctx.bookkeeping() as session:
        leases.end(session, lease, JobStatus.DONE, at=at, result=dict(result))


def fail(ctx: Context, lease: Lease, *, at: datetime, error: Exception) -> None:
    """End a job that was refused, stopped or broke, with the reason for its page.

    Raises LeaseLost.
    """
    status, kind = JobStatus.FAILED, type(error).__name__
    kept: dict[str, Any] = {"reason": BROKE, "values": {"kind": kind}}
    message, problem = BROKE.format(kind=kind), leases.find_problem(error)
    if isinstance(error, Cancelled):
        status, message, kept = JobStatus.CANCELLED, STOPPED, {"reason": STOPPED, "values": {}}
    elif problem:
        message, kept = say_in_english(problem), to_json(problem)
    with ctx.bookkeeping() as session:
        leases.end(
            session, lease, status, at=at, message=message,
            result={**kept, "rows": getattr(error, "rows", [])},
        )  # fmt: skip


def release_dates_ahead(ctx: Context, *, until: date) -> int:
    """Let go of business dates after a day, done while a clock was ahead; return how many.

    The rows stay as what happened; the dates themselves will be done when they come.
    """
    with ctx.bookkeeping() as session:
        query = sa.select(JobRun).where(
            JobRun.area_id == ctx.area_id, JobRun.schedule_key.is_not(None), JobRun.due_on > until
        )
        ahead = [job for job in session.scalars(query) if job.status not in leases.LIVE]
        for job in ahead:
            job.schedule_key = None
            job.log = _bound(job.log + _line(ctx.now, "Done while the clock was ahead."))
    return len(ahead)


def _say(job: JobRun, text: str, values: dict[str, Any]) -> None:
    job.message, job.result = text.format(**values), {"reason": text, "values": values}


def _line(at: datetime, text: str) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z {' '.join(text.split())}\n"


def _bound(log: str) -> str:
    """Keep the end of a log that has grown too long."""
    return log if len(log) <= LOG_CHARACTERS else CUT + log[-LOG_CHARACTERS:].partition("\n")[2]
