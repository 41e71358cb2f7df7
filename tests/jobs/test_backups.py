"""The nightly tasks that look after the books and the backups."""

from datetime import date

import pytest
import sqlalchemy as sa

from ltc.jobs.backups import DrillFailed, back_up, drill_restore
from ltc.jobs.proving import BooksDisagree, MonthNotProven, check_the_books, prove_the_month
from ltc.jobs.registry import RUNNERS
from ltc.jobs.running import run_task
from ltc.jobs.work import Work
from ltc.rules.access import Role, build_machine
from ltc.rules.books import VERDICT_SENTENCES, Verdict
from ltc.rules.policies import NoLawOfArea
from ltc.rules.spoken import to_json
from ltc.rules.tasks import RESULT_NAMES, TASKS
from ltc.services import jobs
from ltc.store.audit_log import AuditEvent
from ltc.store.insured import Enrolment
from ltc.store.payout_sums import WHOLE, find_sums
from ltc.store.payouts import PayoutResult
from ltc.store.words import load_chinese
from tests.support import factories
from tests.support.month import AFTER, PEOPLE, approve, make_month
from tests.support.sign_in import sign_in_as


@pytest.fixture
def month(session, area, make_ctx):
    make_month(session)
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    users = [factories.make_user(session, role) for role in roles]
    return approve(*[make_ctx(role=u.role, user_id=u.id, now=AFTER) for u in users])


@pytest.fixture
def told():
    return []


@pytest.fixture
def make_work(house, make_ctx, told):
    def make(*, dry_run=False, on=date(2019, 12, 4), **inputs):
        return Work(house, make_ctx(now=AFTER), on, dry_run, lambda *_: None, told.append, inputs)

    return make


def test_every_task_is_done_by_something_and_says_only_what_has_a_name(month, make_work):
    assert set(RUNNERS) == set(TASKS)
    for work in (check_the_books, prove_the_month, back_up, drill_restore):
        result = work(make_work())
        assert set(result) - {"rows"} <= set(RESULT_NAMES)


def test_a_dry_run_leaves_no_backup_and_no_event(month, make_work, house, session):
    events = sa.select(sa.func.count()).select_from(AuditEvent)
    before = session.scalar(events)
    result = back_up(make_work(dry_run=True))
    assert result["table_rows"] > PEOPLE
    assert list(house.settings.backups.iterdir()) == []
    session.rollback()
    assert session.scalar(events) == before


def test_a_backup_sweeps_what_a_killed_drill_has_left(month, make_work, house):
    left = house.settings.scratch / "drill-killed"
    left.mkdir(parents=True)
    (left / "drill.db").write_bytes(b"names and grades")
    back_up(make_work())
    assert not left.exists()


def test_months_of_long_ago_are_checked_when_asked_for(month, make_work):
    later = date(2020, 3, 1)
    assert check_the_books(make_work(on=later))["runs"] == 0
    assert check_the_books(make_work(on=later, all=True))["runs"] == 1
    assert prove_the_month(make_work(on=later))["outcome"] == VERDICT_SENTENCES[Verdict.PROVEN]


def test_the_check_of_the_books_adds_up_what_a_killed_process_has_not(month, make_work, session):
    """It ended after its run stood and before the sums were stored: nothing calculates again."""
    machine = build_machine(1, "job")
    check_the_books(make_work(dry_run=True))
    assert not find_sums(session, machine, month, WHOLE)
    check_the_books(make_work())
    session.rollback()
    assert find_sums(session, machine, month, WHOLE)[0].fund_fen == month.fund_fen > 0


def test_what_does_not_agree_fails_the_task_and_is_named(month, make_work, session, told):
    result = session.scalars(sa.select(PayoutResult)).first()
    enrolment = session.scalars(sa.select(Enrolment)).first()
    enrolment.starts_on, result.days = AFTER.date(), 99
    session.commit()
    with pytest.raises(BooksDisagree) as differing:
        check_the_books(make_work())
    assert told == ["2019-11/1 Result: 1"]
    with pytest.raises(MonthNotProven, match="does not come out again") as not_proven:
        prove_the_month(make_work())
    for problem in (differing.value, not_proven.value):
        (row,) = problem.rows
        assert row["number"].startswith("CHO")
        assert row["number"] not in problem.message
    back_up(make_work())
    with pytest.raises(DrillFailed, match="chongqing: The month does not come out again") as bad:
        drill_restore(make_work())
    kept = to_json(bad.value)["values"]  # what the page says in the reader's language
    assert kept["why"] in VERDICT_SENTENCES.values()


def test_why_a_drill_failed_is_said_in_the_readers_language(
    month, area, session, make_ctx, make_work, house, client
):
    area.policy_area = "atlantis"
    session.merge(area)
    session.commit()
    back_up(make_work())
    job_id = jobs.plan(make_ctx(), kind="restore_drill", schedule_key="k", on=AFTER.date())
    job = run_task(house, job_id, lambda: AFTER)
    why = job.result["values"]["why"]
    assert why["values"]["area"] == "atlantis"
    assert NoLawOfArea(**why["values"]).message in job.message
    sign_in_as(client, factories.make_user(session, Role.ADMINISTRATOR))
    text = client.get(f"/jobs/{job_id}", headers={"Accept-Language": "zh-CN"}).text
    assert load_chinese()[why["reason"]].format(**why["values"]) in text
