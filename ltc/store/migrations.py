"""Brings a database to the schema of the code, or says why it cannot."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ltc.rules.errors import Conflict

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


def current_version(engine: sa.Engine) -> str | None:
    """Return the revision that a database is at, None where it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: sa.Engine, to: str = "head") -> None:
    """Bring a database up; raises DatabaseTooNew where it is ahead of the program."""
    _check_known(engine)
    with engine.connect() as connection:
        command.upgrade(config_for(connection), to)


def downgrade(engine: sa.Engine, to: str) -> None:
    """Bring a database back down to a revision (or ``base``)."""
    _check_known(engine)
    with engine.connect() as connection:
        command.downgrade(config_for(connection), to)


def check_version(engine: sa.Engine) -> None:
    """Raise unless the database is at the newest revision of this program."""
    found = current_version(engine)
    if found == newest_version():
        return
    _check_known(engine)
    raise DatabaseTooOld(found=found or "-", newest=newest_version())


def _check_known(engine: sa.Engine) -> None:
    found = current_version(engine)
    known = {s.revision for s in ScriptDirectory.from_config(config_for()).walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseTooNew(found=found, newest=newest_version())
