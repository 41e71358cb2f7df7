"""Alembic's environment: the connection is handed in by ``ltc.store.migrations``."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from ltc.store import db


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types into migrations as the plain types that they are stored as."""
    if kind != "type":
        return False
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def migrate(connection: sa.Connection) -> None:
    """Run the migrations that were asked for, each in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def check_foreign_keys(connection: sa.Connection, state: str) -> None:
    """Switch SQLite's foreign keys, which stand in the way of rebuilding a table.

    SQLite ignores this inside a transaction, so it goes past SQLAlchemy, which would begin one.
    """
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.execute(f"PRAGMA foreign_keys = {state}")


connection = context.config.attributes["connection"]
check_foreign_keys(connection, "OFF")
try:
    migrate(connection)
finally:
    check_foreign_keys(connection, "ON")
