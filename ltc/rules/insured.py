"""Insured persons: enrolment and the events of a life that move money."""

from enum import StrEnum

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
