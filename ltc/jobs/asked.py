"""The frame of what a page or the shell asked for: done as who asked, refused in words, and sealed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from ltc import clock
from ltc.jobs.audit_sealing import seal_area
from ltc.rules.access import Actor, build_machine
from ltc.rules.errors import Conflict, Problem
from ltc.services.context import Context
from ltc.services.leases import withdraw_request
from ltc.store.areas import get_area
from ltc.store.job_runs import JobRun, get_job
from ltc.store.users import User

DOOR = "job"


class AskerGone(Conflict):
    """Who asked for this may not sign in any more. Somebody else has to ask for it."""


@contextmanager
def as_asked(house: Any, job_id: int) -> Iterator[tuple[Context, JobRun]]:
    """Yield the context of who asked, and the waiting job; raises JobNotFound.

    What is refused inside ends the job with the reason, for the page. What was written is sealed.
    """
    with house.session_maker() as session:
        job = get_job(session, job_id)
        area_id = job.area_id
        ctx = _machine_of(house, session, job)
        try:
            ctx = context_of(house, session, job)
            yield ctx, job
        except Problem as problem:
            withdraw_request(ctx, job_id=job_id, problem=problem)
            raise
    seal_area(house, area_id, settle_seconds=0)


def context_of(house: Any, session: Session, job: JobRun) -> Context:
    """Return the context of the person who asked, or of the machine where nobody did.

    Raises AskerGone where that person was deactivated meanwhile.
    """
    ctx = _machine_of(house, session, job)
    if job.asked_by_id is None:
        return ctx
    user = session.get(User, (job.area_id, job.asked_by_id), populate_existing=True)
    if user is None or not user.active:
        raise AskerGone()
    actor = Actor(
        user.id, user.name, user.role, user.area_id, user.organisation_id, user.district_id,
        user.carer_id, DOOR,
    )  # fmt: skip
    return replace(ctx, actor=actor)


def _machine_of(house: Any, session: Session, job: JobRun) -> Context:
    area = get_area(session, job.area_id)
    actor = build_machine(area.id, DOOR)
    return Context(session, actor, clock.now(), house.policies, area.time_zone)
