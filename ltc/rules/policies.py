"""The shape of a policy: the law of one area from one day on, each value with its source.

A policy is data (``ltc/policy/<area>/<first day>.yaml``), read by ``store.policies``. Here stand
only its frozen shapes and the questions that the rules ask of it. A value that is not known stays
unknown: asking for it raises ValueUnknown, which settlement turns into a hold.

Units: money in fen, shares in basis points, time in minutes, days are calendar days of the area.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from ltc.rules.errors import Conflict, NotFound
from ltc.rules.months import Month

T = TypeVar("T", covariant=True)


class ValueUnknown(Conflict):
    """The policy of {area} does not say “{key}” yet. Enter the value with its source."""


class NoPolicyInForce(NotFound):
    """No policy of {area} is in force on {day}."""


class Standing(StrEnum):
    """How sure a value is: read in the source, assumed by us until told otherwise, or unknown."""

    SEEN = "seen"
    ASSUMED = "assumed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and English."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value stands: a document, its article and its date, as far as known."""

    document: Text
    article: str | None = None
    dated_on: date | None = None


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """One value of the law with its place in the file, its standing and its source."""

    area: str
    key: str
    value: T | None
    standing: Standing
    source: Source | None = None
    note: Text | None = None

    def get(self) -> T:
        """Return the value; raises ValueUnknown where the law is not known."""
        if self.value is None:
            raise ValueUnknown(area=self.area, key=self.key)
        return self.value


class StartMode(StrEnum):
    """When a benefit begins after the conclusion (or after a top-up payment)."""

    SAME_DAY = "same_day"
    DAY_AFTER = "day_after"
    MONTH_AFTER = "month_after"


class Setting(StrEnum):
    """Where care is given."""

    HOME = "home"
    RESIDENTIAL = "residential"
    HOSPITAL = "hospital"
    RELATIVE = "relative"


class Payee(StrEnum):
    """Who receives the fund's money."""

    PROVIDER = "provider"
    PERSON = "person"
    RELATIVE = "relative"


class CapOrder(StrEnum):
    """Whether a daily limit bounds the payment (A) or the cost before the share (B)."""

    BOUNDS_PAYMENT = "bounds_payment"
    BOUNDS_COST = "bounds_cost"


class Per(StrEnum):
    """The period over which an hours cap counts; nothing carries over to the next."""

    WEEK = "week"
    MONTH = "month"


class Proration(StrEnum):
    """What a monthly sum or cap becomes when only a part of the month counts."""

    BY_DAYS = "by_days"
    WHOLE_MONTH = "whole_month"


@dataclass(frozen=True, slots=True)
class Level:
    """A benefit level of the area, heaviest last; grades of a standard map to it by name."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Scheme:
    """Employee or resident insurance, with the components that its fund pays."""

    code: str
    name: Text
    components: frozenset[str]


@dataclass(frozen=True, slots=True)
class Component:
    """What a fund's money is for: daily care or medical care."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class DailyFixed:
    """Rate × payable days. ``needs_visit``: whether a day without an accepted visit is paid."""

    code: str
    component: str
    payee: Payee
    rate_fen: Mapping[str, Value[int]]  # by level
    needs_visit: Value[bool]


@dataclass(frozen=True, slots=True)
class DailyCap:
    """A price a bed-day (or a day with care), a limit a day and the fund's share of it."""

    code: str
    component: str
    payee: Payee
    cap_fen: Mapping[str, Value[int]]  # by level
    share_bp: Value[int]
    order: Value[CapOrder]


@dataclass(frozen=True, slots=True)
class MonthlyCap:
    """The month's fees up to a cap, times the fund's share.

    ``daily_care_limit_bp``: the largest share of the cap that items of daily care may fill.
    """

    code: str
    component: str
    payee: Payee
    cap_fen: Mapping[str, Value[int]]  # by level; base × share of the level already worked out
    share_bp: Value[int]
    daily_care_limit_bp: Value[int] | None = None


@dataclass(frozen=True, slots=True)
class MonthlyFixed:
    """A sum a month."""

    code: str
    component: str
    payee: Payee
    amount_fen: Mapping[str, Value[int]]  # by level


@dataclass(frozen=True, slots=True)
class BonusStep:
    """From so many months of continuous home care on: extra time or cash, as the person chose."""

    from_months: int
    extra_minutes_per_month: Value[int]
    cash_fen_per_month: Value[int]


@dataclass(frozen=True, slots=True)
class Hourly:
    """Hours × price × share, with the hours capped by week or month, and an optional bonus."""

    code: str
    component: str
    payee: Payee
    price_fen_per_hour: Value[int]
    share_bp: Value[int]
    cap_minutes: Mapping[str, Value[int]]  # by level
    cap_per: Value[Per]
    bonus: Mapping[str, tuple[BonusStep, ...]]  # by level; empty: none


Form = DailyFixed | DailyCap | MonthlyCap | MonthlyFixed | Hourly


@dataclass(frozen=True, slots=True)
class Mode:
    """A way of receiving care that a person chooses, with the forms in which it is paid."""

    code: str
    name: Text
    setting: Setting
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class ContributionRule:
    """Years that must have been paid in, or a top-up of the missing years' premium."""

    years: Value[int]
    premium_fen: Value[int]
    start_after_payment: Value[StartMode]


@dataclass(frozen=True, slots=True)
class Conventions:
    """How days count, where the city's text is silent: shown as assumptions."""

    admission_day_paid: Value[bool]
    discharge_day_paid: Value[bool]
    death_day_paid: Value[bool]
    monthly_proration: Value[Proration]
    mode_changes_next_month: Value[bool]


@dataclass(frozen=True, slots=True)
class Assistance:
    """What medical assistance adds, as a share of what the person would pay, by category."""

    code: str
    name: Text
    share_bp: Value[int]


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """An example that the policy file carries and that the page of the law shows."""

    title: Text
    amount_fen: int  # what the fund pays
    mode: str
    level: str
    month: Month
    price_fen: int | None = None  # a bed-day
    fees_fen: int | None = None  # of the month
    minutes: int | None = None  # of the month, in visits of an hour spread over it
    admitted_on: date | None = None
    discharged_on: date | None = None
    died_on: date | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What the law says beyond the calculation, in words of its own: shown, not calculated with."""

    label: Text
    value: Value[int]


@dataclass(frozen=True, slots=True)
class Standard:
    """A scale of grades that conclusions are given in; its grades stand from the lightest on."""

    code: str
    name: Text
    grades: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The law of an area from ``starts_on`` up to, not including, ``ends_before``."""

    area: str
    name: Text
    title: Text
    time_zone: str
    starts_on: date
    ends_before: date | None
    digest: str  # SHA-256 of the file, as sealed
    sources: tuple[Source, ...]
    levels: tuple[Level, ...]
    schemes: Mapping[str, Scheme]
    components: Mapping[str, Component]
    grade_map: Mapping[str, Mapping[str, str | None]]  # standard → grade code → level or None
    start: Value[StartMode]
    conclusion_months: Value[int]
    contribution: ContributionRule | None
    conventions: Conventions
    assistance: Mapping[str, Assistance]
    modes: Mapping[str, Mode]
    settings: Mapping[str, Value[int]]  # local procedure: objection_days, publicity_days, …
    values: tuple[Value[object], ...]  # every value in file order: what the page of the law lists
    facts: Mapping[str, Fact] = field(default_factory=dict)
    worked_cases: tuple[WorkedCase, ...] = ()
    self_assessment: Value[bool] | None = None  # whether the area uses the form; a local option

    @property
    def asks_self_assessment(self) -> bool:
        """Whether nobody applies here without the self-assessment form (自评表)."""
        return self.self_assessment is not None and self.self_assessment.value is True


class NotAMode(NotFound):
    """The policy of {area} has no mode “{mode}”."""


@dataclass(frozen=True, slots=True)
class Law:
    """All policies of one area, in order of their first day, without gaps of meaning."""

    area: str
    policies: tuple[Policy, ...]

    def on(self, day: date) -> Policy:
        """Return the policy in force on a day; raises NoPolicyInForce."""
        for policy in reversed(self.policies):
            if policy.starts_on <= day:
                if policy.ends_before is None or day < policy.ends_before:
                    return policy
                break
        raise NoPolicyInForce(area=self.area, day=day)


class NoLawOfArea(NotFound):
    """No policy of “{area}” is installed. Installed are: {known}."""


@dataclass(frozen=True, slots=True)
class LawBook:
    """The laws of all installed areas, and the standards that their grade maps name."""

    laws: Mapping[str, Law]
    standards: Mapping[str, Standard] = field(default_factory=dict)

    def of(self, area: str) -> Law:
        """Return the law of an area; raises NoLawOfArea."""
        if area not in self.laws:
            raise NoLawOfArea(field="area", area=area, known=", ".join(sorted(self.laws)))
        return self.laws[area]
