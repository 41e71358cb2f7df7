"""What is measured of every area at once: jobs, queues and payouts, as numbers by code and state."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.applications import OPEN
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.tasks import TASKS
from ltc.store.areas import Area
from ltc.store.assessments import Application
from ltc.store.audit_log import AuditEvent
from ltc.store.job_runs import JobRun, JobSchedule, JobStatus
from ltc.store.payouts import PayoutRun

# Values of the labels, and the number.
Measured = tuple[tuple[str, ...], int]


def list_last_successes(session: Session) -> list[tuple[tuple[str, str], datetime]]:
    """Return when each task of each area was last done, or since when it should be; by area_id.

    Dry runs are none. A task that was never done grows old like the others, so that it is seen.
    """
    served = sa.select(Area.code, JobSchedule.kind, JobSchedule.since_at).join(
        JobSchedule, JobSchedule.area_id == Area.id
    )
    done = (
        sa.select(Area.code, JobRun.kind, sa.func.max(JobRun.ended_at))
        .join(JobRun, JobRun.area_id == Area.id)
        .where(
            JobRun.status == JobStatus.DONE, JobRun.kind.in_(TASKS), JobRun.dry_run.is_(False)
        )
        .group_by(Area.code, JobRun.kind)
        .order_by(Area.code, JobRun.kind)
    )  # fmt: skip
    found = {(code, kind): at for code, kind, at in session.execute(served) if kind in TASKS}
    found |= {(code, kind): at for code, kind, at in session.execute(done) if at is not None}
    return sorted(found.items())


def count_jobs_by_status(session: Session) -> list[Measured]:
    """Return how many jobs stand at each state, by area_id."""
    return _count(session, JobRun, JobRun.status)


def list_queues(session: Session) -> list[Measured]:
    """Return what waits, by area_id: open applications, runs to decide, events to seal."""
    applications = _count(
        session, Application, Application.status, Application.status.in_(sorted(OPEN))
    )
    runs = _count(
        session, PayoutRun, PayoutRun.status,
        PayoutRun.status.in_((RunStatus.CALCULATED, RunStatus.CHECKED)),
    )  # fmt: skip
    waiting = _count(session, AuditEvent, sa.literal("unsealed"), AuditEvent.block_number.is_(None))
    return [
        *_named("applications", applications),
        *_named("payout_runs", runs),
        *_named("audit_events", waiting),
    ]


def list_payout_totals(session: Session) -> list[Measured]:
    """Return people and fund of the newest calculated run, by area_id."""
    newest = (
        sa.select(
            PayoutRun.area_id, PayoutRun.people, PayoutRun.held, PayoutRun.fund_fen,
            sa.func.row_number().over(
                partition_by=PayoutRun.area_id,
                order_by=(PayoutRun.month.desc(), PayoutRun.sequence.desc()),
            ).label("place"),
        ).where(PayoutRun.calculated_at.is_not(None)).subquery()
    )  # fmt: skip
    query = (
        sa.select(Area.code, newest.c.people, newest.c.held, newest.c.fund_fen)
        .join(newest, newest.c.area_id == Area.id)
        .where(newest.c.place == 1)
        .order_by(Area.code)
    )
    return [
        ((row.code, name), int(getattr(row, name)))
        for row in session.execute(query)
        for name in ("people", "held", "fund_fen")
    ]


def _count(session: Session, table: Any, by: Any, *conditions: Any) -> list[Measured]:
    query = (
        sa.select(Area.code, by, sa.func.count())
        .join(table, table.area_id == Area.id)
        .where(*conditions)
        .group_by(Area.code, by)
        .order_by(Area.code)
    )
    return [((code, str(state)), count) for code, state, count in session.execute(query)]


def _named(queue: str, measured: Iterable[Measured]) -> Iterable[Measured]:
    return [((code, f"{queue}_{state}"), count) for (code, state), count in measured]
