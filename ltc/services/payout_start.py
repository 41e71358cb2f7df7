"""How a calculation begins: anew, where it was interrupted, or not at all."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ltc.rules.errors import Conflict
from ltc.rules.months import Month
from ltc.rules.payouts.runs import EDITION, STANDING, RunKind, RunStatus, check_move, is_month_over
from ltc.rules.policies import Law
from ltc.rules.words import N_
from ltc.services import leases
from ltc.services.context import Context
from ltc.services.executors import Executor, Tick, rest_idle
from ltc.services.leases import Lease
from ltc.services.payout_chunks import Bounds
from ltc.store.base import new_id
from ltc.store.payout_cases import Frame, Member, list_population, load_agreements
from ltc.store.payout_conflicts import join_taken, list_carers, load_taken
from ltc.store.payout_facts import read_facts_digest
from ltc.store.payout_runs import RunKey, list_runs_of_month
from ltc.store.payouts import PayoutRun, RunChunk
from ltc.store.turns import next_instant, take_turn

JOB_KIND = "calculate"
GROUPS_HERE = 12
CHUNK_TO_LOOK = 2_000  # where nothing is to be settled, the size of a piece is no matter
SUPERSEDED = N_("Replaced: facts, law or the chosen day have changed since.")


class Unchanged(Conflict):
    """Nothing has changed since run {sequence} of {month}; nothing was written."""


class MonthApproved(Conflict):
    """Run {sequence} of {month} is approved and stands. Preview the month instead; what has changed
    since is paid by a correction.
    """


class NobodyInMonth(Conflict):
    """Nobody has a conclusion, a care plan, a visit, a stay or a fee in {month}."""


class StartedMeanwhile(Conflict):
    """Somebody else has just worked on {month}. Look at it again."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that is being calculated, and the lease to do so."""

    key: RunKey
    month: Month
    known_at: datetime
    facts_digest: str
    lease: Lease


@dataclass(frozen=True, slots=True)
class _Survey:
    """What was read before anything is written."""

    month: Month
    known_at: datetime
    facts_digest: str
    policy_digest: str
    newest: tuple[int, RunStatus] | None
    bounds: Sequence[Bounds]  # empty where an interrupted run goes on


def start(
    ctx: Context, month: Month, known_at: datetime | None, law: Law, executor: Executor, *,
    at: datetime, chunk_people: int, job_id: int | None,
) -> Started:  # fmt: skip
    """Take the lease and write down the run with its chunks, or take up an interrupted one.

    Whoever records facts just now is waited for; who records some later, learned them after what
    the run knows (``Context.learn``). So what the run rests on never changes behind it.

    Raises AlreadyRunning, Unchanged, MonthApproved, NobodyInMonth, StartedMeanwhile.
    """
    with executor.open_session() as session:
        survey = _survey(session, ctx, month, known_at, digest_law(law), chunk_people)
    with ctx.transaction():
        take_turn(ctx.session, ctx.area_id)
        inputs = {"month": str(month), "known_at": known_at and known_at.isoformat()}
        lease = leases.acquire(
            ctx, kind=JOB_KIND, key=job_key(month), inputs=inputs, at=at, job_id=job_id
        )
        runs = list_runs_of_month(ctx.session, ctx.area_id, month, lock=True)
        if _newest(runs) != survey.newest:
            raise StartedMeanwhile(month=month)
        if survey.newest and not survey.bounds:
            run = runs[0]
            ctx.record("payout_run.resumed", "payout_run", run.id)
        else:
            _replace(ctx, runs[0] if runs else None)
            run = _add_run(ctx, survey, runs[0].sequence + 1 if runs else 1)
    return Started(RunKey(run.area_id, run.id), month, run.known_at, survey.facts_digest, lease)


def find_sequence(ctx: Context, month: Month, law: Law, executor: Executor) -> int:
    """Return the number that a run of the month begun now would have; nothing is written.

    Raises Unchanged, MonthApproved, NobodyInMonth.
    """
    with executor.open_session() as session:
        survey = _survey(session, ctx, month, None, digest_law(law), CHUNK_TO_LOOK)
        runs = list_runs_of_month(session, ctx.area_id, month)
    if not runs:
        return 1
    return runs[0].sequence + (1 if survey.bounds else 0)


def job_key(month: Month) -> str:
    """Return the key of the one job that may calculate a month."""
    return f"{JOB_KIND}:{month}"


def end_of_day(day: date, time_zone: str, now: datetime) -> datetime:
    """Return the last instant at which it was still that day; ``now`` where the day is not over."""
    midnight = datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(time_zone))
    return now if midnight > now and day <= now.astimezone(ZoneInfo(time_zone)).date() else midnight


def read_known_at(text: str | None) -> datetime | None:
    """Return the instant that a job's inputs name in ISO form; None where they name none."""
    return None if text is None else datetime.fromisoformat(text)


def digest_law(law: Law) -> str:
    """Return SHA-256 (hex) over all policies of an area and the edition of the rules."""
    text = "\n".join([EDITION, *(policy.digest for policy in law.policies)])
    return hashlib.sha256(text.encode()).hexdigest()


def build_frame(
    executor: Executor, area_id: int, month: Month, known_at: datetime, tick: Tick = rest_idle
) -> Frame:
    """Return what all chunks share: agreements, and minutes that visits to others take.

    Some thousand carers are looked at here, while workers still start; more of them by the workers.
    """
    bare = Frame(area_id, month, known_at)
    with executor.open_session() as session:
        agreements, carers = load_agreements(session, bare), list_carers(session, area_id)
        if len(carers) <= GROUPS_HERE:
            taken = join_taken(load_taken(session, bare, group) for group in carers)
        else:
            taken = join_taken(executor.map(load_taken, bare, carers, tick))
    return Frame(area_id, month, known_at, agreements, taken)


def list_bounds(session: Session, frame: Frame, chunk_people: int) -> list[Bounds]:
    """Cut the month's people, in order of case number, into chunks."""
    people = iter(list_population(session, frame))
    bounds: list[Bounds] = []
    while chunk := list(islice(people, chunk_people)):
        bounds.append(_bound(len(bounds), chunk))
    return bounds


def _bound(number: int, people: list[Member]) -> Bounds:
    return Bounds(number, people[0].case_number, people[-1].case_number, len(people))


def _survey(
    session: Session, ctx: Context, month: Month, known_at: datetime | None, policy_digest: str,
    chunk_people: int,
) -> _Survey:  # fmt: skip
    """Read where the month stands; raises Unchanged, MonthApproved, NobodyInMonth."""
    runs = list_runs_of_month(session, ctx.area_id, month)
    newest = runs[0] if runs else None
    instant = known_at or next_instant(session, ctx.area_id, ctx.now)
    if newest and newest.status is RunStatus.CALCULATING and known_at in (None, newest.known_at):
        instant = newest.known_at
    frame = Frame(ctx.area_id, month, instant)
    facts_digest = read_facts_digest(session, frame)
    is_same = newest is not None and not _ended_since(ctx, newest, instant) and (
        newest.facts_digest, newest.policy_digest,
    ) == (facts_digest, policy_digest)  # fmt: skip
    if newest is not None:
        _check_may_calculate(newest, is_same=is_same)
    goes_on = is_same and newest is not None and newest.status is RunStatus.CALCULATING
    bounds = [] if goes_on else list_bounds(session, frame, chunk_people)
    if not goes_on and not bounds:
        raise NobodyInMonth(month=month)
    return _Survey(month, instant, facts_digest, policy_digest, _newest(runs), bounds)


def _ended_since(ctx: Context, run: PayoutRun, instant: datetime) -> bool:
    """Whether the month ended between a run and an instant.

    Such a run may not be approved, however few facts came since: the month is calculated again.
    """
    month, zone = Month.parse(run.month), ZoneInfo(ctx.time_zone)
    then, now = (at.astimezone(zone).date() for at in (run.known_at, instant))
    return is_month_over(month, now) and not is_month_over(month, then)


def _check_may_calculate(newest: PayoutRun, *, is_same: bool) -> None:
    """Raise Unchanged or MonthApproved where the newest run of the month stands."""
    if is_same and newest.status in STANDING:
        raise Unchanged(sequence=newest.sequence, month=Month.parse(newest.month))
    if newest.status is RunStatus.APPROVED:
        raise MonthApproved(sequence=newest.sequence, month=Month.parse(newest.month))


def _newest(runs: Sequence[PayoutRun]) -> tuple[int, RunStatus] | None:
    return (runs[0].id, runs[0].status) if runs else None


def _replace(ctx: Context, old: PayoutRun | None) -> None:
    """Set aside the run that the new one replaces."""
    if old is None or old.status is RunStatus.REJECTED:
        return
    check_move(old.status, RunStatus.REJECTED)
    changes = {"status": [old.status.value, RunStatus.REJECTED.value]}
    old.status, old.remark = RunStatus.REJECTED, SUPERSEDED
    ctx.record("payout_run.replaced", "payout_run", old.id, changes)


def _add_run(ctx: Context, survey: _Survey, sequence: int) -> PayoutRun:
    run = PayoutRun(
        area_id=ctx.area_id, id=new_id(), month=str(survey.month), kind=RunKind.REGULAR,
        sequence=sequence, status=RunStatus.CALCULATING, known_at=survey.known_at,
        policy_digest=survey.policy_digest, facts_digest=survey.facts_digest, started_at=ctx.now,
        calculated_by_id=ctx.actor.user_id,
    )  # fmt: skip
    ctx.session.add(run)
    ctx.session.flush()
    ctx.session.add_all([_chunk_row(run, bounds) for bounds in survey.bounds])
    changes: dict[str, Any] = {
        "month": [None, run.month], "sequence": [None, sequence],
        "known_at": [None, run.known_at], "facts": [None, run.facts_digest],
    }  # fmt: skip
    ctx.record("payout_run.started", "payout_run", run.id, changes)
    return run


def _chunk_row(run: PayoutRun, bounds: Bounds) -> RunChunk:
    return RunChunk(
        area_id=run.area_id, id=new_id(), run_id=run.id, number=bounds.number,
        first_case=bounds.first_case, last_case=bounds.last_case, people=bounds.people,
    )  # fmt: skip
