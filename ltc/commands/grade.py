"""``flask grade FILE.csv``: grades a file of scores without a database."""

import csv
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path

import click

from ltc.rules.assessments.instruments import Instrument
from ltc.rules.errors import Problem
from ltc.services.grading import GradedRow, build_cells, build_header, grade_file
from ltc.store.instruments import CURRENT, get_instrument

WRONG_INPUT = 2  # exit code: the file as a whole cannot be graded
SOME_ROWS_FAILED = 1  # exit code: the others were graded
ROWS_NAMED = 20  # the answer has the others


@click.command("grade")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--instrument", "code", default=CURRENT, show_default=True, help="Which standard.")
@click.pass_context
def grade_command(context: click.Context, file: Path, code: str) -> None:
    """Grade the assessments of FILE, a CSV or XLSX file with a column id and one for each item.

    Writes CSV with totals, bands, grade and error. Exit code 1 if any row has an error, 2 if the
    file cannot be read.
    """
    try:
        instrument = get_instrument(code)
        failed, first_failed = _write(instrument, grade_file(instrument, file))
    except Problem as problem:
        click.echo(f"{file}: {problem.message}", err=True)
        context.exit(WRONG_INPUT)
    if failed:
        click.echo(f"{file}: {_tell(failed, first_failed)}", err=True)
        context.exit(SOME_ROWS_FAILED)


def _tell(failed: int, first_failed: list[int]) -> str:
    """Say which rows of the file have no grade; the column “error” of the answer says why."""
    rows = ", ".join(map(str, first_failed)) + (", …" if failed > len(first_failed) else "")
    return f"{failed} not graded, see the column “error”: row {rows}"


def _write(instrument: Instrument, rows: Iterable[GradedRow]) -> tuple[int, list[int]]:
    """Write the answer to standard output, always as UTF-8.

    Returns how many rows failed, and the numbers of the first of them.
    """
    stream = TextIOWrapper(sys.stdout.buffer, "utf-8", newline="")
    try:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(build_header(instrument))
        failed, first_failed = 0, []
        for row in rows:
            writer.writerow(build_cells(instrument, row))
            if row.grade is None:
                failed += 1
                first_failed += [row.number] if failed <= ROWS_NAMED else []
        return failed, first_failed
    finally:
        stream.detach().flush()
