"""``flask backup``: one encrypted file of everything, while everybody works."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from ltc import clock, http
from ltc.commands.counted import say_count
from ltc.commands.machine import machine_in, plainly
from ltc.services.backups import (
    Made,
    Source,
    make_backup,
    record_backup,
    remove_old_backups,
)
from ltc.store.scratch import sweep


@click.command("backup")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Instead of LTC_BACKUPS.")
@click.option("--without-documents", is_flag=True, help="Leave the issued statements out.")
@click.option("--keep-all", is_flag=True, help="Remove no old backups.")
@with_appcontext
def backup_command(folder: Path | None, without_documents: bool, keep_all: bool) -> None:
    """Back up the database and the issued statements into one encrypted file."""
    house = http.house()
    given = house.settings
    into = folder or given.backups
    documents = None if without_documents else given.documents
    sweep(given.scratch)
    with plainly():
        source = Source(house.engine, given.keys, documents)
        made = make_backup(source, folder=into, keys=given.backup_keys, at=clock.now())
        _say(made)
        if not keep_all:
            for old in remove_old_backups(into, given.backup_retention):
                click.echo(f"removed {old.name}: newer ones cover its day, week and month")
        _record(made)


def _record(made: Made) -> None:
    """Write the backup into the audit log of every area that it holds."""
    for code in made.head.areas:
        with machine_in(code, any_version=True) as ctx:
            record_backup(ctx, made=made)


def _say(made: Made) -> None:
    click.echo(f"{made.path}")
    click.echo(
        f"  {say_count(made.rows, 'row')} of {say_count(len(made.sums.tables), 'table')} "
        f"(version {made.head.schema}), {say_count(made.sums.documents, 'document')}, "
        f"{say_count(made.size, 'byte')}"
    )
    click.echo(f"  sha256 {made.sha256}")
