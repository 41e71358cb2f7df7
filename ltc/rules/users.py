"""Passwords, lockout and how long a sign-in lasts."""

from datetime import datetime, timedelta

from ltc.rules.access import ROLES_OF_WHOLE_AREA, Role
from ltc.rules.errors import Conflict, Invalid
from ltc.rules.words import N_

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 200
FAILURES_BEFORE_LOCK = 5
LOCK_MINUTES = 15
IDLE_MINUTES_PER_HOUR = 15
# Attempts with unknown names are recorded up to so many an hour: a flood must not fill the log.
UNKNOWN_NAMES_PER_HOUR = 100
IDLE_MINUTES_MIN = 30
SIGN_IN_NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_@")

# The passwords of twelve characters and more that guessing begins with.
COMMON_PASSWORDS = frozenset({
    "111111111111", "112233445566", "12345678910", "123123123123", "123456123456",
    "123456654321", "123456789012", "1234567890123", "123456789abc", "123456789qwe",
    "1q2w3e4r5t6y", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "abc123456789", "abcd12345678",
    "abcdefghijkl", "administrator", "administrator1", "adminadminadmin", "aaaaaaaaaaaa",
    "changeme12345", "changeit12345", "correcthorsebatterystaple", "iloveyou1234",
    "letmein12345", "p@ssw0rd1234", "p@ssword1234", "passw0rd1234", "password1234",
    "password12345", "password123456", "passwordpassword", "qazwsxedcrfv", "qwer12345678",
    "qwerty123456", "qwertyqwerty", "qwertyuiop12", "qwertyuiop123", "qwertyuiopas",
    "welcome12345", "woaini123456", "woaini5201314", "zaq12wsxcde3", "zxcvbnm12345",
})  # fmt: skip


class PasswordTooShort(Invalid):
    """A password needs at least {least} characters. A sentence of four words is easy to keep."""


class PasswordTooLong(Invalid):
    """A password may have at most {most} characters."""


class PasswordTooCommon(Invalid):
    """The password is among the first that are guessed. Choose another."""


class PasswordIsName(Invalid):
    """The password must not be the sign-in name."""


class PasswordUnchanged(Invalid):
    """The new password is the old one. Choose another."""


class SignInNameWrong(Invalid):
    """A sign-in name has 3 to 80 characters: small Latin letters, digits and . - _ @"""


class RoleElsewhere(Invalid):
    """The role does not belong to this kind of organisation. Choose another of the two."""


class CarerNotNamed(Invalid):
    """Say which registered carer of the organisation this user is."""


class CarerNotExpected(Invalid):
    """Only a user with the role of a carer is one of the registered carers."""


class DistrictNotExpected(Invalid):
    """Only users of the agency can be bound to a district."""


class RoleOfWholeArea(Invalid):
    """Auditors and administrators look after the whole area: the audit log and the users cannot be divided by district. Choose all districts, or another role."""


class UserLocked(Conflict):
    """Too many wrong passwords. Try again in {minutes} minutes, or ask your administrator."""

    one = ("minutes", N_("Too many wrong passwords. Try again in a minute, or ask your administrator."))  # fmt: skip


# Which kind of organisation (``store.areas.OrganisationKind``) each role works at.
ROLE_KINDS: dict[Role, str] = {
    Role.OFFICER: "agency",
    Role.ASSESSOR: "assessing_body",
    Role.EXPERT: "assessing_body",
    Role.PROVIDER_MANAGER: "provider",
    Role.CARER: "provider",
    Role.FINANCE_PREPARER: "agency",
    Role.FINANCE_CHECKER: "agency",
    Role.FINANCE_APPROVER: "agency",
    Role.AUDITOR: "agency",
    Role.ADMINISTRATOR: "agency",
}


def check_place(
    role: Role, organisation_kind: str, district_id: int | None, carer_id: int | None
) -> None:
    """Raise unless the role belongs to the organisation, and district and carer to the role.

    Agency, assessing body and provider are kept apart: nobody has a role of one at another.
    """
    if ROLE_KINDS.get(role) != organisation_kind:
        raise RoleElsewhere(field="role")
    if role is Role.CARER and carer_id is None:
        raise CarerNotNamed(field="carer_code")
    if role is not Role.CARER and carer_id is not None:
        raise CarerNotExpected(field="carer_code")
    if district_id is not None and organisation_kind != "agency":
        raise DistrictNotExpected(field="district_id")
    if district_id is not None and role in ROLES_OF_WHOLE_AREA:
        raise RoleOfWholeArea(field="district_id")


def check_password(password: str, sign_in_name: str) -> None:
    """Raise unless the password is long enough, not a common one and not the sign-in name."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise PasswordTooShort(field="new_password", least=PASSWORD_LENGTH_MIN)
    if len(password) > PASSWORD_LENGTH_MAX:
        raise PasswordTooLong(field="new_password", most=PASSWORD_LENGTH_MAX)
    if password.lower() in COMMON_PASSWORDS or len(set(password)) == 1:
        raise PasswordTooCommon(field="new_password")
    if password.lower() == sign_in_name.lower():
        raise PasswordIsName(field="new_password")


def normal_name(sign_in_name: str) -> str:
    """Return a sign-in name as it is stored and compared: without outer blanks, in small letters."""
    return sign_in_name.strip().lower()


def check_sign_in_name(sign_in_name: str) -> None:
    """Raise SignInNameWrong unless the (normal) name can be typed on every keyboard."""
    if not 3 <= len(sign_in_name) <= 80 or set(sign_in_name) - SIGN_IN_NAME_LETTERS:
        raise SignInNameWrong(field="sign_in_name")


def check_not_locked(locked_until: datetime | None, now: datetime) -> None:
    """Raise UserLocked, with the minutes that remain (rounded up), while the lock holds."""
    if locked_until is not None and now < locked_until:
        raise UserLocked(minutes=(locked_until - now) // timedelta(minutes=1) + 1)


def lock_after(failed_attempts: int, now: datetime) -> datetime | None:
    """Return until when a user is locked after so many failures in a row; None while they may try."""
    if failed_attempts < FAILURES_BEFORE_LOCK:
        return None
    return now + timedelta(minutes=LOCK_MINUTES)


def idle_minutes(session_hours: int) -> int:
    """Return after how many minutes without a request a sign-in ends: a quarter of its whole time."""
    return max(IDLE_MINUTES_MIN, session_hours * IDLE_MINUTES_PER_HOUR)


def is_session_alive(
    seen_at: datetime, expires_at: datetime, session_hours: int, now: datetime
) -> bool:
    """Whether a sign-in still holds: neither too old nor idle for too long."""
    idle_until = seen_at + timedelta(minutes=idle_minutes(session_hours))
    return now < expires_at and now < idle_until
