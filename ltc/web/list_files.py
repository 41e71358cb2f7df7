"""Lists to take away: as CSV for machines, as XLSX for people, with the same rows.

A file is written on disk before its first byte is sent: whatever fails on the way is an answer that
says so, never a file that ends in the middle. Rows are read piece by piece, so that memory stays
small whatever the size of the list. On disk it lies in a scratch folder: whatever becomes of the
process, what the rows say in plain is swept.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import IO, Any, TypeVar

from flask import Response
from flask_babel import gettext as _

from ltc import http
from ltc.rules.errors import Conflict
from ltc.rules.words import N_
from ltc.services.table_files import Column, Reader, TableFile, write_csv, write_xlsx
from ltc.store.documents import FULL
from ltc.store.scratch import open_scratch
from ltc.store.whole_lists import WholeList
from ltc.web.exports import CountedRows, record_file
from ltc.web.formats import area_zone, spoken

T = TypeVar("T")
Build = Callable[[Sequence[T]], Iterable[Sequence[Any]]]

LIST_SUFFIX = "<any(csv, xlsx):suffix>"  # of the route of every list that can be taken away
PIECE_ROWS = 1_000
XLSX_ROWS_MOST = 200_000  # some ten seconds of a worker, in which nothing is sent
BLOCK_BYTES = 1 << 16
CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a column of a CSV file is called in a spreadsheet. One name means one thing in all lists.
COLUMN_TITLES = {
    "about": N_("About"),
    "action": N_("Action"),
    "agreement": N_("Agreement"),
    "agreed_to": N_("Agreement to"),
    "amount_fen": N_("Amount"),
    "assessor": N_("Assessor"),
    "assistance_fen": N_("Assistance"),
    "authorised_minutes_per_month": N_("Authorised minutes a month"),
    "bed_days": N_("Bed-days"),
    "begin": N_("Begin"),
    "block": N_("Block"),
    "born_on": N_("Born"),
    "carer": N_("Carer"),
    "carers": N_("Carers"),
    "case_number": N_("Case number"),
    "certificate_number": N_("Certificate"),
    "certificate_to": N_("Certificate to"),
    "changes": N_("Before and after"),
    "clears": N_("What clears it"),
    "code": N_("Code"),
    "community": N_("Community"),
    "component": N_("Component"),
    "confirmed_on": N_("Confirmed"),
    "credit_code": N_("Credit code"),
    "day": N_("Day"),
    "days": N_("Days"),
    "digest": N_("Digest"),
    "district": N_("District"),
    "done": N_("What was done"),
    "door": N_("Door"),
    "due_on": N_("Due"),
    "eligible_fen": N_("Eligible amount"),
    "employed_from": N_("Employed from"),
    "employed_to": N_("Employed to"),
    "end": N_("End"),
    "ends_before": N_("Ends before"),
    "ends_on": N_("Last day"),
    "excess_fen": N_("Beyond what counts"),
    "expert": N_("Expert"),
    "filed_on": N_("Filed"),
    "first_day": N_("First day"),
    "fund_fen": N_("Fund pays"),
    "grade": N_("Grade"),
    "identity": N_("Identity number"),
    "items": N_("Service items"),
    "kind": N_("Kind"),
    "last_day": N_("Last day"),
    "minutes": N_("Minutes"),
    "mode": N_("Mode of care"),
    "name": N_("Name"),
    "note": N_("Note"),
    "number": N_("Number"),
    "owner": N_("Owner"),
    "payee_kind": N_("Paid to"),
    "person_fen": N_("Person pays"),
    "position": N_("Position"),
    "price_fen": N_("Price"),
    "provider": N_("Provider"),
    "reason": N_("Reason"),
    "record_id": N_("Number of the record"),
    "record_type": N_("Kind of record"),
    "recorded_at": N_("Recorded"),
    "reference": N_("Reference"),
    "refused": N_("Refused"),
    "role": N_("Role"),
    "scheme": N_("Scheme"),
    "sex": N_("Sex"),
    "source": N_("Source"),
    "starts_on": N_("First day"),
    "status": N_("Status"),
    "time": N_("Time"),
    "who": N_("Who"),
    "withdrawn": N_("Withdrawn"),
}


class TooLongForSpreadsheet(Conflict):
    """The list has more than {most} rows, too many for a spreadsheet. Take it as CSV, or narrow
    the filter.
    """

    helper = ""


class TooLongForFile(Conflict):
    """The list has more than {most} rows, too many for one file. Narrow the filter, by days for
    instance, and take it in parts.
    """

    helper = ""


class FileNotWritten(Conflict):
    """The file cannot be written on the server: {reason}. Narrow the filter, or have room made on
    the disk of LTC_HOME, and take it again.
    """

    helper = ""


def give_list(
    suffix: str, name: str, title: str, columns: Sequence[str], found: WholeList[T],
    build: Build[T], *, rows_most: int | None = None,
) -> Response:  # fmt: skip
    """Answer with a list as a file: ``name`` without its suffix, ``title`` in the reader's words.

    ``build`` makes the rows of some of what was found. A list is given as a whole or not at all.
    Raises TooLongForFile (beyond ``rows_most``), TooLongForSpreadsheet, and as ``give_table``.
    """
    if rows_most is not None and found.is_longer_than(rows_most):
        raise TooLongForFile(most=f"{rows_most:,}")
    if suffix == "xlsx" and found.is_longer_than(XLSX_ROWS_MOST):
        raise TooLongForSpreadsheet(most=f"{XLSX_ROWS_MOST:,}")
    titles = [Column(key, _(COLUMN_TITLES[key])) for key in columns]
    return give_table(suffix, name, TableFile(title, titles, _by_pieces(found, build)))


def give_table(suffix: str, name: str, table: TableFile) -> Response:
    """Answer with a table as a file, once that it is taken is recorded: ``name`` without its suffix.

    Raises FileNotWritten, FileNotRecorded.
    """
    with _told_when_full(), open_scratch(http.house().settings.scratch) as folder:
        path, rows = folder / f"list.{suffix}", CountedRows(table.rows)
        _write(path, replace(table, rows=rows))
        record_file(path, rows.count)
        file = path.open("rb")  # from here on it has no name, and goes with the answer
    return _build_answer(file, f"{name}.{suffix}", CSV_TYPE if suffix == "csv" else XLSX_TYPE)


def _write(path: Path, table: TableFile) -> None:
    """Write a table in the kind of file that the suffix names."""
    if path.suffix == ".csv":
        with path.open("wb") as file:
            write_csv(file, table)
    else:
        reader = Reader(_say, area_zone(), http.context().now)
        write_xlsx(path, table, reader, folder=path.parent)


@contextmanager
def _told_when_full() -> Iterator[None]:
    """Turn what the system says of a disk without room into a sentence for the reader."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise FileNotWritten(reason=os.strerror(error.errno or 0)) from None


def _build_answer(file: IO[bytes], name: str, kind: str) -> Response:
    answer = Response(_read_blocks(file), mimetype=kind)
    answer.call_on_close(file.close)
    answer.content_length = os.fstat(file.fileno()).st_size
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _read_blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK_BYTES):
            yield block


def each(build: Callable[..., Sequence[Any]]) -> Build[tuple[Any, ...]]:
    """Return what builds rows one by one, where nothing has to be asked for beside them."""
    return lambda piece: itertools.starmap(build, piece)


def _by_pieces(found: Iterable[T], build: Build[T]) -> Iterator[Sequence[Any]]:
    """Yield the rows that ``build`` makes of what was found, some at a time.

    So the names that stand beside a row are asked for once for all rows of a piece.
    """
    rest = iter(found)
    while piece := list(itertools.islice(rest, PIECE_ROWS)):
        yield from build(piece)


def _say(cell: Enum | bool) -> str:
    """Return a code in the reader's words."""
    if isinstance(cell, bool):
        return str(_("yes") if cell else _("no"))
    return str(spoken(cell))
