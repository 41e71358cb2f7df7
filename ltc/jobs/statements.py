"""The job of the statements: issues what a page asked for, in a process of its own."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ltc import clock
from ltc.jobs.monthly import JobNotFound, context_of
from ltc.rules.errors import Problem
from ltc.services.executors import choose
from ltc.services.statements import Progress, issue_run, withdraw_request
from ltc.store.job_runs import find_job


def issue_asked(
    house: Any, job_id: int, on_progress: Callable[[Progress], None] | None = None
) -> Progress:
    """Issue what a waiting job asks for, as the person who asked; raises JobNotFound.

    What is refused ends the job with the reason, for the page.
    """
    with house.session_maker() as session:
        return _issue(house, session, job_id, on_progress)


def _issue(
    house: Any, session: Session, job_id: int, on_progress: Callable[[Progress], None] | None
) -> Progress:
    job = find_job(session, job_id)
    if job is None:
        raise JobNotFound(number=job_id)
    ctx = context_of(house, session, job)
    try:
        return issue_run(
            ctx,
            run_id=int(job.inputs["run_id"]),
            documents=house.settings.documents,
            executor=choose(house.engine, house.settings.workers),
            workers=house.settings.workers,
            clock=clock.now,
            job_id=job.id,
            on_progress=on_progress,
        )
    except Problem as problem:
        withdraw_request(ctx, job_id=job_id, problem=problem)
        raise
