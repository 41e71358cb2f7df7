"""Reads the first sheet of a spreadsheet (XLSX) as rows of text, like a CSV file."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from ltc.services.csv_files import (
    ColumnMissing,
    ColumnTwice,
    FileEmpty,
    FileUnreadable,
    Row,
    read_table,
)

MAGIC = b"PK\x03\x04"
UNPACKED_BYTES_MAX = 500 * 1024 * 1024  # a small file may unpack to more than the memory
MIDNIGHT = time(0, 0)


def read_any_table(path: Path, required: Sequence[str]) -> Iterator[Row]:
    """Return the rows of a CSV or XLSX file, told apart by how it begins; raises like both."""
    with path.open("rb") as file:
        is_sheet = file.read(len(MAGIC)) == MAGIC
    return read_sheet(path, required) if is_sheet else read_table(path, required)


def read_sheet(path: Path, required: Sequence[str]) -> Iterator[Row]:
    """Return the rows of the first sheet, blank ones left out; the header is checked at once.

    Raises FileEmpty, FileUnreadable, ColumnMissing, ColumnTwice.
    """
    rows = _open(path)
    columns = [_text(value) for value in next(rows, [])]
    if not any(columns):
        raise FileEmpty
    missing = [name for name in required if name not in columns]
    if missing:
        raise ColumnMissing(
            field=missing[0], column=", ".join(missing), required=", ".join(required)
        )
    for name in required:
        if columns.count(name) > 1:
            raise ColumnTwice(field=name, column=name)
    return _build_rows(rows, columns)


def _build_rows(rows: Iterator[list[Any]], columns: list[str]) -> Iterator[Row]:
    for number, values in enumerate(rows, start=2):
        cells = [_text(value) for value in values]
        if any(cells):
            padded = [*cells, *[""] * (len(columns) - len(cells))]
            yield Row(number, dict(zip(columns, padded, strict=False)), None)


def _open(path: Path) -> Iterator[list[Any]]:
    """Return the rows of the first sheet; raises FileUnreadable."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > UNPACKED_BYTES_MAX:
            raise FileUnreadable(reason="too large; save it as CSV")
        book = CalamineWorkbook.from_path(str(path))
        return book.get_sheet_by_index(0).to_python(skip_empty_area=False).__iter__()
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise FileUnreadable(reason=type(error).__name__) from error


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
