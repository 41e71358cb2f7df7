"""A scheduler that is killed with the job it is at, wherever that is, loses nothing and does nothing twice.

Every task of the registry, in a world that has work for each: a month to calculate, an approved one
to prove and to issue the statements of, a backup to restore.
"""

import json
import os
import subprocess
import sys

import pytest

from ltc import clock
from ltc.jobs.backups import back_up
from ltc.jobs.work import Work
from ltc.rules.access import Role
from ltc.rules.tasks import TASKS
from ltc.services.audit import seal_blocks
from ltc.store.job_runs import JobSchedule
from tests.conftest import ROOT
from tests.support.factories import make_user
from tests.support.issuing import make_finance
from tests.support.kill_jobs import LAST, MONTH, SERVED
from tests.support.month import AFTER, approve, make_month
from tests.support.sign_in import sign_in_as

PEOPLE = 6


@pytest.fixture
def database_url(fresh_database_url):
    """One that nobody is connected to: it is copied for each case."""
    return fresh_database_url


@pytest.fixture
def world(session, area, make_ctx, house, monkeypatch):
    """An approved November with nothing issued, served since the 1st of December, backed up."""
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    make_month(session, people=PEOPLE)
    approve(*make_finance(session, make_ctx))
    administrator = make_user(session, Role.ADMINISTRATOR)
    session.add_all(JobSchedule(area_id=1, kind=kind, since_at=SERVED) for kind in TASKS)
    session.commit()
    ctx = make_ctx(now=AFTER)
    back_up(Work(house, ctx, AFTER.date(), False, lambda *_: None, lambda _text: None))
    seal_blocks(ctx, settle_seconds=0)
    session.close()
    house.engine.dispose()
    return administrator


def tell_cases(environ):
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kill_jobs"],
        env={**os.environ, **environ}, cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=1_200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.kill
@pytest.mark.slow
def test_every_task_is_taken_over_at_every_stage(world, environ, client):
    told = tell_cases(environ)
    undisturbed = {case["task"]: case for case in told if case["point"] is None}
    assert set(undisturbed) == set(TASKS)
    for case in undisturbed.values():
        (job,) = case["jobs"]
        assert (job["status"], job["attempts"]) == ("done", 1), job
    killed = [case for case in told if case["point"] is not None]
    assert {case["task"] for case in killed if "running" in case["at_death"]} == set(TASKS)
    for case in killed:
        check_as_undisturbed(case, undisturbed[case["task"]])
    check_written(undisturbed)
    check_page(client, world, killed[-1])


def check_as_undisturbed(case, first):
    """Same digests, nothing twice, nobody left out, nothing half done, and the takeover is told."""
    assert case["killed"]
    assert case["left_alive"] == 0
    (job,), (wanted,) = case["jobs"], first["jobs"]
    assert {**job, "id": "", "attempts": 1, "taken_over": False} == {**wanted, "id": ""}, case
    was_at_work = case["at_death"] == ["running"]
    assert (job["attempts"], job["taken_over"]) == (1 + was_at_work, was_at_work), case
    assert case["stored"] == first["stored"], (case["task"], case["point"])


def check_written(undisturbed):
    """The world has work for each: otherwise what was killed had nothing to lose."""
    (november, december) = undisturbed[LAST]["stored"]["months"]
    assert december[0] == MONTH
    assert december[4] == november[4] == PEOPLE
    issued = undisturbed["issue_statements"]
    assert len(issued["stored"]["statements"]) == issued["jobs"][0]["result"]["issued"] >= PEOPLE
    assert len(undisturbed["backup"]["stored"]["backups"]) == 2
    assert undisturbed["prove_last_month"]["jobs"][0]["result"]["month"] == "2019-11"
    assert undisturbed["books_check"]["jobs"][0]["result"]["runs"] == 1


def check_page(client, administrator, case):
    """The last case happened in the installation of this test: its page tells of the takeover."""
    sign_in_as(client, administrator)
    text = client.get(f"/jobs/{case['jobs'][0]['id']}", headers={"Accept-Language": "en"}).text
    assert "It is done." in text
    assert "Taken over: the process" in text
