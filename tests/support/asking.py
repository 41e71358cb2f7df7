"""What a worker of another process finds on its own connection; must be importable by name."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

PRAGMAS = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
SHOWN = ("lock_timeout", "session_replication_role", "transaction_isolation")


def ask_settings(connection: sa.Connection) -> dict[str, Any]:
    """Return what a connection is set to, by the names that its database has for it."""
    is_sqlite = connection.dialect.name == "sqlite"
    words, names = ("PRAGMA", PRAGMAS) if is_sqlite else ("SHOW", SHOWN)
    return {name: connection.exec_driver_sql(f"{words} {name}").scalar_one() for name in names}


def ask_in_pool(session: Session, _common: None, _piece: int) -> dict[str, Any]:
    """Answer as a task of ``services.executors``."""
    return ask_settings(session.connection())


def ask_in_crew(session: Session, _common: None, _piece: Any) -> Sequence[Any]:
    """Answer as a task of ``services.statement_printers``."""
    return [ask_settings(session.connection())]
