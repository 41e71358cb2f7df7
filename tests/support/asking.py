"""What a worker of another process finds on its own connection; must be importable by name."""

import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

# What every connection of the product is set to, by the names that its database has for it.
PROMISED = {
    "sqlite": {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000, "synchronous": 2},
    "postgresql": {
        "lock_timeout": "30s",
        "session_replication_role": "origin",  # foreign keys hold
        "transaction_isolation": "read committed",
    },
}


def ask_settings(connection: sa.Connection) -> dict[str, Any]:
    """Return what a connection is set to, by the names that its database has for it."""
    kind = connection.dialect.name
    word = {"sqlite": "PRAGMA", "postgresql": "SHOW"}[kind]
    return {
        name: connection.exec_driver_sql(f"{word} {name}").scalar_one() for name in PROMISED[kind]
    }


def ask_in_pool(session: Session, _common: None, _piece: int) -> dict[str, Any]:
    """Answer as a task of ``services.executors``."""
    return ask_settings(session.connection())


def take_time_in_pool(_session: Session, _common: None, piece: float) -> float:
    """Work for so many seconds."""
    time.sleep(piece)
    return piece


def fail_in_pool(_session: Session, _common: None, _piece: int) -> None:
    """Break, with a name in the error's text."""
    raise ValueError("no grade for 王淑珍")


def ask_in_crew(session: Session, _common: None, _piece: Any) -> Sequence[Any]:
    """Answer as a task of ``services.statement_printers``."""
    return [ask_settings(session.connection())]
