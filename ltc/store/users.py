"""Users with role and organisation, and their sessions."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.rules.access import Actor, Role
from ltc.store.areas import Area, District, Organisation
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


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with everything that a page says about who is there."""

    session: UserSession
    user: User
    area: Area
    organisation: Organisation
    district: District | None

    def actor(self, door: str) -> Actor:
        """Return the actor that this user is at a door."""
        user = self.user
        return Actor(
            user_id=user.id,
            name=user.name,
            role=user.role,
            area_id=user.area_id,
            organisation_id=user.organisation_id,
            district_id=user.district_id,
            carer_id=user.carer_id,
            door=door,
        )


def token_digest(token: str) -> str:
    """Return the digest under which a session's token is stored (64 hex characters)."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_user_by_name(session: Session, sign_in_name: str) -> User | None:
    """Return the user who signs in under a (normal) name, as stored now; None for nobody.

    Nobody is signed in yet when this is asked, so no scope narrows it.
    """
    return session.scalar(
        sa.select(User)
        .where(User.sign_in_name == sign_in_name)
        .execution_options(populate_existing=True)
    )


def find_signed_in(session: Session, token: str) -> SignedIn | None:
    """Return who holds a session's token, None where there is no such session.

    The token is the proof, so no scope narrows it. Whether the session still holds is decided by
    ``rules.users.is_session_alive``.
    """
    row = session.execute(
        sa.select(UserSession, User, Area, Organisation, District)
        .join(User, sa.and_(User.area_id == UserSession.area_id, User.id == UserSession.user_id))
        .join(Area, Area.id == User.area_id)
        .join(
            Organisation,
            sa.and_(Organisation.area_id == User.area_id, Organisation.id == User.organisation_id),
        )
        .outerjoin(
            District,
            sa.and_(District.area_id == User.area_id, District.id == User.district_id),
        )
        .where(UserSession.token_digest == token_digest(token))
    ).first()
    return None if row is None else SignedIn(*row)


def list_demonstration_users(session: Session) -> list[tuple[User, Area]]:
    """Return the active users of all areas, for the sign-in page of the demonstration only."""
    rows = session.execute(
        sa.select(User, Area)
        .join(Area, Area.id == User.area_id)
        .where(User.active.is_(True))
        .order_by(Area.code, User.role, User.sign_in_name)
        .limit(60)
    )
    return [(user, area) for user, area in rows]
