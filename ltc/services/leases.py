"""The lease of a long job: one process works, the others are told so, a dead one is replaced.

The database decides. One unique key lets only one live job exist per key. The holder renews its
heartbeat with every piece of work, in the same transaction as that piece: whoever lost the lease in
the meantime (``LeaseLost``) writes nothing more. A lease is taken over when its heartbeat is old,
or at once when its process ran on this machine and is gone. Two machines need not agree on the time:
what another one says is old much later.
"""

import hashlib
import os
import socket
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.errors import Conflict, Problem
from ltc.rules.spoken import to_json
from ltc.rules.words import N_
from ltc.services.context import Context
from ltc.store.base import new_id
from ltc.store.job_questions import get_visible_job
from ltc.store.job_runs import JobNotFound, JobRun, JobStatus, find_job, lock_job
from ltc.store.reachable import DatabaseBusy, find_trouble

STALE_AFTER = timedelta(seconds=60)
# Each of two machines may be ten minutes off the database's clock: less silence proves nothing.
LEFT_AFTER = timedelta(minutes=20)
LIVE = (JobStatus.WAITING, JobStatus.RUNNING)
PROCESSES = Path("/proc")
PROCESSES_OF_MACHINE = "pid:[4026531836]"  # Linux numbers those outside of any container so
NAME_LENGTH = 40
STOPPED = N_("Stopped by a person.")


class AlreadyRunning(Conflict):
    """This is already being done: {done} of {total} since {since}. Wait until it has ended."""


class JustBegun(AlreadyRunning):
    """This is already being done, since {since}. Wait until it has ended."""


class JobNotLive(Conflict):
    """This job has ended already."""


class LeaseLost(Conflict):
    """Another process has taken over this job; nothing more is written here."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job, as long as the row still names this holder."""

    area_id: int
    job_id: int
    holder: str


def name_holder(pid: int | None = None) -> str:
    """Return machine, process id (None: this one's) and the process's start: no two share it."""
    pid = pid or os.getpid()
    return f"{_name_machine()}/{pid}/{_started(pid)}"


def _name_machine() -> str:
    """Return the name of this machine; in a container with what tells it from others so named."""
    name = socket.gethostname()[:NAME_LENGTH]
    try:
        processes = str((PROCESSES / "self/ns/pid").readlink())
        boot = (PROCESSES / "sys/kernel/random/boot_id").read_text("ascii")
    except OSError:
        return name
    if processes == PROCESSES_OF_MACHINE:
        return name
    return f"{name}~{hashlib.sha256(f'{processes} {boot}'.encode()).hexdigest()[:8]}"


def acquire(
    ctx: Context,
    *,
    kind: str,
    key: str,
    inputs: dict[str, Any],
    at: datetime,
    job_id: int | None = None,
) -> Lease:
    """Take the lease of a key inside the open transaction; raises AlreadyRunning, JobNotLive.

    ``job_id`` is the waiting job that this process was started for: where it was stopped meanwhile,
    nothing is begun. ``at`` is this instant.
    """
    job = _find_live(ctx, key)
    if job_id is not None and (job is None or job.id != job_id):
        raise JobNotLive()
    if job is None:
        job = _add_job(ctx, kind, key, inputs, at)
    elif not _may_take(job, at, job_id):
        raise _already(job)
    job.status, job.holder, job.heartbeat_at, job.message = (
        JobStatus.RUNNING, name_holder(), at, "",
    )  # fmt: skip
    try:
        ctx.session.flush()
    except IntegrityError:
        raise JustBegun(since=at) from None
    return Lease(ctx.area_id, job.id, job.holder)


def ask(
    ctx: Context, *, kind: str, key: str, inputs: dict[str, Any], at: datetime,
    quiet: timedelta = STALE_AFTER,
) -> JobRun:  # fmt: skip
    """Add a waiting job inside the open transaction, for a process to take; raises AlreadyRunning.

    Whoever asks starts that process: where it ended before it could, nobody waits for it.
    A live job whose process is gone, or was silent for longer than ``quiet``, is handed over to the
    next one: it keeps its row.
    """
    job = _find_live(ctx, key)
    if job is None:
        job = _add_job(ctx, kind, key, inputs, at)
    elif not _may_take(job, at, None, quiet):
        raise _already(job)
    job.status, job.holder, job.heartbeat_at = JobStatus.WAITING, name_holder(), at
    job.asked_by_id, job.inputs, job.message, job.attempts = ctx.actor.user_id, inputs, "", 1
    try:
        ctx.session.flush()
    except IntegrityError:
        raise JustBegun(since=at) from None
    return job


def renew(session: Session, lease: Lease, *, at: datetime, done: int, total: int) -> None:
    """Write heartbeat and progress inside the open transaction; raises LeaseLost."""
    _update(session, lease, heartbeat_at=at, progress_done=done, progress_total=total)


def show_life(ctx: Context, lease: Lease, *, at: datetime, done: int, total: int) -> None:
    """Renew the lease by itself, while a piece of work takes long; raises LeaseLost."""
    with ctx.bookkeeping() as session:
        renew(session, lease, at=at, done=done, total=total)


def end(
    session: Session, lease: Lease, status: JobStatus, *, at: datetime, message: str = "",
    result: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Give the lease back inside the open transaction; raises LeaseLost."""
    _update(session, lease, status=status, ended_at=at, heartbeat_at=at, message=message,
            result=result)  # fmt: skip


def stop(ctx: Context, *, kind: str, job_id: int) -> JobRun:
    """End a job because a person said so, whether anybody works on it or not.

    A process that works on it loses the lease with its next piece. Whoever calls this has asked for
    the permission. Raises JobNotFound, JobNotLive.
    """
    with ctx.transaction() as session:
        if get_visible_job(session, ctx.actor, job_id).kind != kind:
            raise JobNotFound()
        job = lock_live(ctx, job_id)
        job.status, job.ended_at, job.message = JobStatus.CANCELLED, ctx.now, STOPPED
        ctx.record("job.cancelled", "job_run", job.id, {"done": [None, job.progress_done]})
    return job


def lock_live(ctx: Context, job_id: int, among: Collection[JobStatus] = LIVE) -> JobRun:
    """Return a job as stored now, which nobody else changes or ends before the commit.

    Raises JobNotFound, JobNotLive.
    """
    job = lock_job(ctx.session, ctx.area_id, job_id)
    if job is None:
        raise JobNotFound()
    if job.status not in among:
        raise JobNotLive()
    return job


def explain_loss(ctx: Context, lease: Lease, tell_stopped: Callable[[JobRun], Problem]) -> Problem:
    """Return why a lease is gone: as told where a person stopped the job, else LeaseLost."""
    ctx.session.rollback()
    job = find_job(ctx.session, lease.job_id)
    if job is not None and job.status is JobStatus.CANCELLED:
        return tell_stopped(job)
    return LeaseLost()


@dataclass(frozen=True, slots=True)
class Told:
    """What the audit log is told of work that failed: what happened, to which record."""

    action: str
    record_type: str
    record_id: int


def give_up(ctx: Context, lease: Lease, told: Told, *, at: datetime, error: Exception) -> None:
    """Write down that a job failed, in words without data; what is done stays, to be gone on with.

    Where the database is too full for the event the job ends without it: its page says why all the
    same, and its row needs no room.
    """
    if put_back(ctx, lease, at=at, error=error):
        return
    ended: dict[str, Any] = {"at": at, "message": say_why(error), "result": keep_why(error)}
    with suppress(LeaseLost):
        try:
            with ctx.transaction() as session:
                end(session, lease, JobStatus.FAILED, **ended)
                changes = {"error": [None, type(error).__name__]}
                ctx.record(told.action, told.record_type, told.record_id, changes)
        except DBAPIError:
            with ctx.bookkeeping() as session:
                end(session, lease, JobStatus.FAILED, **ended)


def put_back(ctx: Context, lease: Lease, *, at: datetime, error: Exception) -> bool:
    """Let a job that a person asked for wait anew where the database was only busy; say whether.

    A scheduler goes on with it once this process has ended, and counts no attempt. Where not even
    this can be written, the row stays as it is, and is gone on with as after a kill.
    """
    ctx.session.rollback()
    job = find_job(ctx.session, lease.job_id) if _is_busy(error) else None
    if job is None or job.asked_by_id is None:
        return False
    values = {"status": JobStatus.WAITING, "heartbeat_at": at, "attempts": JobRun.attempts - 1}
    with suppress(LeaseLost, DBAPIError), ctx.bookkeeping() as session:
        _update(session, lease, **values)
    return True


def _is_busy(error: Exception) -> bool:
    return isinstance(find_problem(error), DatabaseBusy)


def withdraw_request(ctx: Context, *, job_id: int, problem: Problem) -> None:
    """End a job that still waits, with the reason why it was not taken up, for its page."""
    with suppress(JobNotFound, JobNotLive), ctx.transaction():
        job = lock_live(ctx, job_id, (JobStatus.WAITING,))
        job.status, job.ended_at, job.message = JobStatus.CANCELLED, ctx.now, problem.message
        job.result = to_json(problem)
        ctx.record("job.refused", "job_run", job_id, {"reason": [None, problem.code]})


def say_why(error: Exception) -> str:
    """Return why a job failed, for its page and for mail: never the text of a strange error."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    problem = find_problem(error)
    return problem.message if problem else type(error).__name__


def keep_why(error: Exception) -> dict[str, Any] | None:
    """Return the same for the page to say in the reader's language; None for a strange error."""
    problem = find_problem(error)
    return to_json(problem) if problem else None


def find_problem(error: Exception) -> Problem | None:
    """Return the problem that an error is, or that a refusal of the database means."""
    if isinstance(error, Problem):
        return error
    return find_trouble(error) if isinstance(error, DBAPIError) else None


def _update(session: Session, lease: Lease, **values: Any) -> None:
    query = (
        sa.update(JobRun)
        .where(
            JobRun.area_id == lease.area_id,
            JobRun.id == lease.job_id,
            JobRun.holder == lease.holder,
            JobRun.status == JobStatus.RUNNING,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    changed: Any = session.execute(query)
    if changed.rowcount != 1:
        raise LeaseLost()


def _find_live(ctx: Context, key: str) -> JobRun | None:
    query = (
        sa.select(JobRun)
        .where(JobRun.area_id == ctx.area_id, JobRun.job_key == key, JobRun.status.in_(LIVE))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return ctx.session.scalar(query)


def _add_job(ctx: Context, kind: str, key: str, inputs: dict[str, Any], at: datetime) -> JobRun:
    job = JobRun(
        area_id=ctx.area_id, id=new_id(), kind=kind, job_key=key, status=JobStatus.RUNNING,
        inputs=inputs, heartbeat_at=at, started_at=at, asked_by_id=ctx.actor.user_id,
        progress_done=0, progress_total=0, attempts=1, log="",
    )  # fmt: skip
    ctx.session.add(job)
    return job


def _may_take(
    job: JobRun, at: datetime, job_id: int | None, quiet: timedelta = STALE_AFTER
) -> bool:
    """Whether a live job may be taken: it waits for this process, or its process is gone.

    The process of a job that waits is the one that asked, and was to start another.
    """
    patience = quiet if job.status is JobStatus.RUNNING else STALE_AFTER
    if is_silent(job, at, patience):
        return True
    return is_gone(job.holder) or (job.status is JobStatus.WAITING and job.id == job_id)


def is_worked_on(job: JobRun, at: datetime) -> bool:
    """Whether a job is live and, as far as can be seen, somebody works on it or will at once."""
    return job.status in LIVE and not _is_left_alone(job, at)


def is_stalled(job: JobRun, at: datetime) -> bool:
    """Whether a job says that it is worked on though its process is gone or silent."""
    return job.status in LIVE and _is_left_alone(job, at)


def _is_left_alone(job: JobRun, at: datetime) -> bool:
    return is_silent(job, at) or (job.status is JobStatus.RUNNING and is_gone(job.holder))


def is_silent(job: JobRun, at: datetime, patience: timedelta = STALE_AFTER) -> bool:
    """Whether a job gave no sign of life for longer than the clocks of two machines may differ."""
    least = timedelta(0) if _is_here(job.holder) else LEFT_AFTER
    return job.heartbeat_at < at - max(patience, least)


def is_gone(holder: str) -> bool:
    """Whether a holder ran on this machine and its process has ended."""
    _machine, _, rest = holder.partition("/")
    pid, _, started = rest.partition("/")
    if not _is_here(holder) or not pid.isdigit() or not PROCESSES.exists():
        return False
    return _started(int(pid)) != started


def _is_here(holder: str) -> bool:
    """Whether a holder ran on this machine, whose clock is ours."""
    return holder.partition("/")[0] == _name_machine()


def _started(pid: int) -> str:
    """When a process began, in ticks since the machine's start; empty where there is none.

    A process that has ended but was not yet collected (state Z) counts as none.
    """
    try:
        text = (PROCESSES / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return "" if state in "ZX" else started


def _already(job: JobRun) -> AlreadyRunning:
    done, total, since = job.progress_done, job.progress_total, job.started_at
    return AlreadyRunning(done=done, total=total, since=since) if total else JustBegun(since=since)
