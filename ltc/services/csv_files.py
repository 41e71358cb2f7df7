"""Reads the CSV files that people bring: any common encoding and delimiter, row by row.

A file is read as UTF-8 (with or without a byte order mark), GB18030 or, where its mark says so,
UTF-16; the delimiter is the one under which the header shows most of the required columns. Memory
stays small whatever the size of the file. What is wrong with the file as a whole is raised before
the first row is given; what is wrong with one row comes with that row, and the others follow.

Row numbers are those of a spreadsheet: the header is row 1, blank rows count but are not given.
"""

import codecs
import csv
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO, NamedTuple

from ltc.rules.errors import Invalid

DELIMITERS = (",", ";", "\t", "|")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CHUNK_BYTES = 1 << 20
LONGEST_LINE = 100_000  # characters: a longer line is not a row of a table
LONGEST_ROW = (
    50  # lines: a cell may hold line breaks, but a lost quotation mark must not eat a file
)
SURELY_UTF8 = 8  # characters beyond ASCII that GB18030 text does not form in UTF-8 by chance
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class FileEmpty(Invalid):
    """The file is empty: its first row must name the columns."""


class FileUnreadable(Invalid):
    """The file cannot be read: {reason}."""


class EncodingUnknown(Invalid):
    """Row {row} is neither UTF-8 nor GB18030 text. Save the file again as “CSV UTF-8”."""


class ColumnMissing(Invalid):
    """Missing in the header: {column}. The file needs the columns {required}."""


class ColumnTwice(Invalid):
    """The header names the column “{column}” twice."""


class LineTooLong(Invalid):
    """Row {row} is longer than {limit} characters: this is not a CSV file."""


class RowTooShort(Invalid):
    """Row {row} has {count} cells where the header has {expected}: nothing from “{column}” on."""


class RowTooLong(Invalid):
    """Row {row} has {count} cells where the header has {expected}: the columns may be shifted."""


class QuoteOpen(Invalid):
    """Row {row} has a quotation mark (") that is not closed, or text after one that is."""


class NulInRow(Invalid):
    """Row {row}, column “{column}” has a NUL byte, which is no text."""


class Row(NamedTuple):
    """A row by column name, with the problem of its form if it has one.

    With a problem, the values are what could be read: for naming the row, not for use.
    """

    number: int
    values: dict[str, str]
    problem: Invalid | None


Source = Path | bytes


def read_table(source: Source, required: Sequence[str]) -> Iterator[Row]:
    """Return the rows of a CSV file (a path or its bytes), blank ones left out.

    The file and its header are checked at once, before the first row is asked for. Columns beyond
    the required ones are given too. Raises FileEmpty, FileUnreadable, EncodingUnknown,
    ColumnMissing, ColumnTwice, QuoteOpen (of the header), LineTooLong (on the way, too).
    """
    rows = _read_header_and_rows(source, required)
    next(rows)
    return rows


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet will not run as a formula: a leading apostrophe where needed.

    For values of unknown origin that are written into a CSV file. Plain numbers stay as they are.
    """
    if text.startswith(FORMULA_STARTS) and not text[1:].replace(".", "", 1).isdigit():
        return "'" + text
    return text


def _read_header_and_rows(source: Source, required: Sequence[str]) -> Iterator[Row]:
    """Yield the header as row 1, by its own names, and then the rows."""
    with (
        _open(source) as stream,
        TextIOWrapper(stream, _find_encoding(stream), newline="") as text,
    ):
        lines = _read_lines(text)
        header = next(lines, "").lstrip("\ufeff")
        if not header.strip():
            raise FileEmpty
        delimiter = _find_delimiter(header, required)
        columns = _read_columns(header, delimiter, required)
        yield Row(1, dict(zip(columns, columns, strict=True)), None)
        for number, cells in enumerate(_read_rows(lines, delimiter), start=2):
            if cells is None:
                yield Row(number, {}, QuoteOpen(row=number))
            elif any(map(str.strip, cells)):
                yield _build_row(number, columns, cells)


@contextmanager
def _open(source: Source) -> Iterator[IO[bytes]]:
    """Open a source for reading it twice: a pipe is first copied to a temporary file."""
    if isinstance(source, bytes):
        yield BytesIO(source)
        return
    try:
        with source.open("rb") as stream, tempfile.TemporaryFile() as copy:
            if not stream.seekable():
                shutil.copyfileobj(stream, copy)
            yield stream if stream.seekable() else copy
    except OSError as error:
        raise FileUnreadable(reason=error.strerror or str(error)) from error


class _Broken(NamedTuple):
    """The row where decoding failed, and how many characters beyond ASCII had gone well before."""

    row: int
    went_well: int


def _find_encoding(stream: IO[bytes]) -> str:
    """Return the encoding in which the whole file can be read; raises EncodingUnknown.

    A damaged UTF-8 file often can be read as GB18030, as nonsense: so a file that begins as
    Chinese in UTF-8 is never taken for GB18030.
    """
    stream.seek(0)
    start = stream.read(3)
    marked = next((name for mark, name in MARKS if start.startswith(mark)), None)
    broken = _find_broken_row(stream, marked or "utf-8")
    if broken is None:
        return marked or "utf-8"
    if marked or broken.went_well > SURELY_UTF8 or _find_broken_row(stream, "gb18030"):
        raise EncodingUnknown(row=broken.row)
    return "gb18030"


def _find_broken_row(stream: IO[bytes], encoding: str) -> _Broken | None:
    """Decode the whole stream, say where that failed, if it did, and rewind the stream."""
    decoder = codecs.getincrementaldecoder(encoding)()
    row, went_well, more = 1, 0, True
    stream.seek(0)
    while more:
        chunk = stream.read(CHUNK_BYTES)
        more = bool(chunk)
        try:
            went_well += _count_beyond_ascii(decoder.decode(chunk, final=not more))
        except UnicodeDecodeError as error:
            stream.seek(0)
            good = error.object[: error.start]
            row += good.count(b"\n")
            return _Broken(row, went_well + _count_beyond_ascii(good.decode(encoding, "ignore")))
        row += chunk.count(b"\n")
    stream.seek(0)
    return None


def _count_beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else sum(character > "\x7f" for character in text)


def _read_lines(stream: TextIOWrapper) -> Iterator[str]:
    """Yield the lines with their ends; raises LineTooLong."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise LineTooLong(row=number, limit=LONGEST_LINE)
        yield line


def _find_delimiter(header: str, required: Sequence[str]) -> str:
    """Return the delimiter under which the header shows most of the required columns."""
    wanted = set(required)

    def count_found(delimiter: str) -> int:
        return len(wanted.intersection(_split_header(header, delimiter) or ()))

    return max(DELIMITERS, key=count_found)


def _read_columns(header: str, delimiter: str, required: Sequence[str]) -> list[str]:
    """Return the names of the columns; raises QuoteOpen, ColumnMissing, ColumnTwice."""
    columns = _split_header(header, delimiter)
    if columns is None:
        raise QuoteOpen(row=1)
    missing = [name for name in required if name not in columns]
    if missing:
        raise ColumnMissing(
            field=missing[0], column=", ".join(missing), required=", ".join(required)
        )
    for name in required:
        if columns.count(name) > 1:
            raise ColumnTwice(field=name, column=name)
    return columns


def _split_header(header: str, delimiter: str) -> list[str] | None:
    cells = _parse(header, delimiter)
    return None if cells is None else [cell.strip() for cell in cells]


def _read_rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str] | None]:
    """Yield the cells of each row, None for a row whose quotation marks do not match."""
    waiting: deque[str] = deque()
    while line := waiting.popleft() if waiting else next(lines, ""):
        if '"' in line:
            yield _read_quoted(line, waiting, lines, delimiter)
        else:
            yield line.rstrip("\r\n").split(delimiter)


def _read_quoted(
    line: str, waiting: deque[str], lines: Iterator[str], delimiter: str
) -> list[str] | None:
    """Read a row that has quotation marks and may go on over the following lines.

    Where it does not come to an end, only its first line is given up: the others are put back.
    """
    cells, taken = _parse(line, delimiter), [line]
    marks = line.count('"')
    while cells is None and marks % 2 and len(taken) < LONGEST_ROW:
        line = waiting.popleft() if waiting else next(lines, "")
        if not line:
            break
        taken.append(line)
        marks += line.count('"')
        if marks % 2 == 0:
            cells = _parse("".join(taken), delimiter)
    if cells is None:
        waiting.extendleft(reversed(taken[1:]))
    return cells


def _parse(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of one row, None where its quotation marks do not match."""
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _build_row(number: int, columns: list[str], cells: list[str]) -> Row:
    """Name the cells and say what is wrong with the form of the row."""
    values = dict(zip(columns, cells, strict=False))
    problem: Invalid | None = None
    if len(cells) < len(columns):
        problem = RowTooShort(
            row=number, count=len(cells), expected=len(columns), column=columns[len(cells)]
        )
    elif len(cells) > len(columns):
        problem = RowTooLong(row=number, count=len(cells), expected=len(columns))
    elif "\0" in "".join(cells):
        column = next(name for name, cell in zip(columns, cells, strict=True) if "\0" in cell)
        problem = NulInRow(field=column, row=number, column=column)
    return Row(number, values, problem)
