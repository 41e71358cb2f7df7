"""Providers of care, their agreements and their carers."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from ltc.rules.errors import Conflict, Invalid
from ltc.rules.months import DayRange
from ltc.rules.words import N_


class ProviderKind(StrEnum):
    """Where a provider gives care."""

    HOME = "home"
    RESIDENTIAL = "residential"
    HOSPITAL = "hospital"


class CarerKind(StrEnum):
    """What a carer is registered as."""

    ASSISTANT = "assistant"
    NURSE = "nurse"
    REHABILITATION = "rehabilitation"
    FAMILY = "family"
    CHOSEN_PERSON = "chosen_person"


PROVIDER_KIND_NAMES = {
    ProviderKind.HOME: N_("Home care"),
    ProviderKind.RESIDENTIAL: N_("Care institution"),
    ProviderKind.HOSPITAL: N_("Hospital"),
}
CARER_KIND_NAMES = {
    CarerKind.ASSISTANT: N_("Care assistant"),
    CarerKind.NURSE: N_("Nurse"),
    CarerKind.REHABILITATION: N_("Rehabilitation therapist"),
    CarerKind.FAMILY: N_("Family member"),
    CarerKind.CHOSEN_PERSON: N_("Person of one's choice"),
}
# Whoever is no relative and was not chosen by the person works with a certificate.
CERTIFIED = frozenset({CarerKind.ASSISTANT, CarerKind.NURSE, CarerKind.REHABILITATION})
CODE_SHAPE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,29}")


class CodeWrong(Invalid):
    """A code has 1 to 30 letters, digits and hyphens, such as P0012."""


class CodeTaken(Conflict):
    """The code {code} belongs to somebody else already."""


class CreditCodeWrong(Invalid):
    """The unified social credit code has 18 characters with a check character. Compare it."""


class LastDayBeforeFirst(Invalid):
    """The last day lies before the first."""


class AgreementOverlaps(Conflict):
    """An agreement from {starts_on} holds on some of these days. End that one first."""


class CertificateMissing(Invalid):
    """A nurse, care assistant or therapist is registered with a certificate and its last day."""


def clean_code(text: str, field: str = "code") -> str:
    """Return a code in its one form, in capitals; raises CodeWrong."""
    code = text.strip().upper()
    if not CODE_SHAPE.fullmatch(code):
        raise CodeWrong(field=field)
    return code


def check_order(days: DayRange, field: str = "ends_on") -> None:
    """Raise LastDayBeforeFirst where a range has no day."""
    if days.ends_before is not None and days.ends_before <= days.starts_on:
        raise LastDayBeforeFirst(field=field)


def check_agreement(days: DayRange, others: Iterable[DayRange]) -> None:
    """Raise where an agreement has no day, or shares one with another of the provider."""
    check_order(days)
    for other in others:
        if days.overlaps(other):
            raise AgreementOverlaps(field="starts_on", starts_on=other.starts_on)


def check_certificate(kind: CarerKind, number: str, ends_before: date | None) -> None:
    """Raise CertificateMissing where the kind of carer needs a certificate and has none."""
    if kind in CERTIFIED and (not number.strip() or ends_before is None):
        raise CertificateMissing(field="certificate_number")


def is_agreed(days: Iterable[DayRange], on: date) -> bool:
    """Whether a provider has an agreement on a day."""
    return any(on in each for each in days)
