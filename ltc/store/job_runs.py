"""Long work that runs outside of a request: its lease, heartbeat, progress and result."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.rules.errors import NotFound
from ltc.store.base import AreaKeyed, Base, JsonText, UtcDateTime, enum_of


class JobNotFound(NotFound):
    """There is no such job, or it is not yours to see."""


class JobStatus(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobRun(AreaKeyed, Base):
    """One job for one key (such as ``calculate:2019-11``); only one lives per key."""

    __tablename__ = "job_runs"
    __table_args__ = (
        sa.Index(None, "area_id", "kind", "started_at"),
        sa.Index(
            "uq_job_runs_live_key",
            "area_id",
            "job_key",
            unique=True,
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        ),
        # Whatever the number of schedulers: a task is done once for each of its business dates.
        sa.Index("uq_job_runs_schedule_key", "area_id", "schedule_key", unique=True),
    )

    kind: Mapped[str] = mapped_column(sa.String(40))
    job_key: Mapped[str] = mapped_column(sa.String(120))
    status: Mapped[JobStatus] = mapped_column(enum_of(JobStatus))
    inputs: Mapped[dict[str, Any]] = mapped_column(JsonText)
    holder: Mapped[str] = mapped_column(sa.String(80), default="")
    heartbeat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(sa.Text, default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonText)
    asked_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Of scheduled tasks only; None where a person or another use-case asked.
    schedule_key: Mapped[str | None] = mapped_column(sa.String(120))
    due_on: Mapped[date | None] = mapped_column(sa.Date)
    dry_run: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    log: Mapped[str] = mapped_column(sa.Text, default="", server_default=sa.text("''"))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    cancel_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobSchedule(Base):
    """Since when an area's task is served: what was due before is nobody's omission."""

    __tablename__ = "job_schedules"

    area_id: Mapped[int] = mapped_column(sa.Integer, sa.ForeignKey("areas.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mailed_key: Mapped[str] = mapped_column(
        sa.String(120), default="", server_default=sa.text("''")
    )


class Scheduler(Base):
    """A scheduler process and its last sign of life; ``trouble`` is why it schedules nothing."""

    __tablename__ = "schedulers"

    holder: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(sa.Text, default="", server_default=sa.text("''"))


def find_job(session: Session, job_id: int) -> JobRun | None:
    """Return a job by its id as stored now, whatever its area; for the process that works on it."""
    query = sa.select(JobRun).where(JobRun.id == job_id).execution_options(populate_existing=True)
    found: JobRun | None = session.scalar(query)
    return found


def get_job(session: Session, job_id: int) -> JobRun:
    """Return a job by its id as ``find_job`` does; raises JobNotFound."""
    found = find_job(session, job_id)
    if found is None:
        raise JobNotFound()
    return found


def lock_job(session: Session, area_id: int, job_id: int) -> JobRun | None:
    """Return a job of an area as stored now, which nobody else changes before the commit."""
    query = sa.select(JobRun).where(JobRun.area_id == area_id, JobRun.id == job_id)
    found: JobRun | None = session.scalar(
        query.with_for_update().execution_options(populate_existing=True)
    )
    return found


def find_newest_job(session: Session, area_id: int, key: str) -> JobRun | None:
    """Return the newest job of a key in an area; None where there never was one."""
    query = (
        sa.select(JobRun)
        .where(JobRun.area_id == area_id, JobRun.job_key == key)
        .order_by(JobRun.started_at.desc(), JobRun.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    found: JobRun | None = session.scalar(query)
    return found
