"""Inserts many rows at once, past everything that converts values one by one.

PostgreSQL is handed the rows by COPY, SQLite by one prepared statement. The values must be those
that the driver itself takes: whole numbers, texts, bytes, days in ISO form, None.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session


def insert_tuples(
    session: Session, table: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, their values in the order of the columns, inside the caller's transaction."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _copy(connection, table, columns, rows)
        return
    values = list(rows)
    if values:
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(
            f"INSERT INTO {_name(connection, table, columns)} VALUES ({places})",  # noqa: S608
            values,
        )


def _copy(
    connection: sa.Connection, table: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {_name(connection, table, columns)} FROM STDIN"
    base: Any = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except base as error:  # as SQLAlchemy names it, so that both databases refuse alike
        raise sa.exc.DBAPIError.instance(
            statement, None, error, base, dialect=connection.dialect
        ) from error


def _name(connection: sa.Connection, table: Any, columns: Sequence[str]) -> str:
    """Return table and columns as SQL; the names are the schema's own, never a person's."""
    preparer = connection.dialect.identifier_preparer
    listed = ", ".join(preparer.quote(column) for column in columns)
    return f"{preparer.format_table(table)} ({listed})"
