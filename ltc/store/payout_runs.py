"""Named questions about runs and chunks, the bulk insert of a chunk, and a run's own books."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.rules.months import Month
from ltc.rules.payouts.runs import STANDING, RunKind
from ltc.store.audit_log import AuditEvent
from ltc.store.bulk import insert_tuples
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult, PayoutRun, RunChunk
from ltc.store.scope import visible

CARRIED_ON = "payout_run.resumed"  # the event that names who went on with an interrupted run


class RunKey(NamedTuple):
    """Which run, for questions that need no more of it."""

    area_id: int
    id: int


class ResultRow(NamedTuple):
    """A row of ``payout_results`` as the driver takes it; the fields are its columns."""

    area_id: int
    id: int
    run_id: int
    person_id: int
    case_number: str
    district_id: int
    provider_id: int | None
    outcome: str
    days: int
    eligible_fen: int
    fund_fen: int
    assistance_fen: int
    person_fen: int
    trace: bytes
    trace_digest: str


class LineRow(NamedTuple):
    """A row of ``payout_lines`` as the driver takes it, days in ISO form."""

    area_id: int
    id: int
    run_id: int
    person_id: int
    district_id: int
    component: str
    payee_kind: str
    payee_id: int
    sequence: int
    scheme: str
    mode: str
    grade: str
    level: str
    form: str
    provider_id: int | None
    days: int
    minutes: int
    eligible_fen: int
    fund_fen: int
    assistance_fen: int
    person_fen: int
    excess_fen: int
    starts_on: str
    ends_before: str


class RunNotFound(NotFound):
    """There is no such payout run, or it is not yours to see."""


def get_run(session: Session, actor: Actor, run_id: int) -> PayoutRun:
    """Return a run that the actor may see; raises RunNotFound."""
    query = visible(sa.select(PayoutRun).where(PayoutRun.id == run_id), actor)
    run: PayoutRun | None = session.scalar(query)
    if run is None:
        raise RunNotFound()
    return run


def list_runs_of_month(
    session: Session, area_id: int, month: Month, *, lock: bool = False
) -> list[PayoutRun]:
    """Return the regular runs of a month as stored now, the newest first.

    ``lock``: nobody else decides upon them before the commit; who is at it is waited for.
    """
    query = (
        sa.select(PayoutRun)
        .where(
            PayoutRun.area_id == area_id,
            PayoutRun.month == str(month),
            PayoutRun.kind == RunKind.REGULAR,
        )
        .order_by(PayoutRun.sequence.desc())
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query.with_for_update() if lock else query))


def list_newest_runs(session: Session, actor: Actor, limit: int = 120) -> list[PayoutRun]:
    """Return the newest run of every month that the actor may see, the latest month first."""
    query = visible(sa.select(PayoutRun), actor).order_by(
        PayoutRun.month.desc(), PayoutRun.sequence.desc()
    )
    newest: dict[str, PayoutRun] = {}
    for run in session.scalars(query.limit(limit)):
        newest.setdefault(run.month, run)
    return list(newest.values())


def find_run_before(session: Session, actor: Actor, run: PayoutRun) -> PayoutRun | None:
    """Return the last valid run of the month before; None where there is none."""
    query = (
        visible(sa.select(PayoutRun), actor)
        .where(
            PayoutRun.month == str(Month.parse(run.month).plus(-1)),
            PayoutRun.status.in_(STANDING),
        )
        .order_by(PayoutRun.sequence.desc())
        .limit(1)
    )
    found: PayoutRun | None = session.scalar(query)
    return found


def list_preparers(session: Session, run: PayoutRun) -> set[int]:
    """Return who calculated a run: who began it, and whoever carried it on; the machine left out."""
    e = AuditEvent
    carried_on = sa.select(e.actor_id).where(
        e.area_id == run.area_id, e.record_type == "payout_run", e.record_id == run.id,
        e.action == CARRIED_ON,
    )  # fmt: skip
    people = {run.calculated_by_id, *session.scalars(carried_on)}
    return {user_id for user_id in people if user_id is not None}


def list_chunks(session: Session, run: RunKey) -> list[RunChunk]:
    """Return the chunks of a run in order of number."""
    query = sa.select(RunChunk).where(RunChunk.area_id == run.area_id, RunChunk.run_id == run.id)
    return list(session.scalars(query.order_by(RunChunk.number)))


def insert_rows(
    session: Session,
    results: Sequence[ResultRow],
    lines: Sequence[LineRow],
    holds: Sequence[Mapping[str, Any]],
) -> None:
    """Insert the rows of a chunk inside the caller's transaction."""
    insert_tuples(session, PayoutResult.__table__, ResultRow._fields, results)
    insert_tuples(session, PayoutLine.__table__, LineRow._fields, lines)
    if holds:
        table: Any = PayoutHold.__table__
        session.execute(sa.insert(table), [dict(hold) for hold in holds])


def close_chunk(session: Session, run: RunKey, number: int, digest: str, done_at: datetime) -> None:
    """Write a chunk's checkpoint inside the caller's transaction."""
    session.execute(
        sa.update(RunChunk)
        .where(
            RunChunk.area_id == run.area_id, RunChunk.run_id == run.id, RunChunk.number == number
        )
        .values(digest=digest, done_at=done_at)
        .execution_options(synchronize_session=False)
    )


def list_digests(session: Session, run: RunKey) -> list[tuple[str, str]]:
    """Return (case number, digest of the trace) of all results in order of case number."""
    query = (
        sa.select(PayoutResult.case_number, PayoutResult.trace_digest)
        .where(PayoutResult.area_id == run.area_id, PayoutResult.run_id == run.id)
        .order_by(PayoutResult.case_number)
    )
    return [(number, digest) for number, digest in session.execute(query)]


def sum_results(session: Session, run: RunKey) -> dict[str, int]:
    """Return people by outcome and the sums in fen, from the results."""
    p = PayoutResult
    query = sa.select(
        sa.func.count().label("people"),
        *[
            sa.func.count(sa.case((p.outcome == outcome, 1))).label(outcome)
            for outcome in ("paid", "held", "zero")
        ],
        *_sums(p),
    ).where(p.area_id == run.area_id, p.run_id == run.id)
    return {name: int(value) for name, value in session.execute(query).one()._mapping.items()}


def sum_lines(session: Session, run: RunKey) -> dict[str, int]:
    """Return the sums in fen, from the lines: the other side of the books."""
    p = PayoutLine
    query = sa.select(*_sums(p)).where(p.area_id == run.area_id, p.run_id == run.id)
    return {name: int(value) for name, value in session.execute(query).one()._mapping.items()}


def _sums(table: Any) -> list[Any]:
    """Sums of the four amounts; PostgreSQL gives them as NUMERIC, which int() makes whole."""
    return [
        sa.func.coalesce(sa.func.sum(getattr(table, name)), 0).label(name)
        for name in ("eligible_fen", "fund_fen", "assistance_fen", "person_fen")
    ]
