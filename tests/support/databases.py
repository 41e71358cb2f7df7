"""Migrated databases for tests, cheap enough for one each.

SQLite: a template file is migrated once and copied for every test. PostgreSQL: a template database
is migrated once and cloned for every worker; after a test, the rows it wrote are deleted. Both are
real databases on which code under test commits for real, on as many connections as it likes.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from ltc.store import db, migrations
from tests.support import postgres

# Which worker of which run: several runs may share a server named by TEST_DATABASE_URL.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw")

# Rows are taken away table by table, whatever refers to whatever: as a replica, PostgreSQL checks
# no foreign key and fires no trigger.
DELETE_ROWS = """
DO $$
DECLARE t regclass; is_full boolean;
BEGIN
  PERFORM set_config('session_replication_role', 'replica', true);
  FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r'
      AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || t || ')' INTO is_full;
    IF is_full THEN EXECUTE 'DELETE FROM ' || t; END IF;
  END LOOP;
END $$
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def migrate(url: str) -> None:
    """Bring an empty database to the newest revision, the way the product does."""
    engine = db.create_engine(url)
    try:
        migrations.upgrade(engine)
    finally:
        engine.dispose()


@contextlib.contextmanager
def open_engine(url: str) -> Iterator[sa.Engine]:
    """Yield an engine of a test's own, which forgets its connections and whoever listens to it.

    Statements that any test had compiled for the same URL are known to it.
    """
    engine = _keep_engine(url).execution_options()
    yield engine
    engine.dispose()


@cache
def _keep_engine(url: str) -> sa.Engine:
    return db.create_engine(url)


class SqliteDatabases:
    """Files in a folder of this test session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = postgres.run_folder() / "template.sqlite3"

    def make_template(self) -> Path:
        """Migrate the template, once in a run."""
        with postgres.only_one("sqlite"):
            if not self.template.exists():
                half_made = self.template.with_suffix(".half")
                migrate(f"sqlite:///{half_made}")
                half_made.rename(self.template)
        return self.template

    @contextlib.contextmanager
    def lend(self, *, is_migrated: bool = True) -> Iterator[str]:
        """Yield the URL of a database of one's own, and take it away afterwards."""
        with self._lend(os.urandom(6).hex(), is_migrated=is_migrated) as url:
            yield url

    @contextlib.contextmanager
    def lend_shared(self) -> Iterator[str]:
        """Yield the URL of this worker's database, which is a new file under the same name."""
        with self._lend("shared") as url:
            yield url

    @contextlib.contextmanager
    def _lend(self, name: str, *, is_migrated: bool = True) -> Iterator[str]:
        path = self.folder / f"{name}.sqlite3"
        if is_migrated:
            shutil.copyfile(self.make_template(), path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for leftover in self.folder.glob(f"{path.name}*"):
                leftover.unlink()


class PostgresDatabases:
    """Databases on the server of this run; one of them is lent again and again."""

    def __init__(self) -> None:
        self.run = postgres.run_folder().name.replace("-", "_").lower()
        self.template = f"{self.run}_template"
        self.shared: str | None = None
        self._cleaner: sa.Connection | None = None

    def url_of(self, name: str) -> str:
        """Return the URL of a database by its name."""
        url = sa.make_url(postgres.server_url()).set(database=name)
        return url.render_as_string(hide_password=False)

    def make_template(self) -> str:
        """Migrate the template, once in a run."""
        url = postgres.server_url()
        with postgres.only_one("postgres-template"):
            done = postgres.run_folder() / "postgres-template"
            if not done.exists():
                execute(url, f'CREATE DATABASE "{self.template}"')
                migrate(self.url_of(self.template))
                _note_database(self.template)
                done.touch()
        return self.template

    def create(self, *, is_migrated: bool = True, tablespace: str = "pg_default") -> str:
        """Make a database and return its name."""
        name = f"{self.run}_{_WORKER}_{os.urandom(4).hex()}"
        template = self.make_template() if is_migrated else "template0"
        execute(
            postgres.server_url(),
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" TABLESPACE "{tablespace}"',
        )
        _note_database(name)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        execute(postgres.server_url(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextlib.contextmanager
    def lend(self, *, is_migrated: bool = True, tablespace: str = "pg_default") -> Iterator[str]:
        """Yield the URL of a database of one's own, and drop it afterwards."""
        name = self.create(is_migrated=is_migrated, tablespace=tablespace)
        try:
            yield self.url_of(name)
        finally:
            self.drop(name)

    @contextlib.contextmanager
    def lend_shared(self) -> Iterator[str]:
        """Yield the URL of this worker's database, and delete what was written afterwards."""
        self.shared = self.shared or self.create()
        try:
            yield self.url_of(self.shared)
        finally:
            self._clean(self.shared)

    def close(self) -> None:
        """Close the connection that cleans up."""
        if self._cleaner is not None:
            self._cleaner.close()

    def _clean(self, name: str) -> None:
        """Delete all rows, over a connection that is kept: opening one would take longer.

        A test that ends all connections ends this one, too.
        """
        try:
            self._delete_rows(name)
        except sa.exc.DBAPIError:
            self.close()
            self._cleaner = None
            self._delete_rows(name)

    def _delete_rows(self, name: str) -> None:
        if self._cleaner is None:
            engine = sa.create_engine(
                self.url_of(name), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
            )
            self._cleaner = engine.connect()
        self._cleaner.exec_driver_sql(END_OTHERS)
        self._cleaner.exec_driver_sql(DELETE_ROWS)


@contextlib.contextmanager
def copy_database(url: str, folder: Path) -> Iterator[str]:
    """Yield a copy of a database to which nobody is connected now; it goes afterwards.

    A file lies in the folder. Copies come one after the other, and all have the same URL.
    """
    source = sa.make_url(url)
    if source.drivername.startswith("sqlite"):
        copy = folder / "copy.sqlite3"
        shutil.copyfile(source.database or "", copy)
        yield f"sqlite:///{copy}"
        return
    name, server = f"{source.database}_copy", source.set(database="postgres")
    server_url = server.render_as_string(hide_password=False)
    execute(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{source.database}"')
    _note_database(name)
    try:
        yield source.set(database=name).render_as_string(hide_password=False)
    finally:
        execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def drop_left_databases() -> None:
    """Drop what this run made on a server that outlives it (TEST_DATABASE_URL)."""
    noted = postgres.run_folder() / "databases"
    if os.environ.get(postgres.SERVER_URL_VARIABLE) and noted.exists():
        for name in noted.read_text().split():
            execute(postgres.server_url(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _note_database(name: str) -> None:
    with (postgres.run_folder() / "databases").open("a") as noted:
        noted.write(f"{name}\n")


def execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
