"""Engines and sessions for SQLite and PostgreSQL, with every table of the house imported."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, configure_mappers, sessionmaker

from ltc.store import (  # noqa: F401 - foreign keys by name need every table
    areas,
    assessments,
    audit_log,
    imports,
    insured,
    job_runs,
    name_parts,
    number_series,
    payouts,
    plans,
    providers,
    statements,
    users,
    visits,
)
from ltc.store.base import Base
from ltc.store.lock_holders import name_connection
from ltc.store.sealing import KeyRing

# Of one process at most: enough for the threads of a web worker that do not wait for a password's
# hash (``commands.serve``). They are made when they are needed and then kept: a new one has to learn
# everything about the tables again, and would do so while everybody comes at once.
CONNECTIONS = 15
BUSY_MS = 30_000  # so long a writer waits for another one; then the database says that it is busy

metadata = Base.metadata
configure_mappers()  # once, before processes are forked: else each worker would


def create_engine(url: str, **options: Any) -> sa.Engine:
    """Return an engine; SQLite gets WAL, foreign keys, full durability and a busy timeout.

    PostgreSQL has the first three by itself. It would wait for a lock for ever: it is given the
    same time.
    """
    # What a statement was sent with is not repeated in errors: it may be personal.
    # A server that was away leaves dead connections behind: each is tried before it is used.
    is_server = not url.startswith("sqlite")
    if "poolclass" not in options:
        options = {"pool_size": CONNECTIONS, "max_overflow": 0, **options}
    engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=is_server, **options)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine


def create_session_maker(engine: sa.Engine, keys: KeyRing) -> sessionmaker[Session]:
    """Return a maker of sessions that carry the key ring for sealed columns."""
    return sessionmaker(engine, expire_on_commit=False, info={"keys": keys})


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Set what SQLite forgets with every connection; the driver must leave BEGIN to us."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.close()


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """Bound the time that this connection waits for a lock (``DatabaseBusy``), and say whose it is.

    One round trip. A name that the URL or the environment gives stays.
    """
    own = connection.info.parameter_status("application_name") or name_connection()
    connection.autocommit = True
    name = own.replace("'", "")
    connection.execute(f"SET lock_timeout = {BUSY_MS}; SET application_name = '{name}'")
    connection.autocommit = False


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin; a writer takes the lock at once, so that it waits instead of failing half-way."""
    immediate = connection.get_execution_options().get("sqlite_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def read_clock(session: Session, at: datetime) -> datetime:
    """Return the instant by the clock of the database; SQLite has none of its own but ``at``."""
    if session.get_bind().dialect.name == "sqlite":
        return at
    told: datetime = session.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    return told.astimezone(UTC)
