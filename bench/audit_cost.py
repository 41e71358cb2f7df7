"""What the audit log costs: the same writes with and without their events, durably, in one run.

``python -m bench audit`` takes both databases, ``python -m bench.audit_cost URL ...`` those named.
Written are people as an officer registers them, one transaction each by the product's own
use-case, and a thousand rows in one transaction, as a job writes them. Rounds with and without
alternate, and the median of their ratios is judged: the machine's moods meet both alike.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum.cn import ric

from bench.table import Figure, print_table
from ltc import settings
from ltc.rules.access import Actor, Role
from ltc.rules.insured import SchemeCode, Sex
from ltc.services.context import Context
from ltc.services.insured import Contact, register
from ltc.store import db, migrations
from ltc.store.areas import Area, District
from ltc.store.base import new_id
from ltc.store.insured import InsuredPerson
from ltc.store.sealed_cells import Purpose, digest_of, seal_cell

NOW = datetime(2019, 11, 14, 2, 30, tzinfo=UTC)
ROUNDS = 15
MOST_SHARE = 0.10  # issue 2: the cost, measured, stays under 10 % of write time
WRITES_A_ROUND = 60
ROWS_OF_A_JOB = 1_000
NUMBERS = itertools.count(1)


class Unaudited(Context):
    """A context whose transactions write no event: the floor of the comparison."""

    def record(self, *_given: Any, **_named: Any) -> None:
        """Record nothing."""

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit without an event."""
        with self.bookkeeping() as session:
            yield session
            session.flush()


def main(urls: list[str]) -> None:
    """Measure on every database, which must be empty, and print a table."""
    print_table(
        f"audit log: what an event costs, {ROUNDS} rounds each",
        (figure for url in urls for figure in measure_database(url)),
    )


def measure_database(url: str) -> Iterator[Figure]:
    """Migrate an empty database and yield the figures of both kinds of writes on it."""
    engine = db.create_engine(url)
    migrations.upgrade(engine)
    with tempfile.TemporaryDirectory() as home:
        keys = settings.load({"LTC_ENV": "test", "LTC_HOME": home}).keys
    with db.create_session_maker(engine, keys)() as session:
        area_id, district_id = _found(session)
        for name, write in WRITES.items():
            without, audited, cost = measure(session, area_id, district_id, write)
            yield Figure(engine.dialect.name, f"{name}, without", f"{without * 1e3:.2f} ms")
            yield Figure(engine.dialect.name, f"{name}, with its event", f"{audited * 1e3:.2f} ms")
            yield Figure(
                engine.dialect.name, f"{name}: the event's share", f"{cost * 100:.1f} %",
                f"under {MOST_SHARE * 100:.0f} %", cost < MOST_SHARE,
            )  # fmt: skip
    engine.dispose()


def measure(
    session: Session, area_id: int, district_id: int, write: Callable[[Context, int], int]
) -> tuple[float, float, float]:
    """Return the median seconds of a write without and with its event, and of the extra share."""
    actor = Actor(None, "bench", Role.MACHINE, area_id, door="shell")
    made = [kind(session, actor, NOW, policies=None) for kind in (Unaudited, Context)]  # type: ignore[arg-type]
    rounds: list[tuple[float, float]] = []
    for number in range(ROUNDS + 1):
        order = made if number % 2 else made[::-1]
        seconds = {type(ctx): _time(lambda ctx=ctx: write(ctx, district_id)) for ctx in order}
        rounds.append((seconds[Unaudited], seconds[Context]))
    rounds = rounds[1:]  # the first one warms up
    return (
        statistics.median(without for without, _ in rounds),
        statistics.median(audited for _, audited in rounds),
        statistics.median(audited / without - 1 for without, audited in rounds),
    )


def _register_people(ctx: Context, district_id: int) -> int:
    for _ in range(WRITES_A_ROUND):
        number = next(NUMBERS)
        contact = Contact("王淑珍", district_id, "钢花社区", f"138{number:08d}", "钢花路1号")
        register(
            ctx, identity=_identity(number), contact=contact, scheme=SchemeCode.EMPLOYEE,
            contribution_years=20, starts_on=date(2018, 1, 1),
        )  # fmt: skip
        ctx.session.expunge_all()
    return WRITES_A_ROUND


def _identity(number: int) -> str:
    """Return a valid identity number, another one for every number up to three million."""
    born_on = date(1930, 1, 1) + timedelta(days=number // 999)
    body = f"500103{born_on:%Y%m%d}{number % 999 + 1:03d}"
    return body + ric.calc_check_digit(body + "0")


def _insert_rows(ctx: Context, district_id: int) -> int:
    with ctx.transaction() as session:
        session.add_all([_person(ctx, district_id) for _ in range(ROWS_OF_A_JOB)])
        ctx.record("people.imported", "import_file", 1, {"rows": [None, ROWS_OF_A_JOB]})
    ctx.session.expunge_all()
    return 1


# What is written, by name; each returns how many transactions it made.
WRITES: dict[str, Callable[[Context, int], int]] = {
    "registering a person": _register_people,
    f"a job's {ROWS_OF_A_JOB:,} rows": _insert_rows,
}


def _person(ctx: Context, district_id: int) -> InsuredPerson:
    """A person with sealed identity number, phone and address, as registering makes one."""
    number, session = new_id(), ctx.session
    sealed = {
        column: seal_cell(session, InsuredPerson, column, number, str(number))
        for column in ("identity_sealed", "phone_sealed", "address_sealed")
    }
    return InsuredPerson(
        area_id=ctx.area_id, id=number, case_number=str(number), name="王淑珍", sex=Sex.FEMALE,
        born_on=date(1940, 5, 6), district_id=district_id, recorded_at=ctx.now,
        identity_digest=digest_of(session, str(number), Purpose.IDENTITY),
        identity_last4=str(number)[-4:], **sealed,
    )  # fmt: skip


def _found(session: Session) -> tuple[int, int]:
    """Return an area and a district to write into, made where there are none."""
    area_id = (session.scalar(sa.select(sa.func.max(Area.id))) or 0) + 1
    session.add(
        Area(id=area_id, code=f"bench{area_id}", name_zh="某市", name_en="Some city",
             time_zone="Asia/Shanghai", policy_area="chongqing")
    )  # fmt: skip
    session.flush()
    district = District(area_id=area_id, id=new_id(), code="1", name_zh="某区", name_en="Some")
    session.add(district)
    session.commit()
    return area_id, district.id


def _time(write: Callable[[], int]) -> float:
    """Return the seconds that one transaction took."""
    started = time.perf_counter()
    count = write()
    return (time.perf_counter() - started) / count


if __name__ == "__main__":
    main(sys.argv[1:])
