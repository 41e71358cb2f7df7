"""The job of the statements: issues what a page asked for, in a process of its own."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ltc import clock
from ltc.jobs.audit_sealing import seal_area
from ltc.jobs.monthly import context_of
from ltc.rules.errors import Problem
from ltc.services.leases import withdraw_request
from ltc.services.statement_printers import Crew
from ltc.services.statements import Progress, issue_run
from ltc.store.job_runs import JobRun, get_job


def issue_asked(
    house: Any, job_id: int, on_progress: Callable[[Progress], None] | None = None
) -> Progress:
    """Issue what a waiting job asks for, as the person who asked; raises JobNotFound.

    What is refused ends the job with the reason, for the page.
    """
    with house.session_maker() as session:
        job = get_job(session, job_id)
        area_id = job.area_id
        progress = _issue(house, session, job, on_progress)
    seal_area(house, area_id, settle_seconds=0)
    return progress


def _issue(
    house: Any, session: Session, job: JobRun, on_progress: Callable[[Progress], None] | None
) -> Progress:
    job_id = job.id
    ctx = context_of(house, session, job)
    try:
        return issue_run(
            ctx,
            run_id=int(job.inputs["run_id"]),
            press=house.settings.press,
            printers=Crew(house.engine, house.settings.workers),
            clock=clock.now,
            job_id=job_id,
            on_progress=on_progress,
        )
    except Problem as problem:
        withdraw_request(ctx, job_id=job_id, problem=problem)
        raise
