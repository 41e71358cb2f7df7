"""``flask db``: bring the database to the version of this program, or back."""

import click
from flask.cli import AppGroup

from ltc import http
from ltc.commands.machine import plainly
from ltc.store import migrations
from ltc.store.migrations import PATIENCE_SECONDS
from ltc.store.reachable import check_writable

db_group = AppGroup("db", help="The database's version.")
wait_option = click.option(
    "--wait", default=PATIENCE_SECONDS, show_default=True, type=click.IntRange(1, 86_400),
    help="Seconds to wait for whoever has tables in use.",
)  # fmt: skip


@db_group.command("upgrade")
@click.option("--to", default="head", show_default=True, help="A revision.")
@wait_option
def upgrade(to: str, wait: int) -> None:
    """Bring the database up to a revision."""
    engine = http.house().engine
    with plainly():
        check_writable(engine)
        migrations.upgrade(engine, to, wait, _tell_waiting)
        click.echo(f"The database is at version {migrations.current_version(engine)}.")


@db_group.command("downgrade")
@click.argument("to")
@wait_option
def downgrade(to: str, wait: int) -> None:
    """Bring the database down to revision TO (or "base", which takes all tables away)."""
    engine = http.house().engine
    with plainly():
        check_writable(engine)
        migrations.downgrade(engine, to, wait, _tell_waiting)
        click.echo(f"The database is at version {migrations.current_version(engine) or 'none'}.")


@db_group.command("check")
def check() -> None:
    """Say whether the database can be written and fits this program; exit code 1 if not."""
    engine = http.house().engine
    with plainly():
        check_writable(engine)
        migrations.check_version(engine)
        click.echo(f"The database is at version {migrations.newest_version()}, as it should be.")


@db_group.command("version")
def version() -> None:
    """Print the version of the database and that of this program."""
    engine = http.house().engine
    with plainly():
        found = migrations.current_version(engine) or "none"
        click.echo(f"database {found}\nprogram {migrations.newest_version()}")


def _tell_waiting(holders: str) -> None:
    click.echo(f"Waiting. The tables are in use by: {holders}", err=True)
