"""The job of a file: tries it out or carries it out, in a process of its own."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ltc import clock
from ltc.jobs.asked import as_asked
from ltc.rules.imports import ImportStatus
from ltc.services import import_work
from ltc.services.uploads import sweep_uploads, uploads_folder
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobRun

# SQLite has one writer at a time and lets the others try again every tenth of a second: without
# this pause after each piece, whoever saves a page meanwhile would wait until the file is done.
# A trial writes next to nothing and needs no pause.
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
            on_progress=_breathing(house, job, on_progress),
        )


def has_upload(house: Any, session: Session, job: JobRun) -> bool:
    """Whether the upload of an import is kept where this process looks for it.

    Another machine may keep it: there the work can go on, and here it would only be refused.
    """
    file = session.get(ImportFile, (job.area_id, int(job.inputs["import_id"])))
    if file is None:
        return True  # nothing is left to look for: who takes it up is told so
    return (uploads_folder(house.settings.documents) / file.file_digest).is_file()


def _breathing(house: Any, job: JobRun, on_progress: Report | None) -> Report:
    """Return a report that lets others write between two pieces, where they would have to wait."""
    is_alone = house.engine.dialect.name == "sqlite"
    must_pause = is_alone and job.inputs["status"] == ImportStatus.BEGUN

    def report(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(done, total)
        if must_pause:
            time.sleep(PAUSE_SECONDS)

    return report
