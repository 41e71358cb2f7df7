"""Grades the scores of a whole file, row by row, without keeping anything."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ltc.rules.assessments.grading import Grade, grade, parse_score, spot_refusals
from ltc.rules.assessments.instruments import Instrument
from ltc.rules.errors import Invalid
from ltc.services.csv_files import Row, check_columns, safe_cell
from ltc.services.xlsx_files import open_any_table


class GradedRow(NamedTuple):
    """A row of the file with its grade, or with everything that is wrong with it."""

    number: int  # of the row in the file, from 1
    id: str
    grade: Grade | None
    problems: tuple[Invalid, ...]


def grade_file(instrument: Instrument, path: Path) -> Iterator[GradedRow]:
    """Grade a CSV file, or the first sheet of an XLSX file; columns beyond those needed are ignored.

    Needed are ``id`` and one column for each item. The header is checked at once; raises like
    ``csv_files.read_table``. A bad row does not stop the others.
    """
    required = ("id", *instrument.items)
    table = open_any_table(path, required)
    check_columns(table.columns, required)
    return grade_rows(instrument, table.rows)


def grade_rows(instrument: Instrument, rows: Iterable[Row]) -> Iterator[GradedRow]:
    """Grade rows whose cells are texts."""
    items = tuple(instrument.items)
    for row in rows:
        name = row.values.get("id", "").replace("\0", "").strip()
        if row.problem:
            yield GradedRow(row.number, name, None, (row.problem,))
            continue
        scores = {code: parse_score(row.values[code]) for code in items}
        try:
            yield GradedRow(row.number, name, grade(instrument, scores), ())
        except Invalid:
            problems = tuple(spot_refusals(instrument, scores))
            yield GradedRow(row.number, name, None, problems)


def build_header(instrument: Instrument) -> list[str]:
    """Return the columns of the answer: id, totals, bands, grade, error."""
    parts = [part.code for part in instrument.dimensions]
    totals, bands = [f"{part}_total" for part in parts], [f"{part}_band" for part in parts]
    return ["id", *totals, *bands, "grade", "error"]


def build_cells(instrument: Instrument, row: GradedRow) -> list[str]:
    """Return one row of the answer; without a grade, the cells between id and error are blank.

    An id that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    parts = [part.code for part in instrument.dimensions]
    if row.grade is None:
        error = " ".join(problem.message for problem in row.problems)
        return [safe_cell(row.id), *[""] * (2 * len(parts) + 1), error]
    totals = [str(row.grade.totals[part]) for part in parts]
    bands = [row.grade.bands[part] for part in parts]
    return [safe_cell(row.id), *totals, *bands, str(row.grade.grade), ""]
