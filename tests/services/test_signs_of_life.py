"""A month that waits for a piece says again and again that it lives, and notices that it is over."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from ltc.services import executors
from ltc.services.executors import Inline, ProcessPool
from ltc.services.payouts import Stopped, calculate_run
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutResult
from tests.support.asking import take_time_in_pool
from tests.support.month import AFTER, MONTH, make_month

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Slow(Inline):
    """Inline, but every piece is waited for as for another machine's; tells when the job lived."""

    seen_at: list[datetime] = field(default_factory=list)

    def map(self, task, common, pieces, tick):
        for result in super().map(task, common, pieces):
            tick()
            with self.open_session() as session:
                self.seen_at.append(session.scalar(sa.select(JobRun.heartbeat_at)))
            yield result


@pytest.fixture
def slow(engine):
    return Slow(engine)


@pytest.fixture
def ctx(session, area, make_ctx):
    make_month(session, people=2)
    return make_ctx(now=AFTER)


def test_a_month_that_waits_for_a_piece_shows_that_it_lives(ctx, slow):
    """The clock goes on by a minute whenever it is asked: at the start, then by the tick."""
    minutes = itertools.count()
    calculate_run(ctx, month=MONTH, executor=slow, clock=lambda: AFTER + next(minutes) * MINUTE)
    assert slow.seen_at == [AFTER + MINUTE]


def test_who_is_stopped_while_waiting_for_a_piece_writes_nothing(ctx, slow, session):
    def stop(_progress):
        session.execute(sa.update(JobRun).values(status=JobStatus.CANCELLED))
        session.commit()

    with pytest.raises(Stopped):
        calculate_run(ctx, month=MONTH, executor=slow, on_progress=stop, clock=lambda: AFTER)
    assert slow.seen_at == []
    assert session.scalar(sa.select(sa.func.count()).select_from(PayoutResult)) == 0


@pytest.mark.slow
def test_processes_that_take_their_time_give_signs_of_life(engine, monkeypatch):
    monkeypatch.setattr(executors, "TICK_SECONDS", 0.02)
    ticks = []
    pool = ProcessPool(engine, 2)
    assert [*pool.map(take_time_in_pool, None, [0.5], lambda: ticks.append(1))] == [0.5]
    assert ticks
