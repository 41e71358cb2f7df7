"""Goes on with what a person asked for on a page, where the process that had it has ended."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ltc import clock
from ltc.jobs.imports import has_upload, work_asked
from ltc.jobs.monthly import calculate_asked
from ltc.jobs.running import Clock, machine_in, run_task
from ltc.jobs.statements import issue_asked
from ltc.services import imports, jobs
from ltc.services.uploads import UploadGone
from ltc.store.areas import get_area
from ltc.store.job_runs import JobRun, get_job

# By the kinds of ``ltc.rules.tasks.ASKED_TITLES``. Each takes the waiting job as the person who
# asked, goes on at its last checkpoint, and ends the job with a reason where it is refused.
ASKED: dict[str, Callable[[Any, int], object]] = {
    "calculate": calculate_asked,
    "statements": issue_asked,
    "import": work_asked,
}


def can_go_on_here(house: Any, session: Session, job: JobRun) -> bool:
    """Whether this machine has what a job needs that a person asked for."""
    return job.kind != imports.JOB_KIND or has_upload(house, session, job)


def run_job(house: Any, job_id: int, now: Clock = clock.now) -> JobRun:
    """Do a scheduled task, or go on with what a person asked for; return the row as it ended.

    Raises JobNotFound, UploadGone, TakenElsewhere, GivenUp, Cancelled, and what going on is refused
    with.
    """
    with house.session_maker() as session:
        job = get_job(session, job_id)
        kind = job.kind
        if kind in ASKED:
            if not can_go_on_here(house, session, job):
                raise UploadGone
            ctx = machine_in(house, session, get_area(session, job.area_id), now())
            jobs.take_up(ctx, job_id=job_id, at=now())
    if kind not in ASKED:
        return run_task(house, job_id, now)
    ASKED[kind](house, job_id)
    with house.session_maker() as session:
        return get_job(session, job_id)
