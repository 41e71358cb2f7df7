"""Builds the case of an example of the law, so that the page can show what settlement makes of it.

Everybody in an example is insured, concluded the month before, and cared for by one provider with
an agreement; the example itself names only what matters to it.
"""

from collections.abc import Iterator

from ltc.rules.months import ONE_DAY, Month
from ltc.rules.payouts.cases import (
    Absence,
    AgreementPeriod,
    BedDays,
    Case,
    Conclusion,
    Enrolment,
    Fee,
    PlanPeriod,
    Visit,
)
from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY
from ltc.rules.payouts.settle import settle
from ltc.rules.policies import Law, Policy, WorkedCase

PROVIDER = 1
CARER = 1
VISIT_MINUTES = 60
HOURS_PER_DAY = 24


def build_case(policy: Policy, example: WorkedCase) -> Case:
    """Return the facts of an example as a case of its month."""
    month = example.month
    begun_on = month.plus(-1).starts_on
    standard, grade = _grade_of(policy, example.level)
    years = policy.contribution.years.value if policy.contribution else None
    return Case(
        person="example",
        month=month,
        enrolments=(Enrolment(1, next(iter(policy.schemes)), years or 0, begun_on),),
        conclusions=(Conclusion(2, standard, grade, begun_on),),
        plans=(PlanPeriod(3, example.mode, PROVIDER, begun_on),),
        agreements=(AgreementPeriod(4, PROVIDER, begun_on),),
        absences=tuple(_absences(example)),
        died_on=example.died_on,
        death_ref=6 if example.died_on else None,
        bed_days=tuple(_bed_days(example, month)),
        fees=tuple(_fees(example, month)),
        visits=tuple(_visits(example.minutes or 0, month)),
    )


def compute_fen(law: Law, policy: Policy, example: WorkedCase) -> int:
    """Return what the fund pays in an example, as settlement makes it (whole fen)."""
    return sum(line.fund_fen for line in settle(law, build_case(policy, example)).lines)


def _grade_of(policy: Policy, level: str) -> tuple[str, str]:
    """Return a standard and the grade of it that has the level."""
    return next(
        (standard, grade)
        for standard, grades in policy.grade_map.items()
        for grade, mapped in grades.items()
        if mapped == level
    )


def _absences(example: WorkedCase) -> Iterator[Absence]:
    if example.admitted_on and example.discharged_on:
        yield Absence(5, "hospital_stay", example.admitted_on, example.discharged_on + ONE_DAY)


def _bed_days(example: WorkedCase, month: Month) -> Iterator[BedDays]:
    if example.price_fen is not None:
        yield BedDays(7, PROVIDER, month.starts_on, month.ends_before, example.price_fen)


def _fees(example: WorkedCase, month: Month) -> Iterator[Fee]:
    if example.fees_fen is not None:
        yield Fee(8, PROVIDER, month.starts_on, example.fees_fen)


def _visits(minutes: int, month: Month) -> Iterator[Visit]:
    """Yield visits of an hour, and a shorter last one, spread evenly over the days of the month."""
    count = -(-minutes // VISIT_MINUTES)
    for place in range(count):
        on = month.starts_on + (place * month.day_count // count) * ONE_DAY
        begins = (on.toordinal() - EPOCH) * MINUTES_PER_DAY + place % HOURS_PER_DAY * VISIT_MINUTES
        length = min(VISIT_MINUTES, minutes - place * VISIT_MINUTES)
        yield Visit(100 + place, PROVIDER, CARER, begins, begins + length)
