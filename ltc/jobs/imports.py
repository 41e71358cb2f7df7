"""The job of a file: tries it out or carries it out, in a process of its own."""

import time
from collections.abc import Callable
from typing import Any

from ltc import clock
from ltc.jobs.audit_sealing import seal_area
from ltc.jobs.monthly import context_of
from ltc.rules.errors import Problem
from ltc.services import import_work
from ltc.services.leases import withdraw_request
from ltc.services.uploads import sweep_uploads, uploads_folder
from ltc.store.imports import ImportFile
from ltc.store.job_runs import get_job

# SQLite has one writer at a time and lets the others try again every tenth of a second: without
# this pause after each piece, whoever saves a page meanwhile would wait until the file is done.
PAUSE_SECONDS = 0.1

Report = Callable[[int, int], None]


def work_asked(house: Any, job_id: int, on_progress: Report | None = None) -> ImportFile:
    """Work on the file that a waiting job names, as the person who asked; raises JobNotFound.

    What is refused before it begins ends the job with the reason, for the page.
    """
    folder = uploads_folder(house.settings.documents)
    with house.session_maker() as session:
        job = get_job(session, job_id)
        ctx = context_of(house, session, job)
        sweep_uploads(folder, ctx.now)
        try:
            file = import_work.work(
                ctx,
                import_id=int(job.inputs["import_id"]),
                folder=folder,
                clock=clock.now,
                job_id=job_id,
                on_progress=_breathing(house, on_progress),
            )
        except Problem as problem:
            withdraw_request(ctx, job_id=job_id, problem=problem)
            raise
    seal_area(house, file.area_id, settle_seconds=0)
    return file


def _breathing(house: Any, on_progress: Report | None) -> Report:
    """Return a report that lets others write between two pieces, where they would have to wait."""
    pause = PAUSE_SECONDS if house.engine.dialect.name == "sqlite" else 0

    def report(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(done, total)
        time.sleep(pause)

    return report
