"""What the audit log costs: the same writes with and without their events, durably, in one run.

``python -m bench audit`` takes both databases, ``python -m bench.audit_cost URL ...`` those named.
Written are people as an officer registers them, one transaction each by the product's own
use-case, and a thousand rows in one transaction, as a job writes them. Rounds with and without
alternate, and the median of their ratios is judged: the machine's moods meet both alike.

Sealing takes nobody's time who writes (tests prove it), but it is counted in, because the processor
is the same: what one event of a full block takes. At this rate of writing a minute fills many.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum.cn import ric

from bench.table import Figure, print_table
from ltc import settings
from ltc.rules.access import Actor, Role
from ltc.rules.audit import EVENTS_PER_BLOCK
from ltc.rules.insured import SchemeCode, Sex
from ltc.services.audit import seal_blocks
from ltc.services.context import Context
from ltc.services.insured import Contact, register
from ltc.store import db, migrations
from ltc.store.areas import Area, District
from ltc.store.base import new_id
from ltc.store.insured import InsuredPerson
from ltc.store.sealed_cells import Purpose, digest_of, seal_cell

NOW = datetime(2019, 11, 14, 2, 30, tzinfo=UTC)
ROUNDS = 41
MOST_SHARE = 0.10  # issue 2: the cost, measured, stays under 10 % of write time
WRITES_A_ROUND = 60
ROWS_OF_A_JOB = 1_000
SEALING_ROUNDS = 9
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
        sealing = measure_sealing(session, area_id)
        what = f"sealing {EVENTS_PER_BLOCK:,} events, a full block"
        yield Figure(engine.dialect.name, what, f"{sealing * EVENTS_PER_BLOCK * 1e3:.1f} ms")
        for name, write in WRITES.items():
            rounds = measure(session, area_id, district_id, write)
            yield from _describe(engine.dialect.name, name, rounds, sealing)
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of one write without an event, and with it."""

    without: float
    audited: float

    def share(self, sealing: float = 0) -> float:
        """Return what the event adds to the write, with the seconds that sealing it takes."""
        return (self.audited + sealing) / self.without - 1


def _describe(
    database: str, name: str, rounds: Sequence[Round], sealing: float
) -> Iterator[Figure]:
    """Yield the medians of a kind of write; ``sealing`` is the seconds for an event."""
    times = {
        "without": [each.without for each in rounds],
        "with its event": [each.audited for each in rounds],
    }
    shares = {
        "the event's share": [each.share() for each in rounds],
        "its share with sealing": [each.share(sealing) for each in rounds],
    }
    for what, seconds in times.items():
        yield Figure(database, f"{name}, {what}", f"{statistics.median(seconds) * 1e3:.2f} ms")
    for what, ratios in shares.items():
        share = statistics.median(ratios)
        yield Figure(
            database, f"{name}: {what}", f"{share * 100:.1f} %",
            f"under {MOST_SHARE * 100:.0f} %", share < MOST_SHARE,
        )  # fmt: skip


def measure(
    session: Session, area_id: int, district_id: int, write: Callable[[Context, int], int]
) -> list[Round]:
    """Return what a write took in each round; the order of with and without alternates."""
    made = [_make(kind, session, area_id) for kind in (Unaudited, Context)]
    rounds = []
    for number in range(ROUNDS + 1):
        order = made if number % 2 else made[::-1]
        spent = {type(ctx): _time(partial(write, ctx, district_id)) for ctx in order}
        (without, _), (audited, count) = spent[Unaudited], spent[Context]
        rounds.append(Round(without / count, audited / count))
    return rounds[1:]  # the first one warms up


def measure_sealing(session: Session, area_id: int) -> float:
    """Return the median seconds that an event of a full block takes to be sealed."""
    writer = _make(Context, session, area_id)
    sealer = _make(Context, session, area_id, NOW + timedelta(minutes=1))
    taken = []
    for _ in range(SEALING_ROUNDS):
        with writer.transaction():
            for number in range(EVENTS_PER_BLOCK):
                writer.record("person.corrected", "insured_person", number, {"name": ["a", "b"]})
        seconds, _blocks = _time(partial(seal_blocks, sealer))
        taken.append(seconds / EVENTS_PER_BLOCK)
    return statistics.median(taken)


def _make(kind: type[Context], session: Session, area_id: int, now: datetime = NOW) -> Context:
    actor = Actor(None, "bench", Role.MACHINE, area_id, door="shell")
    return kind(session, actor, now, policies=None)  # type: ignore[arg-type]


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


def _time(write: Callable[[], int]) -> tuple[float, int]:
    """Return the seconds that a call took, and what it returned."""
    started = time.perf_counter()
    count = write()
    return time.perf_counter() - started, count


if __name__ == "__main__":
    main(sys.argv[1:])
