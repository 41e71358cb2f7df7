"""Reads the CSV files that people bring: any common encoding and delimiter, row by row.

A file is read as UTF-8 (with or without a byte order mark), GB18030 or, where its mark says so,
UTF-16; the header is the first line that is not blank, the delimiter the one under which it shows
most of the required columns. Memory stays small whatever the size of the file. What is wrong with
the file as a whole is raised before the first row is given; what is wrong with one row comes with
that row, and the others follow. Sentences say what to do about it, and name the row and the column.

Row numbers are those of a spreadsheet: the first is row 1, blank rows count but are not given.
"""

import codecs
import csv
import re
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from ltc.rules.errors import Invalid
from ltc.rules.words import N_

DELIMITERS = (",", ";", "\t", "|")
BLANK = "\ufeff \r\n" + "".join(DELIMITERS)
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
LOOKED_AT_BYTES = 512  # enough to see UTF-16 without its mark, or that a file is no text at all
SURELY_UTF8 = 8  # characters beyond ASCII that GB18030 text does not form in UTF-8 by chance
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What programs, pictures and archives begin with, and what no header of a table has.
FOREIGN_STARTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"\x1f\x8b", b"7z\xbc\xaf",
                  b"{\\rtf", b"MZ", b"\x7fELF")  # fmt: skip
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class FileEmpty(Invalid):
    """The file is empty: its first row must name the columns."""


class FileUnreadable(Invalid):
    """The file cannot be read: {reason}."""


class FileIsNoTable(Invalid):
    """This file is no table. Save the table as “CSV UTF-8” or XLSX, and choose that file."""


class EncodingUnknown(Invalid):
    """Row {row} is neither UTF-8 nor GB18030 text. Save the file again as “CSV UTF-8”."""


class ColumnMissing(Invalid):
    """Missing in the header: {column}. The file needs the columns {required}."""


class ColumnTwice(Invalid):
    """The header names the column “{column}” twice. Keep one of them."""


class LineTooLong(Invalid):
    """Row {row} is longer than {limit} characters. Shorten what stands in “{column}”."""


class RowTooShort(Invalid):
    """Row {row} has {count} cells, the header {expected}: add cells from “{column}” on, even empty."""

    one = ("count", N_("Row {row} has one cell, the header {expected}: add cells from “{column}” on, even empty."))  # fmt: skip


class RowTooLong(Invalid):
    """Row {row} has {count} cells, the header {expected}. Put text with a “{delimiter}” in quotes."""


class QuoteOpen(Invalid):
    """Row {row} has a quotation mark (") that is not closed, or text after one. Close or remove it."""


class NulInRow(Invalid):
    """Row {row}, column “{column}” has a NUL byte, which is no text. Type this cell anew."""


class Row(NamedTuple):
    """A row by column name, with the problem of its form if it has one.

    With a problem, the values are what could be read: for naming the row, not for use. Of a row
    whose cells do not fit the header, ``raw`` is its text.
    """

    number: int
    values: dict[str, str]
    problem: Invalid | None
    raw: str = ""


class Table(NamedTuple):
    """A file that was opened: its columns as given, its rows, and about how many there are."""

    columns: list[str]
    rows: Iterator[Row]
    rows_total: int


class Opening(Protocol):
    """A file that is opened for its bytes: a path is one."""

    def open(self, mode: str = ..., /) -> IO[bytes]:
        """Open it with the mode ``rb``."""


Source = Path | Opening | bytes


def read_table(source: Source, required: Sequence[str]) -> Iterator[Row]:
    """Return the rows of a CSV file (a path or its bytes), blank ones left out.

    The file and its header are checked at once, before the first row is asked for. Columns beyond
    the required ones are given too. Raises ColumnMissing, ColumnTwice and what ``open_table`` does.
    """
    table = open_table(source, required)
    check_columns(table.columns, required)
    return table.rows


def open_table(source: Source, wanted: Sequence[str]) -> Table:
    """Open a CSV file whose header should show the wanted columns, and check that it is one.

    Raises FileEmpty, FileUnreadable, FileIsNoTable, EncodingUnknown, QuoteOpen (of the header).
    """
    rows = _read_header_and_rows(source, wanted)
    header = next(rows)
    return Table(list(header.values.values()), rows, header.number - 1)


def check_columns(columns: Sequence[str], required: Sequence[str]) -> None:
    """Raise ColumnMissing or ColumnTwice where a header lacks a required column, or repeats it."""
    missing = [name for name in required if name not in columns]
    if missing:
        raise ColumnMissing(
            field=missing[0], column=", ".join(missing), required=", ".join(required)
        )
    for name in required:
        if columns.count(name) > 1:
            raise ColumnTwice(field=name, column=name)


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet will not run as a formula: a leading apostrophe where needed.

    For values of unknown origin that are written into a CSV file. Plain numbers stay as they are.
    """
    if text.startswith(FORMULA_STARTS) and not text[1:].replace(".", "", 1).isdigit():
        return "'" + text
    return text


def _read_header_and_rows(source: Source, wanted: Sequence[str]) -> Iterator[Row]:
    """Yield the header by position, with the number of lines below it, and then the rows."""
    with _open(source) as stream:
        encoding, lines_total = _find_encoding(stream)
        with TextIOWrapper(stream, encoding, newline="") as text:
            lines = _read_lines(text)
            header, header_row = _find_header(lines)
            if _is_cut(header):
                raise FileIsNoTable
            delimiter = _find_delimiter(header, wanted)
            columns = _split_header(header, delimiter)
            if columns is None:
                raise QuoteOpen(row=header_row)
            names = {str(position): name for position, name in enumerate(columns)}
            yield Row(lines_total - header_row + 1, names, None)
            rows = enumerate(_read_rows(lines, delimiter), start=header_row + 1)
            yield from _name_rows(rows, columns, delimiter)


def _find_header(lines: Iterator[str]) -> tuple[str, int]:
    """Return the first line that is not blank, and which one it is; raises FileEmpty."""
    for number, line in enumerate(lines, start=1):
        if line.strip(BLANK):
            return line.lstrip("\ufeff"), number
    raise FileEmpty


def _name_rows(
    rows: Iterator[tuple[int, "list[str] | _Odd"]], columns: list[str], delimiter: str
) -> Iterator[Row]:
    """Name the cells of the numbered rows, and leave out blank ones."""
    for number, cells in rows:
        if isinstance(cells, _Odd):
            yield _build_odd_row(number, columns, cells)
        elif any(map(str.strip, cells)):
            yield _build_row(number, columns, cells, delimiter)


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


def _find_encoding(stream: IO[bytes]) -> tuple[str, int]:
    """Return the encoding in which the whole file can be read, and how many lines it has.

    A damaged UTF-8 file often can be read as GB18030, as nonsense: so a file that begins as
    Chinese in UTF-8 is never taken for GB18030. Raises EncodingUnknown, FileIsNoTable.
    """
    marked = _find_mark(stream)
    broken = _decode_all(stream, marked or "utf-8")
    if isinstance(broken, int):
        return marked or "utf-8", broken
    if marked is None and broken.went_well <= SURELY_UTF8:
        lines = _decode_all(stream, "gb18030")
        if isinstance(lines, int):
            return "gb18030", lines
    raise EncodingUnknown(row=broken.row)


def _find_mark(stream: IO[bytes]) -> str | None:
    """Return the encoding that the first bytes tell of, if they do; raises FileIsNoTable."""
    stream.seek(0)
    start = stream.read(LOOKED_AT_BYTES)
    if start.startswith(FOREIGN_STARTS):
        raise FileIsNoTable
    for mark, name in MARKS:
        if start.startswith(mark):
            return name
    header = start[: len(start) & ~1].partition(b"\n")[0]
    zeros = header[1::2].count(0), header[::2].count(0)
    if sum(zeros) * 3 > len(header):  # every second byte of ASCII in UTF-16 is zero
        return "utf-16-le" if zeros[0] > zeros[1] else "utf-16-be"
    if NO_TEXT.search(header):
        raise FileIsNoTable
    return None


def _decode_all(stream: IO[bytes], encoding: str) -> _Broken | int:
    """Decode the whole stream and rewind it; return how many lines it has, or where it broke."""
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
    return row


def _count_beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


def _read_lines(stream: TextIOWrapper) -> Iterator[str]:
    """Yield the lines with their ends; of one that is too long, only its start."""
    while line := stream.readline(LONGEST_LINE):
        if _is_cut(line):
            rest = line
            while rest and not rest.endswith(("\n", "\r")):
                rest = stream.readline(LONGEST_LINE)
        yield line


def _is_cut(line: str) -> bool:
    return len(line) == LONGEST_LINE and not line.endswith(("\n", "\r"))


def _find_delimiter(header: str, required: Sequence[str]) -> str:
    """Return the delimiter under which the header shows most of the required columns."""
    wanted = set(required)

    def count_found(delimiter: str) -> int:
        return len(wanted.intersection(_split_header(header, delimiter) or ()))

    return max(DELIMITERS, key=count_found)


def _split_header(header: str, delimiter: str) -> list[str] | None:
    cells = _parse(header, delimiter)
    return None if cells is None else [cell.strip() for cell in cells]


class _Odd(NamedTuple):
    """A row that cannot be split: which problem, and the cell in which it begins."""

    problem: type[QuoteOpen] | type[LineTooLong]
    cell: int
    raw: str


def _read_rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str] | _Odd]:
    """Yield the cells of each row, or why it cannot be split."""
    waiting: deque[str] = deque()
    while line := waiting.popleft() if waiting else next(lines, ""):
        if _is_cut(line):
            yield _Odd(LineTooLong, line.count(delimiter), line)
        elif '"' in line:
            yield _read_quoted(line, waiting, lines, delimiter)
        else:
            yield line.rstrip("\r\n").split(delimiter)


def _read_quoted(
    line: str, waiting: deque[str], lines: Iterator[str], delimiter: str
) -> list[str] | _Odd:
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
        first = taken[0]
        return _Odd(QuoteOpen, first.partition('"')[0].count(delimiter), first.rstrip("\r\n"))
    return cells


def _parse(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of one row, None where its quotation marks do not match."""
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _build_odd_row(number: int, columns: list[str], odd: _Odd) -> Row:
    """Return a row of which only the place of its problem is known."""
    column = columns[min(odd.cell, len(columns) - 1)]
    problem = odd.problem(field=column, row=number, column=column, limit=LONGEST_LINE)
    return Row(number, {}, problem, odd.raw)


def _build_row(number: int, columns: list[str], cells: list[str], delimiter: str) -> Row:
    """Name the cells and say what is wrong with the form of the row."""
    values = dict(zip(columns, cells, strict=False))
    problem: Invalid | None = None
    count, expected = len(cells), len(columns)
    if count < expected:
        column = columns[count]
        problem = RowTooShort(
            field=column, row=number, count=count, expected=expected, column=column
        )
    elif count > expected:
        problem = RowTooLong(
            field=columns[-1], row=number, count=count, expected=expected, delimiter=delimiter
        )
    elif "\0" in "".join(cells):
        column = next(name for name, cell in zip(columns, cells, strict=True) if "\0" in cell)
        problem = NulInRow(field=column, row=number, column=column)
    return Row(number, values, problem, "" if count == expected else delimiter.join(cells))
