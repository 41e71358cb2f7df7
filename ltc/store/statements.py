"""Issued statements: what was printed, for whom, from which run, with the digest of its bytes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.statements import StatementKind
from ltc.store.base import AreaKeyed, Base, UtcDateTime, area_key, enum_of


class Statement(AreaKeyed, Base):
    """One statement of an approved run; ``subject_id`` is the person or the provider.

    ``content_digest`` is over the data that was printed, ``file_digest`` over the PDF's bytes
    (None until it is rendered); the file lies in the documents folder under its digest.
    ``verify_code`` is what the public page asks for, ``chain_number`` the newest block of the audit
    chain that the paper names, ``substitutes`` how many characters no font of ours can draw.
    """

    __tablename__ = "statements"
    __table_args__ = (
        area_key("run_id", "payout_runs"),
        sa.UniqueConstraint("area_id", "run_id", "kind", "subject_id"),
        sa.UniqueConstraint("area_id", "number"),
        sa.Index(None, "area_id", "subject_id"),
        sa.Index(None, "area_id", "run_id", "provider_id"),
        sa.Index(None, "area_id", "provider_id", "number"),
        # The code alone is looked up; the area makes the key one that can be distributed by area.
        sa.Index(None, "verify_code", "area_id", unique=True),
        sa.Index(None, "file_digest"),
    )

    number: Mapped[str] = mapped_column(sa.String(60))
    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[StatementKind] = mapped_column(enum_of(StatementKind))
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    provider_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    district_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    content_digest: Mapped[str] = mapped_column(sa.String(64))
    file_digest: Mapped[str | None] = mapped_column(sa.String(64))
    file_bytes: Mapped[int | None] = mapped_column(sa.Integer)
    pages: Mapped[int | None] = mapped_column(sa.Integer)
    verify_code: Mapped[str | None] = mapped_column(sa.String(16))
    chain_number: Mapped[int | None] = mapped_column(sa.BigInteger)
    substitutes: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
