"""Turns of an area: many record facts at once; as of when a run knows them is settled by one alone.

Whoever records facts shares the turn until the commit. Whoever settles as of when a run knows the
facts has it alone: those who record have committed before, or are dated after that instant. On
SQLite the write lock, which every use-case has from its first moment, is the turn.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.store.payouts import PayoutRun

LOCKS_OF_TURNS = 2019_07  # tells the advisory locks of turns from others in the database
NEXT_INSTANT = timedelta(microseconds=1)


def share_turn(session: Session, area_id: int) -> None:
    """Wait until nobody settles as of when facts are known; nobody will before the commit."""
    _lock(session, sa.func.pg_advisory_xact_lock_shared(LOCKS_OF_TURNS, area_id))


def take_turn(session: Session, area_id: int) -> None:
    """Wait for all who record facts just now; nobody records any before the commit."""
    _lock(session, sa.func.pg_advisory_xact_lock(LOCKS_OF_TURNS, area_id))


def next_instant(session: Session, area_id: int, now: datetime) -> datetime:
    """Return ``now``, or the first instant that no run of the area knows, whichever is later."""
    query = sa.select(sa.func.max(PayoutRun.known_at)).where(PayoutRun.area_id == area_id)
    with session.no_autoflush:
        known_at: datetime | None = session.scalar(query)
    return now if known_at is None else max(now, known_at + NEXT_INSTANT)


def _lock(session: Session, lock: sa.Function[None]) -> None:
    if session.get_bind().dialect.name == "postgresql":
        with session.no_autoflush:
            session.execute(sa.select(lock))
