"""What a scheduler does each time it looks: sign in, plan what is due, start what waits, tidy, mail.

It keeps nothing in mind. What is due follows from the timetable, each area's own calendar and this
instant; what was done says the database. So any number of schedulers may look, at any time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ltc import clock
from ltc.jobs.going_on import can_go_on_here
from ltc.jobs.mail import mail_troubles
from ltc.jobs.registry import RUNNERS
from ltc.jobs.running import Clock, machine_in, quiet_of
from ltc.rules.months import Month
from ltc.rules.tasks import TASKS
from ltc.rules.timetable import Entry, Repeats, date_key, list_due
from ltc.rules.words import N_
from ltc.services import jobs, schedulers
from ltc.services.context import Context
from ltc.services.leases import is_gone, is_silent, name_holder
from ltc.services.uploads import sweep_uploads, uploads_folder
from ltc.store.areas import Area, is_first_area, list_areas
from ltc.store.db import read_clock
from ltc.store.job_questions import (
    list_live_asked,
    list_live_tasks,
    list_planned_dates,
)
from ltc.store.job_runs import JobRun, JobStatus

MOST_CLOCK_OFF = timedelta(minutes=10)  # five minutes between machines are nothing
CLOCK_IS_OFF = N_(
    "The clock of this machine is more than ten minutes away from that of the database: nothing is"
    " scheduled here. Set the clock."
)


class Start(Protocol):
    """Starts a job in a process of its own; no where there is no room for one more now."""

    def __call__(self, job_id: int, *, holder: str) -> bool:
        """``holder``: the process that has the job, gone or silent for too long; else empty."""


def look(house: Any, start: Start, now: Clock = clock.now) -> list[int]:
    """Look once: plan what is due in every area and start what waits; return what was started."""
    with house.session_maker() as session:
        areas = list_areas(session)
        if not areas:
            return []
        at = now()
        trouble = find_clock_trouble(session, at + timedelta(days=house.settings.clock_back_days))
        schedulers.sign_in(machine_in(house, session, areas[0], at), at=at, trouble=trouble)
        if trouble:
            return []
        for area in areas:
            _plan_area(house, machine_in(house, session, area, at), area)
        started = _start_waiting(house, session, areas, at, start)
        sweep_uploads(uploads_folder(house.settings.documents), at)
        _mail_areas(house, session, areas, at)
        return started


def _mail_areas(house: Any, session: Session, areas: list[Area], at: datetime) -> None:
    """Mail, last of all: a server that does not answer takes its time, and is asked only once."""
    for area in areas:
        if not mail_troubles(house, machine_in(house, session, area, at), area):
            return


def find_clock_trouble(session: Session, at: datetime) -> str:
    """Return in words that this machine's clock and the database's differ; empty where not."""
    off = abs(at - read_clock(session, at))
    session.rollback()
    return CLOCK_IS_OFF if off > MOST_CLOCK_OFF else ""


def _plan_area(house: Any, ctx: Context, area: Area) -> None:
    is_first = is_first_area(ctx.session, area.id)
    jobs.release_dates_ahead(
        ctx, until=(ctx.now + MOST_CLOCK_OFF).astimezone(ZoneInfo(area.time_zone)).date()
    )
    for kind, entry in house.timetable.of(area.code).items():
        if kind in RUNNERS and TASKS[kind].is_done_in(first_area=is_first):
            since = schedulers.begin_serving(ctx, kind=kind, at=ctx.now)
            _plan_task(ctx, area, entry, since)


def _plan_task(ctx: Context, area: Area, entry: Entry, since: datetime) -> None:
    """Plan the first business date that is due and not planned; the next one follows it."""
    if entry.repeats is Repeats.AFTER_APPROVAL:
        _plan_approved(ctx, entry, since)
        return
    earliest = (ctx.now - timedelta(days=entry.back_days + 1)).date()
    planned = list_planned_dates(ctx.session, ctx.area_id, entry.kind, earliest)
    due = list_due(entry, time_zone=area.time_zone, since=since, now=ctx.now, done=planned)
    if due:
        jobs.plan(ctx, kind=entry.kind, schedule_key=date_key(entry.kind, due[0]), on=due[0])


def _plan_approved(ctx: Context, entry: Entry, since: datetime) -> None:
    """Plan the first run that is not planned; one that somebody issues by hand, at a later look."""
    for run in jobs.list_unplanned_runs(ctx.session, ctx.area_id, entry, since=since, at=ctx.now):
        if run.by_hand is None:
            jobs.plan(
                ctx, kind=entry.kind, schedule_key=run.key, on=Month.parse(run.month).starts_on,
                inputs={"run_id": str(run.run_id), "month": run.month},
            )  # fmt: skip
            return


def _start_waiting(
    house: Any, session: Session, areas: list[Area], at: datetime, start: Start
) -> list[int]:
    codes = {area.id: area.code for area in areas}
    live, asked = list_live_tasks(session, codes), list_live_asked(session, codes)
    left = [job for job in asked if jobs.is_left(job, at) and can_go_on_here(house, session, job)]
    session.rollback()
    return [
        job.id
        for job in (*_orphans(house, codes, live, at), *left)
        if start(job.id, holder=job.holder if job.status is JobStatus.RUNNING else "")
    ]


def _orphans(
    house: Any, codes: dict[int, str], live: list[JobRun], at: datetime
) -> Iterator[JobRun]:
    """Yield the jobs that no process has: fresh ones, and those whose process is gone or hung."""
    for job in live:
        if job.status is JobStatus.WAITING:
            is_nobodys = _is_nobodys(job, at)
        else:
            quiet = quiet_of(house.timetable, codes[job.area_id], job.kind)
            is_nobodys = jobs.may_claim(job, at, quiet)
        if is_nobodys:
            yield job


def _is_nobodys(job: JobRun, at: datetime) -> bool:
    """Whether a waiting job is this scheduler's to start: its own, or left alone by its starter.

    A page starts a process for what a person asked, another scheduler for what it planned.
    """
    is_own = job.holder == name_holder()
    return is_own or is_gone(job.holder) or is_silent(job, at)
