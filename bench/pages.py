"""The busiest pages of a large city: ``python -m bench.pages [--people N] [--keep FOLDER]``.

Each page is asked for many times at 1,000,000 visits of 100,000 people, and at 10,000 visits of
1,000; p95 of a request should stay under 150 ms, and under twice that of the small city. Building
the large city takes some minutes on each database; with ``--keep`` it is built once.
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

from bench.city import SEED, build_name
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
    return chance.choice(office.built.shown)


def _name(office: Office, chance: Chance) -> str:
    return build_name(_person(office, chance) - 1)


def _home(role: Role) -> Page:
    words = role.value.replace("_", " ")
    return Page(f"home of {words}", role, lambda _o, _c: url_for("home.index"))


def _list(name: str, role: Role, endpoint: str, **query: str) -> Page:
    return Page(name, role, lambda _o, _c: url_for(endpoint, **query))


def _of_run(name: str, role: Role, endpoint: str) -> Page:
    return Page(name, role, lambda o, _c: url_for(endpoint, run_id=o.built.run_id))


PAGES = (
    _home(Role.OFFICER),
    _home(Role.PROVIDER_MANAGER),
    _home(Role.FINANCE_PREPARER),
    _home(Role.ASSESSOR),
    _home(Role.EXPERT),
    _home(Role.AUDITOR),
    _home(Role.ADMINISTRATOR),
    _list("a carer's own visits", Role.CARER, "visits.index"),
    _list("people", Role.OFFICER, "insured.index"),
    Page("people by a name", Role.OFFICER,
         lambda o, c: url_for("insured.index", q=_name(o, c))),
    Page("a person", Role.OFFICER,
         lambda o, c: url_for("insured.show", person_id=_person(o, c))),
    Page("search", Role.OFFICER,
         lambda o, c: url_for("search.index", q=_name(o, c))),
    _list("assessments", Role.OFFICER, "assessments.index"),
    _list("assessments to decide on", Role.OFFICER, "assessments.index", status="filed"),
    _list("an assessor's assessments", Role.ASSESSOR, "assessments.index"),
    _list("an expert's assessments", Role.EXPERT, "assessments.index"),
    _list("visits of the area", Role.OFFICER, "visits.index"),
    _list("visits of a provider", Role.PROVIDER_MANAGER, "visits.index"),
    _list("plans", Role.OFFICER, "plans.index"),
    _list("plans of a provider", Role.PROVIDER_MANAGER, "plans.index"),
    _list("providers", Role.OFFICER, "providers.index"),
    _list("payouts", Role.FINANCE_PREPARER, "payouts.index"),
    _list("payouts of a provider", Role.PROVIDER_MANAGER, "payouts.index"),
    _of_run("a month's run", Role.FINANCE_PREPARER, "payouts.show"),
    _of_run("lines of a run", Role.FINANCE_PREPARER, "payouts.lines.index"),
    _of_run("holds of a run", Role.FINANCE_PREPARER, "payouts.lines.holds"),
    Page("why this amount", Role.FINANCE_PREPARER,
         lambda o, c: url_for("payouts.lines.why", run_id=o.built.run_id, person_id=_person(o, c))),
    _list("statements", Role.FINANCE_PREPARER, "statements.index"),
    _list("statements of a provider", Role.PROVIDER_MANAGER, "statements.index"),
    Page("statements of a run", Role.FINANCE_APPROVER,
         lambda o, _c: url_for("statements.run", run_id=o.built.approved_id)),
    Page("is a statement genuine", Role.OFFICER,
         lambda o, c: url_for("verify.show", code=c.choice(o.built.codes))),
    _list("audit log", Role.AUDITOR, "audit.index"),
    Page("audit log of a person", Role.AUDITOR,
         lambda o, c: url_for("audit.index", about=f"HZ{_person(o, c) - 1:08d}")),
    _list("jobs", Role.ADMINISTRATOR, "jobs.index"),
    _list("imports", Role.OFFICER, "imports.index"),
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
    taken_ms = [_ask(client, address, turn) for turn, address in enumerate(addresses)][WARM_UP:]
    return statistics.quantiles(taken_ms, n=20)[-1]


def _ask(client: FlaskClient, address: str, turn: int) -> float:
    """Return the milliseconds of a request; each comes from elsewhere, for pages with a limit."""
    begun = time.perf_counter()
    answer = client.get(address, environ_base={"REMOTE_ADDR": f"10.0.0.{turn}"})
    taken_ms = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status}")
    return taken_ms


def compare_sizes(kind: str, people: int, keep: Path | None) -> Iterator[Figure]:
    """Yield p95 of every page on one database, and its ratio to the small city's."""
    with open_office(kind, SMALL_PEOPLE, make_password(), keep) as office:
        small = measure_pages(office)
    with open_office(kind, people, make_password(), keep) as office:
        large = measure_pages(office)
    where = f"pages, {kind}"
    for name, p95_ms in large.items():
        times = p95_ms / small[name]
        yield Figure(where, f"{name}: p95", f"{p95_ms:.0f} ms", f"< {MOST_MS} ms", p95_ms < MOST_MS)
        yield Figure.at_most(where, f"{name}: times the small city", times, MOST_TIMES)
    missed = [name for name, ms in large.items() if ms >= MOST_MS or ms > MOST_TIMES * small[name]]
    aim = f"{len(large)} pages"
    yield Figure(where, "pages that reach both", str(len(large) - len(missed)), aim, not missed)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--keep", type=Path, help="folder in which the offices are kept")
    given = parser.parse_args(arguments)
    for kind in given.databases.split(","):
        title = f"{given.people:,} people, {given.people * VISITS_EACH:,} visits, {ROUNDS} requests a page"
        print_table(title, compare_sizes(kind, given.people, given.keep))


if __name__ == "__main__":
    main()
