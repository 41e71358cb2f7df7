"""How long settlement alone takes, without a database: ``python -m bench.settlement_rules``.

Settles a month of people with 12 visits each and writes the stored JSON of each, for a daily and
an hourly form; prints microseconds a person, the best of three rounds.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from time import perf_counter

from ltc.rules.months import Month
from ltc.rules.payouts.cases import (
    AgreementPeriod,
    Case,
    Conclusion,
    Enrolment,
    PlanPeriod,
    Visit,
)
from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.trace import to_json
from ltc.rules.policies import Law
from ltc.store.policies import LAW_FOLDER, read_law

PEOPLE, VISITS, ROUNDS, PROVIDER = 5_000, 12, 3, 7
AREAS = {"chongqing": Month(2023, 1), "hangzhou": Month(2024, 5)}


def build_case(number: int, month: Month) -> Case:
    """Return a person with a visit of two hours every other day."""
    days = [month.starts_on + timedelta(days=2 * place) for place in range(VISITS)]
    begins = [(day.toordinal() - EPOCH) * MINUTES_PER_DAY + 9 * 60 for day in days]
    return Case(
        person=f"C{number}",
        month=month,
        enrolments=(Enrolment(1, "employee", 20, date(2010, 1, 1)),),
        conclusions=(Conclusion(2, "cn-2021", "4", month.plus(-4).starts_on),),
        plans=(PlanPeriod(3, "home_visits", PROVIDER, month.plus(-3).starts_on),),
        agreements=(AgreementPeriod(9, PROVIDER, date(2020, 1, 1)),),
        visits=tuple(
            Visit(number * VISITS + place, PROVIDER, 3, begin, begin + 120)
            for place, begin in enumerate(begins)
        ),
    )


def measure(law: Law, cases: list[Case]) -> float:
    """Return seconds for settling and writing all cases."""
    begun = perf_counter()
    for case in cases:
        to_json(settle(law, case))
    return perf_counter() - begun


def measure_areas(people: int) -> Iterator[tuple[str, float]]:
    """Yield each area with the microseconds that a person takes, the best of three rounds."""
    book = read_law(LAW_FOLDER)
    for area, month in AREAS.items():
        cases = [build_case(number, month) for number in range(people)]
        seconds = min(measure(book.of(area), cases) for _ in range(ROUNDS))
        yield area, seconds / people * 1_000_000


def main() -> None:
    """Measure each area and print the result."""
    for area, microseconds in measure_areas(PEOPLE):
        print(f"{area:10} {microseconds:6.0f} µs a person")


if __name__ == "__main__":
    main()
