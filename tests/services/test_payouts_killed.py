"""A run that was killed, wherever it was, ends with the same bytes as an undisturbed one."""

import json
import multiprocessing
import subprocess
import sys

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.services.executors import Inline, ProcessPool, WorkerGone
from ltc.services.payouts import preview_run
from ltc.store.job_runs import JobRun, JobStatus
from tests.support.factories import make_user
from tests.support.month import AFTER, MONTH, PEOPLE, calculate, make_month
from tests.support.sign_in import sign_in_as

SEED = 20191130
POINTS = 20
STAGES = 7  # started, five chunks, calculated


@pytest.mark.kill
@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_bytes(session, area, database_url):
    make_month(session)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kill_runs", database_url, str(SEED), str(POINTS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    undisturbed, *killed = [json.loads(line) for line in done.stdout.splitlines()]
    assert undisturbed["rows"] == PEOPLE
    assert len(killed) == POINTS + STAGES
    for outcome in killed:
        assert outcome["status"] == "calculated", outcome
        assert outcome["rows"] == PEOPLE, outcome
        assert outcome["run_digest"] == undisturbed["run_digest"], outcome
        assert outcome["stored"] == undisturbed["stored"], outcome
    # They really were interrupted at different places, and took up what was done.
    assert {outcome["chunks_done"] for outcome in killed} >= {0, 1, 2, 3, 4}


@pytest.mark.kill
@pytest.mark.slow
def test_a_month_whose_worker_is_killed_says_so_and_is_finished_by_the_next_start(
    session, area, engine, make_ctx, client
):
    make_month(session)
    ctx, pool = make_ctx(now=AFTER), ProcessPool(engine, 2)
    expected = preview_run(ctx, month=MONTH, executor=Inline(engine)).digest

    def kill_workers(progress):
        if progress.event == "chunk":
            for worker in multiprocessing.active_children():
                worker.kill()

    with pytest.raises(WorkerGone, match="A working process ended, for lack of memory perhaps"):
        calculate(ctx, executor=pool, chunk_people=2, on_progress=kill_workers)
    job = session.scalar(sa.select(JobRun))
    assert job.status is JobStatus.FAILED
    assert 0 < job.progress_done < PEOPLE

    sign_in_as(client, make_user(session, Role.FINANCE_PREPARER))
    page = client.get(f"/payouts/jobs/{job.id}", headers={"Accept-Language": "en"}).text
    assert "The month was not finished." in page
    assert "What is done stays: start again." in page
    assert "Nothing was calculated" not in page
    assert calculate(ctx, executor=pool, chunk_people=2).digest == expected
