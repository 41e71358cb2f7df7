"""Whole filtered lists, for files: read piece by piece, and whether one is too long is asked first.

A list is one statement, so that all of it is of one moment: pages of several statements could miss
who was corrected between two of them. The database keeps the rest of the rows (a cursor of the
server on PostgreSQL, the statement itself on SQLite), and ``ROWS_AT_ONCE`` are in memory, whatever
the length. Connection and transaction are held while somebody goes through the list: that must go
on a disk, which takes as long as the server needs, and never to a reader, who may take an hour
(``web.list_files`` does so). A list that is left half-way is closed.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.store.counting import count_up_to

T = TypeVar("T")
ROWS_AT_ONCE = 1_000


class WholeList(Generic[T]):
    """All rows of a select in an order: of one table as such, of several beside each other."""

    def __init__(self, session: Session, select: sa.Select[Any], *order: Any) -> None:
        """Take what is read when somebody goes through it, and no sooner."""
        self._session, self._select, self._order = session, select, order

    def __iter__(self) -> Iterator[T]:
        """Yield the rows; some at a time are in memory."""
        ordered = self._select.order_by(*self._order).execution_options(yield_per=ROWS_AT_ONCE)
        with closing(self._session.execute(ordered)) as result:
            found: Any = result
            yield from found.scalars() if len(self._select.column_descriptions) == 1 else found

    def is_longer_than(self, rows: int) -> bool:
        """Whether there are more rows; of those that are, one more than so many is counted."""
        one = self._select.with_only_columns(sa.literal(1), maintain_column_froms=True)
        return count_up_to(self._session, one, rows) > rows
