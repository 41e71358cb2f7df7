"""The work on a file: tried out, or carried out, piece by piece, from its last checkpoint.

A piece is some thousand rows in one transaction: what they change, the counts so far, the
checkpoint, the audit event and the heartbeat. Whatever is killed or stopped goes on after its last
piece and ends with the same rows. While a file is tried out nothing is changed, and its pieces keep
only how far they are. Memory does not grow with the file: keys met and rows in question are on disk.
"""

import gc
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from ltc.rules.errors import Conflict, Invalid
from ltc.rules.imports import ImportKind, ImportStatus, Outcome, RowTwice
from ltc.services import leases
from ltc.services.context import Context
from ltc.services.csv_files import Row, Table
from ltc.services.import_keys import SeenKeys
from ltc.services.import_left_out import LeftOut, keep_problem
from ltc.services.import_rows import Checked, Spec, refuse
from ltc.services.import_tables import open_import
from ltc.services.imports import (
    JOB_KIND,
    AlreadyImported,
    ImportRefused,
    describe,
    job_key,
    no_counts,
    require_kind,
)
from ltc.services.uploads import (
    Upload,
    find_upload,
    forget_keys,
    forget_work,
    left_out_path,
    remove_upload,
    seen_path,
)
from ltc.store.bulk import widen_cache
from ltc.store.import_lookups import refresh_statistics
from ltc.store.import_questions import get_import, is_upload_needed
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.number_series import take_numbers
from ltc.store.sealing import keys_of

CHUNK_ROWS = 2_000  # what is looked up at once
PIECE_ROWS = 10_000  # what is done in one transaction, in about a second
PROBLEMS_KEPT = 200
SHORT_DIGEST_LENGTH = 12
# The rows of a piece live until it is done and make no cycles: looking for some among them at
# Python's usual thresholds would take a third of the time.
SELDOM = (100_000, 20, 20)
IN_QUESTION = (Outcome.CONFLICT, Outcome.BAD)
TO_DO = (Outcome.NEW, Outcome.CHANGED)
# Whoever takes a number of this series waits until the piece before has committed: two files with
# the same rows at the same moment would otherwise both find them new.
TURN = "imports"

Clock = Callable[[], datetime]
Report = Callable[[int, int], None]


class Stopped(Conflict):
    """The work on this file was stopped after row {row}; it can go on from there."""


def work(
    ctx: Context,
    *,
    import_id: int,
    folder: Path,
    clock: Clock,
    job_id: int | None = None,
    on_progress: Report | None = None,
) -> ImportFile:
    """Try out or carry out a file, whichever was asked for, from its last checkpoint to its end.

    ``folder`` is where uploads are kept, ``clock`` tells the instants of heartbeats, and
    ``on_progress`` is told the rows done and about how many there are. A file that cannot be read
    as a whole ends refused. Raises AlreadyImported, ImportRefused, AlreadyRunning, JobNotLive,
    UploadGone, Stopped.
    """
    file = get_import(ctx.session, ctx.actor, import_id)
    spec = require_kind(ctx, ImportKind(file.kind))
    upload = find_upload(folder, file.file_digest, keys_of(ctx.session))
    lease = _take(ctx, file, clock(), job_id)
    try:
        begun = _Work(ctx, file, spec, lease, folder, clock, on_progress)
        with closing(begun), _collecting_seldom():
            _do(begun, upload)
    except leases.LeaseLost:
        raise leases.explain_loss(ctx, lease, _tell_stopped) from None
    except Exception as error:
        if isinstance(error, sqlite3.DatabaseError):
            forget_work(folder, import_id)  # the file of keys is broken: begin anew next time
        _give_up(ctx, file, lease, clock(), error)
        raise
    _clear_away(ctx, file, folder)
    return file


@dataclass
class _Work:
    """A file that is being worked on: what is counted so far, and what is kept beside the database."""

    ctx: Context
    file: ImportFile
    spec: Spec
    lease: leases.Lease
    folder: Path
    clock: Clock
    on_progress: Report | None
    row: int = field(default=1, init=False)
    rows_total: int = field(default=0, init=False)
    counts: dict[str, int] = field(default_factory=no_counts, init=False)
    problems: list[dict[str, Any]] = field(default_factory=list, init=False)
    seen: SeenKeys = field(init=False)
    left_out: LeftOut = field(init=False)

    def __post_init__(self) -> None:
        """Go on at the checkpoint; begin anew where there is none, or its keys are gone."""
        met, keys = seen_path(self.folder, self.file.id), keys_of(self.ctx.session)
        checkpoint = self.file.checkpoint if met.exists() else None
        if checkpoint:
            self.row = int(checkpoint["row"])
            self.counts, self.problems = dict(self.file.counts), list(self.file.problems)
        else:
            forget_work(self.folder, self.file.id)
        self.seen = SeenKeys(met, keys.lookup_key)
        length = int(checkpoint["bytes"]) if checkpoint else 0
        self.left_out = LeftOut(left_out_path(self.folder, self.file.id), keys, length)

    def count(self, checked: Iterable[Checked]) -> None:
        """Add up what became of rows, and put those in question aside."""
        for one in checked:
            self.counts[one.outcome.value] += 1
            if one.problem is not None:
                self.left_out.add(one.row, one.problem)
                if len(self.problems) < PROBLEMS_KEPT:
                    self.problems.append(keep_problem(one.row, one.problem))

    def tell(self) -> None:
        """Tell whoever asked how far the work is; nothing is locked meanwhile."""
        if self.on_progress is not None:
            self.on_progress(self.row - 1, self.rows_total)

    def close(self) -> None:
        """Close what is open beside the database; what no piece kept is gone."""
        self.seen.close()
        self.left_out.close()


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for cycles of objects seldom while this is open."""
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _do(work: _Work, upload: Upload) -> None:
    """Go through the rows after the checkpoint; a file that cannot be read as a whole is refused."""
    try:
        table = open_import(upload, work.spec)
    except Invalid as problem:
        _refuse(work, problem)
        return
    work.rows_total = table.rows_total
    rows = (row for row in table.rows if row.number > work.row)
    work.tell()
    while not _do_piece(work, table, rows):
        work.tell()
    work.tell()


def _do_piece(work: _Work, table: Table, rows: Iterator[Row]) -> bool:
    """Do the next piece, and say whether it was the last; its rows are gone before the next come."""
    piece = list(islice(rows, PIECE_ROWS))
    is_last = len(piece) < PIECE_ROWS
    work.ctx.now = work.clock()
    do = _carry_out if work.file.status is ImportStatus.BEGUN else _try_out
    do(work, table, piece, is_last)
    return is_last


def _try_out(work: _Work, table: Table, piece: Sequence[Row], is_last: bool) -> None:
    """Say what a piece would do, and keep that; no record changes."""
    for chunk in _chunks(piece):
        work.count(check_chunk(work.ctx, work.spec, chunk, work.seen))
    if not is_last:
        with work.ctx.bookkeeping():
            _keep(work, table, piece)
        return
    with work.ctx.transaction():
        _keep(work, table, piece)
        _end(work, ImportStatus.TRIED, "import.tried_out")


def _carry_out(work: _Work, table: Table, piece: Sequence[Row], is_last: bool) -> None:
    """Do a piece, in one transaction with how far that is."""
    ctx, reason = work.ctx, f"import {work.file.file_digest[:SHORT_DIGEST_LENGTH]}"
    with ctx.transaction() as session:
        widen_cache(session)
        take_numbers(session, ctx.area_id, TURN)
        ctx.now = work.clock()  # not when the waiting began: what is corrected here may be younger
        ctx.learn()
        for chunk in _chunks(piece):
            checked = check_chunk(ctx, work.spec, chunk, work.seen)
            todo = [one for one in checked if one.outcome in TO_DO]
            if todo:
                work.spec.carry_out(ctx, todo, reason)
            work.count(checked)
        if work.row == 1 and not is_last:
            refresh_statistics(session, work.spec.kind)
        _keep(work, table, piece)
        if is_last:
            work.file.done_at = ctx.now
            _end(work, ImportStatus.DONE, "import.carried_out")
        else:
            ctx.record("import.piece_done", "import_file", work.file.id, describe(work.file))


def check_chunk(ctx: Context, spec: Spec, rows: list[Row], seen: SeenKeys) -> list[Checked]:
    """Return a chunk's rows with their outcomes; the second row about a record is bad."""
    checked = spec.check(ctx, rows)
    twice = seen.meet((one.key, one.row.number) for one in checked if one.key)
    if twice:
        for index, one in enumerate(checked):
            if first := twice.get(one.row.number):
                checked[index] = refuse(one.row, RowTwice(field=spec.required[0], first=first))
    return checked


def _chunks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), CHUNK_ROWS):
        yield list(rows[start : start + CHUNK_ROWS])


def _keep(work: _Work, table: Table, piece: Sequence[Row]) -> None:
    """Write down how far the work is, last of all what the database keeps; raises LeaseLost."""
    work.row = piece[-1].number if piece else work.row
    work.seen.keep()
    file = work.file
    file.checkpoint = {"row": work.row, "bytes": work.left_out.keep()}
    file.counts, file.problems = dict(work.counts), list(work.problems)
    file.columns = table.columns
    work.rows_total = max(work.rows_total, work.row - 1)
    leases.renew(
        work.ctx.session, work.lease, at=work.clock(), done=work.row - 1, total=work.rows_total
    )


def _end(work: _Work, status: ImportStatus, action: str) -> None:
    """End the job inside the open transaction, with where the file stands now."""
    work.file.status = status
    result = {"import_id": str(work.file.id), "status": status.value}
    leases.end(work.ctx.session, work.lease, JobStatus.DONE, at=work.clock(), result=result)
    work.ctx.record(action, "import_file", work.file.id, describe(work.file))


def _refuse(work: _Work, problem: Invalid) -> None:
    """Keep why the file cannot be read as a whole."""
    with work.ctx.transaction():
        work.file.problems = [keep_problem(Row(0, {}, None), problem)]
        _end(work, ImportStatus.REFUSED, "import.refused")


def _take(ctx: Context, file: ImportFile, at: datetime, job_id: int | None) -> leases.Lease:
    """Take a file's lease; raises AlreadyRunning, JobNotLive, AlreadyImported, ImportRefused."""
    inputs = {"import_id": str(file.id), "status": file.status.value}
    with ctx.transaction() as session:
        session.refresh(file, with_for_update=True)
        if file.status in (ImportStatus.DONE, ImportStatus.TRIED):
            raise AlreadyImported
        if file.status is ImportStatus.REFUSED:
            raise ImportRefused
        lease = leases.acquire(
            ctx, kind=JOB_KIND, key=job_key(file.id), inputs=inputs, at=at, job_id=job_id
        )
        ctx.record("import.started", "import_file", file.id, describe(file))
    return lease


def _tell_stopped(job: JobRun) -> Stopped:
    return Stopped(row=job.progress_done + 1)


def _give_up(
    ctx: Context, file: ImportFile, lease: leases.Lease, at: datetime, error: Exception
) -> None:
    """Write down that the work failed; what is done stays."""
    told = leases.Told("import.failed", "import_file", file.id)
    leases.give_up(ctx, lease, told, at=at, error=error)


def _clear_away(ctx: Context, file: ImportFile, folder: Path) -> None:
    """Remove what nobody needs any more: the keys, and the upload of a file that is finished."""
    forget_keys(folder, file.id)
    if not any(file.counts.get(outcome.value) for outcome in IN_QUESTION):
        forget_work(folder, file.id)
    if not is_upload_needed(ctx.session, file.file_digest):
        remove_upload(folder, file.file_digest)
