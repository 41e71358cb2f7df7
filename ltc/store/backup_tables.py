"""Tables as lines of JSON that both databases read and write alike, and digest alike.

Everything goes by the tables that are found in the database, not by those of the program: so a
database of an older version can be backed up, and an older backup be restored. A row is a JSON list
of its columns in order of name; rows stand in order of their key, texts by their bytes. Instants
are UTC, bytes are base64, JSON is canonical text.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.store.backup_file import AuditHead, Section, SectionKind, TableSum
from ltc.store.bulk import insert_tuples

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 2_000
BLOCK_BYTES = 512 * 1024
INSTANT = "%Y-%m-%dT%H:%M:%S.%f"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
Convert = Callable[[Any], Any]


class UnknownColumnType(TypeError):
    """A column has a type that backups do not know; teach ``_READ`` and ``_WRITE`` about it."""


@contextmanager
def open_snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection that sees one instant of the database, whatever others write meanwhile.

    SQLite's write-ahead log and PostgreSQL's REPEATABLE READ give it; neither makes writers wait.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


def find_tables(connection: sa.Connection) -> list[sa.Table]:
    """Return the tables of a database but Alembic's own, referred ones before referring ones."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


def is_empty(connection: sa.Connection) -> bool:
    """Whether no table has a row."""
    return all(
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is None
        for table in find_tables(connection)
    )


def open_section(table: sa.Table) -> Section:
    """Return the section that a table becomes."""
    return Section(SectionKind.TABLE, table.name, [column.name for column in _columns(table)])


def read_blocks(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    """Yield all rows of a table as lines, in blocks of some hundred kilobytes."""
    columns = _columns(table)
    converts = [_READ[kind_of(column)] for column in columns]
    query = sa.select(*[_readable(column) for column in columns]).order_by(
        *_order(table, connection.dialect.name)
    )
    rows = connection.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
    lines: list[bytes] = []
    size = 0
    for row in rows:
        line = _encode([_through(c, v) for c, v in zip(converts, row, strict=True)]).encode()
        lines.append(line + b"\n")
        size += len(line)
        if size > BLOCK_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def sum_table(connection: sa.Connection, table: sa.Table) -> TableSum:
    """Return how many rows a table has, and the digest over all of them."""
    section = open_section(table)
    for _block in section.through(read_blocks(connection, table)):
        pass
    return TableSum(section.lines, section.digest())


def insert_blocks(
    connection: sa.Connection, table: sa.Table, columns: list[str], blocks: Iterable[bytes]
) -> None:
    """Insert the lines of a table inside the caller's transaction."""
    converts = [_find_writer(table.columns[name], connection.dialect) for name in columns]
    rows = (
        tuple(_through(c, v) for c, v in zip(converts, json.loads(line), strict=True))
        for block in blocks
        for line in block.split(b"\n")
        if line
    )
    with Session(connection) as session:  # whose end leaves the caller's transaction open
        while some := list(islice(rows, ROWS_AT_ONCE)):
            insert_tuples(session, table, columns, some)


def clear_tables(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Take away what migrations have put into new tables: a backup brings its own rows."""
    for table in reversed(list(tables)):
        connection.execute(sa.delete(table))


def read_audit_heads(connection: sa.Connection, tables: Iterable[sa.Table]) -> list[AuditHead]:
    """Return the newest audit block of every area that has one."""
    blocks = _named(tables, "audit_blocks").columns
    newest = sa.select(blocks.area_id, sa.func.max(blocks.number)).group_by(blocks.area_id)
    query = sa.select(blocks.area_id, blocks.number, blocks.digest).where(
        sa.tuple_(blocks.area_id, blocks.number).in_(newest)
    )
    return [AuditHead(*row) for row in connection.execute(query.order_by(blocks.area_id))]


def read_area_codes(connection: sa.Connection, tables: Iterable[sa.Table]) -> list[str]:
    """Return the codes of all areas."""
    code = _named(tables, "areas").columns.code
    return [str(found) for found in connection.scalars(sa.select(code).order_by(code))]


def _named(tables: Iterable[sa.Table], name: str) -> sa.Table:
    return next(table for table in tables if table.name == name)


def _columns(table: sa.Table) -> list[sa.Column[Any]]:
    return sorted(table.columns, key=lambda column: column.name)


def _order(table: sa.Table, dialect: str) -> list[sa.ColumnElement[Any]]:
    """Order by the key, texts by their bytes, whatever language PostgreSQL sorts by."""
    return [
        sa.collate(column, "C")
        if dialect == "postgresql" and isinstance(column.type, sa.String)
        else column
        for column in table.primary_key.columns
    ]


def _readable(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return what is selected for a column: JSON as its text, so that NULL and null differ."""
    return sa.cast(column, sa.Text).label(column.name) if kind_of(column) == "json" else column


def _find_writer(column: sa.Column[Any], dialect: sa.Dialect) -> Convert | None:
    """Return what makes of a value in a line what the driver takes; None leaves it as it is.

    JSON is written as the program writes it: the check of the audit log looks at the very bytes.
    """
    if kind_of(column) != "json":
        return _WRITE[dialect.name].get(kind_of(column))
    write = column.type.dialect_impl(dialect).bind_processor(dialect)
    return (lambda text: write(json.loads(text))) if write else None


def _through(convert: Convert | None, value: Any) -> Any:
    return value if value is None or convert is None else convert(value)


def kind_of(column: sa.Column[Any]) -> str:
    """Return how the values of a column are written; raises UnknownColumnType."""
    for kind, types in _KINDS.items():
        if isinstance(column.type, types):
            return kind
    raise UnknownColumnType(f"{column.table.name}.{column.name}: {column.type!r}")


def _write_instant(at: datetime) -> str:
    return (at.astimezone(UTC) if at.tzinfo else at).strftime(INSTANT)


def _write_json(text: str) -> str:
    return _encode(json.loads(text))


_KINDS: dict[str, tuple[type[Any], ...]] = {
    "plain": (sa.Boolean, sa.Integer, sa.String),
    "bytes": (sa.LargeBinary,),
    "instant": (sa.DateTime,),
    "day": (sa.Date,),
    "json": (sa.JSON,),
}
# From what a driver gives to what stands in a line; None leaves a value as it is.
_READ: dict[str, Convert | None] = {
    "plain": None,
    "bytes": lambda value: base64.b64encode(value).decode(),
    "instant": _write_instant,
    "day": date.isoformat,
    "json": _write_json,
}
# From a line to what a driver takes: SQLite keeps instants as its own kind of text.
_WRITE: dict[str, dict[str, Convert]] = {
    "sqlite": {"bytes": base64.b64decode, "instant": lambda text: text.replace("T", " ")},
    "postgresql": {"bytes": base64.b64decode, "instant": lambda text: f"{text}+00:00"},
}
