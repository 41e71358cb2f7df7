"""The audit log: one event with every change, sealed into a chain of blocks shortly after.

An event is written in the transaction of the change that it tells of, with a digest of its own.
Writers never touch the chain, so they never wait for each other; ``seal`` later puts the events
that have no block yet into one (``rules.audit`` says what covers what).
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.store.base import AreaKeyed, Base, JsonText, UtcDateTime


class AuditEvent(AreaKeyed, Base):
    """Who did what to which record, when, through which door; ids and digests, no personal data."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.Index(None, "area_id", "record_type", "record_id"),
        sa.Index(None, "area_id", "at", "id"),
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
