"""Values as they lie in a table, read one by one where somebody may have changed them by hand.

A column's own type fails on bytes that it never wrote, and with one value the whole answer is lost.
Whoever checks the bytes themselves reads them through here, and is told which value is spoilt.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.store.base import UtcDateTime

FIRST_INSTANT = datetime(1, 1, 2, tzinfo=UTC)  # a day within what Python can say, in every zone
LAST_INSTANT = datetime(9999, 12, 30, tzinfo=UTC)

Convert = Callable[[Any], Any]


class _Unreadable:
    """Stands for a value that the program cannot have written."""

    def __str__(self) -> str:
        return "?"


UNREADABLE = _Unreadable()


class _Bytes(sa.types.TypeDecorator[Any]):
    """The bytes of an SQLite value, read by a column's type where that would write the same."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, kind: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.kind = kind

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Convert:
        """Return what makes a value of bytes; made once for an answer."""
        kind: Any = self.kind.dialect_impl(dialect)
        read, write = kind.result_processor(dialect, coltype), kind.bind_processor(dialect)
        if isinstance(self.kind, sa.Integer):
            read, write = int, str
        return lambda value: None if value is None else _read(value, read, write)


class _Instant(sa.types.TypeDecorator[Any]):
    """An instant of PostgreSQL, None being one outside of the calendar."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> Any:
        """Return the instant in UTC, or UNREADABLE."""
        return UNREADABLE if value is None else value.astimezone(UTC)


def select_stored(session: Session, *columns: Any) -> list[Any]:
    """Return columns to select that give a value, or UNREADABLE; under their own names.

    For columns that are never null where they are instants.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    choose = _as_bytes if is_sqlite else _within_calendar
    return [choose(column).label(column.key) for column in columns]


def is_number(column: Any) -> sa.ColumnElement[bool]:
    """Whether a column of whole numbers holds one: SQLite keeps anything there, if told to."""
    is_same: sa.ColumnElement[bool] = sa.cast(column, sa.BigInteger) == column
    return is_same


def _as_bytes(column: Any) -> Any:
    """SQLite keeps whatever it is given, text that is none too, at which its driver fails."""
    return sa.type_coerce(sa.cast(column, sa.LargeBinary), _Bytes(column.type))


def _within_calendar(column: Any) -> Any:
    """PostgreSQL checks types itself, but knows instants (infinity) that its driver cannot read."""
    if not isinstance(column.type, UtcDateTime):
        return column
    is_day = column.between(FIRST_INSTANT, LAST_INSTANT)
    return sa.type_coerce(sa.case((is_day, column)), _Instant())


def _read(value: bytes, read: Convert | None, write: Convert | None) -> Any:
    try:
        text = value.decode()
        found = read(text) if read else text
        is_ours = write is None or write(found) == text
    except (ValueError, TypeError, RecursionError):
        return UNREADABLE
    return found if is_ours and _is_sayable(found) else UNREADABLE


def _is_sayable(value: Any) -> bool:
    """Whether a value that is an instant is one in every time zone."""
    return not isinstance(value, datetime) or FIRST_INSTANT <= value <= LAST_INSTANT
