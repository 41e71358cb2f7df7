"""``flask settle CASES.yaml``: settles the cases of a file without a database."""

import json
from pathlib import Path
from typing import Any

import click

from ltc.rules.errors import Problem
from ltc.rules.policies import LawBook
from ltc.services.case_trials import try_case
from ltc.store.case_files import read_case_file
from ltc.store.policies import LAW_FOLDER, load_law
from ltc.store.policy_seals import SealMismatch
from ltc.store.yaml_reader import LawFileError

WRONG_INPUT = 2  # exit code: the file (or the law) cannot be read
NOT_AS_EXPECTED = 1  # exit code: a case came to something else


@click.command("settle")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--trace", is_flag=True, help="Print every step of each calculation.")
@click.option(
    "--folder",
    envvar="LTC_POLICY",
    default=LAW_FOLDER,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the law.",
)
@click.pass_context
def settle_command(context: click.Context, file: Path, trace: bool, folder: Path) -> None:
    """Settle the cases of FILE (see docs/cases.md) and print the results as JSON.

    Exit code 1 where a case does not come to what it expects, 2 if the file cannot be read.
    """
    try:
        results = _try_file(load_law(folder), file, with_trace=trace)
    except (LawFileError, SealMismatch) as error:
        click.echo(str(error), err=True)
        context.exit(WRONG_INPUT)
    click.echo(json.dumps(results, ensure_ascii=False, indent=2))
    if not all(result["ok"] for result in results):
        context.exit(NOT_AS_EXPECTED)


def _try_file(book: LawBook, file: Path, *, with_trace: bool) -> list[dict[str, Any]]:
    """Try all cases of a file; raises LawFileError, with the line of the case at fault."""
    results = []
    for place, case in enumerate(read_case_file(file)):
        try:
            results.append(try_case(book, case, with_trace=with_trace))
        except Problem as problem:
            key = f"cases[{place}].{problem.field}" if problem.field else f"cases[{place}]"
            raise LawFileError(file, case.line, key, problem.message) from problem
    return results
