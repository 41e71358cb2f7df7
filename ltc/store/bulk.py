"""Many at once: inserts rows past everything that converts values one by one, and finds by keys.

PostgreSQL is handed rows by COPY and keys as arrays, SQLite rows by one prepared statement and keys
as one text: a thousand values never become a thousand parameters of a statement.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

Condition = sa.ColumnElement[bool]

# What ten thousand visits touch in the indexes of some million: about 50 MB. With its usual 2 MB,
# SQLite wrote each of these pages several times before the piece was committed.
CACHE_KIB = 64 * 1024


def is_any_of(session: Session, column: Any, values: Iterable[Any]) -> Condition:
    """Whether a column is one of many values: all of them in one parameter, not in a thousand."""
    if _is_postgresql(session):
        return cast(Condition, column == sa.any_(_array(column, values)))
    return cast(Condition, column.in_(sa.select(_listed(values).c.value)))


def narrow_to_keys(
    session: Session, query: sa.Select[Any], columns: Sequence[Any], keys: Sequence[Sequence[Any]]
) -> sa.Select[Any]:
    """Narrow a query to rows whose columns together are one of many different keys.

    Joined, because SQLite would look up only the first column of a list of pairs in an index.
    """
    if len(columns) == 1:
        return query.where(is_any_of(session, columns[0], [key[0] for key in keys]))
    places = _unnest(columns, keys) if _is_postgresql(session) else _unpack(columns, keys)
    asked = sa.select(*places).cte("asked").prefix_with("MATERIALIZED")
    is_one = [column == place for column, place in zip(columns, asked.c, strict=True)]
    return query.join(asked, sa.and_(*is_one))


def widen_cache(session: Session) -> None:
    """Let SQLite keep what a large transaction changes in memory until it commits.

    It holds for as long as the connection is open: for processes that write much, never for pages.
    """
    if not _is_postgresql(session):
        session.connection().exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")


def insert_rows(session: Session, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the columns of the first, as the types of the table store them.

    Equal values of a column are converted once; so they must be hashable.
    """
    if not rows:
        return
    dialect, columns = session.connection().dialect, list(rows[0])
    stored = [_store(table.c[name].type, dialect, [row[name] for row in rows]) for name in columns]
    insert_tuples(session, table, columns, zip(*stored, strict=True))


def insert_records(session: Session, records: Sequence[Any]) -> None:
    """Insert new objects of one table, each complete but for plain defaults, past the session.

    As objects that the session watches they would cost several times as much.
    """
    if not records:
        return
    table = type(records[0]).__table__
    plain = {each.key: each.default.arg if each.default is not None and each.default.is_scalar
             else None for each in table.columns}  # fmt: skip
    insert_rows(session, table, [_list_values(record, plain) for record in records])


def _list_values(record: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object's values by column, the default where it says nothing."""
    given = ((name, getattr(record, name)) for name in defaults)
    return {name: defaults[name] if value is None else value for name, value in given}


def insert_tuples(
    session: Session, table: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, their values in the order of the columns, inside the caller's transaction.

    The values must be those that the driver itself takes: whole numbers, texts, bytes, days in ISO
    form, None.
    """
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


def _store(kind: Any, dialect: sa.Dialect, values: list[Any]) -> Iterable[Any]:
    """Return the values of a column as the driver takes them."""
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return values if convert is None else map(cache(convert), values)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _array(column: Any, values: Iterable[Any]) -> sa.BindParameter[Any]:
    # As a text of any length: a cast to the column's would cut a longer one short, and so find it.
    kind = sa.Text() if type(column.type) is sa.String else column.type
    return sa.bindparam(None, list(values), postgresql.ARRAY(kind))


def _unnest(columns: Sequence[Any], keys: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the places of keys as columns of PostgreSQL."""
    values = zip(*keys, strict=True)
    arrays = [_array(column, each) for column, each in zip(columns, values, strict=True)]
    names = [sa.column(f"key_{place}", column.type) for place, column in enumerate(columns)]
    return list(sa.func.unnest(*arrays).table_valued(*names).render_derived().c)


def _unpack(columns: Sequence[Any], keys: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the places of keys as columns of SQLite."""
    listed = _listed(keys)
    return [
        sa.func.json_extract(listed.c.value, f"$[{place}]", type_=column.type).label(f"key_{place}")
        for place, column in enumerate(columns)
    ]


def _listed(values: Iterable[Any]) -> sa.TableValuedAlias:
    """Return values as a table of SQLite; days as the texts that it keeps them as."""
    text = sa.bindparam(None, json.dumps(list(values), default=str), sa.String)
    return sa.func.json_each(text).table_valued("value")
