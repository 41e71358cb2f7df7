"""What can be asked about jobs: for pages narrowed to the actor, for the scheduler by area."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.tasks import ASKED_TITLES, TASKS
from ltc.rules.timetable import Entry, date_key, due_at, find_newest_due, is_late
from ltc.store.areas import Area
from ltc.store.job_runs import JobNotFound, JobRun, JobSchedule, JobStatus, Scheduler
from ltc.store.paging import Page, page
from ltc.store.payouts import PayoutRun
from ltc.store.scope import visible

LIVE = (JobStatus.WAITING, JobStatus.RUNNING)
ORDER = (JobRun.started_at, JobRun.id)
RECENT = 30


def find_visible_job(session: Session, actor: Actor, job_id: int) -> JobRun | None:
    """Return a job as stored now, None where the actor sees none of that number."""
    query = visible(sa.select(JobRun).where(JobRun.id == job_id), actor)
    found: JobRun | None = session.scalar(query.execution_options(populate_existing=True))
    return found


def get_visible_job(session: Session, actor: Actor, job_id: int) -> JobRun:
    """Return a job as stored now; raises JobNotFound."""
    found = find_visible_job(session, actor, job_id)
    if found is None:
        raise JobNotFound()
    return found


def list_jobs(
    session: Session, actor: Actor, cursor: str | None, *, kind: str = "",
    status: JobStatus | None = None,
) -> Page[JobRun]:  # fmt: skip
    """Return a page of jobs, newest first; raises CursorBroken."""
    query = visible(sa.select(JobRun), actor)
    if kind:
        query = query.where(JobRun.kind == kind)
    if status is not None:
        query = query.where(JobRun.status == status)
    return page(session, query, ORDER, cursor, descending=True)


def list_recent(session: Session, actor: Actor, kind: str) -> list[JobRun]:
    """Return the last runs of a task that were done for real, newest first: for the durations."""
    query = visible(
        sa.select(JobRun).where(JobRun.kind == kind, JobRun.ended_at.is_not(None)), actor
    ).where(JobRun.dry_run.is_(False))
    return list(session.scalars(query.order_by(*(c.desc() for c in ORDER)).limit(RECENT)))


def find_last_of_task(session: Session, actor: Actor, kind: str) -> JobRun | None:
    """Return the newest run of a task in the actor's area, dry runs left out."""
    query = visible(sa.select(JobRun).where(JobRun.kind == kind), actor).where(
        JobRun.dry_run.is_(False)
    )
    found: JobRun | None = session.scalar(query.order_by(*(c.desc() for c in ORDER)).limit(1))
    return found


def list_planned_dates(session: Session, area_id: int, kind: str, since: date) -> set[date]:
    """Return the business dates of a task that were planned, from a day on."""
    query = sa.select(JobRun.due_on).where(
        JobRun.area_id == area_id, JobRun.kind == kind, JobRun.schedule_key.is_not(None),
        JobRun.due_on >= since,
    )  # fmt: skip
    return {on for on in session.scalars(query) if on is not None}


def find_by_schedule_key(session: Session, area_id: int, key: str) -> JobRun | None:
    """Return the run of a business date."""
    query = sa.select(JobRun).where(JobRun.area_id == area_id, JobRun.schedule_key == key)
    found: JobRun | None = session.scalar(query)
    return found


@dataclass(frozen=True, slots=True)
class LateDate:
    """A business date whose time is long past: its key, when it was due, and begun if it was."""

    key: str
    due_at: datetime
    begun_at: datetime | None


def find_late_date(
    session: Session, area: Area, entry: Entry, *, since: datetime, now: datetime
) -> LateDate | None:
    """Return the newest date of a task, served since an instant, if its time is long past.

    A run that waits was planned, not begun.
    """
    on = find_newest_due(entry, time_zone=area.time_zone, since=since, now=now)
    if on is None:
        return None
    due, key = due_at(entry, on, area.time_zone), date_key(entry.kind, on)
    run = find_by_schedule_key(session, area.id, key)
    is_begun = run is not None and run.status is not JobStatus.WAITING
    late = LateDate(key, due, run.started_at if run and is_begun else None)
    return late if is_late(due, now) else None


def list_live_tasks(session: Session, area_ids: Collection[int]) -> list[JobRun]:
    """Return the scheduled tasks that wait or are at work, the oldest first."""
    query = sa.select(JobRun).where(
        JobRun.area_id.in_(area_ids), JobRun.status.in_(LIVE), JobRun.kind.in_(TASKS)
    )
    return list(session.scalars(query.order_by(*ORDER)))


def list_live_asked(session: Session, area_ids: Collection[int]) -> list[JobRun]:
    """Return what people asked for on a page and what has not ended, the oldest first."""
    query = sa.select(JobRun).where(
        JobRun.area_id.in_(area_ids), JobRun.status.in_(LIVE), JobRun.kind.in_(ASKED_TITLES),
        JobRun.asked_by_id.is_not(None),
    )  # fmt: skip
    return list(session.scalars(query.order_by(*ORDER)))


class ApprovedRun(NamedTuple):
    """A run that was approved, and when."""

    id: int
    month: str
    approved_at: datetime


def list_runs_approved_since(session: Session, area_id: int, since: datetime) -> list[ApprovedRun]:
    """Return the runs approved since an instant, the earliest first."""
    query = (
        sa.select(PayoutRun.id, PayoutRun.month, PayoutRun.approved_at)
        .where(
            PayoutRun.area_id == area_id, PayoutRun.status == RunStatus.APPROVED,
            PayoutRun.approved_at > since,
        )
        .order_by(PayoutRun.approved_at, PayoutRun.id)
    )  # fmt: skip
    return [ApprovedRun._make(row) for row in session.execute(query)]


def find_schedule(session: Session, area_id: int, kind: str) -> JobSchedule | None:
    """Return since when an area's task is served."""
    return session.get(JobSchedule, (area_id, kind))


def list_schedules(session: Session, area_id: int) -> dict[str, JobSchedule]:
    """Return since when each task of an area is served."""
    query = sa.select(JobSchedule).where(JobSchedule.area_id == area_id)
    return {row.kind: row for row in session.scalars(query)}


def find_newest_scheduler(session: Session) -> Scheduler | None:
    """Return the scheduler that gave the last sign of life; schedulers belong to no area."""
    query = sa.select(Scheduler).order_by(Scheduler.heartbeat_at.desc(), Scheduler.holder).limit(1)
    found: Scheduler | None = session.scalar(query)
    return found


def list_unmailed_failures(session: Session, area_id: int, since: datetime) -> list[JobRun]:
    """Return the failed runs since an instant that nobody was mailed about, the oldest first.

    Not the month or the statements that a task, or a command, was at: that fails with its own words.
    """
    query = sa.select(JobRun).where(
        JobRun.area_id == area_id, JobRun.status == JobStatus.FAILED, JobRun.dry_run.is_(False),
        JobRun.mailed_at.is_(None), JobRun.ended_at > since,
        sa.or_(JobRun.kind.in_(TASKS), JobRun.asked_by_id.is_not(None)),
    )  # fmt: skip
    return list(session.scalars(query.order_by(*ORDER)))
