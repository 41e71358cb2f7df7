"""Brings a database to the schema of the code, or says why it cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ltc.rules.errors import Conflict
from ltc.store.spread import tell_spread

FOLDER = Path(__file__).resolve().parent.parent.parent / "migrations"


class DatabaseTooNew(Conflict):
    """The database is at version {found}, newer than this program ({newest}). Update the program."""


class DatabaseTooOld(Conflict):
    """The database is at version {found}; this program needs {newest}. Run `flask db upgrade`."""


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


def upgrade(engine: sa.Engine, to: str = "head") -> None:
    """Bring a database up; raises DatabaseTooNew where it is ahead of the program."""
    check_known(engine)
    with _connect_patiently(engine) as connection:
        command.upgrade(config_for(connection), to)
    tell_spread(engine)


def downgrade(engine: sa.Engine, to: str) -> None:
    """Bring a database back down to a revision (or ``base``)."""
    check_known(engine)
    with _connect_patiently(engine) as connection:
        command.downgrade(config_for(connection), to)


@contextmanager
def _connect_patiently(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Connect to wait for locks as long as it takes: work that others have begun goes first.

    The connection is for this alone; no page is given it afterwards.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.detach()
            connection.exec_driver_sql("SET lock_timeout = 0")
            connection.commit()
        yield connection


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
