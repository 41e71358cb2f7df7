"""What a month takes, measured in a process of its own: ``python -m bench.measures NAME URL WORKERS``.

Prints one line of JSON. The floor is bare SQL that only sums the same visits by person and inserts
as many rows with as many bytes as the run stores; beside it, as many rows with the sums alone. The
usual way is a loop over one person at a time through the ORM with the same rules, measured on a
part of the people.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bench.city import AFTER, AREA, MONTH
from ltc.rules.access import Actor, Role
from ltc.services.context import Context
from ltc.services.executors import choose
from ltc.services.payouts import calculate_run
from ltc.store import db
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult
from ltc.store.policies import load_law
from ltc.store.visits import Visit

USUAL_PEOPLE = 400
# What a stored result (with its compressed trace) and a stored line hold besides whole numbers.
RESULT_BYTES, LINE_BYTES = 700, 120
FLOOR = """
CREATE TABLE floor_{n} (area_id INTEGER, id BIGINT, person_id BIGINT, visits BIGINT,
                        minutes BIGINT, kept {binary}, PRIMARY KEY (area_id, id))
"""
FLOOR_RESULTS = """
INSERT INTO floor_1 SELECT area_id, person_id, person_id, count(*), sum(ends_min - begins_min),
{payload} FROM visits WHERE area_id = {area} AND service_on >= '{first}' AND service_on < '{end}'
AND superseded_at IS NULL GROUP BY area_id, person_id
"""
FLOOR_LINES = """
INSERT INTO floor_2 SELECT area_id, id, person_id, visits, minutes, {payload} FROM floor_1
"""
PAYLOADS = {
    "sqlite": ("BLOB", "randomblob({})"),
    "postgresql": ("BYTEA", "decode(lpad(md5(random()::text), 2 * {}, md5('x')), 'hex')"),
}


def measure_floor(engine: sa.Engine, _workers: int) -> dict[str, Any]:
    """Sum the visits and insert a row for each result and each line, as large as the run's."""
    return _sum_visits(engine, RESULT_BYTES, LINE_BYTES)


def measure_small_rows(engine: sa.Engine, _workers: int) -> dict[str, Any]:
    """Sum the visits and insert as many rows that hold the sums and nothing else."""
    return _sum_visits(engine, 1, 1)


def _sum_visits(engine: sa.Engine, result_bytes: int, line_bytes: int) -> dict[str, Any]:
    binary, payload = PAYLOADS[engine.dialect.name]
    with engine.begin() as connection:
        for number in (1, 2):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS floor_{number}")
            connection.exec_driver_sql(FLOOR.format(n=number, binary=binary))
    of = {"area": AREA, "first": MONTH.starts_on, "end": MONTH.ends_before}
    begun = time.perf_counter()
    with engine.begin() as connection:
        sums = FLOOR_RESULTS.format(payload=payload.format(result_bytes), **of)
        people = connection.exec_driver_sql(sums).rowcount
        connection.exec_driver_sql(FLOOR_LINES.format(payload=payload.format(line_bytes)))
    return {"seconds": time.perf_counter() - begun, "people": people}


def measure_run(engine: sa.Engine, workers: int) -> dict[str, Any]:
    """Calculate the month as the product does; anew, where it was calculated before."""
    change_a_fact(engine)
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


def change_a_fact(engine: sa.Engine) -> None:
    """Withdraw the first visit that is still believed: an unchanged month is not calculated again."""
    believed = (Visit.area_id == AREA, Visit.superseded_at.is_(None))
    with engine.begin() as connection:
        first = sa.select(sa.func.min(Visit.id)).where(*believed).scalar_subquery()
        change = sa.update(Visit).where(*believed, Visit.id == first)
        connection.execute(change.values(superseded_at=AFTER))


def measure_usual(engine: sa.Engine, _workers: int) -> dict[str, Any]:
    """Settle a part of the people one at a time, the usual way."""
    from bench import usual_way  # only here: the workers of a run do not need it

    begun = time.perf_counter()
    people = usual_way.settle_some(engine, USUAL_PEOPLE)
    return {"seconds": time.perf_counter() - begun, "people": people}


MEASURES: dict[str, Callable[[sa.Engine, int], dict[str, Any]]] = {
    "floor": measure_floor, "small rows": measure_small_rows, "run": measure_run, "usual": measure_usual,
}  # fmt: skip


def main(name: str, url: str, workers: int) -> None:
    """Measure in this process and print what came out."""
    engine = db.create_engine(url)
    found = MEASURES[name](engine, workers)
    engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
