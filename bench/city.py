"""Makes a large city's month, the same with every run: people, plans, carers and visits.

Everybody is at home with visits of one to two hours (the Hangzhou type: hours at a price, capped by
the month); one visit in a hundred overlaps another one of the same carer, one person in fifty was
in hospital, one plan in two hundred is not confirmed.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from ltc.rules.insured import LifeEventKind, SchemeCode, Sex
from ltc.rules.months import Month
from ltc.rules.providers import CarerKind, ProviderKind
from ltc.rules.visits import VisitSource
from ltc.store.areas import Area, District, Organisation, OrganisationKind
from ltc.store.assessments import Conclusion
from ltc.store.insured import Enrolment, InsuredPerson, LifeEvent
from ltc.store.name_parts import NamePart, split_name
from ltc.store.plans import CarePlan
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.visits import Visit

SEED = 20240531
AREA, AREA_CODE = 1, "hangzhou"
MONTH = Month(2024, 5)
RECORDED_AT = datetime(2024, 1, 2, tzinfo=UTC)
AFTER = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOURS_AHEAD = timedelta(hours=8)
# Sixteen surnames and sixty signs of given names: some share the whole name, as in any city.
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭"
GIVEN = ("伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰红建国文志"
         "海云春梅林峰波宁辉鹏飞雪琴凤珍莲荣爱香月菊翠巧美惠珠雅芝素贞")  # fmt: skip
DISTRICTS, FIRST_HOUR, DAYS = 13, 8, 31
ROWS_AT_ONCE = 20_000
SEALED = b"\0" * 32
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class City:
    """How large the city is."""

    people: int = 50_000
    visits_each: int = 12
    carers: int = 10_000
    providers: int = 500


def fill(engine: sa.Engine, city: City) -> None:
    """Write the city into an empty, migrated database."""
    chance = random.Random(SEED)
    tables: list[tuple[Any, Iterable[Row]]] = [
        (Area, [{"id": AREA, "code": AREA_CODE, "name_zh": "杭州", "name_en": "Hangzhou",
                 "time_zone": "Asia/Shanghai", "policy_area": AREA_CODE}]),
        (District, ({"area_id": AREA, "id": n + 1, "code": f"D{n}", "name_zh": f"区{n}",
                     "name_en": f"District {n}"} for n in range(DISTRICTS))),
        (Organisation, _organisations(city)),
        (Provider, _providers(city)),
        (Agreement, ({**_fact(n), "provider_id": n + 1, "number": f"A{n}",
                      "starts_on": date(2020, 1, 1)} for n in range(city.providers))),
        (Carer, _carers(city)),
        (InsuredPerson, _people(city)),
        (NamePart, ({"area_id": AREA, "part": part, "person_id": n + 1}
                    for n in range(city.people) for part in split_name(build_name(n)))),
        (Enrolment, ({**_of(n), "scheme": SchemeCode.EMPLOYEE, "contribution_years": 20,
                      "starts_on": date(2015, 1, 1)} for n in range(city.people))),
        (Conclusion, ({**_of(n), "standard": "cn-2021", "grade": str(3 + n % 3),
                       "concluded_on": date(2024, 1, 10)} for n in range(city.people))),
        (CarePlan, _plans(city)),
        (LifeEvent, ({**_of(n), "kind": LifeEventKind.HOSPITAL_STAY, "starts_on": date(2024, 5, 10),
                      "ends_before": date(2024, 5, 15)} for n in range(0, city.people, 50))),
        (Visit, _visits(city, chance)),
    ]  # fmt: skip
    for table, rows in tables:
        insert(engine, table.__table__, rows)
    analyze(engine)


def analyze(engine: sa.Engine) -> None:
    """Let PostgreSQL look at what it holds, as it does by itself after a while."""
    if engine.dialect.name == "sqlite":
        return  # never looks; what the product tells it is there
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def insert(engine: sa.Engine, table: Any, rows: Iterable[Row]) -> None:
    """Insert rows in large pieces."""
    waiting = iter(rows)
    while piece := list(islice(waiting, ROWS_AT_ONCE)):
        with engine.begin() as connection:
            connection.execute(sa.insert(table), piece)


def _fact(number: int) -> Row:
    return {"area_id": AREA, "id": number + 1, "recorded_at": RECORDED_AT, "withdrawn": False}


def _of(number: int) -> Row:
    return {**_fact(number), "person_id": number + 1}


def _organisations(city: City) -> Iterator[Row]:
    for n in range(city.providers):
        yield {"area_id": AREA, "id": n + 1, "kind": OrganisationKind.PROVIDER, "name": f"P{n}"}


def _providers(city: City) -> Iterator[Row]:
    for n in range(city.providers):
        yield {
            "area_id": AREA, "id": n + 1, "code": f"P{n:04d}", "name": f"P{n}",
            "kind": ProviderKind.HOME, "district_id": n % DISTRICTS + 1,
            "recorded_at": RECORDED_AT,
        }  # fmt: skip


def _carers(city: City) -> Iterator[Row]:
    for n in range(city.carers):
        yield {
            "area_id": AREA, "id": n + 1, "code": f"C{n:06d}", "provider_id": n % city.providers + 1,
            "name": f"C{n}", "kind": CarerKind.ASSISTANT, "starts_on": date(2020, 1, 1),
            "recorded_at": RECORDED_AT,
        }  # fmt: skip


def build_name(number: int) -> str:
    """Return the name of the person with a number, counted from 0."""
    mixed = number * 2_654_435_761 % 2**32
    mixed, surname = divmod(mixed, len(SURNAMES))
    mixed, first = divmod(mixed, len(GIVEN))
    return SURNAMES[surname] + GIVEN[first] + GIVEN[mixed % len(GIVEN)]


def _people(city: City) -> Iterator[Row]:
    for n in range(city.people):
        yield {
            "area_id": AREA, "id": n + 1, "case_number": f"HZ{n:08d}", "name": build_name(n),
            "sex": Sex.FEMALE, "born_on": date(1940, 1, 1), "district_id": n % DISTRICTS + 1,
            "identity_sealed": SEALED, "identity_digest": f"{n:064d}", "identity_last4": "0000",
            "recorded_at": RECORDED_AT,
        }  # fmt: skip


def _plans(city: City) -> Iterator[Row]:
    for n in range(city.people):
        yield {
            **_of(n), "number": f"JH{n:08d}", "provider_id": n % city.providers + 1,
            "mode": "home_visits", "starts_on": date(2024, 2, 1),
            "confirmed_on": None if n % 200 == 7 else date(2024, 1, 20),
        }  # fmt: skip


def _visits(city: City, chance: random.Random) -> Iterator[Row]:
    """Visits of a carer to each of their people at an hour of their own; a few collide."""
    carers_each = city.carers // city.providers
    for n in range(city.people):
        provider = n % city.providers
        turn = n // city.providers
        carer = provider + turn % carers_each * city.providers
        hour = FIRST_HOUR + 2 * (turn // carers_each % 5)
        for k in range(city.visits_each):
            # More visits than days: several a day, half an hour apart.
            day, again = (k * DAYS // city.visits_each, k) if city.visits_each <= DAYS else (
                k % DAYS, k // DAYS,
            )  # fmt: skip
            early = 90 if chance.random() < 0.01 else 0
            begins = datetime(2024, 5, day + 1, hour, 30 * (again % 2), tzinfo=UTC) - HOURS_AHEAD
            begins -= timedelta(minutes=early)
            minutes = 60 + chance.randrange(60) if city.visits_each <= DAYS else 25
            yield _visit(n * city.visits_each + k, n, provider, carer, begins, minutes)


def _visit(
    number: int, person: int, provider: int, carer: int, begins: datetime, minutes: int
) -> Row:
    wall = int((begins + HOURS_AHEAD - EPOCH).total_seconds()) // 60
    return {
        **_fact(number), "person_id": person + 1, "provider_id": provider + 1,
        "carer_id": carer + 1, "reference": f"V{number:08d}", "begins_at": begins,
        "ends_at": begins + timedelta(minutes=minutes),
        "service_on": (begins + HOURS_AHEAD).date(), "begins_min": wall,
        "ends_min": wall + minutes, "items": "", "source": VisitSource.PHONE,
    }  # fmt: skip
