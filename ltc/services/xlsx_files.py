"""Reads the first sheet of a spreadsheet (XLSX) as rows of text, like a CSV file.

A workbook is unpacked as a whole, unlike a CSV file: so its size is bounded, and beyond that the
answer is to save it as CSV. Sentences say so, never the name of an error of the library.
"""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from ltc.rules.errors import Invalid
from ltc.services.csv_files import FileEmpty, Opening, Row, Table, open_table

ZIP_START = b"PK\x03\x04"
OLE_START = b"\xd0\xcf\x11\xe0"  # an old workbook, or a new one inside an envelope with a password
ENVELOPE = "EncryptedPackage".encode("utf-16-le")
UNPACKED_MB_MAX = 200  # a small file may unpack to more than the memory
MEGABYTE = 1024 * 1024
MIDNIGHT = time(0, 0)


class WorkbookOld(Invalid):
    """This is an old workbook (.xls). Open it, save it as XLSX or “CSV UTF-8”, and choose that."""


class WorkbookLocked(Invalid):
    """This workbook has a password. Open it, take the password away, save it and choose it again."""


class WorkbookDamaged(Invalid):
    """This workbook is damaged or incomplete. Open it, save it again as XLSX and choose that file."""


class CellBeyondHeader(Invalid):
    """Row {row} has a cell beyond the columns of the header. Empty it, or name its column."""


class WorkbookTooLarge(Invalid):
    """This workbook unpacks to more than {most} MB. Save its sheet as “CSV UTF-8” and choose that."""


def open_any_table(path: Path | Opening, wanted: Sequence[str]) -> Table:
    """Open a CSV or XLSX file, told apart by how it begins; raises like both."""
    with path.open("rb") as file:
        start = file.read(len(ZIP_START))
    if start == OLE_START:
        raise WorkbookLocked if _has(path, ENVELOPE) else WorkbookOld
    return open_sheet(path) if start == ZIP_START else open_table(path, wanted)


def open_sheet(path: Path | Opening) -> Table:
    """Open the first sheet, blank rows left out.

    Raises FileEmpty, WorkbookDamaged, WorkbookLocked, WorkbookTooLarge.
    """
    with path.open("rb") as file:
        _check_size(file)
        rows, height = _open(file)
    texts = ((number, [_text(value) for value in row]) for number, row in enumerate(rows, start=1))
    filled = ((number, cells) for number, cells in texts if any(cells))
    _, columns = next(filled, (0, []))
    if not columns:
        raise FileEmpty
    while not columns[-1]:
        columns.pop()
    return Table(columns, _build_rows(filled, columns), height)


def _has(path: Path | Opening, text: bytes) -> bool:
    before = b""
    with path.open("rb") as file:
        while block := file.read(MEGABYTE):
            if text in before + block:
                return True
            before = block[-len(text) :]
    return False


def _check_size(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise WorkbookDamaged from error
    if unpacked > UNPACKED_MB_MAX * MEGABYTE:
        raise WorkbookTooLarge(most=UNPACKED_MB_MAX)


def _open(file: IO[bytes]) -> tuple[Iterator[list[Any]], int]:
    """Return the rows of the first sheet and their number."""
    try:
        file.seek(0)
        sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
        return iter(sheet.iter_rows()), sheet.total_height
    except PasswordError as error:
        raise WorkbookLocked from error
    except (CalamineError, OSError) as error:
        raise WorkbookDamaged from error


def _build_rows(rows: Iterator[tuple[int, list[str]]], columns: list[str]) -> Iterator[Row]:
    for number, cells in rows:
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        values = dict(zip(columns, padded, strict=False))
        problem = _spot_beyond(number, cells, columns)
        yield Row(number, values, problem, ",".join(cells) if problem else "")


def _spot_beyond(number: int, cells: list[str], columns: list[str]) -> CellBeyondHeader | None:
    """Return what is wrong with a row that has a cell where the header has no column."""
    if not any(cells[len(columns) :]):
        return None
    return CellBeyondHeader(field=columns[-1], row=number)


def _text(value: Any) -> str:
    """Return a cell as people write it: whole numbers without decimals, days and times in order."""
    if isinstance(value, datetime):
        if value.time() == MIDNIGHT:
            return value.date().isoformat()
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
