"""Fifty people at once while the month is calculated: ``python -m bench.crowd [--people N] [--keep FOLDER]``.

The real server (``flask serve``) on PostgreSQL; everybody signs in within the first seconds and then
opens one page after the other, a second or two between two of them. No request may fail, and p95
should stay under 400 ms, sign-in included.
"""

import argparse
import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from bench.city import AFTER, SEED
from bench.office import VISITS_EACH, Office, make_password, open_office
from bench.pages import PAGES
from bench.table import Figure, print_table
from ltc.factory import House, create_app
from ltc.rules.access import Role
from ltc.store import db
from ltc.store.policies import load_law
from ltc.store.timetable import read_timetable
from ltc.web.background import LOW_PRIORITY

PEOPLE, CLICKERS, CLICKS, WORKERS = 100_000, 50, 20, 2
PAUSE_SECONDS = (0.5, 2.5)
SIGN_IN_WITHIN_SECONDS = 12
MOST_MS, TIMEOUT_SECONDS = 400, 30
HIDDEN = re.compile(r'name="(csrf_token|form_token)"[^>]*value="([^"]+)"')
OK = frozenset({200, 302, 303})


@dataclass(slots=True)
class Crowd:
    """What everybody met: milliseconds of each request, and what failed."""

    taken_ms: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Clicker:
    """One person with a browser and an address of their own."""

    def __init__(self, number: int, port: int, crowd: Crowd) -> None:
        """Keep who it is; nothing is asked yet."""
        self.crowd = crowd
        self.chance = random.Random(SEED + number)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.headers = {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}"}
        self.cookies: dict[str, str] = {}

    def click(self, role: Role, password: str, addresses: list[str]) -> None:
        """Sign in, then open the pages, with pauses between."""
        time.sleep(self.chance.uniform(0, SIGN_IN_WITHIN_SECONDS))
        hidden = dict(HIDDEN.findall(self.ask("GET", "/sign-in")))
        form = {**hidden, "sign_in_name": role.value, "password": password}
        self.ask("POST", "/sign-in", urlencode(form))
        for address in addresses:
            time.sleep(self.chance.uniform(*PAUSE_SECONDS))
            self.ask("GET", address)

    def ask(self, method: str, address: str, body: str | None = None) -> str:
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
        self.crowd.taken_ms.append((time.perf_counter() - begun) * 1000)
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


def list_ways(office: Office) -> list[tuple[Role, list[str]]]:
    """Return role and addresses of every person: pages of their own role, at random."""
    chance = random.Random(SEED)
    roles = sorted({page.role for page in PAGES})
    with build_app(office).test_request_context():
        return [
            (role, [chance.choice([p for p in PAGES if p.role is role]).address(office, chance)
                    for _ in range(CLICKS)])
            for role in (roles[number % len(roles)] for number in range(CLICKERS))
        ]  # fmt: skip


def build_app(office: Office) -> Flask:
    """Return an application of this process, for the addresses of its pages."""
    maker = db.create_session_maker(office.engine, office.settings.keys)
    house = House(office.settings, office.engine, maker, load_law(), read_timetable())
    return create_app(house=house)


@contextmanager
def serve(environ: dict[str, str]) -> Iterator[int]:
    """Run the real server on a free port; the calendar stands where the city's data end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    back_days = (datetime.now(UTC) - AFTER).days
    given = {**os.environ, **environ, "LTC_ENV": "demo", "LTC_CLOCK_BACK_DAYS": str(back_days),
             "LTC_PROXIES": "1"}  # fmt: skip
    with tempfile.TemporaryFile("w+") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "serve", "--port", str(port)],
            env=given, stdout=said, stderr=said,
        )  # fmt: skip
        try:
            if not _answers(port, server):
                said.seek(0)
                raise SystemExit(f"the server did not start:\n{said.read()}")
            yield port
        finally:
            server.terminate()
            server.wait()


def _answers(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server takes connections; return whether it does."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        time.sleep(0.1)
    return False


def measure_crowd(people: int, keep: Path | None) -> Iterator[Figure]:
    """Yield what the crowd met while the month was calculated."""
    password, where = make_password(), "crowd, postgresql"
    with (
        open_office("postgresql", people, password, keep) as office,
        serve(office.environ) as port,
    ):
        begun = time.monotonic()
        run = subprocess.Popen(build_run(office), stdout=subprocess.DEVNULL)
        crowd = let_click(office, port, password)
        has_ended = run.poll() is not None
        run_is_well = run.wait() == 0
        run_seconds = time.monotonic() - begun
    p95_ms = statistics.quantiles(crowd.taken_ms, n=20)[-1]
    yield Figure(where, "requests", f"{len(crowd.taken_ms):,}")
    yield Figure(where, "failed", str(len(crowd.failed)), "none", not crowd.failed)
    yield Figure(where, "median", f"{statistics.median(crowd.taken_ms):.0f} ms")
    yield Figure(where, "p95", f"{p95_ms:.0f} ms", f"< {MOST_MS} ms", p95_ms < MOST_MS)
    yield Figure(where, "the run beside them", "calculated" if run_is_well else "FAILED",
                 "calculated", run_is_well)  # fmt: skip
    ended = "before the last click" if has_ended else "after the last click"
    yield Figure(where, f"it ended {ended}, after", f"{run_seconds:.0f} s")
    for what in sorted(set(crowd.failed))[:5]:
        yield Figure(where, what, "failed")


def build_run(office: Office) -> list[str]:
    """Return the words that calculate the month, as low in priority as a page starts it."""
    url = office.engine.url.render_as_string(hide_password=False)
    return [*LOW_PRIORITY, sys.executable, "-m", "bench.measures", "run", url, str(WORKERS)]


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
