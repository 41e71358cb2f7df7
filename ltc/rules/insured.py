"""Insured persons: enrolment and the events of a life that move money."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ltc.rules.errors import Conflict, Invalid
from ltc.rules.months import DayRange
from ltc.rules.words import N_


class Sex(StrEnum):
    """As registered."""

    FEMALE = "female"
    MALE = "male"


class SchemeCode(StrEnum):
    """The two basic insurances that long-term care insurance rests on."""

    EMPLOYEE = "employee"
    RESIDENT = "resident"


class LifeEventKind(StrEnum):
    """What may stop a benefit, for days or for good."""

    HOSPITAL_STAY = "hospital_stay"
    DEATH = "death"
    MOVED_AWAY = "moved_away"
    SUSPENSION = "suspension"


SEX_NAMES = {Sex.FEMALE: N_("Female"), Sex.MALE: N_("Male")}
SCHEME_NAMES = {SchemeCode.EMPLOYEE: N_("Employees"), SchemeCode.RESIDENT: N_("Residents")}
LIFE_EVENT_NAMES = {
    LifeEventKind.HOSPITAL_STAY: N_("Hospital stay"),
    LifeEventKind.DEATH: N_("Death"),
    LifeEventKind.MOVED_AWAY: N_("Moved away"),
    LifeEventKind.SUSPENSION: N_("Suspension"),
}
# What can only be recorded once it has happened; a suspension or a move may be known ahead.
HAPPENED = frozenset({LifeEventKind.HOSPITAL_STAY, LifeEventKind.DEATH})


# --- names, numbers -------------------------------------------------------------------------------

NAME_LENGTH_MAX = 60
REASON_LENGTH_MAX = 500
IDENTITY_LENGTH = 18
ADDRESS_SHOWN = 6
ACCOUNT_HIDDEN = 12
ACCOUNT_LENGTHS = range(8, 33)
PHONE_LENGTHS = range(5, 21)
CONTRIBUTION_YEARS_MAX = 70
CATEGORY_LENGTH_MAX = 40
# Control characters, invisible marks, halves of pairs, what no font shows, line and paragraph ends.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


class NameMissing(Invalid):
    """The name is empty. Enter 1 to 60 characters."""


class NameTooLong(Invalid):
    """The name has {count} characters; at most {most} are possible."""


class NameUnprintable(Invalid):
    """The name holds a character that cannot be printed (number {position}). Type it anew."""


class IdentityLengthWrong(Invalid):
    """An identity number has 17 digits and a check character; this one has {count}."""


class IdentityDigitWrong(Invalid):
    """The check digit of the identity number does not fit. Compare it with the card."""


class IdentityBirthWrong(Invalid):
    """The identity number holds a day of birth that does not exist or lies ahead."""


class PhoneWrong(Invalid):
    """A phone number has 5 to 20 digits; a plus in front, blanks and hyphens may stand between."""


class AccountWrong(Invalid):
    """A bank account has 8 to 32 digits."""


class ReasonMissing(Invalid):
    """Say why: the reason is kept with the correction."""


class CategoryMissing(Invalid):
    """Enter the category of medical assistance, at most {most} characters."""


class YearsWrong(Invalid):
    """Contribution years are a whole number from 0 to {most}."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a valid identity number says."""

    number: str
    born_on: date
    sex: Sex


def clean_name(text: str, field: str = "name") -> str:
    """Return a name in its one form (NFC, no blanks around it); any Han character may stand in it.

    Raises NameMissing, NameTooLong, NameUnprintable.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise NameMissing(field=field)
    if len(name) > NAME_LENGTH_MAX:
        raise NameTooLong(field=field, count=len(name), most=NAME_LENGTH_MAX)
    for position, character in enumerate(name, start=1):
        if unicodedata.category(character) in UNPRINTABLE:
            raise NameUnprintable(field=field, position=position)
    return name


def clean_phone(text: str) -> str:
    """Return a phone number's digits, with its plus; raises PhoneWrong."""
    phone = text.strip().replace(" ", "").replace("-", "")
    digits = phone.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) in PHONE_LENGTHS):
        raise PhoneWrong(field="phone")
    return phone


def clean_account(text: str) -> str:
    """Return a bank account's digits; raises AccountWrong."""
    account = text.strip().replace(" ", "")
    if not (account.isascii() and account.isdigit() and len(account) in ACCOUNT_LENGTHS):
        raise AccountWrong(field="account")
    return account


def clean_category(text: str) -> str:
    """Return a category of medical assistance, a code of the law; raises CategoryMissing."""
    category = " ".join(text.replace("\0", "").split())
    if not 0 < len(category) <= CATEGORY_LENGTH_MAX:
        raise CategoryMissing(field="category", most=CATEGORY_LENGTH_MAX)
    return category


def clean_reason(text: str) -> str:
    """Return the reason of a correction; raises ReasonMissing."""
    reason = text.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing(field="reason")
    return reason


def build_case_number(area_code: str, year: int, number: int) -> str:
    """Return a person's case number: three letters of the area, the year, a running number."""
    return f"{area_code[:3].upper()}{year}{number:06d}"


def mask_number(number: str, first: int = 3, last: int = 4) -> str:
    """Return a number of which only the first and last characters are shown."""
    if len(number) <= first + last:
        return "*" * len(number)
    return number[:first] + "*" * (len(number) - first - last) + number[-last:]


def mask_from_last4(last4: str) -> str:
    """Return an identity number of which only the last four characters are known."""
    return "*" * (IDENTITY_LENGTH - len(last4)) + last4


def mask_account(last4: str) -> str:
    """Return a bank account of which only the last four digits are known."""
    return "*" * ACCOUNT_HIDDEN + last4


def mask_address(address: str) -> str:
    """Return an address of which only the beginning is shown."""
    shown = min(ADDRESS_SHOWN, len(address) // 2)
    return address[:shown] + "***"


# --- days -----------------------------------------------------------------------------------------


class EndBeforeBegin(Invalid):
    """The last day lies before the first."""


class DayBeforeBirth(Invalid):
    """The day lies before the person was born."""


class DayAhead(Invalid):
    """The day lies ahead: this can be recorded once it has happened."""


class EnrolmentOverlaps(Conflict):
    """The person is already enrolled from {starts_on}; end that enrolment first."""


class AccountBegins(Conflict):
    """An account is recorded from {starts_on} already. Correct that one."""


class AssistanceOverlaps(Conflict):
    """The person belongs to a category already from {starts_on}; end that first."""


class AlreadyDead(Conflict):
    """The person died on {died_on}; nothing can begin after that. Correct the death if it is wrong."""


class EventsAfterDeath(Conflict):
    """A life event begins on {starts_on}, after the day of death. Correct it first."""


class StayOverlaps(Conflict):
    """Another of the same kind, from {starts_on}, overlaps with these days. Correct that one."""


@dataclass(frozen=True, slots=True)
class EventDays:
    """The kind and days of a life event that is already known."""

    kind: LifeEventKind
    days: DayRange


def check_days(days: DayRange, born_on: date) -> None:
    """Raise where a range is empty or begins before the person was born."""
    if days.ends_before is not None and days.ends_before <= days.starts_on:
        raise EndBeforeBegin(field="ends_on")
    if days.starts_on < born_on:
        raise DayBeforeBirth(field="starts_on")


def check_years(years: int) -> int:
    """Return whole contribution years; raises YearsWrong."""
    if not 0 <= years <= CONTRIBUTION_YEARS_MAX:
        raise YearsWrong(field="contribution_years", most=CONTRIBUTION_YEARS_MAX)
    return years


def check_enrolment(days: DayRange, born_on: date, others: Iterable[DayRange]) -> None:
    """Raise where an enrolment's days are wrong or overlap with another enrolment."""
    check_days(days, born_on)
    for other in others:
        if days.overlaps(other):
            raise EnrolmentOverlaps(field="starts_on", starts_on=other.starts_on)


def check_assistance(days: DayRange, born_on: date, others: Iterable[DayRange]) -> None:
    """Raise where the days of a category are wrong or overlap with another category's."""
    check_days(days, born_on)
    for other in others:
        if days.overlaps(other):
            raise AssistanceOverlaps(field="starts_on", starts_on=other.starts_on)


def check_life_event(
    event: EventDays, born_on: date, today: date, others: Sequence[EventDays]
) -> None:
    """Raise where an event's days are wrong, or do not go together with what is known.

    Nothing begins after a death; hospital stays do not overlap with one another, nor do suspensions.
    """
    check_days(event.days, born_on)
    if event.kind in HAPPENED and event.days.starts_on > today:
        raise DayAhead(field="starts_on")
    _check_death(event, others)
    for other in others:
        if other.kind is event.kind and event.days.overlaps(other.days):
            raise StayOverlaps(field="starts_on", starts_on=other.days.starts_on)


def _check_death(event: EventDays, others: Sequence[EventDays]) -> None:
    is_death = event.kind is LifeEventKind.DEATH
    for other in others:
        if other.kind is LifeEventKind.DEATH and (
            is_death or event.days.starts_on > other.days.starts_on
        ):
            raise AlreadyDead(field="starts_on", died_on=other.days.starts_on)
        if is_death and other.days.starts_on > event.days.starts_on:
            raise EventsAfterDeath(field="starts_on", starts_on=other.days.starts_on)
