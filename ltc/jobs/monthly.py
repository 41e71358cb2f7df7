"""The month's job: calculates what a page or the shell asked for, in a process of its own."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ltc import clock
from ltc.jobs.audit_sealing import seal_area
from ltc.rules.access import Actor, build_machine
from ltc.rules.errors import Problem
from ltc.rules.months import Month
from ltc.services.context import Context
from ltc.services.executors import choose
from ltc.services.leases import withdraw_request
from ltc.services.payout_start import read_known_at
from ltc.services.payouts import Progress, calculate_run
from ltc.store.areas import get_area
from ltc.store.job_runs import JobRun, get_job
from ltc.store.payouts import PayoutRun
from ltc.store.users import User

DOOR = "job"


def calculate_asked(
    house: Any, job_id: int, on_progress: Callable[[Progress], None] | None = None
) -> PayoutRun:
    """Calculate what a waiting job asks for, as the person who asked; raises JobNotFound.

    What is refused (nothing changed, already approved) ends the job with the reason, for the page.
    """
    with house.session_maker() as session:
        job = get_job(session, job_id)
        ctx = context_of(house, session, job)
        try:
            run = calculate_run(
                ctx,
                month=Month.parse(job.inputs["month"]),
                known_at=read_known_at(job.inputs["known_at"]),
                executor=choose(house.engine, house.settings.workers),
                clock=clock.now,
                job_id=job.id,
                on_progress=on_progress,
            )
        except Problem as problem:
            withdraw_request(ctx, job_id=job_id, problem=problem)
            raise
        seal_area(house, run.area_id, settle_seconds=0)
        return run


def context_of(house: Any, session: Session, job: JobRun) -> Context:
    """Return the context of the person who asked, or of the machine where nobody did."""
    area = get_area(session, job.area_id)
    actor = build_machine(area.id, DOOR)
    user = session.get(User, (job.area_id, job.asked_by_id)) if job.asked_by_id else None
    if user is not None:
        actor = Actor(
            user.id, user.name, user.role, user.area_id, user.organisation_id, user.district_id,
            user.carer_id, DOOR,
        )  # fmt: skip
    return Context(session, actor, clock.now(), house.policies, area.time_zone)
