"""Hands out statements: one file, or all of a provider as a ZIP that is written while it is sent."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ltc.rules.access import Permission
from ltc.services.context import Context
from ltc.services.csv_files import safe_cell
from ltc.store.documents import check_file, read_blocks, read_file
from ltc.store.statement_questions import (
    StatementNotFound,
    get_statement,
    load_statements_of_district,
    load_statements_of_provider,
)
from ltc.store.statements import Statement

MANIFEST = "manifest.csv"
PLACE_DIGITS = 6  # of a file's place in the order of printing
MANIFEST_HEADER = (
    "file", "kind", "number", "case_number", "community", "pages", "bytes", "sha256", "issued_at"
)  # fmt: skip


class Entry(NamedTuple):
    """A file in a ZIP, with the line that the manifest says of it."""

    name: str
    digest: str
    line: tuple[str, ...]
    made_at: tuple[int, int, int, int, int, int]


def hand_out(ctx: Context, *, statement_id: int, documents: Path) -> tuple[Statement, bytes]:
    """Return a statement with its file, and record who took it.

    Raises StatementNotFound, FileGone.
    """
    ctx.require(Permission.SEE_STATEMENTS)
    with ctx.transaction() as session:
        statement = get_statement(session, ctx.actor, statement_id)
        content = read_file(documents, statement.area_id, statement.file_digest or "")
        changes = {"file": [None, statement.file_digest]}
        ctx.record("statement.handed_out", "statement", statement.id, changes)
    return statement, content


def hand_out_provider(
    ctx: Context, *, run_id: int, provider_id: int, documents: Path
) -> list[Entry]:
    """Return the files of a provider in a run, for ``write_zip``, and record who took them.

    Raises StatementNotFound where there are none that the actor may see, and FileGone before the
    first byte is sent.
    """
    ctx.require(Permission.SEE_STATEMENTS)
    with ctx.transaction() as session:
        found = load_statements_of_provider(session, ctx.actor, run_id, provider_id)
        entries = [_build_entry(statement, case_number) for statement, case_number in found]
        _check_files(entries, documents, ctx.area_id)
        changes = {"run": [None, run_id], "files": [None, len(entries)]}
        ctx.record("statements.handed_out", "provider", provider_id, changes)
    return entries


def hand_out_district(
    ctx: Context, *, run_id: int, district_id: int, documents: Path
) -> list[Entry]:
    """Return the files of a district's people in order of printing, for ``write_zip``.

    Their names begin with their place, so that a printer takes them in that order: by community,
    then by case number. Raises StatementNotFound and FileGone as ``hand_out_provider`` does.
    """
    ctx.require(Permission.SEE_STATEMENTS)
    with ctx.transaction() as session:
        found = load_statements_of_district(session, ctx.actor, run_id, district_id)
        entries = [
            _build_entry(statement, case_number, community, place=place)
            for place, (statement, case_number, community) in enumerate(found, start=1)
        ]
        _check_files(entries, documents, ctx.area_id)
        changes = {"run": [None, run_id], "files": [None, len(entries)]}
        ctx.record("statements.handed_out", "district", district_id, changes)
    return entries


def _check_files(entries: Sequence[Entry], documents: Path, area_id: int) -> None:
    if not entries:
        raise StatementNotFound()
    for entry in entries:
        check_file(documents, area_id, entry.digest)


def _build_entry(
    statement: Statement, case_number: str, community: str = "", place: int | None = None
) -> Entry:
    """Return a file of a ZIP; ``place`` is where it stands in the order of printing."""
    before = f"{place:0{PLACE_DIGITS}d}-" if place else ""
    name = f"{before}{statement.number}.pdf"
    digest, at = statement.file_digest or "", statement.issued_at
    line = (
        name, statement.kind.value, statement.number, case_number, community, str(statement.pages),
        str(statement.file_bytes), digest, at.isoformat(timespec="seconds"),
    )  # fmt: skip
    return Entry(name, digest, line, (at.year, at.month, at.day, at.hour, at.minute, at.second))


def write_zip(entries: Iterable[Entry], *, documents: Path, area_id: int) -> Iterator[bytes]:
    """Yield a ZIP block by block, the manifest last; only one block is in memory at a time.

    Raises FileGone. The files are PDF and packed already, so they are only stored.
    """
    sink, lines = _Sink(), []
    with zipfile.ZipFile(sink, "w") as archive:
        for entry in entries:
            lines.append(entry.line)
            info = zipfile.ZipInfo(entry.name, entry.made_at)
            with archive.open(info, "w") as target:
                for block in read_blocks(documents, area_id, entry.digest):
                    target.write(block)
                    yield sink.take()
            yield sink.take()
        archive.writestr(zipfile.ZipInfo(MANIFEST, entry.made_at), _write_manifest(lines))
        yield sink.take()
    yield sink.take()


def _write_manifest(lines: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(MANIFEST_HEADER)
    writer.writerows([safe_cell(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


class _Sink(io.RawIOBase):
    """Takes what the archive writes and gives it on; it cannot be searched, only appended to."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, block: object) -> int:
        taken = bytes(block)  # type: ignore[call-overload]
        self._blocks.append(taken)
        return len(taken)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._blocks)
        self._blocks.clear()
        return taken
