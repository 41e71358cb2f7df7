"""What settlement answers: lines to pay, holds to clear, exclusions, and the trace of every step."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Outcome(StrEnum):
    """Where everybody ends: paid + held + zero is everybody (a held person may be paid in part)."""

    PAID = "paid"
    HELD = "held"
    ZERO = "zero"


class DayState(StrEnum):
    """What a day of the month was: for the strip of days."""

    PAID = "paid"
    NOT_INSURED = "not_insured"
    BEFORE_START = "before_start"
    NO_GRADE = "no_grade"
    NO_PLAN = "no_plan"
    NO_AGREEMENT = "no_agreement"
    IN_HOSPITAL = "in_hospital"
    SUSPENDED = "suspended"
    MOVED_AWAY = "moved_away"
    AFTER_DEATH = "after_death"
    EXPIRED = "expired"
    NO_VISIT = "no_visit"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Line:
    """An amount for one payee and component; eligible = fund + assistance + person (in fen)."""

    component: str
    scheme: str
    mode: str
    grade: str
    level: str
    payee_kind: str
    payee: int | None  # provider id, None: the person
    form: str
    days: int
    minutes: int
    eligible_fen: int
    fund_fen: int
    assistance_fen: int
    person_fen: int
    starts_on: date
    ends_before: date


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that stops (a part of) an amount until the owner clears it."""

    kind: str
    owner: str  # a role
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A fact that reached no amount, or not all of it, with the reason and the minutes left out."""

    ref: int
    reason: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the calculation: code, inputs, the value of the law used, the result."""

    code: str
    values: tuple[tuple[str, str | int], ...]
    law: tuple[str, ...] = ()  # keys of the policy's values that the step used


@dataclass(frozen=True, slots=True)
class Settlement:
    """The answer for one case."""

    person: str
    outcome: Outcome
    lines: tuple[Line, ...]
    holds: tuple[Hold, ...]
    exclusions: tuple[Exclusion, ...]
    steps: tuple[Step, ...]
    days: tuple[DayState, ...]
