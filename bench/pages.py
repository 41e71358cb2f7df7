"""The busiest pages of a large city: ``python -m bench.pages [--people N] [--databases …]``.

Each page is asked for many times at 1,000,000 visits of 100,000 people, and at 10,000 visits of
1,000; p95 of a request should stay under 150 ms, and under twice that of the small city.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, url_for
from flask.testing import FlaskClient

from bench.city import MONTH, SEED
from bench.month import databases
from bench.office import VISITS_EACH, Office, in_june, make_password, open_office
from bench.table import Figure, print_table
from ltc.factory import House, create_app
from ltc.rules.access import Role
from ltc.store import db
from ltc.store.policies import load_law
from ltc.store.timetable import read_timetable
from tests.support.sign_in import sign_in_as

PEOPLE, SMALL_PEOPLE, ROUNDS, WARM_UP = 100_000, 1_000, 40, 4
MOST_MS, MOST_TIMES = 150, 2
Chance = random.Random


@dataclass(frozen=True, slots=True)
class Page:
    """A page: who asks for it, and its address, another one each time."""

    name: str
    role: Role
    address: Callable[[Office, Chance], str]


def _person(office: Office, chance: Chance) -> int:
    return chance.choice(office.shown)


PAGES = (
    Page("home of an officer", Role.OFFICER, lambda _o, _c: url_for("home.index")),
    Page("home of a provider", Role.PROVIDER_MANAGER, lambda _o, _c: url_for("home.index")),
    Page("a carer's own visits", Role.CARER, lambda _o, _c: url_for("visits.index")),
    Page("people", Role.OFFICER, lambda _o, _c: url_for("insured.index")),
    Page("a person", Role.OFFICER,
         lambda o, c: url_for("insured.show", person_id=_person(o, c))),
    Page("search", Role.OFFICER,
         lambda o, c: url_for("search.index", q=f"人{_person(o, c) - 1}")),
    Page("visits of the area", Role.OFFICER, lambda _o, _c: url_for("visits.index")),
    Page("visits of a provider", Role.PROVIDER_MANAGER,
         lambda _o, _c: url_for("visits.index", month=str(MONTH))),
    Page("plans", Role.OFFICER, lambda _o, _c: url_for("plans.index")),
    Page("providers", Role.OFFICER, lambda _o, _c: url_for("providers.index")),
    Page("a month's run", Role.FINANCE_PREPARER,
         lambda o, _c: url_for("payouts.show", run_id=o.run_id)),
    Page("lines of a run", Role.FINANCE_PREPARER,
         lambda o, _c: url_for("payouts.lines.index", run_id=o.run_id)),
    Page("holds of a run", Role.FINANCE_PREPARER,
         lambda o, _c: url_for("payouts.lines.holds", run_id=o.run_id)),
    Page("why this amount", Role.FINANCE_PREPARER,
         lambda o, c: url_for("payouts.lines.why", run_id=o.run_id, person_id=_person(o, c))),
)  # fmt: skip


def measure_pages(office: Office) -> dict[str, float]:
    """Return p95 of every page in milliseconds."""
    maker = db.create_session_maker(office.engine, office.settings.keys)
    house = House(office.settings, office.engine, maker, load_law(), read_timetable())
    chance = random.Random(SEED)
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere), in_june():
        app = create_app(house=house)
        return {page.name: measure_page(app, office, page, chance) for page in PAGES}


def measure_page(app: Flask, office: Office, page: Page, chance: Chance) -> float:
    """Return p95 of one page in milliseconds; raises where it does not answer 200."""
    client = sign_in_as(app.test_client(), office.users[page.role])
    with app.test_request_context():
        addresses = [page.address(office, chance) for _ in range(WARM_UP + ROUNDS)]
    taken_ms = [_ask(client, address) for address in addresses][WARM_UP:]
    return statistics.quantiles(taken_ms, n=20)[-1]


def _ask(client: FlaskClient, address: str) -> float:
    begun = time.perf_counter()
    answer = client.get(address)
    taken_ms = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status}")
    return taken_ms


def compare_sizes(kind: str, people: int) -> Iterator[Figure]:
    """Yield p95 of every page on one database, and its ratio to the small city's."""
    with databases(kind) as make, open_office(make(), SMALL_PEOPLE, make_password()) as office:
        small = measure_pages(office)
    with databases(kind) as make, open_office(make(), people, make_password()) as office:
        large = measure_pages(office)
    for name, p95_ms in large.items():
        where = f"pages, {kind}"
        yield Figure(where, f"{name}: p95", f"{p95_ms:.0f} ms", f"< {MOST_MS} ms", p95_ms < MOST_MS)
        yield Figure.at_most(
            where, f"{name}: times the small city", p95_ms / small[name], MOST_TIMES
        )


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--databases", default="sqlite,postgresql")
    given = parser.parse_args(arguments)
    for kind in given.databases.split(","):
        title = f"{given.people:,} people, {given.people * VISITS_EACH:,} visits, {ROUNDS} requests a page"
        print_table(title, compare_sizes(kind, given.people))


if __name__ == "__main__":
    main()
