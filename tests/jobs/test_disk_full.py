"""A scheduled task that finds the disk full: it says so at once, and "Run now" goes on with it."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ltc import clock
from ltc.jobs import calculation
from ltc.jobs.running import run_task
from ltc.rules.payouts.runs import RunStatus
from ltc.services import jobs
from ltc.services.payouts import calculate_run
from ltc.store.job_runs import JobStatus
from ltc.store.payouts import PayoutResult, PayoutRun
from ltc.store.reachable import DatabaseFull
from tests.support.month import AFTER, PEOPLE, make_month
from tests.support.scheduling import house_with, list_runs, look_and_run, nightly

TASK = "calculate_last_month"
DAY = timedelta(days=1)
RESULTS = sa.select(sa.func.count()).select_from(PayoutResult)


@contextmanager
def full_at_the_first_chunk(disk, engine, monkeypatch):
    """Whoever calculates meanwhile finds the disk full when the first chunk is closed."""

    def calculate(ctx, on_progress, **given):
        def tell(progress):
            on_progress(progress)
            if progress.done and not filled:
                filled.append(disk.fill(engine))

        return calculate_run(ctx, on_progress=tell, chunk_people=4, **given)

    filled = []
    with monkeypatch.context() as patch:
        patch.setattr(calculation, "calculate_run", calculate)
        yield
    disk.make_room(engine)


def find_job(house):
    (job,) = list_runs(house, TASK)
    return job


def test_it_fails_with_what_to_do_and_is_gone_on_with(
    disk, house, area, session, make_ctx, monkeypatch
):
    make_month(session)
    session.commit()
    house, at = house_with(house, nightly(TASK)), AFTER + DAY
    monkeypatch.setattr("ltc.jobs.scheduling.read_clock", lambda _session, at: at)
    monkeypatch.setattr(clock, "now", lambda: at)
    look_and_run(house, AFTER)
    with (
        full_at_the_first_chunk(disk, house.engine, monkeypatch),
        pytest.raises(sa.exc.OperationalError),
    ):
        look_and_run(house, at)
    failed = find_job(house)
    assert (failed.status, failed.message) == (JobStatus.FAILED, DatabaseFull().message)
    assert 0 < session.scalar(RESULTS) < PEOPLE
    asked = jobs.ask(make_ctx(now=at), kind=TASK, on=at.date(), dry_run=False, quiet=DAY)
    assert run_task(house, asked.id, lambda: at).status is JobStatus.DONE
    session.rollback()
    (run,) = session.scalars(sa.select(PayoutRun))
    assert (run.sequence, run.status, session.scalar(RESULTS)) == (1, RunStatus.CALCULATED, PEOPLE)
