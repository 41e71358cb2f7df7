"""The scheduled statements: all of an approved month, whoever was at it before, or a reason why not."""

from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from ltc import clock
from ltc.jobs import calculation
from ltc.jobs.running import run_task
from ltc.jobs.scheduling import look
from ltc.jobs.statements import issue_asked
from ltc.rules.timetable import CatchUp, Entry, Repeats
from ltc.services import jobs, leases, statement_sheets, statements
from ltc.services.statement_printers import Inline
from ltc.services.statements import ask_for_statements
from ltc.store.documents import DocumentsFull
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.pdf import FontMissing, Printed
from tests.support.issuing import issue_all, list_rows, make_finance
from tests.support.month import AFTER, approve, later, make_month
from tests.support.scheduling import (
    always,
    house_with,
    kill,
    list_runs,
    look_and_go_on,
    look_and_run,
)

PEOPLE = 6
STATEMENTS = PEOPLE + 2
KIND = "issue_statements"
ENTRY = Entry(KIND, Repeats.AFTER_APPROVAL, time(0), CatchUp.EVERY, 62, 30)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Pages are filled in this process and not laid out; the time is the month's."""
    monkeypatch.setattr(statement_sheets, "print_page", lambda html: Printed(html.encode(), 1))
    monkeypatch.setattr(statements, "check_printer", lambda: None)
    monkeypatch.setattr("ltc.jobs.statements.Crew", lambda engine, _workers: Inline(engine))
    monkeypatch.setattr("ltc.jobs.scheduling.read_clock", lambda _session, at: at)
    monkeypatch.setattr(clock, "now", lambda: later(AFTER, minutes=10))


@pytest.fixture
def month(session, area):
    return make_month(session, people=PEOPLE)


@pytest.fixture
def approver(session, area, make_ctx, month):
    return make_finance(session, make_ctx)[2]


@pytest.fixture
def run(session, make_ctx, approver, house):
    look(house_with(house, ENTRY), always, lambda: AFTER - DAY)  # served since then
    preparer, checker, _other = make_finance(session, make_ctx)
    return approve(preparer, checker, approver)


def ask_by_hand(house, make_ctx, **given):
    asked = jobs.ask(make_ctx(), kind=KIND, on=AFTER.date(), quiet=DAY, **given)
    return run_task(house, asked.id, lambda: AFTER)


def test_a_dry_run_says_what_would_be_issued_and_writes_nothing(house, make_ctx, run, session):
    tried = ask_by_hand(house, make_ctx, dry_run=True)
    assert list_rows(session) == []
    done = ask_by_hand(house, make_ctx, dry_run=False)
    assert tried.result == done.result == {"rows": [{"month": "2019-11", "issued": STATEMENTS}]}
    assert len(list_rows(session)) == STATEMENTS


def test_all_are_issued_where_one_providers_job_was_killed(
    house, make_ctx, approver, run, month, session
):
    killed = ask_for_statements(approver, run_id=run.id, provider_id=month.providers[0].id)
    make_stale(session, killed)
    assert ask_by_hand(house, make_ctx, dry_run=False).status is JobStatus.DONE
    rows = list_rows(session)
    assert len(rows) == STATEMENTS
    assert {row.issued_at for row in rows} == {AFTER}  # as it began


def test_the_shell_issues_all_where_one_providers_job_was_killed(
    approver, run, month, documents, session
):
    killed = ask_for_statements(approver, run_id=run.id, provider_id=month.providers[0].id)
    make_stale(session, killed)
    assert issue_all(approver, run, documents).done == STATEMENTS


def test_another_providers_job_goes_on_for_the_one_that_is_asked_for(approver, run, month, session):
    mine, other = month.providers
    killed = ask_for_statements(approver, run_id=run.id, provider_id=mine.id)
    make_stale(session, killed)
    again = ask_for_statements(approver, run_id=run.id, provider_id=other.id)
    assert (again.id, again.inputs["provider_id"]) == (killed.id, str(other.id))


def test_a_providers_own_job_is_waited_for(house, approver, run, month, session):
    house = house_with(house, ENTRY)
    job = ask_for_statements(approver, run_id=run.id, provider_id=month.providers[0].id)
    assert look_and_run(house, later(AFTER, seconds=30)) == []
    assert list_runs(house, KIND) == []
    job.status = JobStatus.DONE
    session.commit()
    (done,) = look_and_run(house, later(AFTER, seconds=60))
    assert (done.status, done.result["issued"]) == (JobStatus.DONE, STATEMENTS)


def test_what_is_left_out_is_a_failure_that_is_seen(house, make_ctx, run, month, monkeypatch):
    class Progress:
        done = 3

    monkeypatch.setattr(calculation, "issue_asked", lambda *_given: Progress)
    ended = ask_by_hand(house, make_ctx, dry_run=False)
    assert ended.status is JobStatus.FAILED
    assert f"{STATEMENTS} statements could not be printed" in ended.message
    assert month.people[0].case_number not in ended.message  # mailed, and for everybody


def printing_until_the_fourth(end):
    """Return what prints three pages and then ends with an error."""
    printed = []

    def print_page(html):
        printed.append(html)
        if len(printed) == 4:
            raise end
        return Printed(html.encode(), 1)

    return print_page


@pytest.mark.parametrize(
    ("problem", "what_to_do"),
    [
        (FontMissing(file="NotoSansSC-Regular.ttf"), "NotoSansSC-Regular.ttf"),
        (DocumentsFull(reason="No space left on device"), "Make room"),
    ],
)
def test_what_stops_printing_is_seen_and_the_next_run_goes_on(
    house, make_ctx, run, session, monkeypatch, problem, what_to_do
):
    monkeypatch.setattr(statements, "PEOPLE_PER_PIECE", 1)
    with monkeypatch.context() as patch:
        patch.setattr(statement_sheets, "print_page", printing_until_the_fourth(problem))
        stopped = ask_by_hand(house, make_ctx, dry_run=False)
    assert (stopped.status, what_to_do in stopped.message) == (JobStatus.FAILED, True)
    assert stopped.result["reason"] == problem.template  # for the page, in the reader's language
    assert len(list_rows(session)) == 3
    assert ask_by_hand(house, make_ctx, dry_run=False).status is JobStatus.DONE
    session.rollback()
    assert len(list_rows(session)) == STATEMENTS


class Killed(BaseException):
    """The end of a process that has no time to write down anything."""


@pytest.fixture
def begun(house, approver, run, session, monkeypatch):
    """A person's order to issue all, whose process was killed after three of them."""
    asked = ask_for_statements(approver, run_id=run.id)
    monkeypatch.setattr(statements, "PEOPLE_PER_PIECE", 1)
    with monkeypatch.context() as patch:
        patch.setattr(statement_sheets, "print_page", printing_until_the_fourth(Killed()))
        with pytest.raises(Killed):
            issue_asked(house, asked.id)
    kill(session, asked.id)
    assert len(list_rows(session)) == 3
    return asked


def test_what_a_person_asked_for_goes_on_by_itself_after_a_kill(house, begun, approver, session):
    before = [(row.number, row.file_digest) for row in list_rows(session)]
    (job,) = look_and_go_on(house, later(AFTER, minutes=1))
    assert (job.id, job.status, job.attempts) == (begun.id, JobStatus.DONE, 2)
    assert "Taken over: the process" in job.log
    assert job.asked_by_id == approver.actor.user_id
    session.rollback()
    rows = list_rows(session)
    assert len({row.subject_id for row in rows}) == len(rows) == STATEMENTS
    assert set(before) < {(row.number, row.file_digest) for row in rows}
    assert {row.issued_at for row in rows} == {AFTER}  # as it began
    assert look_and_go_on(house, later(AFTER, minutes=2)) == []


def test_another_machine_goes_on_when_it_must_be_gone(house, begun, session):
    kill(session, begun.id, holder="elsewhere/1/1")
    assert look_and_go_on(house, later(AFTER, minutes=29)) == []  # last seen after ten
    (job,) = look_and_go_on(house, later(AFTER, minutes=31))
    session.rollback()
    assert (job.status, len(list_rows(session))) == (JobStatus.DONE, STATEMENTS)


def test_the_timetable_leaves_alone_what_goes_on_by_itself(house, begun, session):
    house = house_with(house, ENTRY)
    (job,) = look_and_go_on(house, later(AFTER, minutes=1), house.timetable)
    assert (job.id, job.status) == (begun.id, JobStatus.DONE)
    assert list_runs(house, KIND) == []


@pytest.fixture
def documents(tmp_path):
    return tmp_path / "documents"


def make_stale(session, job):
    """Its process was killed long before."""
    long_ago = AFTER - 2 * leases.STALE_AFTER
    query = sa.update(JobRun).where(JobRun.id == job.id).values(heartbeat_at=long_ago)
    session.execute(query)
    session.commit()
