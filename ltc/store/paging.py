"""Lists page by page without OFFSET: each page begins after the last row of the one before.

A cursor holds the sort values of the row at the edge, or its key (``RowEdge``). It is no secret and
needs no signature: who alters one sees other rows of the same list, never rows outside of it,
because the scope is part of the select. It is checked, though: a broken one, or one of another
sorting, is refused.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.errors import Invalid

T = TypeVar("T")
Key = tuple[Any, ...]

PAGE_ROWS = 50
LONGEST_CURSOR = 2_000
FORWARD, BACKWARD = "next", "previous"


class CursorBroken(Invalid):
    """The link to this page is broken or belongs to another sorting. Begin with the first page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, with the cursors of the pages beside it (None at the ends)."""

    rows: list[T]
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(frozen=True, slots=True)
class RowEdge:
    """The row at the edge named by its ``key``, where the values of the order may be no values.

    ``find`` gives what the database itself finds in the columns of the order, for a key.
    """

    key: Any
    find: Callable[[Any], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Place:
    """A direction and the key of the row at the edge."""

    direction: str
    key: Key


def page(
    session: Session,
    select: sa.Select[Any],
    order: Sequence[Any],
    cursor: str | None = None,
    limit: int = PAGE_ROWS,
    *,
    descending: bool = False,
    edge: RowEdge | None = None,
) -> Page[Any]:
    """Return one page of a select, ordered by columns down to the last tie (an id).

    The columns must not be NULL. A select of one class gives its objects, any other its rows.
    Cursors hold the values of the order, or the key of ``edge``. Raises CursorBroken.
    """
    held = order if edge is None else (edge.key,)
    place = _read_cursor(cursor, held, descending) if cursor else None
    is_backward = place is not None and place.direction == BACKWARD
    falling = descending != is_backward
    width = len(select.column_descriptions)
    keyed = select.add_columns(*held).order_by(None).limit(limit + 1)
    keyed = keyed.order_by(*[column.desc() if falling else column.asc() for column in order])
    if place is not None:
        there = _bind(order, place.key) if edge is None else edge.find(*place.key)
        keyed = keyed.where(_beyond(order, there, falling))
    found = session.execute(keyed).freeze()
    keys = [tuple(row[width:]) for row in found().all()][:limit]
    rows: list[Any] = (
        list(found().scalars()) if width == 1 else list(found().columns(*range(width)))
    )
    has_more = len(rows) > limit
    rows = rows[:limit]
    if is_backward:
        rows.reverse()
        keys.reverse()
    return _build_page(rows, keys, held, descending, _sides(place, has_more))


def _sides(place: _Place | None, has_more: bool) -> tuple[bool, bool]:
    """Whether there are rows before and after the page."""
    if place is None:
        return False, has_more
    return (has_more, True) if place.direction == BACKWARD else (True, has_more)


def _build_page(
    rows: list[Any],
    keys: list[Key],
    order: Sequence[Any],
    descending: bool,
    sides: tuple[bool, bool],
) -> Page[Any]:
    if not rows:
        return Page([], None, None)
    has_before, has_after = sides
    return Page(
        rows,
        _write_cursor(_Place(FORWARD, keys[-1]), order, descending) if has_after else None,
        _write_cursor(_Place(BACKWARD, keys[0]), order, descending) if has_before else None,
    )


def _bind(order: Sequence[Any], key: Key) -> list[Any]:
    return [sa.bindparam(None, v, column.type) for column, v in zip(order, key, strict=True)]


def _beyond(order: Sequence[Any], values: Sequence[Any], falling: bool) -> sa.ColumnElement[bool]:
    """The condition for rows after some values: a row comparison, which an index can serve.

    Where the columns are of several tables no index has them all: that of the first column is told
    where to begin.
    """
    here = sa.tuple_(*order)
    there = sa.tuple_(*values)
    beyond = here < there if falling else here > there
    if len({column.class_ for column in order}) == 1:
        return beyond
    return sa.and_(order[0] <= values[0] if falling else order[0] >= values[0], beyond)


def _signature(order: Sequence[Any], descending: bool) -> str:
    """Names the sorting that a cursor belongs to."""
    return ("-" if descending else "+") + ",".join(column.key for column in order)


def _write_cursor(place: _Place, order: Sequence[Any], descending: bool) -> str:
    values = [_to_json(value) for value in place.key]
    text = json.dumps(
        [place.direction, _signature(order, descending), *values],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, order: Sequence[Any], descending: bool) -> _Place:
    """Return where a cursor stands; raises CursorBroken."""
    try:
        parts = json.loads(_decode(cursor))
        direction, signature, *values = parts
        if direction not in (FORWARD, BACKWARD) or signature != _signature(order, descending):
            raise CursorBroken(field="cursor")
        key = tuple(_from_json(column, value) for column, value in zip(order, values, strict=True))
    except (ValueError, TypeError, RecursionError):
        raise CursorBroken(field="cursor") from None
    return _Place(direction, key)


def _decode(cursor: str) -> str:
    if len(cursor) > LONGEST_CURSOR:
        raise CursorBroken(field="cursor")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise CursorBroken(field="cursor") from None


def _to_json(value: Any) -> str | int:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):  # instants, too
        return value.isoformat()
    if isinstance(value, int | str):
        return value
    raise TypeError(f"a list cannot be sorted by {type(value).__name__}")


def _from_json(column: Any, value: Any) -> Any:
    """Return a value of the column's own type; raises ValueError or TypeError."""
    plain = getattr(column.type, "impl_instance", column.type)  # what a type of our own rests on
    kind: type[Any] = plain.python_type
    if kind is int:
        if type(value) is not int or value.bit_length() > 63:
            raise TypeError
        return value
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    value.encode()  # half a surrogate pair is no text
    if issubclass(kind, datetime):
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError
        return instant
    if issubclass(kind, date):
        return date.fromisoformat(value)
    return kind(value)
