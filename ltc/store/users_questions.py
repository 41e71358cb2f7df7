"""What is asked about users; all of it within what the actor may see."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.rules.errors import NotFound
from ltc.store.areas import Organisation
from ltc.store.paging import Page, page
from ltc.store.providers import Carer
from ltc.store.scope import visible
from ltc.store.users import User, UserSession

SORTS = {
    "sign_in_name": (User.sign_in_name, User.id),
    "name": (User.name, User.id),
    "role": (User.role, User.sign_in_name, User.id),
}


class UserNotFound(NotFound):
    """There is no such user, or they are not yours to see."""


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What a list of users is narrowed to: part of a name, a role, active or not, locked at a time."""

    text: str = ""
    role: Role | None = None
    active: bool | None = None
    locked_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed at all."""
        narrowed = (self.role, self.active, self.locked_at)
        return bool(self.text) or any(each is not None for each in narrowed)


def get_user(session: Session, actor: Actor, user_id: int) -> User:
    """Return a user; raises UserNotFound."""
    user: User | None = session.scalar(visible(sa.select(User).where(User.id == user_id), actor))
    if user is None:
        raise UserNotFound()
    return user


def list_users(
    session: Session,
    actor: Actor,
    chosen: UserFilter,
    order: tuple[sa.orm.InstrumentedAttribute[object], ...],
    cursor: str | None,
    *,
    descending: bool = False,
) -> Page[User]:
    """Return one page of users."""
    query = visible(sa.select(User), actor)
    if chosen.text:
        named = User.name.contains(chosen.text, autoescape=True)
        query = query.where(
            sa.or_(named, User.sign_in_name.contains(chosen.text.lower(), autoescape=True))
        )
    if chosen.role is not None:
        query = query.where(User.role == chosen.role)
    if chosen.active is not None:
        query = query.where(User.active.is_(chosen.active))
    if chosen.locked_at is not None:
        query = query.where(User.locked_until > chosen.locked_at)
    return page(session, query, order, cursor, descending=descending)


def find_organisation_names(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, str]:
    """Return the names of some of the area's organisations by id."""
    query = sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    query = visible(query, actor, Organisation)
    return {found.id: found.name for found in session.execute(query)}


def find_carer_id(session: Session, actor: Actor, organisation_id: int, code: str) -> int | None:
    """Return the id of a provider's carer by code; None where there is none.

    Whoever creates users sees no carers: they only learn that the code fits the provider.
    """
    return session.scalar(
        sa.select(Carer.id).where(
            Carer.area_id == actor.area_id,
            Carer.provider_id == organisation_id,
            Carer.code == code,
        )
    )


def find_last_seen(session: Session, actor: Actor, user_id: int) -> datetime | None:
    """Return when a user's sessions that still exist were last used."""
    query = sa.select(sa.func.max(UserSession.seen_at)).where(UserSession.user_id == user_id)
    return session.scalar(visible(query, actor, UserSession))
