"""Who keeps tables of PostgreSQL in use, by the name that each of our connections has there."""

import os
import socket
from datetime import UTC
from typing import Any

import sqlalchemy as sa

MOST_SHOWN = 5
HOLDERS = sa.text("""
    SELECT pid, application_name, min(xact_start) AS since
    FROM pg_locks JOIN pg_stat_activity USING (pid) JOIN pg_class ON pg_class.oid = relation
    WHERE granted AND datname = current_database() AND relkind IN ('r', 'p')
      AND relnamespace = 'public'::regnamespace AND pid <> pg_backend_pid()
    GROUP BY pid, application_name ORDER BY since, pid LIMIT :most
""")


def name_connection() -> str:
    """Return what a connection of this process is called in the database: its machine and number."""
    return f"ltc on {socket.gethostname()[:30]}, process {os.getpid()}"


def describe_holders(connection: sa.Connection) -> str:
    """Return who has tables of this database in use now, the longest first, in one line."""
    found = connection.execute(HOLDERS, {"most": MOST_SHOWN}).all()
    return "; ".join(_describe(row) for row in found) or "nobody any more"


def _describe(row: sa.Row[Any]) -> str:
    """Say who, since when, and the number by which the server ends the connection.

    What others do is told to whoever may see it: their begin may be missing.
    """
    begun = f"since {row.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, " if row.since else ""
    return f"{row.application_name or 'somebody without a name'} ({begun}connection {row.pid})"
