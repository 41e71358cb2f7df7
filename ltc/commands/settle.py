"""``flask settle CASES.yaml``: settles the cases of a file without a database."""

import json
from pathlib import Path

import click

from ltc.services.case_trials import try_file
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
        results = list(try_file(load_law(folder), file, with_trace=trace))
    except (LawFileError, SealMismatch) as error:
        click.echo(str(error), err=True)
        context.exit(WRONG_INPUT)
    text = json.dumps(results, ensure_ascii=False, indent=2)
    # UTF-8 on every terminal; half of a character, which YAML can write, stays the escape it was.
    click.echo(text.encode("utf-8", "backslashreplace"))
    if not all(result["ok"] for result in results):
        context.exit(NOT_AS_EXPECTED)
