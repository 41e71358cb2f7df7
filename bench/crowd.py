"""Fifty people at once while the month is calculated: ``python -m bench.crowd [--people N] [--keep FOLDER]``.

The real server (``flask serve``) on PostgreSQL; everybody signs in within the first seconds and then
opens one page after the other, a second or two between two of them. No request may fail, and p95
should stay under 400 ms, sign-in included: of all requests, and of sign-in by itself, which is so few
of them that p95 of all would not tell. The month is calculated by the product's own command, as
low in priority as a page starts it, and again with another fact until the last click: a kept office
has one run more each time.

Those who click share the processors with what they measure: plain sockets and one thread a person,
whose processor time is printed beside the server's.
"""

import argparse
import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from bench.city import AFTER, AREA, MONTH, SEED
from bench.measures import change_a_fact
from bench.month import list_tree
from bench.office import VISITS_EACH, Office, make_password, open_office
from bench.pages import PAGES
from bench.table import Figure, print_table
from ltc.factory import House, create_app
from ltc.rules.access import Role
from ltc.store import db
from ltc.store.areas import get_area
from ltc.store.policies import load_law
from ltc.store.timetable import read_timetable
from ltc.web.background import LOW_PRIORITY, build_command

PEOPLE, CLICKERS, CLICKS, SLOWEST = 100_000, 50, 20, 8
WHERE = "crowd, postgresql"
PAUSE_SECONDS = (0.5, 2.5)
SIGN_IN_WITHIN_SECONDS = 12
MOST_MS, TIMEOUT_SECONDS, START_SECONDS = 400, 30, 120
HIDDEN = re.compile(r'name="(csrf_token|form_token)"[^>]*value="([^"]+)"')
OK = frozenset({200, 302, 303})
SIGN_IN_PAGE, SIGN_IN = "the page of sign-in", "sign-in"
Way = list[tuple[str, str]]  # names and addresses of pages, one after the other


@dataclass(slots=True)
class Crowd:
    """What everybody met: milliseconds of each request by its page, and what failed."""

    taken_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)

    def all_ms(self) -> list[float]:
        """Return the milliseconds of all requests."""
        return [taken for each in self.taken_ms.values() for taken in each]


@dataclass(slots=True)
class Calculations:
    """How often the month was calculated meanwhile, and what went wrong."""

    done: int = 0
    trouble: str = ""


class Clicker:
    """One person with a browser and an address of their own."""

    def __init__(self, number: int, port: int, crowd: Crowd) -> None:
        """Keep who it is; nothing is asked yet."""
        self.crowd = crowd
        self.chance = random.Random(SEED + number)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.headers = {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}"}
        self.cookies: dict[str, str] = {}

    def click(self, role: Role, password: str, way: Way) -> None:
        """Sign in, then open the pages, with pauses between."""
        time.sleep(self.chance.uniform(0, SIGN_IN_WITHIN_SECONDS))
        hidden = dict(HIDDEN.findall(self.ask(SIGN_IN_PAGE, "GET", "/sign-in")))
        form = {**hidden, "sign_in_name": role.value, "password": password}
        self.ask(SIGN_IN, "POST", "/sign-in", urlencode(form))
        for name, address in way:
            time.sleep(self.chance.uniform(*PAUSE_SECONDS))
            self.ask(name, "GET", address)

    def ask(self, name: str, method: str, address: str, body: str | None = None) -> str:
        """Send one request as a browser would; note how long it took and whether it failed."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**self.headers, **kind, "Cookie": cookies}
        begun = time.perf_counter()
        try:
            answer, text = self.send(method, address, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.crowd.failed.append(f"{address}: {type(error).__name__}")
            self.connection.close()
            return ""
        self.crowd.taken_ms[name].append((time.perf_counter() - begun) * 1000)
        if answer.status not in OK or (method == "GET" and answer.status != 200):
            self.crowd.failed.append(f"{address}: {answer.status}")
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return text

    def send(
        self, method: str, address: str, body: str | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, str]:
        """Send a request; where the server has closed the idle connection, over a new one."""
        try:
            return self._send_once(method, address, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.connection.close()
            return self._send_once(method, address, body, headers)

    def _send_once(
        self, method: str, address: str, body: str | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, str]:
        self.connection.request(method, address, body, headers)
        answer = self.connection.getresponse()
        return answer, answer.read().decode()


def let_click(office: Office, port: int, password: str) -> Crowd:
    """Let everybody click, and return what they met."""
    crowd = Crowd()
    ways = list_ways(office)
    people = [
        threading.Thread(target=Clicker(number, port, crowd).click, args=(role, password, way))
        for number, (role, way) in enumerate(ways)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return crowd


def list_ways(office: Office) -> list[tuple[Role, Way]]:
    """Return role and pages of every person: pages of their own role, at random."""
    chance = random.Random(SEED)
    roles = sorted({page.role for page in PAGES})
    with build_app(office).test_request_context():
        return [
            (role, _choose_way(office, role, chance))
            for role in (roles[number % len(roles)] for number in range(CLICKERS))
        ]


def _choose_way(office: Office, role: Role, chance: random.Random) -> Way:
    own = [page for page in PAGES if page.role is role]
    chosen = [chance.choice(own) for _ in range(CLICKS)]
    return [(page.name, page.address(office, chance)) for page in chosen]


def build_app(office: Office) -> Flask:
    """Return an application of this process, for the addresses of its pages."""
    maker = db.create_session_maker(office.engine, office.settings.keys)
    house = House(office.settings, office.engine, maker, load_law(), read_timetable())
    return create_app(house=house)


@contextmanager
def serve(environ: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run the real server on a free port; yield port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryFile("w+") as said:
        server = subprocess.Popen(
            build_command("serve", "--port", str(port)), env=environ, stdout=said, stderr=said
        )
        try:
            if not _answers(port, server):
                said.seek(0)
                raise SystemExit(f"the server did not start:\n{said.read()}")
            yield port, server.pid
        finally:
            server.terminate()
            server.wait()


def build_environ(office: Office) -> dict[str, str]:
    """Return the environment of the office's processes; the calendar stands where its data end."""
    back_days = (datetime.now(UTC) - AFTER).days
    return {**os.environ, **office.environ, "LTC_ENV": "demo", "LTC_PROXIES": "1",
            "LTC_CLOCK_BACK_DAYS": str(back_days)}  # fmt: skip


@contextmanager
def calculate_beside(office: Office, environ: dict[str, str]) -> Iterator[Calculations]:
    """Calculate the month over and over, each time with another fact, to the end of the block."""
    found, is_over = Calculations(), threading.Event()
    with db.create_session_maker(office.engine, office.settings.keys)() as session:
        code = get_area(session, AREA).code
    words = [*LOW_PRIORITY, *build_command("payouts", "calculate", code, str(MONTH))]

    def work() -> None:
        while not (is_over.is_set() or found.trouble):
            change_a_fact(office.engine)
            done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
            found.done += done.returncode == 0
            found.trouble = done.stderr if done.returncode else ""

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield found
    finally:
        is_over.set()
        worker.join()


def _answers(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server takes connections; return whether it does."""
    until = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        time.sleep(0.1)
    return False


def measure_crowd(people: int, keep: Path | None) -> Iterator[Figure]:
    """Yield what the crowd met while the month was calculated."""
    password = make_password()
    with open_office("postgresql", people, password, keep) as office:
        environ = build_environ(office)
        with serve(environ) as (port, server), calculate_beside(office, environ) as beside:
            own_seconds = time.process_time()
            crowd = let_click(office, port, password)
            own_seconds = time.process_time() - own_seconds
            server_seconds = sum(sum(each.cpu_times()[:2]) for each in list_tree(server))
    yield from judge(crowd)
    yield Figure(WHERE, "the month was calculated beside them", f"{beside.done} times",
                 "to the end", not beside.trouble)  # fmt: skip
    yield Figure(WHERE, "processor time of the server", f"{server_seconds:.0f} s")
    yield Figure(WHERE, "processor time of those who click", f"{own_seconds:.1f} s")
    for what in [*sorted(set(crowd.failed))[:5], *beside.trouble.splitlines()[-1:]]:
        yield Figure(WHERE, what, "failed")


def judge(crowd: Crowd) -> Iterator[Figure]:
    """Yield how long requests took: all of them, sign-in, and the slowest pages."""
    taken_ms = crowd.all_ms()
    p95_ms = find_p95(taken_ms)
    yield Figure(WHERE, "requests", f"{len(taken_ms):,}")
    yield Figure(WHERE, "failed", str(len(crowd.failed)), "none", not crowd.failed)
    yield Figure(WHERE, "median", f"{statistics.median(taken_ms):.0f} ms")
    yield Figure(WHERE, "p95", f"{p95_ms:.0f} ms", f"< {MOST_MS} ms", p95_ms < MOST_MS)
    sign_in_ms = crowd.taken_ms.pop(SIGN_IN)
    p95_ms = find_p95(sign_in_ms)
    yield Figure(WHERE, f"{SIGN_IN}: median", f"{statistics.median(sign_in_ms):.0f} ms")
    yield Figure(WHERE, f"{SIGN_IN}: p95", f"{p95_ms:.0f} ms", f"< {MOST_MS} ms", p95_ms < MOST_MS)
    by_page = {name: find_p95(taken_ms) for name, taken_ms in crowd.taken_ms.items()}
    for name in sorted(by_page, key=by_page.__getitem__, reverse=True)[:SLOWEST]:
        what = f"{name} ({len(crowd.taken_ms[name])}): p95"
        yield Figure(WHERE, what, f"{by_page[name]:.0f} ms")


def find_p95(taken_ms: list[float]) -> float:
    """Return what 95 of 100 stay under, also of a few."""
    return sorted(taken_ms)[len(taken_ms) * 95 // 100]


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.crowd", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--keep", type=Path, help="folder in which the office is kept")
    given = parser.parse_args(arguments)
    visits = given.people * VISITS_EACH
    print_table(f"{CLICKERS} people at once, {visits:,} visits",
                measure_crowd(given.people, given.keep))  # fmt: skip


if __name__ == "__main__":
    main()
