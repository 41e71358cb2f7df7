"""Files: received, tried without a change, then carried out; a second time changes nothing.

What stands here is what a page asks for. The work itself (``import_work``) is a job in a process of
its own, because a file may have millions of rows; one lease lets one process work on a file.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict
from ltc.rules.imports import PERMISSION_OF, ImportKind, ImportStatus, Outcome
from ltc.services import leases
from ltc.services.context import Context
from ltc.services.import_kinds import SPECS
from ltc.services.import_left_out import Say, build_table
from ltc.services.import_rows import Spec
from ltc.services.table_files import TableFile
from ltc.services.uploads import UploadGone, left_out_path
from ltc.store.base import new_id
from ltc.store.import_questions import get_import
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobRun, JobStatus, find_newest_job
from ltc.store.sealing import keys_of

JOB_KIND = "import"
FILE_NAME_LENGTH_MAX = 200
WORKBOOK_SUFFIX = ".xlsx"

Counts = dict[str, int]


class AlreadyImported(Conflict):
    """This file has been imported already; nothing was done twice."""


class ImportRefused(Conflict):
    """This file cannot be read. Choose a mended one."""


class NotYetTried(Conflict):
    """This file is not tried out to its end yet. Let that go on first."""


class BegunAlready(Conflict):
    """A part of this file is done already; it cannot be forgotten. Go on with the rest."""


class BeingWorkedOn(Conflict):
    """Somebody works on this file just now. Stop that first."""


class NotBeingWorkedOn(Conflict):
    """Nobody works on this file any more."""


class Asked(NamedTuple):
    """An import, and the job that waits for a process to take it up."""

    import_id: int
    job_id: int


def require_kind(ctx: Context, kind: ImportKind) -> Spec:
    """Return what a kind of file needs; raises RoleLacksPermission."""
    ctx.require(Permission.IMPORT)
    ctx.require(PERMISSION_OF[kind])
    return SPECS[kind]


def job_key(import_id: int) -> str:
    """Return the key under which only one process works on a file."""
    return f"{JOB_KIND}:{import_id}"


def no_counts() -> Counts:
    """Return no row of any outcome."""
    return {outcome.value: 0 for outcome in Outcome}


def receive(ctx: Context, *, kind: ImportKind, file_name: str, file_digest: str) -> Asked:
    """Note down a file that was kept, and ask that it be tried out."""
    require_kind(ctx, kind)
    with ctx.transaction() as session:
        file = ImportFile(
            area_id=ctx.area_id,
            id=new_id(),
            kind=kind.value,
            file_name=file_name[:FILE_NAME_LENGTH_MAX],
            file_digest=file_digest,
            organisation_id=ctx.actor.organisation_id,
            counts=no_counts(),
            problems=[],
            status=ImportStatus.ARRIVED,
            uploaded_at=ctx.now,
            uploaded_by_id=ctx.actor.user_id,
        )
        session.add(file)
        session.flush()
        job = _ask(ctx, file)
        ctx.record("import.received", "import_file", file.id, describe(file))
    return Asked(file.id, job.id)


def ask_to_carry_out(ctx: Context, *, import_id: int) -> Asked:
    """Ask that a file that was tried out be carried out.

    Raises AlreadyImported, ImportRefused, NotYetTried, AlreadyRunning.
    """
    return _ask_again(ctx, import_id, _begin_to_carry_out)


def ask_to_go_on(ctx: Context, *, import_id: int) -> Asked:
    """Ask that interrupted work on a file go on at its last checkpoint.

    Raises AlreadyImported, ImportRefused, NotBeingWorkedOn, AlreadyRunning.
    """
    return _ask_again(ctx, import_id, _check_interrupted)


def cancel(ctx: Context, *, import_id: int) -> None:
    """Stop the work on a file; what is done stays. The process notices with its next piece.

    Raises NotBeingWorkedOn.
    """
    file = _get(ctx, import_id)
    with ctx.transaction():
        job = find_newest_job(ctx.session, ctx.area_id, job_key(file.id))
        if job is None:
            raise NotBeingWorkedOn
        try:
            job = leases.lock_live(ctx, job.id)
        except leases.JobNotLive:
            raise NotBeingWorkedOn from None
        job.status, job.ended_at = JobStatus.CANCELLED, ctx.now
        ctx.record("import.stopped", "import_file", file.id, {"row": [None, job.progress_done]})


def discard(ctx: Context, *, import_id: int) -> None:
    """Forget a file of which nothing was done; raises AlreadyImported, BegunAlready, BeingWorkedOn."""
    file = _get(ctx, import_id)
    with ctx.transaction() as session:
        session.refresh(file, with_for_update=True)
        if file.status is ImportStatus.DONE:
            raise AlreadyImported
        if file.status is ImportStatus.BEGUN:
            raise BegunAlready
        job = find_newest_job(session, ctx.area_id, job_key(file.id))
        if job is not None and leases.is_worked_on(job, ctx.now):
            raise BeingWorkedOn
        ctx.record("import.discarded", "import_file", file.id, describe(file))
        session.delete(file)


def build_error_file(
    ctx: Context, *, import_id: int, folder: Path, title: str, say: Say
) -> TableFile:
    """Return the rows in question as they were given, to be written in the format they came in.

    ``folder`` is where uploads are kept, ``title`` names the sheet. Raises UploadGone.
    """
    file = _get(ctx, import_id)
    path = left_out_path(folder, file.id)
    if not path.is_file():
        raise UploadGone
    return build_table(path, keys_of(ctx.session), file.columns or [], title, say)


def is_workbook(file: ImportFile) -> bool:
    """Whether a file came as a workbook, by its name: then its rows in question go back as one."""
    return file.file_name.lower().endswith(WORKBOOK_SUFFIX)


def describe(file: ImportFile) -> dict[str, Any]:
    """Return what an audit event says of a file."""
    return {"kind": file.kind, "file_digest": file.file_digest, "counts": dict(file.counts)}


def _get(ctx: Context, import_id: int) -> ImportFile:
    file = get_import(ctx.session, ctx.actor, import_id)
    require_kind(ctx, ImportKind(file.kind))
    return file


def _ask_again(ctx: Context, import_id: int, prepare: Callable[[ImportFile], None]) -> Asked:
    """Ask for more work on a file that is neither done nor refused; ``prepare`` may refuse, too."""
    file = _get(ctx, import_id)
    with ctx.transaction() as session:
        session.refresh(file, with_for_update=True)
        _check_open(file)
        prepare(file)
        job = _ask(ctx, file)
        ctx.record("import.asked", "import_file", file.id, describe(file))
    return Asked(file.id, job.id)


def _begin_to_carry_out(file: ImportFile) -> None:
    if file.status is ImportStatus.ARRIVED:
        raise NotYetTried
    if file.status is ImportStatus.TRIED:
        file.status, file.checkpoint = ImportStatus.BEGUN, None
        file.counts, file.problems = no_counts(), []


def _check_interrupted(file: ImportFile) -> None:
    if file.status is ImportStatus.TRIED:
        raise NotBeingWorkedOn


def _check_open(file: ImportFile) -> None:
    if file.status is ImportStatus.DONE:
        raise AlreadyImported
    if file.status is ImportStatus.REFUSED:
        raise ImportRefused


def _ask(ctx: Context, file: ImportFile) -> JobRun:
    row = (file.checkpoint or {}).get("row", 1)
    inputs = {"import_id": str(file.id), "status": file.status.value, "row": row}
    return leases.ask(ctx, kind=JOB_KIND, key=job_key(file.id), inputs=inputs, at=ctx.now)
