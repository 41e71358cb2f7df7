"""Writes lists as CSV for machines and as XLSX for people: the same rows, in bounded memory.

A row is made of plain values, and each kind of file writes them in its way:

====================  =======================================  ==================================
value                 CSV                                      XLSX
====================  =======================================  ==================================
header                ``Column.name``                          ``Column.title``
amount (name: _fen)   whole fen                                yuan with two decimals, a number
number                as it is                                 a number (text beyond 15 digits)
day, time             ``2019-11-14``, ``09:30``                a real day, a real time
instant               ISO 8601 with its offset                 a real time in the reader's zone
enum member, bool     the code                                 the reader's words
``Coded``             its code                                 its words
text                  safe from formulas by an apostrophe      text, as it is: never a formula
None                  empty                                    empty
====================  =======================================  ==================================
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import IO, Any, NamedTuple
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ltc.services.csv_files import safe_cell

FEN_PER_YUAN = 100
ROWS_MOST = 1_048_575  # of a sheet, below its header; further ones go on in the next sheet
CHARACTERS_MOST = 32_767  # of a cell, a character beyond the basic plane counting twice
NAME_MOST = 31  # characters of a sheet's name
NOT_IN_NAMES = str.maketrans(dict.fromkeys(r"[]:*?/\'", " "))
MEASURED_ROWS = 1_000  # by which columns are made as wide as what stands in them
NARROWEST, WIDEST = 6, 60  # characters of a column
BESIDE = 3  # characters: room for the button of the filter
EXACT_BELOW = 10**15  # spreadsheets keep fifteen digits of a number; longer ones are text
FIRST_YEAR = 1900  # of the days that a spreadsheet counts; earlier ones are text


class Column(NamedTuple):
    """A column: its name for machines, with the unit last, and its title in the reader's language."""

    name: str
    title: str


class Coded(NamedTuple):
    """A code with its words in the reader's language."""

    code: str
    words: str


Cell = str | int | date | datetime | time | bool | Enum | Coded | None


@dataclass(frozen=True, slots=True)
class TableFile:
    """A list as a file; the title names the sheet, in the reader's language."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]


class Reader(NamedTuple):
    """For whom a workbook is: who says codes in words, the time zone, and when it is made."""

    say: Callable[[Enum | bool], str]
    zone: tzinfo
    now: datetime


def write_csv(file: IO[bytes], table: TableFile) -> None:
    """Write a CSV file in UTF-8, with the mark by which spreadsheets see that."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    text.detach()


def write_xlsx(
    file: IO[bytes] | Path, table: TableFile, reader: Reader, *,
    folder: Path | None = None, rows_most: int = ROWS_MOST,
) -> None:  # fmt: skip
    """Write a workbook of one sheet, or of more where the rows do not fit on one.

    Its parts, with what the rows say in plain, lie in ``folder`` until it is made, and stay there
    where it is not: the caller's folder goes with them. Raises OSError.
    """
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder})
    try:
        book.set_properties({"title": table.title, "created": reader.now})
        looks = _Looks(book)
        for number, rows in enumerate(_split(table.rows, rows_most), start=1):
            sheet = book.add_worksheet(_name_sheet(table.title, number))
            _Sheet(sheet, table.columns, looks, reader).write(rows)
        book.close()
    except FileCreateError as failed:  # what the library makes of an OSError
        raise failed.args[0] from None
    finally:
        _close_parts(book)


def _close_parts(book: xlsxwriter.Workbook) -> None:
    """Close the rows of the sheets: the library leaves them open where it fails."""
    for sheet in book.worksheets():
        with suppress(OSError):
            sheet.row_data_fh.close()


def _plain(cell: Cell) -> str:
    """Return a cell as a CSV file has it."""
    match cell:
        case None:
            return ""
        case Coded(code=code):
            return safe_cell(code)
        case Enum():
            return safe_cell(str(cell.value))
        case datetime():
            return cell.isoformat(timespec="seconds")
        case time():
            return f"{cell:%H:%M}"
        case _:
            return safe_cell(str(cell))


def _split(rows: Iterable[Any], most: int) -> Iterator[Iterator[Any]]:
    """Yield the rows in parts that fit on a sheet; one part where there are none."""
    rest = iter(rows)
    yield itertools.islice(rest, most)
    for first in rest:
        yield itertools.chain([first], itertools.islice(rest, most - 1))


def _name_sheet(title: str, number: int) -> str:
    """Return a name that a sheet may have."""
    ending = "" if number == 1 else f" {number}"
    return title.translate(NOT_IN_NAMES)[: NAME_MOST - len(ending)].strip() + ending


class _Looks:
    """How cells look. Days and times are written in the order that both languages read."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.header: Format = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self.yuan: Format = book.add_format({"num_format": '"¥"#,##0.00'})
        self.day: Format = book.add_format({"num_format": "yyyy-mm-dd"})
        self.instant: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.time: Format = book.add_format({"num_format": "hh:mm"})


class _Sheet:
    """A sheet that is written row by row; earlier rows are on disk and no longer in memory."""

    def __init__(
        self, sheet: Worksheet, columns: Sequence[Column], looks: _Looks, reader: Reader
    ) -> None:
        self._sheet, self._looks, self._reader = sheet, looks, reader
        self._columns = columns
        self._are_amounts = [column.name.endswith("_fen") for column in columns]
        self._widths = [_measure(column.title) + BESIDE for column in columns]

    def write(self, rows: Iterator[Sequence[Cell]]) -> None:
        """Write header and rows, and make the sheet ready to be read: fixed header, filter, widths."""
        for at, column in enumerate(self._columns):
            self._sheet.write_string(0, at, column.title, self._looks.header)
        last = 0
        for last, row in enumerate(rows, start=1):
            for at, cell in enumerate(row):
                shown = self._write_cell(last, at, cell)
                if last <= MEASURED_ROWS:
                    self._widths[at] = max(self._widths[at], _measure(shown) + 1)
        self._arrange(last, len(self._columns) - 1)

    def _write_cell(self, row: int, at: int, cell: Cell) -> str:
        """Write a cell; return about what a person will see in it."""
        if isinstance(cell, bool | Enum):
            cell = self._reader.say(cell)
        elif isinstance(cell, Coded):
            cell = cell.words
        if cell is None:
            return ""
        if isinstance(cell, int):
            return self._write_number(row, at, cell)
        if isinstance(cell, date | time):
            return self._write_day(row, at, cell)
        self._sheet.write_string(row, at, _harmless(cell))
        return cell

    def _write_number(self, row: int, at: int, number: int) -> str:
        if abs(number) >= EXACT_BELOW:
            self._sheet.write_string(row, at, str(number))
            return str(number)
        if not self._are_amounts[at]:
            self._sheet.write_number(row, at, number)
            return str(number)
        yuan = Decimal(number) / FEN_PER_YUAN
        self._sheet.write_number(row, at, yuan, self._looks.yuan)
        return f"¥{yuan:,.2f}"

    def _write_day(self, row: int, at: int, day: date | time) -> str:
        """Write a day, an instant or a time of the day."""
        if isinstance(day, datetime):
            day = day.astimezone(self._reader.zone).replace(tzinfo=None)
        if isinstance(day, date) and day.year < FIRST_YEAR:
            self._sheet.write_string(row, at, day.isoformat())
        else:
            self._sheet.write_datetime(row, at, day, self._look_of(day))
        return day.isoformat()

    def _look_of(self, day: date | time) -> Format:
        if isinstance(day, datetime):
            return self._looks.instant
        return self._looks.time if isinstance(day, time) else self._looks.day

    def _arrange(self, last_row: int, last_column: int) -> None:
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, last_row, last_column)
        for at, width in enumerate(self._widths):
            self._sheet.set_column(at, at, min(max(width, NARROWEST), WIDEST))
        # Numbers of cases and codes are text, and no mistake.
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _measure(text: str) -> int:
    """Return how many characters wide a text is: a Chinese one is twice as wide as a Latin one."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _harmless(text: str) -> str:
    """Return a text that the library writes as it is.

    It takes what stands between <r> and </r> for markup of its own; a space behind it tells it
    otherwise. What is longer than a cell holds ends with an ellipsis.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "
    if len(text) * 2 <= CHARACTERS_MOST or len(text.encode("utf-16-le")) // 2 <= CHARACTERS_MOST:
        return text
    return text[: CHARACTERS_MOST // 2] + "…"
