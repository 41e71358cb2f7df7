"""A large city's month: ``python -m bench.month [--people N] [--databases sqlite,postgresql]``.

Measures ``calculate_run`` with stored traces against two things in the same run, on databases that
are durable as in production: bare SQL that only sums the same visits by person and inserts as many
rows (the floor), and a loop over one person at a time through the ORM with the same rules (the usual
way, measured on a part of the people and scaled up). Each measurement runs in a process of its own.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import usual_way
from bench.city import AFTER, AREA, MONTH, SEED, City, fill
from ltc.rules.access import Actor, Role
from ltc.services.context import Context
from ltc.services.executors import choose
from ltc.services.payouts import calculate_run
from ltc.store import db, migrations
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult
from ltc.store.policies import load_law
from tests.support import postgres

USUAL_PEOPLE = 400
MEGABYTE_KIB = 1024
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
           "autovacuum": "on", "shared_buffers": "256MB"}  # fmt: skip
FLOOR = """
CREATE TABLE floor_{n} (area_id INTEGER, id BIGINT, person_id BIGINT, visits BIGINT,
                        minutes BIGINT, PRIMARY KEY (area_id, id))
"""
FLOOR_ROWS = """
INSERT INTO floor_{n} SELECT area_id, person_id, person_id, count(*), sum(ends_min - begins_min)
FROM visits WHERE area_id = 1 AND service_on >= '{first}' AND service_on < '{end}'
AND superseded_at IS NULL GROUP BY area_id, person_id
"""


def measure_floor(engine: sa.Engine, _workers: int) -> dict[str, Any]:
    """Sum the visits and insert a row for each result and each line."""
    with engine.begin() as connection:
        for number in (1, 2):
            connection.exec_driver_sql(FLOOR.format(n=number))
    begun = time.perf_counter()
    with engine.begin() as connection:
        days = {"first": MONTH.starts_on, "end": MONTH.ends_before}
        done = connection.exec_driver_sql(FLOOR_ROWS.format(n=1, **days))
        connection.exec_driver_sql("INSERT INTO floor_2 SELECT * FROM floor_1")
    return {"seconds": time.perf_counter() - begun, "people": done.rowcount}


def measure_run(engine: sa.Engine, workers: int) -> dict[str, Any]:
    """Calculate the month as the product does."""
    with db.create_session_maker(engine, None)() as session:  # type: ignore[arg-type]
        actor = Actor(None, "machine", Role.MACHINE, AREA, door="bench")
        ctx = Context(session, actor, AFTER, load_law())
        begun = time.perf_counter()
        run = calculate_run(ctx, month=MONTH, executor=choose(engine, workers), clock=lambda: AFTER)
        seconds = time.perf_counter() - begun
        rows = [
            session.scalar(sa.select(sa.func.count()).where(table.run_id == run.id))
            for table in (PayoutResult, PayoutLine, PayoutHold)
        ]
    return {"seconds": seconds, "people": run.people, "rows": rows, "digest": run.digest}


def measure_usual(engine: sa.Engine, _workers: int) -> dict[str, Any]:
    """Settle a part of the people one at a time, the usual way."""
    begun = time.perf_counter()
    people = usual_way.settle_some(engine, USUAL_PEOPLE)
    return {"seconds": time.perf_counter() - begun, "people": people}


MEASURES: dict[str, Callable[[sa.Engine, int], dict[str, Any]]] = {
    "floor": measure_floor, "run": measure_run, "usual": measure_usual,
}  # fmt: skip


def measure(name: str, url: str, workers: int) -> dict[str, Any]:
    """Run one measurement in a process of its own; memory is the sum of it and its workers."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.month", "--measure", name, "--url", url,
         "--workers", str(workers)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_here(name: str, url: str, workers: int) -> None:
    """Measure in this process and print what came out as JSON."""
    engine = db.create_engine(url)
    found = MEASURES[name](engine, workers)
    engine.dispose()
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    helpers = workers if name == "run" and workers > 1 else 0
    kib = own.ru_maxrss + helpers * children.ru_maxrss
    cpu = sum(each.ru_utime + each.ru_stime for each in (own, children))
    print(json.dumps({**found, "megabytes": kib // MEGABYTE_KIB, "cpu_seconds": cpu}))


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


def bench(kind: str, city: City, workers: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each way of doing the month took, on one database."""
    with databases(kind) as make:
        url = make()
        engine = db.create_engine(url)
        fill(engine, city)
        engine.dispose()
        for name in ("floor", "usual", "run"):
            yield name, measure(name, url, workers)


def scale(kind: str, workers: int, people: int) -> list[float]:
    """Return the seconds for some people with a few visits each, and with ten times as many."""
    seconds = []
    for visits_each in (6, 60):
        with databases(kind) as make:
            url = make()
            engine = db.create_engine(url)
            fill(engine, City(people, visits_each, people // 5, people // 100))
            engine.dispose()
            seconds.append(measure("run", url, workers)["seconds"])
    return seconds


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table with ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.month", description=__doc__)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--measure", choices=MEASURES)
    parser.add_argument("--url")
    given = parser.parse_args(arguments)
    if given.measure:
        measure_here(given.measure, given.url, given.workers)
        return
    people = given.people
    city = City(people, 12, people // 5, max(people // 100, 1))
    print(f"{people:,} people, {people * 12:,} visits, {city.carers:,} carers, "
          f"{city.providers:,} providers, {given.workers} workers, seed {SEED}")  # fmt: skip
    for kind in given.databases.split(","):
        found = dict(bench(kind, city, given.workers))
        report(kind, found, people)
        few, many = scale(kind, given.workers, max(people // 10, 100))
        print(f"{kind:11} ten times the visits: {many / few:5.1f} times the time (at most 11)")


def report(kind: str, found: dict[str, dict[str, Any]], people: int) -> None:
    """Print one database's rows of the table."""
    run, floor = found["run"], found["floor"]
    usual_seconds = found["usual"]["seconds"] * people / found["usual"]["people"]
    print(f"{kind:11} floor           {floor['seconds']:8.1f} s")
    print(f"{kind:11} calculate_run   {run['seconds']:8.1f} s  {people / run['seconds']:8,.0f} "
          f"people/s  {run['megabytes']:4} MB (under 600)  "
          f"{run['cpu_seconds']:.0f} s of processor  rows {run['rows']}")  # fmt: skip
    print(f"{kind:11} usual way       {usual_seconds:8.1f} s  "
          f"({found['usual']['people']} people measured, scaled)")  # fmt: skip
    print(f"{kind:11} to the floor: {run['seconds'] / floor['seconds']:.1f} times (at most 8); "
          f"{usual_seconds / run['seconds']:.1f} times faster than the usual way (at least 15)")  # fmt: skip


if __name__ == "__main__":
    main()
