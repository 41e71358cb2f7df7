"""What a person asked for on a page, and whose process ended, is gone on with by the scheduler."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from ltc.jobs import going_on
from ltc.jobs.asked import AskerGone, context_of
from ltc.jobs.going_on import run_job
from ltc.jobs.imports import work_asked
from ltc.rules.access import Role
from ltc.rules.imports import ImportKind, ImportStatus
from ltc.rules.tasks import ASKED_TITLES
from ltc.services import imports, jobs, leases
from ltc.services.payouts import ask_for_run
from ltc.services.statements import ask_for_statements
from ltc.services.uploads import UploadGone, keep_upload, uploads_folder
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutRun
from ltc.store.visits import Fee
from tests.conftest import NOW
from tests.services.import_files import ROWS, make_world, write_csv
from tests.support import factories
from tests.support.issuing import make_finance
from tests.support.month import AFTER, MONTH, approve, make_month
from tests.support.scheduling import kill, look_and_go_on
from tests.support.sign_in import send, sign_in_as

MINUTE = timedelta(minutes=1)
FEES = 3


@pytest.fixture(autouse=True)
def _clock_of_the_database(monkeypatch):
    monkeypatch.setattr("ltc.jobs.scheduling.read_clock", lambda _session, at: at)


@pytest.fixture
def officer(session, area, make_ctx):
    make_world(session)
    user = factories.make_user(session, Role.OFFICER)
    return make_ctx(Role.OFFICER, user_id=user.id)


@pytest.fixture
def asked(officer, house, tmp_path):
    """An import that a person asked for: a trial that waits for its process."""
    rows = [{**ROWS[ImportKind.FEES], "reference": f"F{n}"} for n in range(FEES)]
    content = write_csv(tmp_path / "fees.csv", rows).read_bytes()
    digest = keep_upload(
        uploads_folder(house.settings.documents), io.BytesIO(content), house.settings.keys
    )
    return imports.receive(officer, kind=ImportKind.FEES, file_name="fees.csv", file_digest=digest)


def text_of(client, asked):
    answer = client.get(f"/imports/{asked.import_id}", headers={"Accept-Language": "en"})
    return answer.text


def test_everything_that_a_person_asks_for_can_be_gone_on_with():
    assert set(going_on.ASKED) == set(ASKED_TITLES)


def test_a_trial_whose_process_ended_is_gone_on_with(house, asked, session):
    kill(session, asked.job_id)
    (job,) = look_and_go_on(house, NOW + MINUTE)
    assert (job.status, job.attempts) == (JobStatus.DONE, 2)
    assert "Taken over: the process" in job.log
    session.expire_all()
    assert session.get_one(ImportFile, (1, asked.import_id)).status is ImportStatus.TRIED
    assert look_and_go_on(house, NOW + 2 * MINUTE) == []


def test_what_was_ordered_is_carried_out_once(house, asked, officer, session):
    look_and_go_on(house, NOW + jobs.LEFT_AFTER + MINUTE)  # the trial, which no process began
    ordered = imports.ask_to_carry_out(officer, import_id=asked.import_id)
    kill(session, ordered.job_id)
    (job,) = look_and_go_on(house, NOW + MINUTE)
    assert job.status is JobStatus.DONE
    assert session.scalar(sa.select(sa.func.count()).select_from(Fee)) == FEES


def test_what_is_tried_out_is_not_carried_out_without_an_order(house, asked, session):
    kill(session, asked.job_id)
    look_and_go_on(house, NOW + MINUTE)
    look_and_go_on(house, NOW + timedelta(days=1))
    assert session.scalar(sa.select(sa.func.count()).select_from(Fee)) == 0


def test_a_month_whose_process_ended_is_calculated(house, session, area, make_ctx):
    make_month(session, people=4)
    user = factories.make_user(session, Role.FINANCE_PREPARER)
    ctx = make_ctx(Role.FINANCE_PREPARER, user_id=user.id, now=AFTER)
    kill(session, ask_for_run(ctx, month=MONTH).id)
    (job,) = look_and_go_on(house, AFTER + MINUTE)
    assert (job.status, job.attempts) == (JobStatus.DONE, 2)
    run = session.scalars(sa.select(PayoutRun)).one()
    assert (run.month, run.people) == (str(MONTH), 4)


def test_the_page_of_a_month_says_that_it_goes_on_by_itself(session, area, make_ctx, client):
    user = factories.make_user(session, Role.FINANCE_PREPARER)
    ctx = make_ctx(Role.FINANCE_PREPARER, user_id=user.id, now=AFTER)
    job_id = ask_for_run(ctx, month=MONTH).id
    with time_machine.travel(AFTER, tick=False):
        sign_in_as(client, user)
        path, english = f"/payouts/jobs/{job_id}", {"Accept-Language": "en"}
        assert "goes on with it by itself" not in client.get(path, headers=english).text
        kill(session, job_id)
        assert "goes on with it by itself" in client.get(path, headers=english).text


def test_who_is_at_work_is_left_alone_whatever_the_other_clock_says(house, asked, session):
    kill(session, asked.job_id, holder="elsewhere/1/1")
    for minutes in (5, 19):  # of another machine, whose clock is behind
        assert look_and_go_on(house, NOW + minutes * MINUTE) == []
    (job,) = look_and_go_on(house, NOW + 21 * MINUTE)
    assert job.status is JobStatus.DONE


def test_the_page_says_that_it_goes_on_by_itself(house, asked, officer, session, client):
    kill(session, asked.job_id)
    sign_in_as(client, session.get_one(factories.User, (1, officer.actor.user_id)))
    assert "The scheduler goes on with it by itself" in text_of(client, asked)
    at_work = {"holder": leases.name_holder(), "attempts": 2}
    with time_machine.travel(NOW, tick=False):
        kill(session, asked.job_id, **at_work)
        text = text_of(client, asked)
    assert "The scheduler started another one" in text


def test_what_ends_its_process_again_and_again_is_given_up(house, asked, session):
    kill(session, asked.job_id, attempts=jobs.MOST_ATTEMPTS)
    with pytest.raises(jobs.GivenUp):
        look_and_go_on(house, NOW + MINUTE)
    job = session.get_one(JobRun, (1, asked.job_id))
    session.refresh(job)
    assert (job.status, "ended 3 times" in job.message) == (JobStatus.FAILED, True)
    assert look_and_go_on(house, NOW + 2 * MINUTE) == []


def stop_while(house, officer, asked):
    """Let a person stop the import after it was taken up, before the work begins."""

    def begin(_house, job_id):
        imports.cancel(officer, import_id=asked.import_id)
        return work_asked(house, job_id)

    return begin


def test_a_stopped_import_is_not_gone_on_with(house, asked, officer, session, client):
    kill(session, asked.job_id)
    sign_in_as(client, session.get_one(factories.User, (1, officer.actor.user_id)))
    path = f"/imports/{asked.import_id}/cancel"
    assert path in text_of(client, asked)
    assert send(client, path).status_code == 303
    assert look_and_go_on(house, NOW + MINUTE) == []
    assert path not in text_of(client, asked)


def test_what_is_stopped_just_before_the_work_is_not_begun(
    house, asked, officer, session, monkeypatch
):
    kill(session, asked.job_id)
    monkeypatch.setitem(going_on.ASKED, "import", stop_while(house, officer, asked))
    with pytest.raises(leases.JobNotLive):
        look_and_go_on(house, NOW + MINUTE)
    session.expire_all()
    assert session.get_one(JobRun, (1, asked.job_id)).status is JobStatus.CANCELLED
    assert session.get_one(ImportFile, (1, asked.import_id)).status is ImportStatus.ARRIVED


def test_a_stopped_month_is_not_gone_on_with(house, session, area, make_ctx, client):
    make_month(session, people=2)
    user = factories.make_user(session, Role.FINANCE_PREPARER)
    ctx = make_ctx(Role.FINANCE_PREPARER, user_id=user.id, now=AFTER)
    job_id = ask_for_run(ctx, month=MONTH).id
    kill(session, job_id)
    with time_machine.travel(AFTER, tick=False):
        sign_in_as(client, user)
        path = f"/payouts/jobs/{job_id}"
        assert f"{path}/cancel" in client.get(path).text
        assert send(client, f"{path}/cancel").status_code == 303
        assert f"{path}/cancel" not in client.get(path).text
    assert look_and_go_on(house, AFTER + MINUTE) == []


def test_stopped_statements_are_not_gone_on_with(house, session, area, make_ctx, client):
    make_month(session, people=2)
    finance = make_finance(session, make_ctx)
    job_id = ask_for_statements(finance[2], run_id=approve(*finance).id).id
    kill(session, job_id)
    with time_machine.travel(AFTER, tick=False):
        sign_in_as(client, session.get_one(factories.User, (1, finance[2].actor.user_id)))
        path = f"/statements/jobs/{job_id}"
        assert f"{path}/cancel" in client.get(path).text
        assert send(client, f"{path}/cancel").status_code == 303
    assert look_and_go_on(house, AFTER + MINUTE) == []


@pytest.mark.parametrize("change", ["deactivated", "gone"])
def test_nobody_goes_on_as_a_person_who_may_no_longer_sign_in(
    house, asked, officer, session, change
):
    if change == "deactivated":
        session.get_one(factories.User, (1, officer.actor.user_id)).active = False
    else:
        session.get_one(JobRun, (1, asked.job_id)).asked_by_id = 77
    session.commit()
    kill(session, asked.job_id)
    with pytest.raises(AskerGone):
        look_and_go_on(house, NOW + MINUTE)
    session.expire_all()
    job = session.get_one(JobRun, (1, asked.job_id))
    assert (job.status, job.message) == (JobStatus.CANCELLED, AskerGone().message)
    assert session.get_one(ImportFile, (1, asked.import_id)).status is ImportStatus.ARRIVED


def test_what_nobody_asked_for_is_done_by_the_machine(house, asked, session):
    job = session.get_one(JobRun, (1, asked.job_id))
    job.asked_by_id = None
    session.commit()
    assert context_of(house, session, job).actor.role is Role.MACHINE


def test_an_import_waits_for_the_machine_that_keeps_its_upload(house, asked, session, tmp_path):
    kill(session, asked.job_id)
    elsewhere = replace(house, settings=replace(house.settings, documents=tmp_path / "empty"))
    assert look_and_go_on(elsewhere, NOW + MINUTE) == []
    with pytest.raises(UploadGone):
        run_job(elsewhere, asked.job_id, lambda: NOW + MINUTE)
    session.expire_all()
    job = session.get_one(JobRun, (1, asked.job_id))
    assert (job.status, job.attempts) == (JobStatus.RUNNING, 1)
    (job,) = look_and_go_on(house, NOW + MINUTE)
    assert job.status is JobStatus.DONE


def test_two_that_go_on_at_the_same_moment_are_one(house, asked, session):
    kill(session, asked.job_id)
    run_job(house, asked.job_id, lambda: NOW + MINUTE)
    with pytest.raises(jobs.TakenElsewhere):
        run_job(house, asked.job_id, lambda: NOW + MINUTE)
