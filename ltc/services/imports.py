"""Files: tried without a change, then carried out; a second time changes nothing and says so.

Bad rows and rows in conflict are left out and can be fetched as a file. What is carried out is one
transaction for every 100,000 rows, so a usual file is done wholly or not at all; where a larger one
breaks off, the same file again does only what is missing, because rows are found by their keys.
"""

import csv
import io
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict, Problem
from ltc.rules.imports import PERMISSION_OF, ImportKind, Outcome, RowTwice
from ltc.services.context import Context
from ltc.services.csv_files import Row, safe_cell
from ltc.services.import_kinds import SPECS
from ltc.services.import_rows import Checked, Spec, refuse
from ltc.services.xlsx_files import read_any_table
from ltc.store.base import new_id
from ltc.store.import_questions import get_import
from ltc.store.imports import ImportFile
from ltc.store.number_series import take_numbers

CHUNK_ROWS = 2_000
TRANSACTION_ROWS = 100_000
PROBLEMS_KEPT = 200
FILE_NAME_LENGTH_MAX = 200
SHORT_DIGEST_LENGTH = 12
ERROR_COLUMNS = ("row", "column", "reason")
# Whoever takes a number of this series waits until the import before has committed: two files with
# the same rows at the same moment would otherwise both find them new.
TURN = "imports"

Counts = dict[str, int]


class AlreadyImported(Conflict):
    """This file has been imported already; nothing was done twice."""


def require_kind(ctx: Context, kind: ImportKind) -> Spec:
    """Return what a kind of file needs; raises RoleLacksPermission."""
    ctx.require(Permission.IMPORT)
    ctx.require(PERMISSION_OF[kind])
    return SPECS[kind]


def try_out(
    ctx: Context, *, kind: ImportKind, file_name: str, file_digest: str, path: Path
) -> ImportFile:
    """Say what importing a file would do, change nothing of it, and keep the answer.

    Raises what the file as a whole is refused for (``csv_files.read_table``).
    """
    spec = require_kind(ctx, kind)
    counts, problems = _count(_check_file(ctx, spec, path))
    with ctx.transaction() as session:
        file = ImportFile(
            area_id=ctx.area_id,
            id=new_id(),
            kind=kind.value,
            file_name=file_name[:FILE_NAME_LENGTH_MAX],
            file_digest=file_digest,
            organisation_id=ctx.actor.organisation_id,
            counts=counts,
            problems=problems,
            uploaded_at=ctx.now,
            uploaded_by_id=ctx.actor.user_id,
        )
        session.add(file)
        ctx.record("import.tried_out", "import_file", file.id, _describe(file))
    return file


def carry_out(ctx: Context, *, import_id: int, path: Path) -> ImportFile:
    """Do what ``try_out`` told of; raises AlreadyImported."""
    file = get_import(ctx.session, ctx.actor, import_id)
    spec = require_kind(ctx, ImportKind(file.kind))
    _check_open(file)
    reason = f"import {file.file_digest[:SHORT_DIGEST_LENGTH]}"
    rows = read_any_table(path, spec.required)
    total: Counts = {outcome.value: 0 for outcome in Outcome}
    problems: list[dict[str, Any]] = []
    with closing(SeenKeys()) as seen:
        is_last = False
        while not is_last:
            with ctx.transaction() as session:
                take_numbers(session, ctx.area_id, TURN)
                session.refresh(file, with_for_update=True)
                _check_open(file)
                some = list(islice(rows, TRANSACTION_ROWS))
                is_last = len(some) < TRANSACTION_ROWS
                counts, found = _count(_write_chunks(ctx, spec, some, seen, reason))
                for outcome, count in counts.items():
                    total[outcome] += count
                problems = (problems + found)[:PROBLEMS_KEPT]
                file.counts, file.problems = dict(total), problems
                file.done_at = ctx.now if is_last else None
                ctx.record("import.carried_out", "import_file", file.id, _describe(file))
    return file


def discard(ctx: Context, *, import_id: int) -> None:
    """Forget a file that was tried out only; raises AlreadyImported."""
    file = get_import(ctx.session, ctx.actor, import_id)
    require_kind(ctx, ImportKind(file.kind))
    with ctx.transaction() as session:
        session.refresh(file, with_for_update=True)
        _check_open(file)
        ctx.record("import.discarded", "import_file", file.id, _describe(file))
        session.delete(file)


def write_error_file(
    ctx: Context, *, import_id: int, path: Path, say: Callable[[Problem], str]
) -> Iterator[str]:
    """Yield a CSV file of the rows in question as they were given, with row, column and reason.

    ``say`` puts a problem into the reader's words. Mended, the file can be imported as it is.
    """
    file = get_import(ctx.session, ctx.actor, import_id)
    spec = require_kind(ctx, ImportKind(file.kind))
    columns = [*spec.required, *spec.optional]
    yield "\ufeff" + _csv_line([*columns, *ERROR_COLUMNS])
    for one in _check_file(ctx, spec, path):
        if one.problem is not None:
            cells = [safe_cell(one.row.values.get(column, "")) for column in columns]
            where = [str(one.row.number), one.problem.field or ""]
            yield _csv_line([*cells, *where, say(one.problem)])


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _check_open(file: ImportFile) -> None:
    if file.done_at is not None:
        raise AlreadyImported


def _check_file(ctx: Context, spec: Spec, path: Path) -> Iterator[Checked]:
    """Yield every row of a file with its outcome; nothing is changed."""
    rows = read_any_table(path, spec.required)
    with closing(SeenKeys()) as seen:
        for chunk in _chunks(rows):
            yield from check_chunk(ctx, spec, chunk, seen)


def _write_chunks(
    ctx: Context, spec: Spec, rows: Iterable[Row], seen: "SeenKeys", reason: str
) -> Iterator[Checked]:
    """Yield rows with their outcome after carrying out each chunk."""
    for chunk in _chunks(iter(rows)):
        checked = check_chunk(ctx, spec, chunk, seen)
        todo = [one for one in checked if one.outcome in (Outcome.NEW, Outcome.CHANGED)]
        if todo:
            spec.carry_out(ctx, todo, reason)
        yield from checked


def check_chunk(ctx: Context, spec: Spec, rows: list[Row], seen: "SeenKeys") -> list[Checked]:
    """Return a chunk's rows with their outcomes; the second row about a record is bad."""
    checked = spec.check(ctx, rows)
    for index, one in enumerate(checked):
        if one.key:
            first = seen.meet(one.key, one.row.number)
            if first != one.row.number:
                checked[index] = refuse(one.row, RowTwice(field=spec.required[0], first=first))
    return checked


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _count(checked: Iterable[Checked]) -> tuple[Counts, list[dict[str, Any]]]:
    """Return how many rows have each outcome, and the first problems."""
    counts: Counts = {outcome.value: 0 for outcome in Outcome}
    problems: list[dict[str, Any]] = []
    for one in checked:
        counts[one.outcome.value] += 1
        if one.problem is not None and len(problems) < PROBLEMS_KEPT:
            problems.append(_keep(one.row, one.problem))
    return counts, problems


def _keep(row: Row, problem: Problem) -> dict[str, Any]:
    """Return a problem as it is stored: the sentence is translated when it is shown."""
    return {
        "row": row.number,
        "column": problem.field or "",
        "template": problem.template,
        "values": {key: str(value) for key, value in problem.values.items()},
    }


def _describe(file: ImportFile) -> dict[str, Any]:
    return {"kind": file.kind, "file_digest": file.file_digest, "counts": dict(file.counts)}


class SeenKeys:
    """The keys that a file has had so far, with their rows, on disk however many there are."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute(
            "CREATE TABLE seen (key TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID"
        )

    def meet(self, key: tuple[Any, ...], row: int) -> int:
        """Return the first row that has the key: this one, or an earlier one."""
        text = repr(key)
        added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (text, row))
        if added.rowcount:
            return row
        found = self._database.execute("SELECT row FROM seen WHERE key = ?", (text,)).fetchone()
        return int(found[0])

    def close(self) -> None:
        """Drop the keys."""
        self._database.close()
