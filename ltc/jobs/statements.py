"""The job of the statements: issues what a page asked for, in a process of its own."""

from collections.abc import Callable
from typing import Any

from ltc import clock
from ltc.jobs.asked import as_asked
from ltc.services.statement_printers import Crew
from ltc.services.statements import Progress, issue_run


def issue_asked(
    house: Any, job_id: int, on_progress: Callable[[Progress], None] | None = None
) -> Progress:
    """Issue what a waiting job asks for, as the person who asked; raises JobNotFound."""
    with as_asked(house, job_id) as (ctx, job):
        return issue_run(
            ctx,
            run_id=int(job.inputs["run_id"]),
            press=house.settings.press,
            printers=Crew(house.engine, house.settings.workers),
            clock=clock.now,
            job_id=job.id,
            on_progress=on_progress,
        )
