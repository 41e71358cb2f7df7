"""Does one scheduled task: takes its row, works, writes signs of life, and ends it with a reason."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ltc import clock
from ltc.jobs.registry import find_runner
from ltc.jobs.work import Work
from ltc.rules.access import build_machine
from ltc.rules.errors import Problem
from ltc.rules.tasks import TASKS
from ltc.rules.timetable import Timetable
from ltc.services import jobs
from ltc.services.context import Context
from ltc.services.leases import Lease, LeaseLost, find_problem
from ltc.store import db
from ltc.store.areas import Area, get_area
from ltc.store.job_runs import JobRun, get_job
from ltc.store.reachable import DatabaseFull

DOOR = "job"
QUIET = timedelta(minutes=30)  # where the timetable does not know the task
TELL_EVERY = timedelta(seconds=1)
Clock = Callable[[], datetime]


def machine_in(house: Any, session: Any, area: Area, at: datetime) -> Context:
    """Return the machine's context in an area."""
    actor = build_machine(area.id, DOOR)
    return Context(session, actor, at, house.policies, area.time_zone)


def quiet_of(timetable: Timetable, area_code: str, kind: str) -> timedelta:
    """Return how long a worker of a task may be silent."""
    entry = timetable.of(area_code).get(kind)
    return entry.quiet if entry else QUIET


def run_task(house: Any, job_id: int, now: Clock = clock.now) -> JobRun:
    """Do what a waiting or orphaned job asks for, and return its row as it ended.

    Raises JobNotFound, TakenElsewhere, Cancelled, GivenUp; what the task itself refuses stands in
    the row.
    """
    with house.session_maker() as session:
        job = get_job(session, job_id)
        area = get_area(session, job.area_id)
        ctx = machine_in(house, session, area, now())
        quiet = quiet_of(house.timetable, area.code, job.kind)
        lease = jobs.claim(ctx, job_id=job_id, at=now(), quiet=quiet)
        _work(house, ctx, job, lease, now)
        session.refresh(job)
        return job


def _work(house: Any, ctx: Context, job: JobRun, lease: Lease, now: Clock) -> None:
    """Let the task work on a session of its own; what the books are kept with stays apart."""
    teller = Teller(ctx, lease, now)
    inside = _reading_only(house) if job.dry_run else house
    try:
        with inside.session_maker() as session:
            own = replace(ctx, session=session, now=now())
            work = Work(
                house=inside,
                ctx=None if TASKS[job.kind].of_installation else own,
                on=job.due_on or own.today,
                dry_run=job.dry_run,
                report=teller.report,
                log=teller.log,
                inputs=dict(job.inputs),
            )
            result = find_runner(job.kind)(work)
        jobs.finish(ctx, lease, at=now(), result=result)
    except LeaseLost:
        raise  # the row is another's
    except sa.exc.OperationalError as error:
        _fail_where_full(ctx, lease, now(), error)
        raise  # the database is away or busy: who takes over goes on
    except Problem as problem:
        jobs.fail(ctx, lease, at=now(), error=problem)
    except Exception as error:
        jobs.fail(ctx, lease, at=now(), error=error)
        raise
    finally:
        if inside is not house:
            inside.engine.dispose()


def _fail_where_full(
    ctx: Context, lease: Lease, at: datetime, error: sa.exc.OperationalError
) -> None:
    """End the job where the database is full: whoever took over would find it so, and not say why.

    Where not even this can be written, the row stays as it is.
    """
    if isinstance(find_problem(error), DatabaseFull):
        with suppress(sa.exc.DBAPIError):
            jobs.fail(ctx, lease, at=at, error=error)


class Teller:
    """A task's signs of life: progress at most once a second, every line of the log."""

    def __init__(self, ctx: Context, lease: Lease, now: Clock) -> None:
        """Take the context that the books are kept with, the lease, and what tells the time."""
        self.ctx, self.lease, self.now = ctx, lease, now
        self._told_at: datetime | None = None

    def report(self, done: int, total: int) -> None:
        """Say how far the work is; raises LeaseLost, Cancelled."""
        at = self.now()
        is_end = done == total
        if not is_end and self._told_at and timedelta(0) <= at - self._told_at < TELL_EVERY:
            return
        self._told_at = at
        jobs.tell(self.ctx, self.lease, at=at, done=done, total=total)

    def log(self, text: str) -> None:
        """Keep a line with the job; raises LeaseLost, Cancelled."""
        jobs.tell(self.ctx, self.lease, at=self.now(), text=text)


def _reading_only(house: Any) -> Any:
    """Return the house with connections that refuse to write, whatever a task tries."""
    engine = db.create_engine(house.settings.database_url, poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _refuse_writes)
    return replace(
        house, engine=engine, session_maker=db.create_session_maker(engine, house.settings.keys)
    )


def _refuse_writes(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    if hasattr(connection, "isolation_level") and connection.__class__.__module__ == "sqlite3":
        cursor.execute("PRAGMA query_only = ON")
    else:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        connection.commit()
    cursor.close()
