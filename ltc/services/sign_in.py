"""Signing in and out, with the lockout after repeated failures."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.rules.errors import Invalid
from ltc.rules.users import (
    FAILURES_BEFORE_LOCK,
    LOCK_MINUTES,
    UNKNOWN_NAMES_PER_HOUR,
    check_not_locked,
    lock_after,
    normal_name,
)
from ltc.services.context import Context, Policies
from ltc.services.forms import sweep
from ltc.services.passwords import Passwords, PasswordsBusy
from ltc.store.areas import Area, list_areas
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_log import list_told
from ltc.store.sealed_cells import Purpose, digest_of
from ltc.store.users import User, UserSession, find_user_by_name, token_digest

TOKEN_BYTES = 32
SEEN_EVERY_MINUTES = 5
SWEPT_AT_ONCE = 200
UNKNOWN_NAME = "sign_in.refused"
UNKNOWN_REMEMBERED = timedelta(hours=1)


class SignInRefused(Invalid):
    """The sign-in name or the password is wrong. After {attempts} wrong passwords a name is locked
    for {limit} minutes.
    """

    def __init__(self) -> None:
        """Say what wrong passwords lead to, to whoever enters one: of known names and of others."""
        super().__init__(attempts=FAILURES_BEFORE_LOCK, limit=LOCK_MINUTES)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a browser is given: the token of its session, and until when it holds at most."""

    user: User
    token: str
    expires_at: datetime


def sign_in(
    session: Session,
    now: datetime,
    name: str,
    password: str,
    *,
    passwords: Passwords,
    policies: Policies,
    session_hours: int,
) -> Ticket:
    """Open a session for a name and a password; raises SignInRefused, UserLocked,
    PasswordsBusy.

    The hash is worked out before the transaction, for nobody too, so that the time of the answer
    tells nothing, and neither a lock nor a connection is held meanwhile. Who is locked is told so
    in any case: without a hash. Failures are counted on the locked row: attempts sent at once are
    counted one by one, and those that come after the fifth are refused.
    """
    user = find_user_by_name(session, normal_name(name))
    locked_until = user.locked_until if user else _find_lock(session, now, normal_name(name))
    check_not_locked(locked_until, now)
    proven = user.password_hash if user else None
    session.rollback()  # gives the connection back: others need it while this one waits its turn
    is_right = passwords.is_right(proven, password)
    if user is None or proven is None:
        _record_unknown(session, now, normal_name(name), policies)
        check_not_locked(_find_lock(session, now, normal_name(name)), now)
        raise SignInRefused()
    fresh = _renew(passwords, proven, password) if is_right else None
    ctx = Context(session, _actor_of(user, is_right), now, policies)
    ticket: Ticket | None = None
    with ctx.transaction():
        _lock_row(session, user)
        check_not_locked(user.locked_until, now)
        # Deactivated, or the password was changed while the hash was being worked out?
        if is_right and user.active and user.password_hash == proven:
            user.password_hash = fresh or proven
            ticket = _open_session(ctx, user, session_hours)
        else:
            _count_failure(ctx, user)
    if ticket is None:
        check_not_locked(user.locked_until, now)  # this was one too many
        raise SignInRefused()
    _sweep_sessions(ctx)
    sweep(ctx)
    return ticket


def sign_out(ctx: Context, *, token: str) -> None:
    """End the session of a token."""
    with ctx.transaction() as session:
        ended = sa.delete(UserSession).where(UserSession.token_digest == token_digest(token))
        session.execute(ended)
        ctx.record("user.signed_out", "user", ctx.actor.user_id or 0)


def keep_alive(ctx: Context, seen: UserSession) -> None:
    """Remember that a session was used; at most once in five minutes, to spare the writing."""
    if ctx.now - seen.seen_at < timedelta(minutes=SEEN_EVERY_MINUTES):
        return
    with ctx.bookkeeping() as session:
        session.execute(
            sa.update(UserSession)
            .where(UserSession.token_digest == seen.token_digest)
            .values(seen_at=ctx.now)
        )


def _renew(passwords: Passwords, proven: str, password: str) -> str | None:
    """Return a hash of today's cost for an outdated one; None where it can wait, or has to."""
    if not passwords.is_outdated(proven):
        return None
    try:
        return passwords.hash(password)
    except PasswordsBusy:
        return None


def _actor_of(user: User, is_right: bool) -> Actor:
    """The user, once the password was right; before that nobody (the machine) acts."""
    return Actor(
        user_id=user.id if is_right else None,
        name=user.name if is_right else "",
        role=user.role if is_right else Role.MACHINE,
        area_id=user.area_id,
        organisation_id=user.organisation_id,
    )


def _lock_row(session: Session, user: User) -> None:
    """Read the user anew and hold the row until the end of the transaction."""
    session.refresh(user, with_for_update=True)


def _open_session(ctx: Context, user: User, session_hours: int) -> Ticket:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = ctx.now + timedelta(hours=session_hours)
    user.failed_attempts, user.locked_until = 0, None
    ctx.session.add(
        UserSession(
            token_digest=token_digest(token),
            area_id=user.area_id,
            user_id=user.id,
            created_at=ctx.now,
            seen_at=ctx.now,
            expires_at=expires_at,
        )
    )
    ctx.record("user.signed_in", "user", user.id)
    return Ticket(user, token, expires_at)


def _count_failure(ctx: Context, user: User) -> None:
    """Count a failure; the fifth in a row locks, and the count begins anew."""
    attempts = user.failed_attempts + 1
    user.locked_until = lock_after(attempts, ctx.now)
    user.failed_attempts = 0 if user.locked_until else attempts
    ctx.record("user.sign_in_failed", "user", user.id, {"failures": [attempts - 1, attempts]})
    if user.locked_until:
        ctx.record("user.locked", "user", user.id, {"locked_until": [None, user.locked_until]})


def _record_unknown(session: Session, now: datetime, name: str, policies: Policies) -> None:
    """Write an attempt with a name that nobody has into the log of the installation's first area.

    Of the name only a keyed digest is kept: often it is a password typed into the wrong field. Past
    a number an hour nothing more is written; the last event says so.
    """
    area = _first_area(session)
    if area is None:
        return
    nobody = Actor(user_id=None, name="", role=Role.MACHINE, area_id=area.id)
    ctx = Context(session, nobody, now, policies)
    before = len(list_told(session, area.id, UNKNOWN_NAME, now - UNKNOWN_REMEMBERED))
    if before >= UNKNOWN_NAMES_PER_HOUR:
        return
    with ctx.transaction():
        changes: dict[str, object] = {"name_digest": [None, digest_of(session, name, Purpose.NAME)]}
        if before + 1 == UNKNOWN_NAMES_PER_HOUR:
            changes["paused_until"] = [None, now + timedelta(hours=1)]
        ctx.record(UNKNOWN_NAME, "sign_in", 0, changes)


def _find_lock(session: Session, now: datetime, name: str) -> datetime | None:
    """Return until when a name that nobody has is locked, None where it is not.

    It is locked like any other: otherwise a lock would tell which names there are.
    """
    area = _first_area(session)
    if area is None:
        return None
    digest, attempts, locked_until = digest_of(session, name, Purpose.NAME), 0, None
    for at, changes in list_told(session, area.id, UNKNOWN_NAME, now - UNKNOWN_REMEMBERED):
        is_readable = UNREADABLE not in (at, changes)
        if is_readable and changes.get("name_digest") == [None, digest]:
            attempts += 1
            if lock := lock_after(attempts, at):
                attempts, locked_until = 0, lock
    return locked_until


def _first_area(session: Session) -> Area | None:
    return next(iter(list_areas(session)), None)


def _sweep_sessions(ctx: Context) -> None:
    """Delete some of the sessions that ran out."""
    old = (
        sa.select(UserSession.token_digest)
        .where(UserSession.expires_at < ctx.now)
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with ctx.bookkeeping() as session:
        digests = list(session.scalars(old))
        session.execute(sa.delete(UserSession).where(UserSession.token_digest.in_(digests)))
