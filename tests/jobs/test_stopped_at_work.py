"""What a person stops while it is at work says so, in a person's words."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from ltc import clock
from ltc.jobs import calculation
from ltc.jobs.running import run_task
from ltc.services import jobs, leases
from ltc.services.payout_start import JOB_KIND
from ltc.services.payouts import Stopped, calculate_run, cancel_calculation
from ltc.services.statements import ask_for_statements
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutRun
from ltc.store.users import User
from tests.support.issuing import make_finance
from tests.support.month import AFTER, approve, calculate, make_month
from tests.support.scheduling import kill
from tests.support.sign_in import send, sign_in_as

PEOPLE = 9
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def finance(session, area, make_ctx):
    make_month(session, people=PEOPLE)
    return make_finance(session, make_ctx)


def stop_at_the_first_piece(ctx):
    """Let a person stop the month as soon as something is calculated."""

    def stop(progress):
        if progress.event == "chunk" and progress.done < progress.total:
            job = ctx.session.scalars(sa.select(JobRun).where(JobRun.kind == JOB_KIND)).one()
            cancel_calculation(ctx, job_id=job.id)

    return stop


def test_a_month_that_a_person_stops_says_so_and_goes_on_where_it_was(finance, session):
    preparer = finance[0]
    stop = stop_at_the_first_piece(preparer)
    with pytest.raises(Stopped, match=f"stopped by a person after 4 of {PEOPLE} people"):
        calculate(preparer, chunk_people=4, on_progress=stop)
    session.rollback()
    (job,) = session.scalars(sa.select(JobRun).where(JobRun.kind == JOB_KIND))
    assert (job.status, job.message) == (JobStatus.CANCELLED, leases.STOPPED)
    run = calculate(preparer, chunk_people=4)
    assert (run.sequence, run.people) == (1, PEOPLE)


def test_the_scheduled_month_that_a_person_stops_is_not_begun_again_by_itself(
    house, finance, session, make_ctx, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    stop = stop_at_the_first_piece(finance[0])
    monkeypatch.setattr(
        calculation,
        "calculate_run",
        lambda ctx, **given: calculate_run(ctx, **given | {"chunk_people": 4, "on_progress": stop}),
    )
    task = jobs.ask(
        make_ctx(now=AFTER), kind="calculate_last_month", on=AFTER.date(), dry_run=False,
        quiet=timedelta(days=1),
    )  # fmt: skip
    job = run_task(house, task.id, lambda: AFTER)
    assert job.status is JobStatus.FAILED
    assert "was stopped by a person after 4 of 9 people" in job.message
    session.rollback()
    assert session.scalars(sa.select(PayoutRun.status)).all() == ["calculating"]


def test_a_stalled_run_of_statements_can_be_stopped_where_it_is_seen(finance, session, client):
    approver = finance[2]
    run = approve(*finance)
    job = ask_for_statements(approver, run_id=run.id)
    kill(session, job.id)
    with time_machine.travel(AFTER, tick=False):
        sign_in_as(client, session.get_one(User, (1, approver.actor.user_id)))
        page, stop = f"/statements/runs/{run.id}", f"/statements/jobs/{job.id}/cancel"
        text = client.get(page, headers=ENGLISH).text
        assert stop in text
        assert "The scheduler goes on with it by itself" in text
        assert send(client, stop).status_code == 303
        text = client.get(page, headers=ENGLISH).text
        assert stop not in text
        assert "Issue all" in text
        assert leases.STOPPED in client.get(f"/statements/jobs/{job.id}", headers=ENGLISH).text
