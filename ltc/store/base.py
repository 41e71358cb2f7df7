"""What all tables are made of: the base class, column types, keys and the two times of facts.

Every row that belongs to an area is keyed by ``(area_id, id)``, so that a large city's tables can
be distributed by area. Ids are made by the client (``new_id``), before anything is sent: a row's
id can then be bound into its encryption, and a chunk of rows can be inserted without asking back.
"""

import os
import secrets
import threading
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: aware and in UTC on both sides, whatever the database remembers of zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive instants; hand SQLite, which forgets zones, the UTC wall clock."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> datetime | None:
        """Return the instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_of(kind: type[StrEnum]) -> sa.Enum:
    """Return a text column type that stores the values (not the names) of an enum, checked."""
    return sa.Enum(
        kind,
        native_enum=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=False,
        validate_strings=True,
    )


JsonText = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

_COUNTER_BITS = 20
_PREFIX_BITS = 42
_lock = threading.Lock()
_state = {"prefix": 0, "counter": 1 << _COUNTER_BITS, "pid": 0}


def new_id() -> int:
    """Return a new row id: 62 bits, random per process and rising within it.

    Two processes that ever drew the same prefix would meet a refused insert, never a wrong row.
    """
    return new_ids(1)[0]


def new_ids(count: int) -> range:
    """Return so many new ids, in order and without gaps (at most 1,048,576 at once)."""
    if count > 1 << _COUNTER_BITS:
        raise ValueError("at most 1,048,576 ids at once")
    with _lock:
        if _state["counter"] + count > 1 << _COUNTER_BITS or _state["pid"] != os.getpid():
            _state["prefix"] = secrets.randbits(_PREFIX_BITS) << _COUNTER_BITS
            _state["counter"] = 0
            _state["pid"] = os.getpid()
        first = _state["prefix"] + _state["counter"]
        _state["counter"] += count
    return range(first, first + count)


class Base(DeclarativeBase):
    """All tables."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        int: sa.BigInteger(),
        dict[str, Any]: JsonText,
        list[Any]: JsonText,
    }


class AreaKeyed:
    """A row of one area: keyed by the area's number and an id made by the client."""

    @declared_attr
    def area_id(cls) -> Mapped[int]:  # noqa: N805 - declared_attr works on the class
        """Number of the area that owns the row."""
        return mapped_column(sa.Integer, sa.ForeignKey("areas.id"), primary_key=True)

    @declared_attr
    def id(cls) -> Mapped[int]:  # noqa: N805
        """Client-made id."""
        return mapped_column(sa.BigInteger, primary_key=True, autoincrement=False, default=new_id)


class Fact:
    """A fact that moves money, with the second time: when we learned it, from whom.

    A correction is a new row that names the old (``replaces_id``); the old row's
    ``superseded_at`` then says until when it was believed. ``withdrawn`` marks a correction that
    says: this never was. Rows believed at an instant: see ``known_at``.
    """

    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaces_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    withdrawn: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    reason: Mapped[str | None] = mapped_column(sa.Text)


class Record:
    """A record that is there once, such as a person: the row says what is believed of it now.

    A correction keeps the row as it was in a table of versions (``RecordVersion``), in the same
    transaction, and then writes the new values with the time, author and reason of the correction.
    """

    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    reason: Mapped[str | None] = mapped_column(sa.Text)


class RecordVersion(Record):
    """A record as it was believed from ``recorded_at`` on and before ``superseded_at``.

    Rows are only ever added. ``reason`` is why this version came to be, None for the first.
    """

    record_id: Mapped[int] = mapped_column(sa.BigInteger)
    superseded_at: Mapped[datetime] = mapped_column(UtcDateTime)


def known_at(table: Any, instant: datetime | None) -> sa.ColumnElement[bool]:
    """Return the condition for rows of a fact believed at an instant (None: now, by all we know)."""
    if instant is None:
        return sa.and_(table.superseded_at.is_(None), table.withdrawn.is_(False))
    return sa.and_(
        table.recorded_at <= instant,
        sa.or_(table.superseded_at.is_(None), table.superseded_at > instant),
        table.withdrawn.is_(False),
    )


def area_key(column: str, table: str) -> sa.ForeignKeyConstraint:
    """Return the foreign key ``(area_id, column)`` to another table of the same area."""
    return sa.ForeignKeyConstraint(["area_id", column], [f"{table}.area_id", f"{table}.id"])


def of_days(starts_on: date, ends_before: date | None, table: Any) -> sa.ColumnElement[bool]:
    """Return the condition for rows whose half-open range touches the given days."""
    touches = sa.or_(table.ends_before.is_(None), table.ends_before > starts_on)
    if ends_before is None:
        return touches
    return sa.and_(table.starts_on < ends_before, touches)
