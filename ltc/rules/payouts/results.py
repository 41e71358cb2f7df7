"""What settlement answers: lines to pay, holds to clear, exclusions, and the trace of every step."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple


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
    NOT_COVERED = "not_covered"
    HELD = "held"


class Reason(StrEnum):
    """Why a fact, or some of its minutes, reached no amount: a state of its day, or one of these."""

    REFUSED = "refused"
    NO_LENGTH = "no_length"
    NO_AMOUNT = "no_amount"
    OUTSIDE_MONTH = "outside_month"
    OTHER_PROVIDER = "other_provider"
    NOT_IN_MODE = "not_in_mode"
    OVERLAP_CARER = "overlap_carer"
    OVERLAP_PERSON = "overlap_person"
    ABOVE_PLAN = "above_plan"
    ABOVE_CAP = "above_cap"


@dataclass(frozen=True, slots=True)
class Line:
    """An amount for one payee and component; eligible = fund + assistance + person (in fen).

    ``excess_fen`` is the cost beyond what the law counts; the person pays it on top of
    ``person_fen`` and no fund shares in it.
    """

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
    excess_fen: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that stops (a part of) an amount until the owner clears it."""

    kind: str
    owner: str  # a role
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A fact that reached no amount, or not all of it, with the reason and what was left out.

    ``kind`` says of which table ``ref`` is: visit, fee or bed_days; ``days`` counts left-out
    bed-days, ``amount_fen`` is a left-out fee, ``note`` the words of the one who refused it.
    """

    ref: int
    reason: str
    minutes: int
    kind: str = "visit"
    days: int = 0
    amount_fen: int = 0
    note: str = ""


class Step(NamedTuple):
    """One step of the calculation: code, inputs, the value of the law used, the result.

    Names of values end in their unit: ``_fen``, ``_bp``, ``_minutes``, ``_on`` (ISO day), ``_days``.
    """

    code: str
    values: tuple[tuple[str, str | int], ...]
    law: tuple[str, ...] = ()  # keys of the policy's values that the step used
    policy: str = ""  # first day (ISO) of the policy whose keys these are


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
