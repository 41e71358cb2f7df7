"""A scheduler in pieces: tasks of a test's own, a clock that is set, and jobs done at once."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import time

import sqlalchemy as sa
import time_machine

from ltc.jobs import registry, scheduling
from ltc.jobs.going_on import run_job
from ltc.jobs.running import run_task
from ltc.rules.timetable import CatchUp, Entry, Repeats, Timetable
from ltc.services import leases
from ltc.store.job_runs import JobRun, JobStatus

TASK = "books_check"


def nightly(kind=TASK, catch_up=CatchUp.EVERY, back_days=7, quiet_minutes=30):
    return Entry(kind, Repeats.DAILY, time(2), catch_up, back_days, quiet_minutes)


def house_with(house, *entries):
    """The house with a timetable of its own."""
    return replace(house, timetable=Timetable({entry.kind: entry for entry in entries}))


@contextmanager
def runner(monkeypatch, work, kind=TASK):
    with monkeypatch.context() as patch:
        patch.setitem(registry.RUNNERS, kind, work)
        patch.setattr(scheduling, "RUNNERS", registry.RUNNERS)
        yield


def always(_job_id, *, holder):
    """Start whatever is to be started: the test does it itself."""
    return True


def look_and_run(house, at):
    """Look once, and do what was started at once."""
    started = scheduling.look(house, always, lambda: at)
    return [run_task(house, job_id, lambda: at) for job_id in started]


def list_runs(house, kind=TASK):
    with house.session_maker() as session:
        query = sa.select(JobRun).where(JobRun.kind == kind)
        return list(session.scalars(query.order_by(JobRun.due_on, JobRun.started_at)))


def kill(session, job_id, **values):
    """Let a job look as if its process were killed: on this machine, and at work."""
    gone = f"{leases.name_holder().partition('/')[0]}/1/0"
    values = {"status": JobStatus.RUNNING, "holder": gone, "attempts": 1, **values}
    session.rollback()
    session.execute(sa.update(JobRun).where(JobRun.id == job_id).values(**values))
    session.commit()


def look_and_go_on(house, at, timetable=None):
    """Look once as a scheduler does (with nothing on its timetable), and do at once what it starts."""
    house = replace(house, timetable=timetable or Timetable())
    with time_machine.travel(at, tick=False):
        started = scheduling.look(house, always, lambda: at)
        return [run_job(house, job_id, lambda: at) for job_id in started]
