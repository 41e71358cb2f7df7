"""The busiest pages of a large city: ``python -m bench.pages [--people N] [--keep FOLDER]``.

Each page is asked for many times at 1,000,000 visits of 100,000 people, and as often at 10,000
visits of 1,000, in turns, so that whatever else the machine does slows both. For the ten busiest,
and for the others, p95 of a request should stay under 150 ms, and under twice that of the small
city. Below each stands what the first request of a worker takes, forked as the server forks them.
Building the large city takes some minutes on each database; with ``--keep`` it is built once.
"""

import argparse
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from flask.testing import FlaskClient

from bench.city import SEED, build_name
from bench.office import VISITS_EACH, Office, in_june, make_password, open_offices
from bench.table import Figure, print_table
from ltc.commands.warming import warm
from ltc.factory import House, create_app
from ltc.rules.access import Role
from ltc.store import db
from ltc.store.policies import load_law
from ltc.store.timetable import read_timetable
from tests.support.sign_in import sign_in_as

PEOPLE, SMALL_PEOPLE, ROUNDS, WARM_UP = 100_000, 1_000, 60, 4
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


# By how often a city of 100,000 people is expected to ask for them: twenty thousand carers several
# times a day, a thousand providers every day, then the desks of the agency, where nearly everything
# begins with somebody's name or number.
BUSIEST = (
    _list("a carer's own visits", Role.CARER, "visits.index"),
    _list("visits of a provider", Role.PROVIDER_MANAGER, "visits.index"),
    _home(Role.PROVIDER_MANAGER),
    _list("plans of a provider", Role.PROVIDER_MANAGER, "plans.index"),
    Page("search", Role.OFFICER, lambda o, c: url_for("search.index", q=_name(o, c))),
    Page("a person", Role.OFFICER,
         lambda o, c: url_for("insured.show", person_id=_person(o, c))),
    Page("people by a name", Role.OFFICER, lambda o, c: url_for("insured.index", q=_name(o, c))),
    _home(Role.OFFICER),
    _list("assessments", Role.OFFICER, "assessments.index"),
    _list("visits of the area", Role.OFFICER, "visits.index"),
)  # fmt: skip
OTHERS = (
    _home(Role.FINANCE_PREPARER),
    _home(Role.ASSESSOR),
    _home(Role.EXPERT),
    _home(Role.AUDITOR),
    _home(Role.ADMINISTRATOR),
    _list("people", Role.OFFICER, "insured.index"),
    Page("people by a surname", Role.OFFICER,
         lambda o, c: url_for("insured.index", q=_name(o, c)[0])),
    _list("assessments to decide on", Role.OFFICER, "assessments.index", status="filed"),
    _list("an assessor's assessments", Role.ASSESSOR, "assessments.index"),
    _list("an expert's assessments", Role.EXPERT, "assessments.index"),
    _list("plans", Role.OFFICER, "plans.index"),
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
PAGES = BUSIEST + OTHERS


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page takes in the large city, and how many times that of the small one it is.

    ``first_ms`` is what a fresh process takes for its first request.
    """

    p95_ms: float
    times: float
    first_ms: float

    @property
    def is_reached(self) -> bool:
        """Whether both aims are reached."""
        return self.p95_ms < MOST_MS and self.times < MOST_TIMES


@dataclass(frozen=True, slots=True)
class Side:
    """An office with the application that serves it; ``number`` makes its visitors its own."""

    number: int
    office: Office
    app: Flask

    def sign_in(self, role: Role) -> FlaskClient:
        """Return a browser of somebody with a role."""
        return sign_in_as(self.app.test_client(), self.office.users[role])

    def list_addresses(self, page: Page, count: int) -> list[str]:
        """Return addresses of a page."""
        chance = random.Random(SEED)
        with self.app.test_request_context():
            return [page.address(self.office, chance) for _ in range(count)]

    def ask(self, client: FlaskClient, address: str, turn: int) -> float:
        """Return the milliseconds of a request; each comes from elsewhere, for pages with a limit."""
        begun = time.perf_counter()
        answer = client.get(address, environ_base={"REMOTE_ADDR": f"10.{self.number}.0.{turn}"})
        taken_ms = (time.perf_counter() - begun) * 1000
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status}")
        return taken_ms


def measure_pages(offices: list[Office]) -> Iterator[tuple[Page, Taken]]:
    """Yield what each page takes, in the second of two offices and against the first."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere), in_june():
        sides = [Side(number, office, _build_app(office)) for number, office in enumerate(offices)]
        # First of all, while no page was asked for in this process: what it knows, forks know, too.
        first_ms = [ask_first(sides[-1], page) for page in PAGES]
        for page, first in zip(PAGES, first_ms, strict=True):
            small_ms, large_ms = measure_page(sides, page)
            yield page, Taken(large_ms, large_ms / small_ms, first)


def _build_app(office: Office) -> Flask:
    """Return an application as the server's master has it when workers are forked."""
    maker = db.create_session_maker(office.engine, office.settings.keys)
    house = House(office.settings, office.engine, maker, load_law(), read_timetable())
    app = create_app(house=house)
    warm(app)
    return app


def measure_page(sides: list[Side], page: Page) -> list[float]:
    """Return p95 of a page on each side, asked in turns."""
    asked = [(side, side.sign_in(page.role), side.list_addresses(page, WARM_UP + ROUNDS))
             for side in sides]  # fmt: skip
    taken_ms: dict[int, list[float]] = {side.number: [] for side in sides}
    for turn in range(WARM_UP + ROUNDS):
        for side, client, addresses in asked:
            taken_ms[side.number].append(side.ask(client, addresses[turn], turn))
    return [statistics.quantiles(taken[WARM_UP:], n=20)[-1] for taken in taken_ms.values()]


def ask_first(side: Side, page: Page) -> float:
    """Return the milliseconds of a page as the first request of a process.

    The process is a fork of this one, as a worker of the server is one of its master.
    """
    fork = multiprocessing.get_context("fork")
    receiving, sending = fork.Pipe(duplex=False)
    process = fork.Process(target=_ask_first, args=(side, page, sending))
    process.start()
    sending.close()
    try:
        return float(receiving.recv())
    except EOFError:
        raise SystemExit(f"{page.name}: the first request failed") from None
    finally:
        process.join()


def _ask_first(side: Side, page: Page, sending: Any) -> None:
    side.office.engine.dispose(close=False)  # connections are the other process's
    client, (address,) = side.sign_in(page.role), side.list_addresses(page, 1)
    sending.send(side.ask(client, address, 255))


def compare_sizes(kind: str, people: int, keep: Path | None) -> Iterator[Figure]:
    """Yield what the pages take on one database: the ten busiest first, then the others."""
    where, taken = f"pages, {kind}", {}
    with open_offices(kind, [SMALL_PEOPLE, people], make_password(), keep) as offices:
        for page, found in measure_pages(offices):
            taken[page] = found
            rank = f"{BUSIEST.index(page) + 1}. " if page in BUSIEST else ""
            value = f"{found.p95_ms:.0f} ms, {found.times:.1f} x"
            yield Figure(where, rank + page.name, value, AIM, found.is_reached)
            yield Figure(where, "   the first request of a worker", f"{found.first_ms:.0f} ms")
    for name, pages in (("the ten busiest", BUSIEST), (f"the {len(OTHERS)} others", OTHERS)):
        yield from sum_up(where, name, [taken[page] for page in pages])


AIM = f"< {MOST_MS} ms, < {MOST_TIMES} x"


def sum_up(where: str, name: str, taken: list[Taken]) -> Iterator[Figure]:
    """Yield the largest figures of some pages, and how many of them reach the aims."""
    p95_ms, first_ms = max(one.p95_ms for one in taken), max(one.first_ms for one in taken)
    yield Figure(where, f"{name}: p95", f"{p95_ms:.0f} ms", f"< {MOST_MS} ms", p95_ms < MOST_MS)
    times = max(one.times for one in taken)
    yield Figure(
        where,
        f"{name}: times the small city",
        f"{times:.1f}",
        f"< {MOST_TIMES}",
        times < MOST_TIMES,
    )
    yield Figure(where, f"{name}: first request of a worker", f"{first_ms:.0f} ms")
    reached = sum(one.is_reached for one in taken)
    yield Figure(where, f"{name}: reach both", str(reached), str(len(taken)), reached == len(taken))


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
