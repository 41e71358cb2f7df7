"""Issues the statements of an approved run: one, or all of them by worker processes.

All of them at once is a job with a lease. Workers print and keep the files; this process alone
writes the rows, a piece at a time, each in one transaction with its audit event and the heartbeat.
Killed at any point, it goes on with those who have no statement yet: the number of a statement
follows from run and case, the database holds each subject of a run once, and what else is printed
(the day, the head of the audit chain) is decided at the job's start and kept in its inputs.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus, check_digest
from ltc.rules.spoken import to_json
from ltc.rules.statements import StatementKind
from ltc.rules.words import N_
from ltc.services import leases
from ltc.services.context import Context
from ltc.services.payout_chunks import digest_of
from ltc.services.statement_inputs import build_common, decide_inputs, key_of
from ltc.services.statement_press import Press, check_signing
from ltc.services.statement_printers import Batch, Failed, Printers
from ltc.services.statement_sheets import Common, Piece, PrintedSheet, build_row, print_piece
from ltc.store.job_runs import JobRun, JobStatus, find_job, find_newest_job
from ltc.store.payout_runs import RunKey, get_run, list_digests
from ltc.store.payouts import PayoutRun
from ltc.store.pdf import check_printer
from ltc.store.statement_questions import find_statement_of
from ltc.store.statement_sources import (
    count_statements,
    list_waiting_people,
    list_waiting_providers,
    load_codes,
)
from ltc.store.statements import Statement

JOB_KIND = "statements"
STATEMENTS = Statement.metadata.tables[Statement.__tablename__]
PEOPLE_PER_PIECE = 10  # about two seconds of work: what a kill may cost a worker
FAILURES_MOST = 50  # so many statements that cannot be printed are no accident: the work stops
NAMED_MOST = 10

Clock = Callable[[], datetime]


class RunNotApproved(Conflict):
    """Statements are issued from approved runs only; this one stands at “{status}”."""


class AllIssued(Conflict):
    """All {count} statements of {month} have been issued already; nothing was changed."""

    one = ("count", N_("The one statement of {month} has been issued already; nothing was changed."))  # fmt: skip


class NotAllPrinted(Conflict):
    """{count} statements could not be printed. The others are issued. Start again to try these once more."""

    one = ("count", N_("One statement could not be printed. The others are issued. Start again to try it once more."))  # fmt: skip


class Cancelled(Conflict):
    """Issuing was stopped after {done} of {total} statements; start it again to go on."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many statements of a run are issued, of how many."""

    done: int
    total: int


Report = Callable[[Progress], None]


def issue(
    ctx: Context, *, run_id: int, kind: StatementKind, subject_id: int, press: Press
) -> Statement:
    """Issue one statement of an approved run, or return the one that was issued before.

    Raises RunNotFound, RunNotApproved, NothingToState, TraceDiffers, PrinterMissing, FontMissing,
    DocumentsFull, SigningFailed.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    found = find_statement_of(ctx.session, ctx.actor, run, kind, subject_id)
    if found.statement is not None:
        return found.statement
    common = build_common(ctx, run, press, decide_inputs(ctx, run))
    (sheet,) = print_piece(ctx.session, common, Piece(kind, (subject_id,)))
    try:
        return _write_row(ctx, common, sheet)
    except IntegrityError:  # somebody issued it while this one was printed
        found = find_statement_of(ctx.session, ctx.actor, run, kind, subject_id)
        if found.statement is None:
            raise
        return found.statement


def _write_row(ctx: Context, common: Common, sheet: PrintedSheet) -> Statement:
    with ctx.transaction() as session:
        row = Statement(**build_row(common, sheet, ctx.actor.user_id))
        session.add(row)
        changes = {"number": [None, row.number], "file": [None, row.file_digest]}
        ctx.record("statement.issued", "statement", row.id, changes)
    return row


def ask_for_statements(ctx: Context, *, run_id: int, provider_id: int | None = None) -> JobRun:
    """Leave word that the statements of a run are to be issued, for a process to take up.

    ``provider_id``: those of one provider only. A job whose process was killed goes on with the
    instant and the chain's head that it began with, for whom is asked for now.
    Raises RunNotFound, RunNotApproved, AllIssued, AlreadyRunning.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    _check_something_waits(ctx.session, run, provider_id)
    inputs = _go_on_or_decide(ctx, run, provider_id)
    with ctx.transaction():
        job = leases.ask(ctx, kind=JOB_KIND, key=job_key(run.id), inputs=inputs, at=ctx.now)
        ctx.record("job.asked", "job_run", job.id, {"run": [None, run.id]})
    return job


def cancel_job(ctx: Context, *, job_id: int) -> JobRun:
    """Stop issuing; what was issued stays. The process notices with its next piece.

    Raises JobNotFound, JobNotLive.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    return leases.stop(ctx, kind=JOB_KIND, job_id=job_id)


def issue_run(
    ctx: Context,
    *,
    run_id: int,
    press: Press,
    printers: Printers,
    clock: Clock,
    job_id: int | None = None,
    on_progress: Report | None = None,
) -> Progress:
    """Issue every statement of an approved run that is not issued yet; returns where it ended.

    Raises RunNotFound, RunNotApproved, AllIssued, AlreadyRunning, JobNotLive, Cancelled,
    NotAllPrinted, and what stops printing: TraceDiffers, DigestDiffers, PrinterMissing,
    FontMissing, DocumentsFull, SigningFailed, PrintersStopped.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    _check_something_waits(ctx.session, run)
    check_digest(digest_of(list_digests(ctx.session, key_of(run))), run.approved_digest or "")
    inputs = _go_on_or_decide(ctx, run)
    with ctx.transaction() as session:
        lease = leases.acquire(
            ctx, kind=JOB_KIND, key=job_key(run.id), inputs=inputs, at=clock(), job_id=job_id
        )
        if job_id is None:  # the killed job that goes on may have been one provider's
            session.get_one(JobRun, (lease.area_id, lease.job_id)).inputs = inputs
        ctx.record("statements.started", "payout_run", run.id)
    try:
        return _work(ctx, run, lease, _Work(printers, press, clock, on_progress))
    except leases.LeaseLost:
        raise leases.explain_loss(ctx, lease, _tell_stopped) from None
    except Exception as error:
        _give_up(ctx, run, lease, clock(), error)
        raise


def preview_issue(ctx: Context, *, run_id: int, press: Press) -> Progress:
    """Return how many statements of an approved run are issued, of how many; nothing is written.

    Raises RunNotFound, RunNotApproved, DigestDiffers, and where some wait and none can be printed
    here: PrinterMissing, FontMissing, SigningFailed.
    """
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    check_digest(digest_of(list_digests(ctx.session, key_of(run))), run.approved_digest or "")
    done, waiting = count_statements(ctx.session, key_of(run)), _list_waiting(ctx.session, run)
    if waiting:
        check_printer()
        check_signing(press)
    return Progress(done, done + len(waiting))


def check_all_issued(ctx: Context, *, run_id: int) -> None:
    """Raise NotAllPrinted where statements of an approved run still wait."""
    ctx.require(Permission.ISSUE_STATEMENTS)
    run = _get_approved(ctx, run_id)
    waiting = _list_waiting(ctx.session, run)
    if waiting:
        codes = load_codes(ctx.session, run.area_id, waiting[:NAMED_MOST])
        problem = NotAllPrinted(count=len(waiting))
        problem.rows = [{"number": code} for code in codes.values()]
        raise problem


def job_key(run_id: int) -> str:
    """Return the key under which only one process issues a run's statements."""
    return f"statements:{run_id}"


@dataclass(frozen=True, slots=True)
class _Work:
    """How a run's statements are issued."""

    printers: Printers
    press: Press
    clock: Clock
    on_progress: Report | None

    def say(self, progress: Progress) -> None:
        """Tell whoever asked for progress."""
        if self.on_progress is not None:
            self.on_progress(progress)


def _work(ctx: Context, run: PayoutRun, lease: leases.Lease, work: _Work) -> Progress:
    job = find_job(ctx.session, lease.job_id)
    inputs = job.inputs if job else {}
    check_signing(work.press)
    key, provider_id = key_of(run), inputs.get("provider_id")
    pieces = _list_pieces(ctx.session, key, int(provider_id) if provider_id else None)
    done = 0 if provider_id else count_statements(ctx.session, key)
    total = done + sum(len(piece.ids) for piece in pieces)
    common = build_common(ctx, run, work.press, inputs)
    tally = _Tally(done, total)
    work.say(tally.progress)
    for batch in work.printers.print_all(common, pieces):
        tally.add(batch)
        _write(ctx, common, lease, batch.sheets, work.clock(), tally.progress)
        work.say(tally.progress)
        if len(tally.failed) >= FAILURES_MOST:
            break
    _finish(ctx, run, lease, tally, work.clock())
    return tally.progress


@dataclass(slots=True)
class _Tally:
    """What a job has come to so far."""

    done: int
    total: int
    substitutes: int = 0
    failed: list[Failed] = field(default_factory=list)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self.done, self.total)

    def add(self, batch: Batch) -> None:
        """Count what came of a piece."""
        self.done += len(batch.sheets)
        self.substitutes += sum(sheet.substitutes for sheet in batch.sheets)
        self.failed += batch.failed


def _finish(ctx: Context, run: PayoutRun, lease: leases.Lease, tally: _Tally, at: datetime) -> None:
    """End the job; raises NotAllPrinted with those who could not be printed."""
    failed = _name_failed(ctx.session, run, tally.failed)
    result = {
        "run_id": str(run.id), "statements": tally.done, "substitutes": tally.substitutes,
        "failed": failed,
    }  # fmt: skip
    problem = NotAllPrinted(count=len(failed)) if failed else None
    status = JobStatus.FAILED if problem else JobStatus.DONE
    result |= to_json(problem) if problem else {}
    with ctx.transaction() as session:
        leases.end(session, lease, status, at=at, result=result,
                   message=problem.message if problem else "")  # fmt: skip
        changes = {"statements": [None, tally.done], "failed": [None, len(failed)]}
        ctx.record("statements.finished", "payout_run", run.id, changes)
    if problem:
        raise problem


def _name_failed(
    session: Session, run: PayoutRun, failed: Sequence[Failed]
) -> list[dict[str, str]]:
    """Return those who could not be printed by case number or code, each with the reason."""
    codes = load_codes(session, run.area_id, [(each.kind, each.subject_id) for each in failed])
    return [
        {"code": codes[each.kind, each.subject_id], "reason": each.failure.value} for each in failed
    ]


def _list_pieces(session: Session, key: RunKey, provider_id: int | None = None) -> list[Piece]:
    """Return what is left to print: providers first, each a piece, then people by the handful."""
    people = iter(list_waiting_people(session, key, provider_id))
    providers = list_waiting_providers(session, key, provider_id)
    pieces = [Piece(StatementKind.PROVIDER, (provider,)) for provider in providers]
    while some := tuple(islice(people, PEOPLE_PER_PIECE)):
        pieces.append(Piece(StatementKind.PERSON, some))
    return pieces


def _list_waiting(session: Session, run: PayoutRun) -> list[tuple[StatementKind, int]]:
    """Return whose statements are not issued yet."""
    return [
        (piece.kind, each) for piece in _list_pieces(session, key_of(run)) for each in piece.ids
    ]


def _write(
    ctx: Context, common: Common, lease: leases.Lease, sheets: Sequence[PrintedSheet],
    at: datetime, progress: Progress,
) -> None:  # fmt: skip
    """Write the rows of a piece with its audit event, as long as the lease is ours."""
    if not sheets:
        leases.show_life(ctx, lease, at=at, done=progress.done, total=progress.total)
        return
    rows = [build_row(common, sheet, ctx.actor.user_id) for sheet in sheets]
    files = hashlib.sha256("".join(sheet.file_digest for sheet in sheets).encode()).hexdigest()
    with ctx.transaction() as session:
        leases.renew(session, lease, at=at, done=progress.done, total=progress.total)
        session.execute(sa.insert(STATEMENTS), rows)
        changes = {
            "first": [None, sheets[0].number], "count": [None, len(sheets)],
            "files": [None, files],
        }  # fmt: skip
        ctx.record("statements.issued", "payout_run", common.run.id, changes)


def _get_approved(ctx: Context, run_id: int) -> PayoutRun:
    """Return a run that is approved, and still the one that was; raises RunNotApproved."""
    run = get_run(ctx.session, ctx.actor, run_id)
    if run.status is not RunStatus.APPROVED or run.digest != run.approved_digest:
        raise RunNotApproved(status=run.status)
    return run


def _go_on_or_decide(
    ctx: Context, run: PayoutRun, provider_id: int | None = None
) -> dict[str, Any]:
    """Return a job's inputs: of one that was killed, what its statements share, not for whom."""
    live = _find_live(ctx.session, run)
    if live is None or "provider_id" not in live.inputs:
        return dict(live.inputs) if live else decide_inputs(ctx, run, provider_id)
    inputs = {name: value for name, value in live.inputs.items() if name != "provider_id"}
    return inputs | ({"provider_id": str(provider_id)} if provider_id else {})


def _check_something_waits(
    session: Session, run: PayoutRun, provider_id: int | None = None
) -> None:
    """Raise AllIssued where nothing is left to print, and no job that was killed to be ended."""
    if _list_pieces(session, key_of(run), provider_id) or _find_live(session, run):
        return
    raise AllIssued(count=count_statements(session, key_of(run)), month=Month.parse(run.month))


def _find_live(session: Session, run: PayoutRun) -> JobRun | None:
    """Return the job of a run that has not ended, killed or not."""
    job = find_newest_job(session, run.area_id, job_key(run.id))
    return job if job is not None and job.status in leases.LIVE else None


def _tell_stopped(job: JobRun) -> Cancelled:
    return Cancelled(done=job.progress_done, total=job.progress_total)


def _give_up(
    ctx: Context, run: PayoutRun, lease: leases.Lease, at: datetime, error: Exception
) -> None:
    """Write down that the job failed; what was issued stays, the rest is taken up again."""
    told = leases.Told("statements.failed", "payout_run", run.id)
    leases.give_up(ctx, lease, told, at=at, error=error)
