"""Providers of care, their agreements and their carers."""

from enum import StrEnum

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
