"""Kills calculations at chosen points, lets each be taken up again, and writes what came out.

``python -m tests.support.kill_runs URL SEED POINTS``: a process of its own, single-threaded, so that
it may fork the ones that are killed. Writes one JSON object a line: where it was killed, how many
chunks were done by then, and a digest over all that the finished run stored. The first line is an
undisturbed run.
"""

import hashlib
import json
import os
import random
import sys
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.services.context import Context
from ltc.services.executors import Inline
from ltc.services.payouts import Progress, calculate_run, send_back
from ltc.store import db
from ltc.store.payouts import (
    PayoutBridge,
    PayoutHold,
    PayoutLine,
    PayoutResult,
    PayoutRun,
    PayoutSum,
    RunChunk,
)
from ltc.store.policies import load_law
from ltc.store.sealing import KeyRing
from tests.support.kill_points import KillPoint, die
from tests.support.month import AFTER, MONTH

CHUNK_PEOPLE = 5
KEYS = KeyRing("k1", {"k1": bytes(32)}, bytes(32))  # of the remark's digest
NOT_CONTENT = {"id", "run_id"}  # of a row, not of what was calculated


def calculate(url: str, kill_at: int | None, kill_stage: int | None) -> int:
    """Calculate the month; return how many statements and commits it took."""
    engine = db.create_engine(url)
    point = KillPoint(engine, kill_at)
    stages = iter(range(1_000))

    def report(_progress: Progress) -> None:
        if next(stages) == kill_stage:
            die()

    with Session(engine, expire_on_commit=False) as session:
        calculate_run(
            context(session), month=MONTH, executor=Inline(engine), clock=lambda: AFTER,
            chunk_people=CHUNK_PEOPLE, on_progress=report,
        )  # fmt: skip
    engine.dispose()
    return point.count


def context(session: Session) -> Context:
    actor = Actor(None, "machine", Role.MACHINE, 1, door="test")
    return Context(session, actor, AFTER, load_law())


def kill(url: str, **where: int | None) -> None:
    """Run a calculation in a process that is killed at the given point."""
    child = os.fork()
    if child == 0:
        calculate(url, where.get("kill_at"), where.get("kill_stage"))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"not killed: {where}")


def look(url: str) -> dict[str, Any]:
    """Return what the newest run has stored, and set it aside for the next one."""
    engine = db.create_engine(url)
    with Session(engine, info={"keys": KEYS}) as session:
        run = session.scalars(sa.select(PayoutRun).order_by(PayoutRun.sequence.desc())).first()
        found = {"runs": run.sequence, "status": run.status.value, "run_digest": run.digest}
        found["stored"] = digest_rows(session, run.id)
        found["rows"] = session.scalar(
            sa.select(sa.func.count()).where(PayoutResult.run_id == run.id)
        )
        send_back(context(session), run_id=run.id, remark="for the next test")
    engine.dispose()
    return found


def digest_rows(session: Session, run_id: int) -> str:
    """A digest over every column of every row that says what was calculated."""
    digest = hashlib.sha256()
    for table in (PayoutResult, PayoutLine, PayoutHold, RunChunk, PayoutSum, PayoutBridge):
        columns = [c for c in table.__table__.columns if c.key not in NOT_CONTENT]
        query = sa.select(*columns).where(table.run_id == run_id)
        digest.update(repr(sorted(map(repr, session.execute(query)))).encode())
    return digest.hexdigest()


def count_done(url: str) -> int:
    engine = db.create_engine(url)
    with Session(engine) as session:
        newest = sa.select(sa.func.max(PayoutRun.sequence)).scalar_subquery()
        done = session.scalar(
            sa.select(sa.func.count())
            .select_from(RunChunk)
            .join(PayoutRun, PayoutRun.id == RunChunk.run_id)
            .where(PayoutRun.sequence == newest, RunChunk.digest.is_not(None),
                   PayoutRun.status == "calculating")
        )  # fmt: skip
    engine.dispose()
    return done or 0


def main(url: str, seed: int, points: int) -> None:
    steps = calculate(url, None, None)
    print(json.dumps({"killed": None, **look(url)}))
    chosen = random.Random(seed).sample(range(1, steps + 1), points)
    wheres = [{"kill_at": point} for point in sorted(chosen)]
    wheres += [{"kill_stage": stage} for stage in range(7)]
    for where in wheres:
        kill(url, **where)
        done = count_done(url)
        if where.get("kill_stage") != 6:  # killed after the very end: nothing is left to do
            calculate(url, None, None)
        print(json.dumps({"killed": where, "chunks_done": done, **look(url)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
