"""Issues the statements of an approved run: one, or all of them by worker processes.

All of them at once is a job with a lease. Workers print and keep the files; this process alone
writes the rows, a piece at a time, each in one transaction with its audit event and the heartbeat.
Killed at any point, it goes on with those who have no statement yet: the number of a statement
follows from run and case, and the database holds each subject of a run once.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict, NotFound, Problem
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus, check_digest
from ltc.rules.policies import Standard
from ltc.rules.statements import StatementKind
from ltc.services import leases
from ltc.services.context import Context
from ltc.services.executors import Executor
from ltc.services.payout_chunks import digest_of
from ltc.services.payouts import law_of
from ltc.services.statement_sheets import Common, Piece, PrintedSheet, print_piece
from ltc.store.base import new_id
from ltc.store.job_runs import JobRun, JobStatus, find_job, find_newest_job
from ltc.store.payout_runs import RunKey, get_run, list_digests
from ltc.store.payouts import PayoutRun
from ltc.store.scope import visible
from ltc.store.statement_questions import find_statement_of
from ltc.store.statement_sources import (
    count_statements,
    find_approved_before,
    list_waiting_people,
    list_waiting_providers,
)
from ltc.store.statements import Statement

JOB_KIND = "statements"
STATEMENTS = Statement.metadata.tables[Statement.__tablename__]
PEOPLE_PER_PIECE = 10  # about two seconds of work: what a kill may cost a worker
# WeasyPrint grows over a long batch; after so many pieces the workers are replaced by new ones.
PIECES_PER_WORKER = 40

Clock = Callable[[], datetime]


class RunNotApproved(Conflict):
    """Statements are issued from approved runs only; this one stands at “{status}”."""


class AllIssued(Conflict):
    """All {count} statements of {month} have been issued already; nothing was changed."""


class JobNotFound(NotFound):
    """There is no such job, or it is not yours to see."""


class JobNotLive(Conflict):
    """This job has ended already."""


class Cancelled(Conflict):
    """Issuing was stopped after {done} of {total} statements; start it again to go on."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many statements of a run are issued, of how many."""

    done: int
    total: int


Report = Callable[[Progress], None]


def issue(
    ctx: Context, *, run_id: int, kind: StatementKind, subject_id: int, documents: Path
) -> Statement:
    """Issue one statement of an approved run, or return the one that was issued before.

    Raises RunNotFound, RunNotApproved, NothingToState, TraceDiffers, PrinterMissing.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    found = find_statement_of(ctx.session, ctx.actor, run, kind, subject_id)
    if found.statement is not None:
        return found.statement
    common = _build_common(ctx, run, documents)
    (sheet,) = print_piece(ctx.session, common, Piece(kind, (subject_id,)))
    with ctx.transaction() as session:
        row = _build_row(ctx, run.id, sheet)
        session.add(row)
        changes = {"number": [None, row.number], "file": [None, row.file_digest]}
        ctx.record("statement.issued", "statement", row.id, changes)
    return row


def ask_for_statements(ctx: Context, *, run_id: int) -> JobRun:
    """Leave word that all statements of a run are to be issued, for a process to take up.

    Raises RunNotFound, RunNotApproved, AllIssued, AlreadyRunning.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    _check_something_waits(ctx.session, run)
    inputs = {"run_id": str(run.id), "month": run.month}
    with ctx.transaction():
        job = leases.ask(ctx, kind=JOB_KIND, key=job_key(run.id), inputs=inputs, at=ctx.now)
        ctx.record("job.asked", "job_run", job.id, {"run": [None, run.id]})
    return job


def cancel_job(ctx: Context, *, job_id: int) -> JobRun:
    """Stop issuing; what was issued stays. The process notices with its next piece.

    Raises JobNotFound, JobNotLive.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    with ctx.transaction() as session:
        query = visible(sa.select(JobRun).where(JobRun.id == job_id), ctx.actor)
        job = session.scalar(query.execution_options(populate_existing=True))
        if job is None or job.kind != JOB_KIND:
            raise JobNotFound()
        if job.status not in leases.LIVE:
            raise JobNotLive()
        job.status, job.ended_at = JobStatus.CANCELLED, ctx.now
        ctx.record("job.cancelled", "job_run", job.id, {"done": [None, job.progress_done]})
    return job


def withdraw_request(ctx: Context, *, job_id: int, problem: Problem) -> None:
    """End a job that still waits, with the reason why it was not taken up, for its page."""
    with ctx.transaction() as session:
        job = find_job(session, job_id)
        if job is not None and job.status is JobStatus.WAITING:
            job.status, job.ended_at, job.message = JobStatus.CANCELLED, ctx.now, problem.message
        ctx.record("job.refused", "job_run", job_id, {"reason": [None, problem.code]})


def issue_run(
    ctx: Context,
    *,
    run_id: int,
    documents: Path,
    executor: Executor,
    clock: Clock,
    workers: int = 1,
    job_id: int | None = None,
    on_progress: Report | None = None,
) -> Progress:
    """Issue every statement of an approved run that is not issued yet; returns where it ended.

    ``workers`` is how many processes the executor has: that often PIECES_PER_WORKER pieces are
    printed before they are replaced. Raises RunNotFound, RunNotApproved, AllIssued,
    AlreadyRunning, Cancelled, TraceDiffers, DigestDiffers, PrinterMissing.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    _check_something_waits(ctx.session, run)
    check_digest(digest_of(list_digests(ctx.session, _key(run))), run.approved_digest or "")
    inputs = {"run_id": str(run.id), "month": run.month}
    with ctx.transaction():
        lease = leases.acquire(
            ctx, kind=JOB_KIND, key=job_key(run.id), inputs=inputs, at=clock(), job_id=job_id
        )
        ctx.record("statements.started", "payout_run", run.id)
    try:
        return _work(ctx, run, lease, _Work(executor, workers, documents, clock, on_progress))
    except leases.LeaseLost:
        raise _say_lost(ctx, lease) from None
    except Exception as error:
        _give_up(ctx, run, lease, clock(), error)
        raise


def job_key(run_id: int) -> str:
    """Return the key under which only one process issues a run's statements."""
    return f"statements:{run_id}"


@dataclass(frozen=True, slots=True)
class _Work:
    """How a run's statements are issued."""

    executor: Executor
    workers: int
    documents: Path
    clock: Clock
    on_progress: Report | None

    def say(self, progress: Progress) -> None:
        """Tell whoever asked for progress."""
        if self.on_progress is not None:
            self.on_progress(progress)


def _work(ctx: Context, run: PayoutRun, lease: leases.Lease, work: _Work) -> Progress:
    key = _key(run)
    pieces = _list_pieces(ctx.session, key)
    done = count_statements(ctx.session, key)
    total = done + sum(len(piece.ids) for piece in pieces)
    common = _build_common(ctx, run, work.documents)
    work.say(Progress(done, total))
    for sheets in _print_all(work, common, pieces):
        done += len(sheets)
        _write(ctx, run, lease, sheets, work.clock(), Progress(done, total))
        work.say(Progress(done, total))
    with ctx.transaction() as session:
        result = {"run_id": str(run.id), "statements": done}
        leases.end(session, lease, JobStatus.DONE, at=work.clock(), result=result)
        ctx.record("statements.finished", "payout_run", run.id, {"statements": [None, done]})
    return Progress(done, total)


def _print_all(
    work: _Work, common: Common, pieces: Sequence[Piece]
) -> Iterator[list[PrintedSheet]]:
    """Yield what the workers print; fresh workers begin after so many pieces each."""
    waiting = iter(pieces)
    while some := list(islice(waiting, work.workers * PIECES_PER_WORKER)):
        yield from work.executor.map(print_piece, common, some)


def _list_pieces(session: Session, key: RunKey) -> list[Piece]:
    """Return what is left to print: providers first, each a piece, then people by the handful."""
    people = iter(list_waiting_people(session, key))
    providers = list_waiting_providers(session, key)
    pieces = [Piece(StatementKind.PROVIDER, (provider,)) for provider in providers]
    while some := tuple(islice(people, PEOPLE_PER_PIECE)):
        pieces.append(Piece(StatementKind.PERSON, some))
    return pieces


def _write(
    ctx: Context, run: PayoutRun, lease: leases.Lease, sheets: Sequence[PrintedSheet],
    at: datetime, progress: Progress,
) -> None:  # fmt: skip
    """Write the rows of a piece with its audit event, as long as the lease is ours."""
    rows = [_row_values(ctx, run.id, sheet) for sheet in sheets]
    files = hashlib.sha256("".join(sheet.file_digest for sheet in sheets).encode()).hexdigest()
    with ctx.transaction() as session:
        leases.renew(session, lease, at=at, done=progress.done, total=progress.total)
        session.execute(sa.insert(STATEMENTS), rows)
        changes = {
            "first": [None, sheets[0].number], "count": [None, len(sheets)],
            "files": [None, files],
        }  # fmt: skip
        ctx.record("statements.issued", "payout_run", run.id, changes)


def _build_row(ctx: Context, run_id: int, sheet: PrintedSheet) -> Statement:
    return Statement(**_row_values(ctx, run_id, sheet))


def _row_values(ctx: Context, run_id: int, sheet: PrintedSheet) -> dict[str, object]:
    values = {name: getattr(sheet, name) for name in PrintedSheet.__slots__}
    return {
        "area_id": ctx.area_id, "id": new_id(), "run_id": run_id, "issued_at": ctx.now,
        "issued_by_id": ctx.actor.user_id, **values,
    }  # fmt: skip


def _get_approved(ctx: Context, run_id: int) -> PayoutRun:
    """Return a run that is approved, and still the one that was; raises RunNotApproved."""
    run = get_run(ctx.session, ctx.actor, run_id)
    if run.status is not RunStatus.APPROVED or run.digest != run.approved_digest:
        raise RunNotApproved(status=run.status)
    return run


def _check_something_waits(session: Session, run: PayoutRun) -> None:
    """Raise AllIssued where nothing is left to print, and no job that was killed to be ended."""
    if _list_pieces(session, _key(run)):
        return
    job = find_newest_job(session, run.area_id, job_key(run.id))
    if job is None or job.status not in leases.LIVE:
        raise AllIssued(count=count_statements(session, _key(run)), month=Month.parse(run.month))


def _build_common(ctx: Context, run: PayoutRun, documents: Path) -> Common:
    zone = ZoneInfo(ctx.time_zone)
    approved_at = run.approved_at or ctx.now
    month = Month.parse(run.month)
    standards: dict[str, Standard] = dict(getattr(ctx.policies, "standards", {}))
    return Common(
        law=law_of(ctx),
        standards=standards,
        run=_key(run),
        before=find_approved_before(ctx.session, run, str(month.plus(-1))),
        month=month,
        run_kind=run.kind,
        run_sequence=run.sequence,
        run_digest=run.approved_digest or "",
        approved_on=approved_at.astimezone(zone).date(),
        issued_on=ctx.today,
        documents=documents,
    )


def _key(run: PayoutRun) -> RunKey:
    return RunKey(run.area_id, run.id)


def _say_lost(ctx: Context, lease: leases.Lease) -> Problem:
    """Return why the lease is gone: somebody stopped the job, or another process has it."""
    ctx.session.rollback()
    job = find_job(ctx.session, lease.job_id)
    if job is not None and job.status is JobStatus.CANCELLED:
        return Cancelled(done=job.progress_done, total=job.progress_total)
    return leases.LeaseLost()


def _give_up(
    ctx: Context, run: PayoutRun, lease: leases.Lease, at: datetime, error: Exception
) -> None:
    """Write down that the job failed; what was issued stays, the rest is taken up again."""
    with suppress(leases.LeaseLost), ctx.transaction() as session:
        name = type(error).__name__
        leases.end(session, lease, JobStatus.FAILED, at=at, message=str(error) or name)
        ctx.record("statements.failed", "payout_run", run.id, {"error": [None, name]})
