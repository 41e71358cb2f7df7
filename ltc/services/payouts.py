"""The month's run: calculated in chunks that survive a kill, then checked and approved by others.

A calculation takes the lease of the month, writes down the run and its chunks, settles chunk after
chunk (each one transaction: its rows, its checkpoint, its audit event, the heartbeat), adds up and
checks the books. Whatever is interrupted is taken up again at the last checkpoint and ends with
the same bytes. How it begins stands in ``payout_start``, what a chunk does in ``payout_chunks``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict, Invalid
from ltc.rules.months import Month
from ltc.rules.payouts.runs import (
    RunStatus,
    check_digest,
    check_month_over,
    check_move,
    check_other_person,
)
from ltc.rules.policies import Law
from ltc.services import leases
from ltc.services.context import Context
from ltc.services.executors import Executor
from ltc.services.payout_chunks import Bounds, Common, Settled, Tally, digest_of, settle_chunk
from ltc.services.payout_start import (
    JOB_KIND,
    Started,
    build_frame,
    job_key,
    list_bounds,
    start,
)
from ltc.services.payout_sums import spot_other_bridge, spot_other_sums
from ltc.store.areas import get_area
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payout_cases import Frame
from ltc.store.payout_conflicts import load_taken
from ltc.store.payout_facts import read_facts_digest
from ltc.store.payout_runs import (
    RunKey,
    close_chunk,
    get_run,
    insert_rows,
    list_chunks,
    list_digests,
    list_preparers,
    sum_lines,
    sum_results,
)
from ltc.store.payouts import PayoutRun
from ltc.store.sealed_cells import digest_words
from ltc.store.turns import next_instant

SEEN = ("digest", "people", "fund_fen")  # what an event of a run says of it
CHUNK_PEOPLE = 2_000  # what a kill may cost; with less, asking costs more than it finds


class MonthNotBegun(Invalid):
    """{month} has not begun yet; a month can be calculated from its first day on."""


class KnownInFuture(Invalid):
    """Nothing is known yet of {known_at}; choose today or an earlier day."""


class FactsChanged(Conflict):
    """Facts arrived while {month} was being calculated. Start it again."""


class Stopped(Conflict):
    """Calculating {month} was stopped by a person after {done} of {total} people. What is
    calculated stays: start it again and it goes on there.
    """


class BooksDiffer(Conflict):
    """The books of the run do not agree ({what}): nothing was released. Report it."""


class RemarkMissing(Invalid):
    """Say in a few words why the run goes back."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What happened just now (started, chunk, calculated), and how far the run is, in people."""

    event: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a month would come to, with each (case number, digest of trace); nothing was written."""

    month: Month
    known_at: datetime
    tally: Tally
    digest: str
    entries: Sequence[tuple[str, str]]


Report = Callable[[Progress], None]
Clock = Callable[[], datetime]


def ask_for_run(ctx: Context, *, month: Month, known_at: datetime | None = None) -> JobRun:
    """Leave word that a month is to be calculated, for a process of its own to take up.

    Raises AlreadyRunning, MonthNotBegun, KnownInFuture.
    """
    ctx.require(Permission.CALCULATE_PAYOUTS)
    _check_when(ctx, month, known_at)
    inputs = {"month": str(month), "known_at": known_at and known_at.isoformat()}
    with ctx.transaction():
        job = leases.ask(ctx, kind=JOB_KIND, key=job_key(month), inputs=inputs, at=ctx.now)
        ctx.record("job.asked", "job_run", job.id, {"month": [None, str(month)]})
    return job


def cancel_calculation(ctx: Context, *, job_id: int) -> JobRun:
    """Stop calculating a month; what is done stays, and the next start goes on with it.

    Raises JobNotFound, JobNotLive.
    """
    ctx.require(Permission.CALCULATE_PAYOUTS)
    return leases.stop(ctx, kind=JOB_KIND, job_id=job_id)


def calculate_run(
    ctx: Context,
    *,
    month: Month,
    known_at: datetime | None = None,
    executor: Executor,
    clock: Clock,
    chunk_people: int = CHUNK_PEOPLE,
    job_id: int | None = None,
    on_progress: Report | None = None,
) -> PayoutRun:
    """Calculate a month as known at an instant (None: now), or take up an interrupted run.

    ``clock`` tells the instants of heartbeats; ``job_id`` is the job that asked for it. Raises
    AlreadyRunning, JobNotLive, Unchanged, MonthApproved, NobodyInMonth, MonthNotBegun, KnownInFuture,
    Stopped, FactsChanged, BooksDiffer.
    """
    ctx.require(Permission.CALCULATE_PAYOUTS)
    _check_when(ctx, month, known_at)
    executor.prepare(settle_chunk, load_taken)
    law = law_of(ctx)
    started = start(
        ctx, month, known_at, law, executor, at=clock(), chunk_people=chunk_people, job_id=job_id
    )
    report = on_progress or _say_nothing
    try:
        _work(ctx, started, law, executor, clock, report)
        return _finish(ctx, started, executor, clock, report)
    except leases.LeaseLost:
        raise leases.explain_loss(ctx, started.lease, _tell_stopped) from None
    except Exception as error:
        _give_up(ctx, started, clock(), error)
        raise


def preview_run(
    ctx: Context, *, month: Month, known_at: datetime | None = None, executor: Executor,
    chunk_people: int = CHUNK_PEOPLE,
) -> Preview:  # fmt: skip
    """Return what a month comes to as known at an instant (None: now), and write nothing.

    Raises MonthNotBegun, KnownInFuture.
    """
    ctx.require(Permission.CALCULATE_PAYOUTS)
    _check_when(ctx, month, known_at)
    instant = known_at or next_instant(ctx.session, ctx.area_id, ctx.now)
    frame = build_frame(executor, ctx.area_id, month, instant)
    with executor.open_session() as session:
        bounds = list_bounds(session, frame, chunk_people)
    tally = Tally()
    entries: list[tuple[str, str]] = []
    for settled in executor.map(settle_chunk, Common(law_of(ctx), frame, 0), bounds):
        tally.merge(settled.tally)
        entries += [(row.case_number, row.trace_digest) for row in settled.results]
    return Preview(month, instant, tally, digest_of(entries), entries)


def check_run(ctx: Context, *, run_id: int, digest: str) -> PayoutRun:
    """Say that somebody else than the one who calculated has checked the run they saw.

    Raises RunNotFound, SamePerson, DigestDiffers, RunMoveNotAllowed.
    """
    ctx.require(Permission.CHECK_PAYOUTS)
    with ctx.transaction() as session:
        run = _get_for_decision(ctx, run_id)
        check_move(run.status, RunStatus.CHECKED)
        check_other_person(ctx.actor.user_id, prepared_by=list_preparers(session, run))
        check_digest(run.digest, digest)
        run.checked_at, run.checked_by_id = ctx.now, ctx.actor.user_id
        _move(ctx, run, RunStatus.CHECKED, "payout_run.checked")
        session.flush()
    return run


def approve_run(ctx: Context, *, run_id: int, digest: str) -> PayoutRun:
    """Approve a checked run, bound to the digest of what was seen; only then statements follow.

    The digest is taken anew of what is stored, and so are the sums that its page shows. Raises RunNotFound, SamePerson, MonthNotOver,
    DigestDiffers, RunMoveNotAllowed, BooksDiffer.
    """
    ctx.require(Permission.APPROVE_PAYOUTS)
    with ctx.transaction() as session:
        run = _get_for_decision(ctx, run_id)
        check_move(run.status, RunStatus.APPROVED)
        preparers = list_preparers(session, run)
        check_other_person(ctx.actor.user_id, prepared_by=preparers, checked_by=run.checked_by_id)
        known_on = run.known_at.astimezone(ZoneInfo(ctx.time_zone)).date()
        check_month_over(Month.parse(run.month), known_on)
        check_digest(run.digest, digest)
        key = RunKey(run.area_id, run.id)
        check_digest(digest_of(list_digests(session, key)), digest)
        sums, _digest = _check_books(session, key)
        if any(getattr(run, name) != value for name, value in sums.items()):
            raise BooksDiffer(what="run and results")
        if spot_other_sums(ctx, run) or spot_other_bridge(ctx, run):
            raise BooksDiffer(what="stored sums")
        run.approved_at, run.approved_by_id, run.approved_digest = (
            ctx.now, ctx.actor.user_id, digest,
        )  # fmt: skip
        _move(ctx, run, RunStatus.APPROVED, "payout_run.approved")
    return run


def send_back(ctx: Context, *, run_id: int, remark: str) -> PayoutRun:
    """Send a calculated or checked run back, with the reason; the month is calculated anew.

    Raises RunNotFound, RemarkMissing, RunMoveNotAllowed.
    """
    if not ctx.actor.may(Permission.APPROVE_PAYOUTS):
        ctx.require(Permission.CHECK_PAYOUTS)
    if not remark.strip():
        raise RemarkMissing(field="remark")
    with ctx.transaction():
        run = _get_for_decision(ctx, run_id)
        check_move(run.status, RunStatus.REJECTED)
        run.remark = remark.strip()
        remarked = {"remark": [None, digest_words(ctx.session, run.remark)]}
        _move(ctx, run, RunStatus.REJECTED, "payout_run.sent_back", remarked)
    return run


def law_of(ctx: Context) -> Law:
    """Return the law of the actor's area."""
    return ctx.policies.of(get_area(ctx.session, ctx.area_id).policy_area)


def _check_when(ctx: Context, month: Month, known_at: datetime | None) -> None:
    if month.starts_on > ctx.today:
        raise MonthNotBegun(field="month", month=month)
    if known_at is not None and known_at > ctx.now:
        raise KnownInFuture(field="known_at", known_at=known_at)


def _say_nothing(_progress: Progress) -> None:
    """Nobody asked for progress."""


def _work(
    ctx: Context, started: Started, law: Law, executor: Executor, clock: Clock, report: Report
) -> None:
    """Settle the open chunks and write each with its checkpoint."""
    with executor.open_session() as session:
        chunks = list_chunks(session, started.key)
    total = sum(chunk.people for chunk in chunks)
    done = sum(chunk.people for chunk in chunks if chunk.digest)

    def tick() -> None:
        leases.show_life(ctx, started.lease, at=clock(), done=done, total=total)

    frame = build_frame(executor, ctx.area_id, started.month, started.known_at, tick)
    report(Progress("started", done, total))
    waiting = [
        Bounds(chunk.number, chunk.first_case, chunk.last_case, chunk.people)
        for chunk in chunks
        if not chunk.digest
    ]
    for settled in executor.map(settle_chunk, Common(law, frame, started.key.id), waiting, tick):
        done += settled.bounds.people
        _write_chunk(ctx, started, settled, Progress("chunk", done, total), clock())
        report(Progress("chunk", done, total))


def _write_chunk(
    ctx: Context, started: Started, settled: Settled, progress: Progress, at: datetime
) -> None:
    bounds = settled.bounds
    if settled.tally.people != bounds.people:
        raise FactsChanged(month=started.month)
    with ctx.transaction() as session:
        leases.renew(session, started.lease, at=at, done=progress.done, total=progress.total)
        insert_rows(session, settled.results, settled.lines, settled.holds)
        close_chunk(session, started.key, bounds.number, settled.digest, at)
        changes = {"chunk": [None, bounds.number], "digest": [None, settled.digest]}
        ctx.record("payout_run.chunk_settled", "payout_run", started.key.id, changes)


def _finish(
    ctx: Context, started: Started, executor: Executor, clock: Clock, report: Report
) -> PayoutRun:
    """Add up, check the books, and say that the run is calculated."""
    with executor.open_session() as session:
        frame = Frame(ctx.area_id, started.month, started.known_at)
        if read_facts_digest(session, frame) != started.facts_digest:
            raise FactsChanged(month=started.month)
        sums, digest = _check_books(session, started.key)
    at = clock()
    with ctx.transaction() as session:
        result = {"run_id": str(started.key.id), "digest": digest}
        leases.end(session, started.lease, JobStatus.DONE, at=at, result=result)
        run = _get_for_decision(ctx, started.key.id)
        run.digest, run.calculated_at = digest, at
        for name, value in sums.items():
            setattr(run, name, value)
        found = {name: [None, getattr(run, name)] for name in SEEN}
        _move(ctx, run, RunStatus.CALCULATED, "payout_run.calculated", found)
    report(Progress("calculated", run.people, run.people))
    return run


def _check_books(session: Session, key: RunKey) -> tuple[dict[str, int], str]:
    """Return people and sums of a run, looked at from two sides, and its digest as it is stored.

    Raises BooksDiffer.
    """
    sums, by_lines = sum_results(session, key), sum_lines(session, key)
    if any(sums[name] != by_lines[name] for name in by_lines):
        raise BooksDiffer(what="lines and results")
    chunks = list_chunks(session, key)
    people = sum(chunk.people for chunk in chunks)
    if not sums["paid"] + sums["held"] + sums["zero"] == sums["people"] == people:
        raise BooksDiffer(what="people")
    entries = list_digests(session, key)
    rest = iter(entries)
    if any(digest_of(islice(rest, chunk.people)) != chunk.digest for chunk in chunks):
        raise BooksDiffer(what="chunks")
    return sums, digest_of(entries)


def _tell_stopped(job: JobRun) -> Stopped:
    month = Month.parse(job.inputs["month"])
    return Stopped(month=month, done=job.progress_done, total=job.progress_total)


def _give_up(ctx: Context, started: Started, at: datetime, error: Exception) -> None:
    """Write down that the job failed; the run stays as it is, to be taken up again."""
    told = leases.Told("payout_run.failed", "payout_run", started.key.id)
    leases.give_up(ctx, started.lease, told, at=at, error=error)


def _get_for_decision(ctx: Context, run_id: int) -> PayoutRun:
    """Return a run as stored now, to be decided upon inside the transaction."""
    run = get_run(ctx.session, ctx.actor, run_id)
    ctx.session.refresh(run, with_for_update=True)
    return run


def _move(
    ctx: Context,
    run: PayoutRun,
    wanted: RunStatus,
    action: str,
    changes: Mapping[str, list[Any]] | None = None,
) -> None:
    """Change a run's status by the table of moves, with the event that says which run was seen."""
    check_move(run.status, wanted)
    seen = {name: getattr(run, name) for name in SEEN}
    moved = {"status": [run.status.value, wanted.value]}
    run.status = wanted
    ctx.record(action, "payout_run", run.id, {**seen, **moved, **(changes or {})})
