"""Where a backup is built up again, so that all of it appears at once or nothing does.

SQLite: a new file beside the real one, which takes its place at the end. PostgreSQL: one
transaction, in which the tables are made, filled and brought up to date.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from ltc.rules.errors import Conflict
from ltc.store import db, migrations
from ltc.store.backup_tables import is_empty

BESIDE = ("-wal", "-shm", "-journal")
# How long PostgreSQL waits for somebody who still reads a table that is to be replaced.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"


class PlaceNotEmpty(Conflict):
    """The database {name} has rows in it. Name an empty one in LTC_DATABASE_URL, or replace this
    one on purpose: --replace.
    """


class Site(Protocol):
    """A database that nobody sees yet."""

    def upgrade(self, to: str = "head") -> None:
        """Make its tables, or bring them up."""

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Yield a connection in a transaction."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SqliteSite:
    """A file that is thrown away where anything goes wrong."""

    engine: sa.Engine

    def upgrade(self, to: str = "head") -> None:
        """Make the tables, or bring them up."""
        migrations.upgrade(self.engine, to)

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Yield a connection in a transaction of its own."""
        with self.engine.begin() as connection:
            yield connection


@dataclass(frozen=True, slots=True)
class PostgresSite:
    """One open transaction."""

    connection: sa.Connection

    def upgrade(self, to: str = "head") -> None:
        """Make the tables, or bring them up."""
        migrations.upgrade_within(self.connection, to)

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Yield the connection."""
        yield self.connection


def name_place(engine: sa.Engine) -> str:
    """Return what a person types to name the database: its file name, or its name."""
    name = engine.url.database or ""
    return Path(name).name if engine.dialect.name == "sqlite" else name


def check_empty(engine: sa.Engine) -> None:
    """Raise PlaceNotEmpty where any table has a row, DatabaseTooNew where it is of a newer one."""
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return
    migrations.check_known(engine)
    with engine.connect() as connection:
        if not is_empty(connection):
            raise PlaceNotEmpty(name=name_place(engine))


@contextmanager
def open_site(engine: sa.Engine, *, aside: str) -> Iterator[Site]:
    """Yield an empty site; when all went well its contents are those of the engine's database.

    An SQLite file that was there is kept under its name with ``aside`` behind it; in PostgreSQL
    what was there is gone. Raises DatabaseTooNew where PostgreSQL's tables are of a newer program,
    which alone knows how to take them down.
    """
    if engine.dialect.name == "postgresql":
        migrations.check_known(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql(LOCK_TIMEOUT)
            if migrations.version_of(connection) is not None:
                migrations.downgrade_within(connection, "base")
            yield PostgresSite(connection)
        return
    target = Path(engine.url.database or "")
    site = target.with_name(f".{target.name}.restoring")
    with open_sqlite_site(site) as building:
        yield building
    engine.dispose()
    put_aside(target, aside)
    move_in(site, target)


@contextmanager
def open_sqlite_site(path: Path) -> Iterator[SqliteSite]:
    """Yield a new SQLite file as a site; it is gone where anything goes wrong."""
    remove_database(path)
    engine = db.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", _hurry)
    try:
        yield SqliteSite(engine)
    except BaseException:
        engine.dispose()
        remove_database(path)
        raise
    engine.dispose()


def remove_database(path: Path) -> None:
    """Remove an SQLite file and what lies beside it, where they are."""
    for suffix in ("", *BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def put_aside(path: Path, aside: str) -> None:
    """Give an SQLite file that is there a second name, so that the old one is not lost."""
    if not path.exists():
        return
    kept = path.with_name(f"{path.name}.{aside}")
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a file that is broken stays so
    os.link(path, kept)
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        log.rename(kept.with_name(f"{kept.name}-wal"))


def move_in(site: Path, target: Path) -> None:
    """Put a finished file, written down to the disk, in the place of the old one."""
    with closing(sqlite3.connect(site)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    with site.open("rb") as file:
        os.fsync(file.fileno())
    for suffix in BESIDE:
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    site.replace(target)


def _hurry(connection: Any, _record: Any) -> None:
    """A file that is thrown away where anything goes wrong need not survive it."""
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA synchronous = OFF")
