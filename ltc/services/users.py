"""Users: created, deactivated, given passwords. Signing in is in ``services.sign_in``."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Permission, Role
from ltc.rules.errors import Conflict, Invalid
from ltc.rules.users import (
    PasswordUnchanged,
    check_password,
    check_place,
    check_sign_in_name,
    normal_name,
)
from ltc.services.context import Context
from ltc.services.passwords import Passwords, make_password
from ltc.store.areas import District, Organisation
from ltc.store.base import new_id
from ltc.store.providers import Carer
from ltc.store.scope import visible
from ltc.store.sealed_cells import Purpose, digest_of
from ltc.store.users import User, UserSession
from ltc.store.users_questions import get_user


class SignInNameTaken(Conflict):
    """Somebody else signs in as {sign_in_name}. Choose another name."""


class PasswordWrong(Invalid):
    """The password you have now is not the one that was entered."""


class OrganisationUnknown(Invalid):
    """There is no such organisation in your area."""


class DistrictUnknown(Invalid):
    """There is no such district in your area."""


class CarerUnknown(Invalid):
    """There is no such carer at this organisation."""


class NotYourself(Conflict):
    """You cannot do this to yourself. Ask another administrator."""


class LastAdministrator(Conflict):
    """Nobody could manage users afterwards: this is the last active administrator."""


class UserInactive(Conflict):
    """This user is deactivated. Let them sign in again first."""


class UserActive(Conflict):
    """This user can sign in already; nothing was changed."""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A user with the random password that is shown once and must be changed."""

    user: User
    password: str


def create_user(
    ctx: Context,
    *,
    sign_in_name: str,
    name: str,
    role: Role,
    organisation_id: int,
    passwords: Passwords,
    district_id: int | None = None,
    carer_id: int | None = None,
    password: str | None = None,
) -> NewPassword:
    """Create a user, with a random password unless one is given; they must change it."""
    ctx.require(Permission.MANAGE_USERS)
    sign_in_name = normal_name(sign_in_name)
    check_sign_in_name(sign_in_name)
    organisation = _organisation(ctx, organisation_id)
    check_place(role, organisation.kind, district_id, carer_id)
    _check_district(ctx, district_id)
    _check_carer(ctx, organisation_id, carer_id)
    password = password or make_password()
    check_password(password, sign_in_name)
    ctx.rest()
    user = User(
        area_id=ctx.area_id,
        id=new_id(),
        sign_in_name=sign_in_name,
        name=name,
        role=role,
        organisation_id=organisation_id,
        district_id=district_id,
        carer_id=carer_id,
        password_hash=passwords.hash(password),
        must_change_password=True,
        active=True,
        created_at=ctx.now,
    )
    with ctx.transaction() as session:
        _insert(session, user)
        changes = {
            "sign_in_name": digest_of(session, sign_in_name, Purpose.NAME),
            "name": digest_of(session, name, Purpose.NAME),
            "role": role,
            "organisation": organisation_id,
            "district_id": district_id,
            "carer_id": carer_id,
        }
        ctx.record("user.created", "user", user.id, {n: [None, v] for n, v in changes.items()})
    return NewPassword(user, password)


def change_password(
    ctx: Context, *, old_password: str, new_password: str, passwords: Passwords, keep_token: str
) -> None:
    """Change one's own password; other browsers are signed out (``keep_token``: the digest kept)."""
    user = get_user(ctx.session, ctx.actor, ctx.actor.user_id or 0)
    proven = user.password_hash
    ctx.rest()  # others need the connection while this one waits for its hashes
    if not passwords.is_right(proven, old_password):
        raise PasswordWrong(field="old_password")
    check_password(new_password, user.sign_in_name)
    if new_password == old_password:
        raise PasswordUnchanged(field="new_password")
    fresh = passwords.hash(new_password)
    with ctx.transaction() as session:
        session.refresh(user, with_for_update=True)
        if user.password_hash != proven:  # reset while the hashes were being worked out
            raise PasswordWrong(field="old_password")
        user.password_hash = fresh
        user.must_change_password = False
        _end_sessions(session, user, but=keep_token)
        ctx.record("user.password_changed", "user", user.id)


def reset_password(ctx: Context, *, user_id: int, passwords: Passwords) -> NewPassword:
    """Give a user a random password that they must change; end their sessions and their lock.

    Raises UserInactive: a password would not let them in.
    """
    ctx.require(Permission.MANAGE_USERS)
    user = get_user(ctx.session, ctx.actor, user_id)
    _check_active(user)
    password = make_password()
    ctx.rest()
    fresh = passwords.hash(password)
    with ctx.transaction() as session:
        session.refresh(user, with_for_update=True)
        _check_active(user)
        user.password_hash = fresh
        user.must_change_password = True
        user.failed_attempts, user.locked_until = 0, None
        _end_sessions(session, user)
        ctx.record("user.password_reset", "user", user.id)
    return NewPassword(user, password)


def deactivate(ctx: Context, *, user_id: int, reason: str) -> User:
    """Keep a user from signing in from now on, and end their sessions.

    Raises NotYourself, UserInactive, LastAdministrator.
    """
    ctx.require(Permission.MANAGE_USERS)
    user = get_user(ctx.session, ctx.actor, user_id)
    if user.id == ctx.actor.user_id:
        raise NotYourself()
    with ctx.transaction() as session:
        _check_administrator_remains(session, user)
        session.refresh(user, with_for_update=True)
        _check_active(user)
        user.active = False
        _end_sessions(session, user)
        ctx.record("user.deactivated", "user", user.id, {"active": [True, False, reason]})
    return user


def activate(ctx: Context, *, user_id: int) -> User:
    """Let a deactivated user sign in again; raises UserActive."""
    ctx.require(Permission.MANAGE_USERS)
    user = get_user(ctx.session, ctx.actor, user_id)
    with ctx.transaction() as session:
        session.refresh(user, with_for_update=True)
        if user.active:
            raise UserActive()
        user.active = True
        ctx.record("user.activated", "user", user.id, {"active": [False, True]})
    return user


def _check_active(user: User) -> None:
    if not user.active:
        raise UserInactive()


def _insert(session: Session, user: User) -> None:
    """Insert a user; the name is unique across all areas, whoever asks at the same time."""
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        raise SignInNameTaken(field="sign_in_name", sign_in_name=user.sign_in_name) from None


def _organisation(ctx: Context, organisation_id: int) -> Organisation:
    query = sa.select(Organisation).where(Organisation.id == organisation_id)
    organisation: Organisation | None = ctx.session.scalar(visible(query, ctx.actor))
    if organisation is None:
        raise OrganisationUnknown(field="organisation_id")
    return organisation


def _check_district(ctx: Context, district_id: int | None) -> None:
    query = sa.select(District.id).where(District.id == district_id)
    if district_id is not None and ctx.session.scalar(visible(query, ctx.actor)) is None:
        raise DistrictUnknown(field="district_id")


def _check_carer(ctx: Context, organisation_id: int, carer_id: int | None) -> None:
    """The administrator does not see carers; they only name one of the same area and provider."""
    query = sa.select(Carer.id).where(
        Carer.area_id == ctx.area_id, Carer.id == carer_id, Carer.provider_id == organisation_id
    )
    if carer_id is not None and ctx.session.scalar(query) is None:
        raise CarerUnknown(field="carer_id")


def _check_administrator_remains(session: Session, user: User) -> None:
    """Raise LastAdministrator; the rows are locked, so that two cannot deactivate each other."""
    if user.role is not Role.ADMINISTRATOR:
        return
    others = sa.select(User.id).where(
        User.area_id == user.area_id, User.role == Role.ADMINISTRATOR, User.active.is_(True)
    )
    if set(session.scalars(others.order_by(User.id).with_for_update())) <= {user.id}:
        raise LastAdministrator()


def _end_sessions(session: Session, user: User, but: str | None = None) -> None:
    ended = sa.delete(UserSession).where(
        UserSession.area_id == user.area_id, UserSession.user_id == user.id
    )
    session.execute(ended if but is None else ended.where(UserSession.token_digest != but))
