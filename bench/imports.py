"""Rows a second of an import: ``python -m bench.imports [--rows N] [--databases …]``.

A file of N visits of a city that exists is kept, tried out and carried out, as a page would have it
done. Two peers in the same run, on the same table with the same indexes:

- the bare floor: the file read by Python's own reader of CSV, and as many rows, as the import stored
  them, written by executemany on SQLite, by COPY on PostgreSQL. Nothing is looked up, compared or
  remembered. The import goes through the file twice (to try it out, then to do it), and each time
  reads every cell, looks up four keys a row and tells each row from those before it: at most
  FLOOR_RATIO_MAX times the floor.
- the usual way (``imports_usual_way``): the same checks, a query for each key and an object for each
  row, once, without trying out: the import with both of its passes is at least USUAL_RATIO_MIN times
  faster. That is what deciding a chunk at a time is for.

Ten times the rows of a file take at most GROWTH_MAX times the time, into a table that grows with
them (a file of some ten thousand rows is over before what is there once has paid off). Memory over
the start of the process is what is bounded on purpose: SQLite's pages (64 MB), the keys met (32 MB),
moments read before and one piece of rows; so MEGABYTES_MAX.
3,000,000 rows are a file of 300 MB: ``--rows 3000000``.
"""

import argparse
import csv
import json
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
from bench import imports_usual_way as usual_way
from bench.month import databases
from bench.table import Figure, print_table
from ltc.rules.access import Actor, Role
from ltc.rules.imports import ImportKind
from ltc.services import import_work, imports
from ltc.services.context import Context
from ltc.services.uploads import keep_upload
from ltc.store import db
from ltc.store.import_questions import list_imports
from ltc.store.policies import load_law
from ltc.store.sealing import KeyRing
from ltc.store.visits import Visit

ROWS, QUICK_ROWS, USUAL_ROWS = 600_000, 20_000, 3_000
TENTH, GROWTH_MAX = 10, 11
FLOOR_RATIO_MAX, USUAL_RATIO_MIN, MEGABYTES_MAX = 8, 8, 160
CITY = city.City(people=20_000, visits_each=0, carers=2_000, providers=100)
HEADER = (
    "reference,case_number,carer_code,begins_at,ends_at,items,latitude,longitude,datum,source\n"
)
FIRST = datetime(2024, 1, 1, 8, 0)  # noqa: DTZ001 - a wall clock
DAYS, MINUTES_A_DAY = 31, 720  # a month's visits begin at any minute of the twelve hours from then
KEYS = KeyRing("k1", {"k1": bytes(32)}, bytes(32))  # every process of a measurement has the same
MEGABYTE, KIB = 1 << 20, 1 << 10
FLOOR_ROWS = 10_000
TRIAL, CARRY, FLOOR, USUAL = "trial", "carry", "floor", "usual"


def write_file(path: Path, rows: int, letter: str = "V") -> Path:
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
                f"{letter}{number:08d},HZ{number * 7 % CITY.people:08d},C{number % CITY.carers:06d},"
                f"{begins:%Y-%m-%d %H:%M},{ends:%Y-%m-%d %H:%M},"
                f"D01 D04,{place},gcj02,phone\n"
            )
    return path


def measure_trial(ctx: Context, folder: Path, path: Path) -> dict[str, Any]:
    """Keep a file and try it out."""
    begun = time.perf_counter()
    with path.open("rb") as stream:
        digest = keep_upload(folder, stream, KEYS)
    kept = time.perf_counter() - begun
    asked = imports.receive(ctx, kind=ImportKind.VISITS, file_name=path.name, file_digest=digest)
    return {**_work(ctx, folder, asked), "kept_seconds": kept}


def measure_carry(ctx: Context, folder: Path, _path: Path) -> dict[str, Any]:
    """Carry out the file that was tried out."""
    [file] = list_imports(ctx.session, ctx.actor, None).rows
    return _work(ctx, folder, imports.ask_to_carry_out(ctx, import_id=file.id))


def _work(ctx: Context, folder: Path, asked: imports.Asked) -> dict[str, Any]:
    """Work on what was asked for; say how long it took, and its first tenth."""
    begun, tenth = time.perf_counter(), list[float]()

    def watch(done: int, total: int) -> None:
        if done * TENTH >= total and not tenth:
            tenth.append((time.perf_counter() - begun) * total / TENTH / done)

    file = import_work.work(
        ctx, import_id=asked.import_id, folder=folder, clock=lambda: city.AFTER,
        job_id=asked.job_id, on_progress=watch,
    )  # fmt: skip
    return {"seconds": time.perf_counter() - begun, "tenth": tenth[0], "counts": file.counts}


def measure_usual(ctx: Context, _folder: Path, path: Path) -> dict[str, Any]:
    """Import a small file the usual way."""
    begun = time.perf_counter()
    rows = usual_way.import_visits(ctx, path)
    return {"seconds": time.perf_counter() - begun, "rows": rows}


def measure_floor(ctx: Context, _folder: Path, path: Path) -> dict[str, Any]:
    """Read the file, and write the imported rows once more into a copy of their table; no more."""
    engine: Any = ctx.session.get_bind()
    columns = Visit.__table__.columns.keys()
    is_sqlite = engine.dialect.name == "sqlite"
    _copy_table(engine)
    write = _insert_many if is_sqlite else _copy_in
    seconds, rows = _read_bare(path), 0
    reading = engine.connect().execution_options(yield_per=FLOOR_ROWS)
    found = reading.exec_driver_sql(f"SELECT {', '.join(columns)} FROM visits")  # noqa: S608
    for piece in found.partitions(FLOOR_ROWS) if not is_sqlite else [found.fetchall()]:
        begun = time.perf_counter()
        write(engine, columns, [tuple(row) for row in piece])
        seconds += time.perf_counter() - begun
        rows += len(piece)
    reading.close()
    return {"seconds": seconds, "rows": rows}


def _read_bare(path: Path) -> float:
    """Return the seconds that Python's own reader takes for a file."""
    begun = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    return time.perf_counter() - begun


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
    TRIAL: measure_trial, CARRY: measure_carry, FLOOR: measure_floor, USUAL: measure_usual,
}  # fmt: skip


def measure(name: str, url: str, folder: Path, path: Path) -> None:
    """Measure in this process, and print what came out with the most memory it had."""
    engine = db.create_engine(url)
    with db.create_session_maker(engine, KEYS)() as session:
        actor = Actor(None, "officer", Role.OFFICER, city.AREA, door="bench")
        ctx = Context(session, actor, city.AFTER, load_law())
        start = _most_bytes()
        found = MEASURES[name](ctx, folder, path)
    engine.dispose()
    print(json.dumps({**found, "peak": _most_bytes(), "start": start}))


def _most_bytes() -> int:
    """Return the most memory that this process has had; what its parent had does not count."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    [text] = [line for line in lines if line.startswith("VmHWM:")]
    return int(text.split()[1]) * KIB


def _in_process(name: str, url: str, folder: Path, path: Path) -> dict[str, Any]:
    words = [sys.executable, "-m", "bench.imports", "--measure", name, url, str(folder), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def figures(kinds: list[str], rows: int) -> Iterator[Figure]:
    """Yield the figures of each database as they come."""
    with tempfile.TemporaryDirectory(prefix="ltc-bench-imports-") as name:
        folder = Path(name)
        path = write_file(folder / "visits.csv", rows)
        usual_path = write_file(folder / "usual.csv", min(rows, USUAL_ROWS), "U")
        yield Figure("file", f"{rows:,} rows", f"{path.stat().st_size // MEGABYTE} MB")
        for kind in kinds:
            with databases(kind) as make:
                url = make()
                engine = db.create_engine(url)
                city.fill(engine, CITY)
                engine.dispose()
                uploads = folder / f"uploads-{kind}"
                usual = _in_process(USUAL, url, uploads, usual_path)
                found = {name: _in_process(name, url, uploads, path) for name in
                         (TRIAL, CARRY, FLOOR)}  # fmt: skip
                yield from _of_database(kind, rows, usual, found)


def _of_database(
    kind: str, rows: int, usual: dict[str, Any], found: dict[str, dict[str, Any]]
) -> Iterator[Figure]:
    trial, carry, floor = found[TRIAL], found[CARRY], found[FLOOR]
    seconds = trial["seconds"] + carry["seconds"]
    tenth = trial["tenth"] + carry["tenth"]
    yield Figure(kind, "kept (hashed, written to disk)", f"{trial['kept_seconds']:.1f} s")
    yield _rate(kind, "tried out", rows, trial["seconds"])
    yield _rate(kind, "carried out", rows, carry["seconds"])
    yield _rate(kind, "both", rows, seconds)
    yield _rate(kind, "bare floor", floor["rows"], floor["seconds"])
    yield _rate(kind, f"usual way ({usual['rows']:,} rows)", usual["rows"], usual["seconds"])
    each = seconds / rows
    ratio = each * floor["rows"] / floor["seconds"]
    yield Figure.at_most(kind, "times the bare floor", ratio, FLOOR_RATIO_MAX)
    ratio = usual["seconds"] / usual["rows"] / each
    yield Figure.at_least(kind, "times faster than the usual way", ratio, USUAL_RATIO_MIN)
    yield Figure.at_most(
        kind, f"{TENTH} times the rows: times the time", seconds / tenth, GROWTH_MAX
    )
    yield from _memory(kind, "trying out", trial)
    yield from _memory(kind, "carrying out", carry)


def _rate(kind: str, what: str, rows: int, seconds: float) -> Figure:
    return Figure(kind, f"{what}, rows a second", f"{rows / seconds:,.0f}")


def _memory(kind: str, what: str, found: dict[str, Any]) -> Iterator[Figure]:
    grown = (found["peak"] - found["start"]) // MEGABYTE
    yield Figure(kind, f"{what}: peak memory", f"{found['peak'] // MEGABYTE} MB")
    yield Figure.at_most(kind, f"{what}: megabytes over its start", grown, MEGABYTES_MAX)


def main(arguments: list[str] | None = None) -> None:
    """Measure both databases, or one step in this process."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.measure:
        name, url, folder, path = given.measure
        measure(name, url, Path(folder), Path(path))
        return
    title = f"imports: {given.rows:,} visits tried out and carried out"
    print_table(title, figures(given.databases.split(","), given.rows))


if __name__ == "__main__":
    main()
