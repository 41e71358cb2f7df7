"""The audit log: one event with every change, sealed into a chain of blocks shortly after.

An event is written in the transaction of the change that it tells of, with a digest of its own.
Writers never touch the chain, so they never wait for each other; ``seal`` later puts the events
that have no block yet into one (``rules.audit`` says what covers what).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.store.base import AreaKeyed, Base, JsonText, UtcDateTime


class AuditEvent(AreaKeyed, Base):
    """Who did what to which record, when, through which door; ids and digests, no personal data."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.Index(None, "area_id", "record_type", "record_id"),
        sa.Index(None, "area_id", "at", "id"),
        sa.Index(None, "area_id", "action", "at", "id"),
        sa.UniqueConstraint("area_id", "block_number", "position"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    actor_role: Mapped[str] = mapped_column(sa.String(40))
    door: Mapped[str] = mapped_column(sa.String(20))
    action: Mapped[str] = mapped_column(sa.String(80))
    record_type: Mapped[str] = mapped_column(sa.String(60))
    record_id: Mapped[int] = mapped_column(sa.BigInteger)
    changes: Mapped[dict[str, Any]] = mapped_column(JsonText)
    digest: Mapped[str] = mapped_column(sa.String(64))
    link: Mapped[str | None] = mapped_column(sa.String(64))
    block_number: Mapped[int | None] = mapped_column(sa.BigInteger)
    position: Mapped[int | None] = mapped_column(sa.Integer)


class AuditBlock(Base):
    """A link of the chain: the digest over the block before and all events of this one."""

    __tablename__ = "audit_blocks"

    area_id: Mapped[int] = mapped_column(sa.Integer, sa.ForeignKey("areas.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    events: Mapped[int] = mapped_column(sa.Integer)
    previous_digest: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


EVENT_COLUMNS = (
    "area_id", "id", "at", "actor_id", "actor_role", "door", "action", "record_type",
    "record_id", "changes",
)  # fmt: skip
_PROOF_COLUMNS = ("digest", "link", "block_number", "position")
_ROW = [getattr(AuditEvent, name) for name in EVENT_COLUMNS + _PROOF_COLUMNS]
BLOCKS_AT_ONCE = 200


def find_head(session: Session, area_id: int) -> AuditBlock | None:
    """Return the newest block of an area, None where nothing is sealed yet."""
    return session.scalar(
        sa.select(AuditBlock)
        .where(AuditBlock.area_id == area_id)
        .order_by(AuditBlock.number.desc())
        .limit(1)
    )


def find_block(session: Session, area_id: int, digest: str) -> AuditBlock | None:
    """Return the block of an area whose digest begins with these hex characters, if there is one."""
    named = AuditBlock.digest.startswith(digest, autoescape=True)
    return session.scalar(
        sa.select(AuditBlock).where(AuditBlock.area_id == area_id, named).limit(1)
    )


def find_overdue(session: Session, area_id: int, before: datetime) -> tuple[int, datetime | None]:
    """Return how many events from before an instant have no block, and since when."""
    query = sa.select(sa.func.count(), sa.func.min(AuditEvent.at)).where(
        AuditEvent.area_id == area_id,
        AuditEvent.block_number.is_(None),
        AuditEvent.at < before,
    )
    count, since = session.execute(query).one()
    return count, since


def count_actions(session: Session, area_id: int, action: str, since: datetime) -> int:
    """Return how many events of an area tell of an action since an instant."""
    query = sa.select(sa.func.count()).select_from(AuditEvent)
    is_meant = (AuditEvent.area_id == area_id, AuditEvent.at >= since, AuditEvent.action == action)
    return session.scalar(query.where(*is_meant)) or 0


def load_waiting(
    session: Session,
    area_id: int,
    until: datetime | None,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> Sequence[sa.Row[Any]]:
    """Return events without a block in order of time, up to an instant, after a place."""
    query = sa.select(*_ROW).where(AuditEvent.area_id == area_id, AuditEvent.block_number.is_(None))
    if until is not None:
        query = query.where(AuditEvent.at <= until)
    if after is not None:
        there = sa.tuple_(sa.literal(after[0], UtcDateTime()), sa.literal(after[1]))
        query = query.where(sa.tuple_(AuditEvent.at, AuditEvent.id) > there)
    return session.execute(query.order_by(AuditEvent.at, AuditEvent.id).limit(limit)).all()


def load_blocks(session: Session, area_id: int) -> Iterator[AuditBlock]:
    """Yield the blocks of an area in order of number."""
    number = -1
    while True:
        blocks = session.scalars(
            sa.select(AuditBlock)
            .where(AuditBlock.area_id == area_id, AuditBlock.number > number)
            .order_by(AuditBlock.number)
            .limit(BLOCKS_AT_ONCE)
            .execution_options(populate_existing=True)
        ).all()
        yield from blocks
        if len(blocks) < BLOCKS_AT_ONCE:
            return
        number = blocks[-1].number


def load_block(session: Session, area_id: int, number: int) -> Sequence[sa.Row[Any]]:
    """Return the events of a block in order of position."""
    query = sa.select(*_ROW).where(AuditEvent.area_id == area_id, AuditEvent.block_number == number)
    return session.execute(query.order_by(AuditEvent.position, AuditEvent.id)).all()


def find_stray(session: Session, area_id: int) -> sa.Row[Any] | None:
    """Return an event that names a block which does not exist, None where there is none.

    One statement, so that a block sealed meanwhile is seen together with its events.
    """
    block = sa.select(AuditBlock.number).where(
        AuditBlock.area_id == area_id, AuditBlock.number == AuditEvent.block_number
    )
    query = sa.select(*_ROW).where(
        AuditEvent.area_id == area_id, AuditEvent.block_number.is_not(None), ~block.exists()
    )
    return session.execute(
        query.order_by(AuditEvent.block_number, AuditEvent.position).limit(1)
    ).first()


def count_unsealed(session: Session, area_id: int) -> int:
    """Return how many events of an area wait for a block."""
    query = sa.select(sa.func.count()).where(
        AuditEvent.area_id == area_id, AuditEvent.block_number.is_(None)
    )
    return session.scalar(query) or 0
