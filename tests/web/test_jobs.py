import html
import re
from datetime import date, timedelta

import pytest
import time_machine

from ltc.jobs.proving import BooksDisagree
from ltc.jobs.running import run_task
from ltc.rules.access import Role
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.services import jobs, leases, schedulers
from ltc.services.statements import job_key as statements_key
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobSchedule, JobStatus
from ltc.store.payouts import PayoutRun
from tests.conftest import NOW
from tests.support.factories import make_area, make_provider, make_user
from tests.support.scheduling import TASK, list_runs, runner
from tests.support.sign_in import send, sign_in_as

DAY = timedelta(days=1)


@pytest.fixture
def started(monkeypatch):
    """The processes that pages start."""
    words = []
    monkeypatch.setattr("ltc.web.jobs.start_process", lambda _settings, *given: words.append(given))
    return words


@pytest.fixture
def page(client, session, area):
    """An administrator's browser."""
    administrator = make_user(session, Role.ADMINISTRATOR)
    with time_machine.travel(NOW, tick=False):
        client.get("/language/en")
        yield sign_in_as(client, administrator)


def text_of(page, path, status=200):
    answer = page.get(path)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def words_of(page, path):
    """The words of a page, without its tags."""
    text = re.sub(r"<[^>]+>", " ", text_of(page, path))
    return " ".join(html.unescape(text).split())


def make_run(session):
    run = PayoutRun(area_id=1, id=90, month="2019-11", kind=RunKind.REGULAR, sequence=1,
                    status=RunStatus.APPROVED, known_at=NOW, policy_digest="0" * 64,
                    started_at=NOW)  # fmt: skip
    session.add(run)
    session.commit()
    return run


def make_file(session):
    file = ImportFile(area_id=1, id=91, kind="visits", file_name="Li Xiuying's visits.csv",
                      file_digest="0" * 64, counts={}, uploaded_at=NOW)  # fmt: skip
    session.add(file)
    session.commit()
    return file


def test_the_timetable_says_when_each_task_is_due_next_in_the_areas_zone(page):
    text = text_of(page, "/jobs/")
    assert "Calculate last month" in text
    assert "on day 1 of the month at 02:00" in text
    assert "2019-12-01 (Sun) 02:00" in text
    assert "No scheduler is running" in text
    assert "Nobody is mailed" in text


def test_a_scheduler_that_lives_and_one_that_is_silent(page, make_ctx):
    ctx = make_ctx()
    schedulers.sign_in(ctx, at=NOW)
    assert "scheduler is running" not in text_of(page, "/jobs/")
    schedulers.sign_in(ctx, at=NOW - timedelta(minutes=4))
    assert "gave no sign of life since 2019-11-14 (Thu) 10:26" in text_of(page, "/jobs/")


def test_what_is_late_stands_at_the_top_and_on_the_start_page(page, session):
    session.add(JobSchedule(area_id=1, kind="audit_check", since_at=NOW - 2 * DAY))
    session.commit()
    late = "Check the chain of the audit log was due 2019-11-14 (Thu) 03:00 and has not begun."
    text = text_of(page, "/jobs/")
    assert "Late tasks: 1." in text
    assert late in text
    assert late in text_of(page, "/")


def test_a_task_says_what_it_waits_for(page, session, make_ctx):
    path, waits = "/jobs/tasks/issue_statements", "and waits for “Issue statements” (asked by"
    session.add(JobSchedule(area_id=1, kind="issue_statements", since_at=NOW - DAY))
    run = make_run(session)
    run.approved_at = NOW
    session.commit()
    assert waits not in words_of(page, path)
    key, inputs = statements_key(run.id), {"run_id": str(run.id)}
    asker = make_ctx(role=Role.FINANCE_APPROVER, user_id=77)
    job = leases.ask(asker, kind="statements", key=key, inputs=inputs, at=NOW)
    session.commit()
    for told in (path, "/jobs/", "/"):
        text = words_of(page, told)
        assert f"was due 2019-11-14 (Thu) 10:30 {waits}" in text
        assert "whoever issues statements may stop it" in text
    assert f"/jobs/{job.id}" in text_of(page, path)
    assert "waits for" not in words_of(page, "/jobs/tasks/audit_check")
    job.status = JobStatus.DONE
    session.commit()
    assert waits not in words_of(page, path)


def test_a_date_that_waits_for_somebodys_run_is_not_called_late(page, session, make_ctx):
    session.add(JobSchedule(area_id=1, kind=TASK, since_at=NOW - 2 * DAY))
    administrator = make_user(session, Role.ADMINISTRATOR)
    ctx = make_ctx(role=Role.ADMINISTRATOR, user_id=administrator.id)
    job = jobs.ask(ctx, kind=TASK, on=NOW.date(), dry_run=False, quiet=DAY)
    assert jobs.plan(ctx, kind=TASK, schedule_key=f"{TASK}:2019-11-14", on=NOW.date()) is None
    waits = (
        "Check the books was due 2019-11-14 (Thu) 03:30 and waits for “Check the books” (asked by "
        f"{administrator.name}, 2019-11-14 (Thu) 10:30). It begins by itself when that has ended."
        " If that takes too long, stop it on its page."
    )
    for path in ("/jobs/", f"/jobs/tasks/{TASK}", "/"):
        assert waits in words_of(page, path)
    assert "Late tasks" not in words_of(page, "/jobs/")
    assert f'href="/jobs/{job.id}"' in text_of(page, f"/jobs/tasks/{TASK}")
    assert send(page, f"/jobs/{job.id}/cancel", {}).status_code == 303
    assert "Late tasks: 1." in words_of(page, "/jobs/")


def test_run_now_starts_a_process_and_its_page_tells_the_result(page, started, house):
    answer = send(page, "/jobs/tasks/audit_check/run", {})
    (job,) = list_runs(house, "audit_check")
    assert answer.status_code == 303
    assert started == [("jobs", "run", str(job.id))]
    page_of_it = text_of(page, f"/jobs/{job.id}")
    assert "It was asked for and begins in a moment." in page_of_it
    assert "at work" not in page_of_it
    again = send(page, "/jobs/tasks/audit_check/run", {})
    assert again.status_code == 409
    run_task(house, job.id, lambda: NOW)
    text = text_of(page, f"/jobs/{job.id}")
    assert "It is done." in text
    assert "Blocks" in text
    assert "How long it took" in text_of(page, "/jobs/tasks/audit_check")
    assert page.get(f"/jobs/{job.id}/progress").headers["HX-Redirect"] == f"/jobs/{job.id}"


def test_a_dry_run_says_that_it_is_one(page, started, house):
    send(page, "/jobs/tasks/ending_soon/run", {"dry_run": "1"})
    (job,) = list_runs(house, "ending_soon")
    assert job.dry_run
    assert "Dry run: nothing is written" in text_of(page, f"/jobs/{job.id}")
    assert "dry run" in text_of(page, "/jobs/?task=ending_soon")


def test_a_waiting_job_is_stopped_at_once(page, started, house):
    send(page, "/jobs/tasks/deadlines/run", {})
    (job,) = list_runs(house, "deadlines")
    assert send(page, f"/jobs/{job.id}/cancel", {}).status_code == 303
    assert list_runs(house, "deadlines")[0].status is JobStatus.CANCELLED
    assert "It was stopped." in text_of(page, f"/jobs/{job.id}")
    again = send(page, f"/jobs/{job.id}/cancel", {}, follow_redirects=True)
    assert "This job has ended already." in again.text
    assert "is being stopped" not in again.text


def test_why_it_failed_is_told(page, make_ctx, house, session, area):
    area.policy_area = "atlantis"
    session.merge(area)
    session.commit()
    ctx = make_ctx()
    kind, on = "calculate_last_month", date(2019, 11, 1)
    job_id = jobs.plan(ctx, kind=kind, schedule_key="k", on=on)
    run_task(house, job_id, lambda: NOW)
    text = text_of(page, f"/jobs/{job_id}")
    assert "It failed." in text
    assert "There is no law of “atlantis” here." in text
    assert jobs.plan(ctx, kind=kind, schedule_key="k", on=on) is None
    assert "failed" in text_of(page, "/jobs/?state=failed")
    assert "No run fits" in text_of(page, "/jobs/?state=done")


def test_amounts_and_cases_are_not_for_administrators(page, client, make_ctx, house, session):
    ctx = make_ctx()
    job_id = jobs.plan(ctx, kind="deadlines", schedule_key="k", on=NOW.date())
    lease = jobs.claim(ctx, job_id=job_id, at=NOW, quiet=DAY)
    rows = [{"number": "A-77", "due_on": "2019-11-15"}]
    result = {"found": 1, "fund_fen": 123_400, "rows": rows}
    jobs.finish(ctx, lease, at=NOW, result=result)
    text = text_of(page, f"/jobs/{job_id}")
    assert "A-77" not in text
    assert "1,234.00" not in text
    sign_in_as(client, make_user(session, Role.AUDITOR))
    text = text_of(client, f"/jobs/{job_id}")
    assert "A-77" in text
    assert "1,234.00" in text
    assert "Run now" not in text_of(client, "/jobs/tasks/deadlines")
    assert send(client, "/jobs/tasks/deadlines/run", {}).status_code == 403


def test_what_differs_in_the_books_is_told_to_who_may_see_cases(
    page, client, make_ctx, house, session, monkeypatch
):
    detail = {"text": "{name}: stored {stored}, should be {wanted}",
              "values": {"name": "fund_fen", "stored": "765", "wanted": "432"}}  # fmt: skip

    def find(_work):
        problem = BooksDisagree(found=1, first="2019-11/1")
        problem.rows = [{"run": "2019-11/1", "number": "A-77", "what": "Line", "detail": detail}]
        raise problem

    job_id = jobs.plan(make_ctx(), kind=TASK, schedule_key="k", on=NOW.date())
    with runner(monkeypatch, find):
        run_task(house, job_id, lambda: NOW)
    text = words_of(page, f"/jobs/{job_id}")  # a token of a form may hold any digits
    assert "1 things in the books do not agree. The first: 2019-11/1." in text
    assert "A-77" not in text
    assert "765" not in text
    sign_in_as(client, make_user(session, Role.AUDITOR))
    text = words_of(client, f"/jobs/{job_id}")
    assert "A-77" in text
    assert "fund_fen: stored 765, should be 432" in text


@pytest.mark.parametrize(("kind", "at"), [("calculate", "payouts"), ("statements", "statements")])
def test_why_a_month_was_not_worked_on_is_told_in_chinese(client, session, make_ctx, kind, at):
    ctx, inputs = make_ctx(), {"month": "2019-10", "run_id": "1"}
    with ctx.bookkeeping():
        job = leases.ask(ctx, kind=kind, key="k", inputs=inputs, at=NOW)
    problem = leases.AlreadyRunning(done=3, total=7, since="09:41")
    leases.withdraw_request(ctx, job_id=job.id, problem=problem)
    with time_machine.travel(NOW, tick=False):
        sign_in_as(client, make_user(session, Role.FINANCE_APPROVER))
        answer = client.get(f"/{at}/jobs/{job.id}", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200
    assert "09:41" in answer.text
    assert "already" not in answer.text


def ask_for(ctx, kind, **inputs):
    with ctx.bookkeeping():
        return leases.ask(ctx, kind=kind, key=f"{kind}:k", inputs=inputs, at=NOW)


def test_what_a_calculation_was_asked_is_told_by_name_and_by_locale(page, session, make_ctx):
    preparer = make_user(session, Role.FINANCE_PREPARER)
    ctx = make_ctx(role=Role.FINANCE_PREPARER, user_id=preparer.id)
    job = ask_for(ctx, "calculate", month="2019-10", known_at="2019-11-05T16:00:00+00:00")
    text = words_of(page, f"/jobs/{job.id}")
    assert "Month October 2019 As known 2019-11-06 (Wed) 00:00" in text
    assert f"Asked by {preparer.name}" in text
    assert "October 2019" in words_of(page, "/jobs/?task=calculate")
    page.get("/language/zh_CN")
    assert "2019年10月" in words_of(page, f"/jobs/{job.id}")


def test_a_run_a_provider_and_a_file_are_named_to_those_who_may_see_them(
    page, client, session, make_ctx
):
    provider, run, file = make_provider(session), make_run(session), make_file(session)
    about = {"run_id": str(run.id), "month": run.month, "provider_id": str(provider.id)}
    statements = ask_for(make_ctx(), "statements", **about)
    upload = ask_for(make_ctx(), "import", import_id=str(file.id), status="begun", row=41)
    paths = [f"/jobs/{job.id}" for job in (statements, upload)]
    told = " ".join(words_of(page, path) for path in paths)  # to an administrator
    assert "For the provider one provider" in told
    assert "File one file What is to be done carry it out From row 41" in told
    for name in (provider.name, file.file_name):
        assert name not in told
    sign_in_as(client, make_user(session, Role.AUDITOR))
    told = " ".join(words_of(client, path) for path in paths)
    assert f"Run November 2019 / 1 For the provider {provider.name}" in told
    assert f"File {file.file_name} (Visits)" in told


def test_the_scheduled_month_is_the_one_before_its_day(page, make_ctx):
    on = date(2019, 11, 1)
    jobs.plan(make_ctx(), kind="calculate_last_month", schedule_key="k", on=on)
    text = words_of(page, "/jobs/?task=calculate_last_month")
    assert "October 2019 2019-11-01 (Fri)" in text


def test_an_unknown_task_has_no_page(page):
    text_of(page, "/jobs/tasks/make_coffee", 404)


def test_what_is_done_once_for_all_areas_is_asked_for_in_the_first(page, started, house, session):
    other = make_area(session)
    sign_in_as(page, make_user(session, Role.ADMINISTRATOR, area_id=other.id))
    assert send(page, "/jobs/tasks/backup/run", {}).status_code == 404
    assert send(page, "/jobs/tasks/deadlines/run", {}).status_code == 303
    assert list_runs(house, "backup") == []
