"""Rows a second of an import: ``python -m bench.imports [--rows N] [--carry-rows M] [--databases …]``.

A file of N visits of a city that exists is kept and tried out, and a file of M visits is carried
out, each in a process of its own as a page would have it done. Two floors, in the same run: the file
read as CSV by Python's own reader, and the same M rows, read back as the import stored them, written
into an empty copy of the table with the same indexes: by executemany on SQLite, by COPY on
PostgreSQL. 3,000,000 rows are a file of 300 MB: ``--rows 3000000``.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import city
from bench.month import databases
from bench.table import Figure, print_table
from ltc.rules.access import Actor, Role
from ltc.rules.imports import ImportKind
from ltc.services import import_work, imports
from ltc.services.context import Context
from ltc.services.uploads import keep_upload
from ltc.store import db
from ltc.store.policies import load_law
from ltc.store.visits import Visit

ROWS, QUICK_ROWS = 600_000, 20_000
# A row is looked up, compared and told apart from the rows before it, which its bare floors are not.
TRIAL_RATIO_MAX, CARRY_RATIO_MAX, GROWN_MB_MAX = 25, 5, 100
CITY = city.City(people=20_000, visits_each=0, carers=2_000, providers=100)
HEADER = (
    "reference,case_number,carer_code,begins_at,ends_at,items,latitude,longitude,datum,source\n"
)
FIRST = datetime(2024, 1, 1, 8, 0)  # noqa: DTZ001 - a wall clock
DAYS, MINUTES_A_DAY = 31, 720  # a month's visits begin at any minute of the twelve hours from then
MEGABYTE, KIB = 1 << 20, 1 << 10
FLOOR_ROWS = 10_000
TRIAL, CARRY, FLOOR = "trial", "carry", "floor"


def write_file(path: Path, rows: int) -> Path:
    """Write so many visits, each with a reference of its own; the same with every run."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(rows):
            begins = FIRST + timedelta(
                days=number * DAYS // rows, minutes=number * 11 % MINUTES_A_DAY
            )
            ends = begins + timedelta(minutes=60 + number % 61)
            place = f"29.{480000 + number * 31 % 9999:06d},106.{480000 + number * 17 % 9999:06d}"
            file.write(
                f"V{number:08d},HZ{number * 7 % CITY.people:08d},C{number % CITY.carers:06d},"
                f"{begins:%Y-%m-%d %H:%M},{ends:%Y-%m-%d %H:%M},"
                f"D01 D04,{place},gcj02,phone\n"
            )
    return path


def measure_reading(path: Path) -> float:
    """Return the seconds that Python's own reader takes for the file, as bare as can be."""
    begun = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    return time.perf_counter() - begun


def _keep(ctx: Context, folder: Path, path: Path) -> tuple[imports.Asked, float]:
    begun = time.perf_counter()
    with path.open("rb") as stream:
        digest = keep_upload(folder, stream)
    seconds = time.perf_counter() - begun
    asked = imports.receive(ctx, kind=ImportKind.VISITS, file_name=path.name, file_digest=digest)
    return asked, seconds


def _work(ctx: Context, folder: Path, asked: imports.Asked) -> dict[str, Any]:
    """Work on what was asked for; say how long it took and how large what it keeps became."""
    largest = {"bytes": 0}

    def watch(_done: int, _total: int) -> None:
        kept = sum(path.stat().st_size for path in folder.glob(f"{asked.import_id}.*"))
        largest["bytes"] = max(largest["bytes"], kept)

    begun = time.perf_counter()
    file = import_work.work(
        ctx, import_id=asked.import_id, folder=folder, clock=lambda: city.AFTER,
        job_id=asked.job_id, on_progress=watch,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "counts": file.counts, "kept": largest["bytes"]}


def measure_trial(ctx: Context, folder: Path, path: Path) -> dict[str, Any]:
    """Keep a file and try it out."""
    asked, seconds = _keep(ctx, folder, path)
    return {**_work(ctx, folder, asked), "upload_seconds": seconds}


def measure_carry(ctx: Context, folder: Path, path: Path) -> dict[str, Any]:
    """Try a file out, and measure carrying it out."""
    asked, _ = _keep(ctx, folder, path)
    _work(ctx, folder, asked)
    return _work(ctx, folder, imports.ask_to_carry_out(ctx, import_id=asked.import_id))


def measure_floor(ctx: Context, _folder: Path, _path: Path) -> dict[str, Any]:
    """Write the imported rows once more into a copy of the table, with nothing around it."""
    engine: Any = ctx.session.get_bind()
    columns = Visit.__table__.columns.keys()
    is_sqlite = engine.dialect.name == "sqlite"
    _copy_table(engine)
    write = _insert_many if is_sqlite else _copy_in
    seconds, rows = 0.0, 0
    reading = engine.connect().execution_options(yield_per=FLOOR_ROWS)
    found = reading.exec_driver_sql(f"SELECT {', '.join(columns)} FROM visits")  # noqa: S608
    for piece in found.partitions(FLOOR_ROWS) if not is_sqlite else [found.fetchall()]:
        begun = time.perf_counter()
        write(engine, columns, [tuple(row) for row in piece])
        seconds += time.perf_counter() - begun
        rows += len(piece)
    reading.close()
    return {"seconds": seconds, "rows": rows}


def _copy_table(engine: sa.Engine) -> None:
    """Make an empty ``floor`` with the columns and indexes of the visits."""
    table = Visit.__table__.to_metadata(sa.MetaData(), name="floor")  # type: ignore[attr-defined]
    for index in table.indexes:
        index.name = f"floor_{index.name}"
    table.constraints -= table.foreign_key_constraints
    for constraint in table.constraints:
        constraint.name = f"floor_{constraint.name}"
    table.create(engine)


def _insert_many(engine: sa.Engine, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(columns))
    for start in range(0, len(rows), FLOOR_ROWS):
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO floor ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
                rows[start : start + FLOOR_ROWS],
            )


def _copy_in(engine: sa.Engine, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    with engine.begin() as connection:
        driver: Any = connection.connection.dbapi_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY floor ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)


MEASURES: dict[str, Callable[[Context, Path, Path], dict[str, Any]]] = {
    TRIAL: measure_trial, CARRY: measure_carry, FLOOR: measure_floor,
}  # fmt: skip


def measure(name: str, url: str, folder: Path, path: Path) -> None:
    """Measure in this process, and print what came out with the most memory it had."""
    engine = db.create_engine(url)
    with db.create_session_maker(engine, None)() as session:  # type: ignore[arg-type]
        actor = Actor(None, "officer", Role.OFFICER, city.AREA, door="bench")
        ctx = Context(session, actor, city.AFTER, load_law())
        start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = MEASURES[name](ctx, folder, path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    engine.dispose()
    print(json.dumps({**found, "peak": peak * KIB, "start": start * KIB}))


def _in_process(name: str, url: str, folder: Path, path: Path) -> dict[str, Any]:
    words = [sys.executable, "-m", "bench.imports", "--measure", name, url, str(folder), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def figures(kinds: list[str], rows: int, carry_rows: int) -> Iterator[Figure]:
    """Yield the figures of each database as they come."""
    with tempfile.TemporaryDirectory(prefix="ltc-bench-imports-") as name:
        folder = Path(name)
        large = write_file(folder / "visits.csv", rows)
        part = write_file(folder / "part.csv", carry_rows)
        yield Figure("file", f"{rows:,} rows", f"{large.stat().st_size // MEGABYTE} MB")
        for kind in kinds:
            with databases(kind) as make:
                url = make()
                engine = db.create_engine(url)
                city.fill(engine, CITY)
                engine.dispose()
                yield from _of_database(kind, url, folder, (large, part), (rows, carry_rows))


def _of_database(
    kind: str, url: str, folder: Path, paths: tuple[Path, Path], rows: tuple[int, int]
) -> Iterator[Figure]:
    uploads = folder / f"uploads-{kind}"
    trial = _in_process(TRIAL, url, uploads, paths[0])
    yield Figure(kind, "kept (hashed, written to disk)", f"{trial['upload_seconds']:.1f} s")
    yield Figure(kind, "tried out", f"{trial['seconds']:.0f} s")
    yield _rate(kind, "tried out", rows[0], trial["seconds"])
    reading = measure_reading(paths[0])
    yield _rate(kind, "floor: the file read as CSV, no more", rows[0], reading)
    ratio = trial["seconds"] / reading
    yield Figure.at_most(kind, "ratio of trying out to that floor", ratio, TRIAL_RATIO_MAX)
    yield from _memory(kind, "trial", trial)
    yield Figure(kind, "file of keys at its largest", f"{trial['kept'] // MEGABYTE} MB")
    carry = _in_process(CARRY, url, uploads, paths[1])
    yield Figure(kind, f"{rows[1]:,} rows carried out", f"{carry['seconds']:.0f} s")
    yield _rate(kind, "carried out", rows[1], carry["seconds"])
    yield from _memory(kind, "carrying out", carry)
    floor = _in_process(FLOOR, url, uploads, paths[1])
    way = "executemany" if kind == "sqlite" else "COPY"
    yield _rate(kind, f"floor: {way} of the same rows", floor["rows"], floor["seconds"])
    each = carry["seconds"] / rows[1], floor["seconds"] / floor["rows"]
    ratio = each[0] / each[1]
    yield Figure.at_most(kind, "ratio of carrying out to that floor", ratio, CARRY_RATIO_MAX)


def _rate(kind: str, what: str, rows: int, seconds: float) -> Figure:
    return Figure(kind, f"{what}, rows a second", f"{rows / seconds:,.0f}")


def _memory(kind: str, what: str, found: dict[str, Any]) -> Iterator[Figure]:
    grown = (found["peak"] - found["start"]) // MEGABYTE
    yield Figure(kind, f"{what}: peak memory", f"{found['peak'] // MEGABYTE} MB")
    yield Figure.at_most(kind, f"{what}: megabytes over its start", grown, GROWN_MB_MAX)


def main(arguments: list[str] | None = None) -> None:
    """Measure both databases, or one step in this process."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--carry-rows", type=int, help="a fifth of the rows if left out")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.measure:
        name, url, folder, path = given.measure
        measure(name, url, Path(folder), Path(path))
        return
    carry_rows = given.carry_rows or max(1, given.rows // 5)
    title = f"imports: {given.rows:,} visits tried out, {carry_rows:,} carried out"
    print_table(title, figures(given.databases.split(","), given.rows, carry_rows))


if __name__ == "__main__":
    main()
