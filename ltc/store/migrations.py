"""Brings a database to the schema of the code, or says why it cannot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from ltc.rules.errors import Conflict
from ltc.store.lock_holders import describe_holders
from ltc.store.spread import tell_spread

FOLDER = Path(__file__).resolve().parent.parent.parent / "migrations"
# A migration in the queue for a table keeps everybody behind it waiting, too: it tries for so long,
# lets the others pass and tries again, until it has waited for so long altogether.
TURN_SECONDS, PATIENCE_SECONDS = 10, 300
KEPT_WAITING = ("55P03", "40P01")  # PostgreSQL: a lock was not to be had, or each had the other's


class DatabaseTooNew(Conflict):
    """The database is at version {found}, newer than this program ({newest}). Update the program."""


class DatabaseTooOld(Conflict):
    """The database is at version {found}; this program needs {newest}. Run `flask db upgrade`."""


class TablesInUse(Conflict):
    """Others have kept the tables in use for as long as a migration waits for them ({patience} s):
    {holders}. The database is at version {found}; nothing beyond that was changed. Let them end, or
    end them, then start this again; `--wait` waits longer.
    """


Tell = Callable[[str], None]  # given who keeps tables in use, in one line


def config_for(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration without a file; the connection is ours."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def newest_version() -> str:
    """Return the newest revision of the code."""
    return str(ScriptDirectory.from_config(config_for()).get_current_head())


@cache
def loaded_version() -> str:
    """Return the revision that this process was written for: the newest when it first asked.

    An update on the disk brings newer ones, of which code that is loaded already knows nothing.
    """
    return newest_version()


def current_version(engine: sa.Engine) -> str | None:
    """Return the revision that a database is at, None where it is empty."""
    with engine.connect() as connection:
        return version_of(connection)


def upgrade(
    engine: sa.Engine, to: str = "head", patience: int = PATIENCE_SECONDS, tell: Tell | None = None
) -> None:
    """Bring a database up; raises DatabaseTooNew where it is ahead of the program.

    ``patience`` in seconds and ``tell`` as of ``_run_in_turns``.
    """
    check_known(engine)
    _run_in_turns(engine, lambda config: command.upgrade(config, to), patience, tell)
    tell_spread(engine)


def downgrade(
    engine: sa.Engine, to: str, patience: int = PATIENCE_SECONDS, tell: Tell | None = None
) -> None:
    """Bring a database back down to a revision (or ``base``)."""
    check_known(engine)
    _run_in_turns(engine, lambda config: command.downgrade(config, to), patience, tell)


def _run_in_turns(
    engine: sa.Engine, run: Callable[[Config], None], patience: int, tell: Tell | None
) -> None:
    """Run migrations: work that others have begun goes first, for ``patience`` seconds in all.

    ``tell`` is given who keeps the tables in use, after each turn. Raises TablesInUse. SQLite has
    one writer at a time, for which every connection waits by itself.
    """
    left = patience
    while True:
        try:
            with _connect_for(engine, min(left, TURN_SECONDS)) as connection:
                run(config_for(connection))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") not in KEPT_WAITING:
                raise
            left -= TURN_SECONDS
            holders = _ask_holders(engine)
            if left <= 0:
                found = current_version(engine) or "-"
                raise TablesInUse(patience=patience, holders=holders, found=found) from None
            if tell:
                tell(holders)
        else:
            return


@contextmanager
def _connect_for(engine: sa.Engine, seconds: float) -> Iterator[sa.Connection]:
    """Connect to wait so long for a lock; the connection is for this alone, no page is given it."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.detach()
            connection.exec_driver_sql(f"SET lock_timeout = '{seconds}s'")
            connection.commit()
        yield connection


def _ask_holders(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return describe_holders(connection)


def upgrade_within(connection: sa.Connection, to: str = "head") -> None:
    """Bring a database up inside the caller's transaction; for PostgreSQL, whose tables allow it."""
    command.upgrade(config_for(connection), to)


def downgrade_within(connection: sa.Connection, to: str) -> None:
    """Bring a database down inside the caller's transaction; for PostgreSQL."""
    command.downgrade(config_for(connection), to)


def version_of(connection: sa.Connection) -> str | None:
    """Return the revision that a connection sees, None where there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(version: str) -> bool:
    """Whether this program knows a revision, and so what leads from it to the newest."""
    return version in _known_versions()


def check_version(engine: sa.Engine) -> None:
    """Raise unless the database is at the newest revision of this program, as it was loaded."""
    found = current_version(engine)
    if found == loaded_version():
        return
    check_known(engine)
    fault = DatabaseTooOld if (found or "") < loaded_version() else DatabaseTooNew  # numbers rise
    raise fault(found=found or "-", newest=loaded_version())


def check_known(engine: sa.Engine) -> None:
    """Raise DatabaseTooNew where a database is ahead of the program."""
    found = current_version(engine)
    if found is not None and not is_known(found):
        raise DatabaseTooNew(found=found, newest=newest_version())


def _known_versions() -> set[str]:
    return {s.revision for s in ScriptDirectory.from_config(config_for()).walk_revisions()}
