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


@click.command("grade")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--instrument", "code", default=CURRENT, show_default=True, help="Which standard.")
@click.pass_context
def grade_command(context: click.Context, file: Path, code: str) -> None:
    """Grade the assessments of FILE, a CSV file with a column id and one for each item.

    Writes CSV with totals, bands, grade and error. Exit code 1 if any row has an error, 2 if the
    file cannot be read.
    """
    try:
        instrument = get_instrument(code)
        failed = _write(instrument, grade_file(instrument, file))
    except Problem as problem:
        click.echo(f"{file}: {problem.message}", err=True)
        context.exit(WRONG_INPUT)
    if failed:
        context.exit(SOME_ROWS_FAILED)


def _write(instrument: Instrument, rows: Iterable[GradedRow]) -> int:
    """Write the answer to standard output, always as UTF-8; return the number of failed rows."""
    stream = TextIOWrapper(sys.stdout.buffer, "utf-8", newline="")
    try:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(build_header(instrument))
        failed = 0
        for row in rows:
            writer.writerow(build_cells(instrument, row))
            failed += row.grade is None
        return failed
    finally:
        stream.detach().flush()
