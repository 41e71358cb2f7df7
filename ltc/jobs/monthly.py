"""The month's job: calculates what a page or the shell asked for, in a process of its own."""

from collections.abc import Callable
from typing import Any

from ltc import clock
from ltc.jobs.asked import as_asked
from ltc.jobs.work import executor_of
from ltc.rules.months import Month
from ltc.services.payout_start import read_known_at
from ltc.services.payout_sums import add_up
from ltc.services.payouts import Progress, calculate_run
from ltc.store.payouts import PayoutRun


def calculate_asked(
    house: Any, job_id: int, on_progress: Callable[[Progress], None] | None = None
) -> PayoutRun:
    """Calculate what a waiting job asks for, as the person who asked; raises JobNotFound.

    Refused are a month in which nothing changed, and one that is approved already.
    """
    with as_asked(house, job_id) as (ctx, job):
        run = calculate_run(
            ctx,
            month=Month.parse(job.inputs["month"]),
            known_at=read_known_at(job.inputs["known_at"]),
            executor=executor_of(house),
            clock=clock.now,
            job_id=job.id,
            on_progress=on_progress,
        )
        add_up(ctx)
        return run
