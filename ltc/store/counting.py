"""Counts that stop: beyond a thousand nobody needs to know how many, and a page must not grow slow.

A count without an end reads every row that it counts. These read at most ``COUNTED_MOST`` + 1 rows
each unless told otherwise, if an index leads to them; a page shows the largest as “1,000+” (``web.formats.counted``).
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

K = TypeVar("K")
COUNTED_MOST = 1_000


def count_up_to(session: Session, rows: sa.Select[Any], most: int = COUNTED_MOST) -> int:
    """Return how many rows a select has, one more than ``most`` where they are more."""
    return session.scalar(_count(rows, most)) or 0


def count_each(session: Session, selects: Mapping[K, sa.Select[Any]]) -> dict[K, int]:
    """Return how many rows each of some selects has, in one query; as ``count_up_to``."""
    if not selects:
        return {}
    counts = session.execute(
        sa.select(*[_count(rows).scalar_subquery() for rows in selects.values()])
    )
    return dict(zip(selects, counts.one(), strict=True))


def _count(rows: sa.Select[Any], most: int = COUNTED_MOST) -> sa.Select[int]:
    few = rows.limit(most + 1).subquery()
    return sa.select(sa.func.count()).select_from(few)
