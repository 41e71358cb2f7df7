"""The job of a file: tries it out or carries it out, in a process of its own."""

import time
from collections.abc import Callable
from typing import Any

from ltc import clock
from ltc.jobs.asked import as_asked
from ltc.services import import_work
from ltc.services.uploads import sweep_uploads, uploads_folder
from ltc.store.imports import ImportFile

# SQLite has one writer at a time and lets the others try again every tenth of a second: without
# this pause after each piece, whoever saves a page meanwhile would wait until the file is done.
PAUSE_SECONDS = 0.1

Report = Callable[[int, int], None]


def work_asked(house: Any, job_id: int, on_progress: Report | None = None) -> ImportFile:
    """Work on the file that a waiting job names, as the person who asked; raises JobNotFound."""
    folder = uploads_folder(house.settings.documents)
    with as_asked(house, job_id) as (ctx, job):
        sweep_uploads(folder, ctx.now)
        return import_work.work(
            ctx,
            import_id=int(job.inputs["import_id"]),
            folder=folder,
            clock=clock.now,
            job_id=job.id,
            on_progress=_breathing(house, on_progress),
        )


def _breathing(house: Any, on_progress: Report | None) -> Report:
    """Return a report that lets others write between two pieces, where they would have to wait."""
    pause = PAUSE_SECONDS if house.engine.dialect.name == "sqlite" else 0

    def report(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(done, total)
        time.sleep(pause)

    return report
