"""``flask imports``: what a page asked for, worked on in this process."""

import click
from flask.cli import AppGroup

from ltc.commands.machine import fitting_house, plainly
from ltc.jobs.imports import work_asked

imports_group = AppGroup("imports", help="Files that were uploaded to be imported.")


@imports_group.command("work")
@click.option("--job", "job_id", type=int, required=True, help="The waiting job of a page.")
def work(job_id: int) -> None:
    """Try out or carry out the file of a job, or go on where that was interrupted."""
    with plainly():
        file = work_asked(fitting_house(), job_id, _say_progress)
        counts = ", ".join(f"{name} {count:,}" for name, count in file.counts.items() if count)
        click.echo(f"{file.status.value}: {counts or 'no rows'}")


def _say_progress(done: int, total: int) -> None:
    click.echo(f"rows: {done:,} of about {total:,}")
