"""Users with role and organisation, and their sessions."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.access import Role
from ltc.store.base import AreaKeyed, Base, UtcDateTime, area_key, enum_of


class User(AreaKeyed, Base):
    """A person who signs in; the machine has no row."""

    __tablename__ = "users"
    __table_args__ = (
        area_key("organisation_id", "organisations"),
        area_key("district_id", "districts"),
        area_key("carer_id", "carers"),
        sa.UniqueConstraint("sign_in_name"),
    )

    sign_in_name: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(120))
    role: Mapped[Role] = mapped_column(enum_of(Role))
    organisation_id: Mapped[int] = mapped_column(sa.BigInteger)
    district_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    carer_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    must_change_password: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    failed_attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    language: Mapped[str | None] = mapped_column(sa.String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UserSession(Base):
    """A signed-in browser; only the digest of its token is stored."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        area_key("user_id", "users"),
        sa.Index(None, "area_id", "user_id"),
        sa.Index(None, "expires_at"),
    )

    token_digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    area_id: Mapped[int] = mapped_column(sa.Integer)
    user_id: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
