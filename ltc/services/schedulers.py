"""The books of the schedulers: signs of life, since when a task is served, and what was mailed."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ltc.services import leases
from ltc.services.context import Context
from ltc.store.job_questions import find_schedule
from ltc.store.job_runs import JobRun, JobSchedule, Scheduler

FORGET_AFTER = timedelta(days=1)


def sign_in(ctx: Context, *, at: datetime, trouble: str = "") -> None:
    """Write that this scheduler lives, and forget those that were silent for a day."""
    holder = leases.name_holder()
    with ctx.bookkeeping() as session:
        row = session.get(Scheduler, holder)
        if row is None:
            session.add(Scheduler(holder=holder, started_at=at, heartbeat_at=at, trouble=trouble))
        else:
            row.heartbeat_at, row.trouble = at, trouble
        old = sa.delete(Scheduler).where(Scheduler.heartbeat_at < at - FORGET_AFTER)
        session.execute(old.execution_options(synchronize_session=False))


def sign_out(ctx: Context) -> None:
    """Write that this scheduler ended as it should."""
    with ctx.bookkeeping() as session:
        row = session.get(Scheduler, leases.name_holder())
        if row is not None:
            session.delete(row)


def begin_serving(ctx: Context, *, kind: str, at: datetime) -> datetime:
    """Return since when a task of the area is served: from now on, where it was not before."""
    found = find_schedule(ctx.session, ctx.area_id, kind)
    if found is None:
        try:
            with ctx.bookkeeping() as session:
                session.add(JobSchedule(area_id=ctx.area_id, kind=kind, since_at=at))
                session.flush()
        except IntegrityError:  # another scheduler was there in this moment
            pass
        found = find_schedule(ctx.session, ctx.area_id, kind)
    return found.since_at if found else at


def mark_mailed(ctx: Context, *, job_id: int, at: datetime) -> bool:
    """Say that a failure is being mailed; whether nobody else had said so."""
    with ctx.bookkeeping() as session:
        query = sa.update(JobRun).where(
            JobRun.area_id == ctx.area_id, JobRun.id == job_id, JobRun.mailed_at.is_(None)
        )
        query = query.values(mailed_at=at).execution_options(synchronize_session=False)
        return bool(session.execute(query).rowcount)  # type: ignore[attr-defined]


def unmark_mailed(ctx: Context, *, job_id: int) -> None:
    """Say that the mail could not be sent after all; it will be tried again."""
    with ctx.bookkeeping() as session:
        query = sa.update(JobRun).where(JobRun.area_id == ctx.area_id, JobRun.id == job_id)
        query = query.values(mailed_at=None).execution_options(synchronize_session=False)
        session.execute(query)


def mark_late(ctx: Context, *, kind: str, key: str, before: str) -> bool:
    """Say that a late date is being mailed, or (``before``) was not; whether it was not yet."""
    with ctx.bookkeeping() as session:
        query = sa.update(JobSchedule).where(
            JobSchedule.area_id == ctx.area_id, JobSchedule.kind == kind,
            JobSchedule.mailed_key == before,
        )  # fmt: skip
        query = query.values(mailed_key=key).execution_options(synchronize_session=False)
        return bool(session.execute(query).rowcount)  # type: ignore[attr-defined]
