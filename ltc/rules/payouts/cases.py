"""What settlement is asked: one person's month, as plain facts.

Every fact carries the id of its row (``ref``), so that a trace can name what an amount rests on.
Days are calendar days of the area; ranges are half-open. Minutes are whole. Instants are whole
minutes since 1970-01-01 00:00 of the area's own wall clock, so that a rule never needs a time zone.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from ltc.rules.months import Month
from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Insured in a scheme from a day on; ``contribution_years`` full years paid so far.

    ``topped_up_on``: the day on which the missing years were paid, None where they were not.
    """

    ref: int
    scheme: str
    contribution_years: int
    starts_on: date
    ends_before: date | None = None
    topped_up_on: date | None = None


@dataclass(frozen=True, slots=True)
class AssistancePeriod:
    """Days on which a person belongs to a category of medical assistance."""

    ref: int
    category: str
    starts_on: date
    ends_before: date | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A confirmed conclusion: the grade under a standard, from the day of the conclusion."""

    ref: int
    standard: str
    grade: str
    concluded_on: date
    valid_before: date | None = None


@dataclass(frozen=True, slots=True)
class PlanPeriod:
    """A confirmed care plan: mode and provider over some days.

    ``authorised_minutes_per_month`` None: the plan sets no limit of its own.
    ``bonus_choice`` is ``time`` or ``cash``; ``home_care_since`` the first day of continuous home
    care, both only where the policy has a bonus.
    """

    ref: int
    mode: str
    provider: int | None
    starts_on: date
    ends_before: date | None = None
    confirmed: bool = True
    authorised_minutes_per_month: int | None = None
    bonus_choice: str | None = None
    home_care_since: date | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Days that may not count: ``kind`` is hospital_stay or suspension or moved_away.

    For a hospital stay ``starts_on`` is the admission and ``ends_before`` the day after discharge.
    """

    ref: int
    kind: str
    starts_on: date
    ends_before: date | None = None


class Visit(NamedTuple):
    """One logged visit. ``refused`` is a reason given when it was checked, None if none.

    A tuple, because it is made several times as fast as a frozen class: a city's month has 600,000.

    A visit belongs to the day on which it begins. ``price_fen`` is what was charged for the visit,
    where the mode shares in costs; None where the policy itself sets the price, or fees do.
    """

    ref: int
    provider: int
    carer: int
    begins_min: int
    ends_min: int
    refused: str | None = None
    price_fen: int | None = None

    @property
    def on(self) -> date:
        """The day on which the visit begins."""
        return date.fromordinal(EPOCH + self.begins_min // MINUTES_PER_DAY)


@dataclass(frozen=True, slots=True)
class Taken:
    """Minutes of a carer that another person's earlier visit already takes."""

    ref: int
    carer: int
    begins_min: int
    ends_min: int


@dataclass(frozen=True, slots=True)
class BedDays:
    """A residential stay with its price a bed-day; ``ends_before`` None: still there.

    Where a mode at home shares in a price a day, its days with care stand here too.
    """

    ref: int
    provider: int
    starts_on: date
    ends_before: date | None
    price_fen: int


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee for care given on one day; ``kind`` is daily_care or medical_care.

    A bill of the whole month (``is_of_month``) stands on the first day that counts for its
    provider, and on ``charged_on`` only where none does.
    """

    ref: int
    provider: int
    charged_on: date
    amount_fen: int
    kind: str = "daily_care"
    is_of_month: bool = False


@dataclass(frozen=True, slots=True)
class AgreementPeriod:
    """Days on which a provider has an agreement with the agency."""

    ref: int
    provider: int
    starts_on: date
    ends_before: date | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One person's month. Order inside the tuples carries no meaning.

    ``visits`` holds those of the month and, where a weekly cap may apply, those of the days before
    it that lie in the same week (Monday to Sunday): they use up the week's cap and are not paid.
    One of the day before that week which crosses midnight is there for its minutes: they are taken.
    """

    person: str  # the case number
    month: Month
    enrolments: tuple[Enrolment, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    plans: tuple[PlanPeriod, ...] = ()
    absences: tuple[Absence, ...] = ()
    died_on: date | None = None
    death_ref: int | None = None
    visits: tuple[Visit, ...] = ()
    taken: tuple[Taken, ...] = ()
    bed_days: tuple[BedDays, ...] = ()
    fees: tuple[Fee, ...] = ()
    agreements: tuple[AgreementPeriod, ...] = ()
    has_account: bool = True
    assistance: tuple[AssistancePeriod, ...] = ()
    already_paid: tuple["PaidLine", ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PaidLine:
    """What an earlier run of the same month already paid: for corrections later on."""

    component: str
    payee: str
    fund_fen: int
