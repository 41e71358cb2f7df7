"""Planning, running, taking over and telling, on real databases with a clock that is set."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from ltc import clock
from ltc.jobs.running import run_task
from ltc.jobs.scheduling import look
from ltc.rules.months import Month
from ltc.rules.timetable import CatchUp, Timetable
from ltc.services import jobs, leases
from ltc.services.payout_start import JOB_KIND, job_key
from ltc.services.uploads import uploads_folder
from ltc.store.areas import Area
from ltc.store.base import Base
from ltc.store.job_questions import find_newest_scheduler
from ltc.store.job_runs import JobRun, JobStatus
from tests.conftest import NOW
from tests.support.factories import make_area
from tests.support.month import make_month
from tests.support.scheduling import (
    TASK,
    always,
    house_with,
    list_runs,
    look_and_run,
    nightly,
    runner,
)

DAY = timedelta(days=1)
MONTHLY = "calculate_last_month"


@pytest.fixture
def done(monkeypatch):
    """The business days that the task was done for."""
    days = []

    def work(given):
        days.append(given.on)
        given.log("at work")
        given.report(1, 1)
        return {"found": len(days)}

    with runner(monkeypatch, work):
        yield days


def test_a_date_is_done_once_and_the_next_one_on_its_day(house, area, done):
    house = house_with(house, nightly())
    for at in (NOW, NOW + DAY, NOW + DAY, NOW + DAY + timedelta(hours=1)):
        look_and_run(house, at)
    assert done == [date(2019, 11, 15)]
    (job,) = list_runs(house)
    assert (job.status, job.result, job.attempts) == (JobStatus.DONE, {"found": 1}, 1)
    assert "at work" in job.log


def test_every_missed_date_is_caught_up_the_earliest_first(house, area, done):
    house = house_with(house, nightly())
    look_and_run(house, NOW)
    for _look in range(5):
        look_and_run(house, NOW + 3 * DAY)
    assert done == [date(2019, 11, day) for day in (15, 16, 17)]


def test_of_some_tasks_only_the_newest_date_is_caught_up(house, area, done):
    house = house_with(house, nightly(catch_up=CatchUp.NEWEST))
    look_and_run(house, NOW)
    for _look in range(3):
        look_and_run(house, NOW + 3 * DAY)
    assert done == [date(2019, 11, 17)]


def test_two_schedulers_five_minutes_apart_do_a_date_once(house, area, done):
    house = house_with(house, nightly())
    look_and_run(house, NOW)
    two = NOW.replace(hour=18, minute=0)  # 02:00 of the 15th in Chongqing
    for ahead in (5, 0, 5, 0):
        for minutes in (-4, -1, 0, 1, 4, 9):
            look_and_run(house, two + timedelta(minutes=minutes + ahead))
    assert done == [date(2019, 11, 15)]


def test_each_area_has_its_own_clock_and_its_own_entries(house, area, session, done):
    make_area(session, code="berlin", time_zone="Europe/Berlin")
    make_area(session, code="never", time_zone="Asia/Shanghai")
    entry = nightly()
    otherwise = {"berlin": {TASK: replace(entry, at=time(5))}, "never": {TASK: None}}
    house = replace(house, timetable=Timetable({TASK: entry}, otherwise))
    look_and_run(house, NOW)
    midnight = NOW.replace(hour=0, minute=0) + DAY
    begun = {}
    for hours in (-6, -5, 2, 3, 4, 5):  # 02:00 in Chongqing is 18:00 UTC, 05:00 in Berlin 04:00
        at = midnight + timedelta(hours=hours)
        begun |= {job.area_id: (hours, job.due_on) for job in look_and_run(house, at)}
    other = session.scalar(sa.select(Area.id).where(Area.code == "berlin"))
    assert begun == {1: (-6, date(2019, 11, 15)), other: (4, date(2019, 11, 15))}


def test_schedulers_at_the_same_moment_do_a_date_once(house, area, done):
    house = house_with(house, nightly())
    look_and_run(house, NOW)

    def one(_number):
        try:
            return look_and_run(house, NOW + DAY)
        except jobs.TakenElsewhere:
            return []

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert done == [date(2019, 11, 15)]


def test_a_month_that_somebody_calculates_is_a_failure_that_is_seen(
    house, area, session, make_ctx, monkeypatch
):
    make_month(session, people=1)
    house, at, ctx = house_with(house, nightly(MONTHLY)), NOW + DAY, make_ctx()
    monkeypatch.setattr(clock, "now", lambda: at)
    look_and_run(house, NOW)
    key = job_key(Month(2019, 10))
    lease = leases.acquire(ctx, kind=JOB_KIND, key=key, inputs={}, at=at)
    session.commit()
    (job,) = look_and_run(house, at)
    assert job.status is JobStatus.FAILED
    assert "This is already being done, since " in job.message
    assert "Wait until it has ended." in job.message
    assert look_and_run(house, at) == []  # nor is it done over and over
    leases.end(session, lease, JobStatus.DONE, at=at)
    session.commit()
    (job,) = look_and_run(house, at + DAY)
    assert job.status is JobStatus.DONE, job.message


def test_an_area_without_law_fails_and_says_what_to_do(house, area, session, monkeypatch):
    area.policy_area = "atlantis"
    session.merge(area)
    session.commit()
    entry = nightly(MONTHLY)
    house = house_with(house, entry)
    look_and_run(house, NOW)
    (job,) = look_and_run(house, NOW + DAY)
    assert job.status is JobStatus.FAILED
    assert "no law of “atlantis”" in job.message
    assert "docs/add-a-city.md" in job.message


def test_an_error_of_the_program_ends_the_job_visibly(house, area, monkeypatch):
    def work(given):
        raise ZeroDivisionError("a name: 张三")

    house = house_with(house, nightly())
    with runner(monkeypatch, work):
        look_and_run(house, NOW)
        with pytest.raises(ZeroDivisionError):
            look_and_run(house, NOW + DAY)
    (job,) = list_runs(house)
    assert job.status is JobStatus.FAILED
    assert "ZeroDivisionError" in job.message
    assert "张三" not in job.message


def test_a_silent_worker_is_replaced_and_writes_nothing_more(house, area, monkeypatch):
    house = house_with(house, nightly(quiet_minutes=30))
    seen = []

    def hang(given):
        """The first attempt is silent for an hour, while somebody else takes over."""
        seen.append(given)
        if len(seen) == 1:
            monkeypatch.setattr(leases, "name_holder", lambda: "another/1/1")
            later = NOW + DAY + timedelta(hours=1)
            assert look(house, always, lambda: later - timedelta(minutes=31)) == []
            (again,) = look_and_run(house, later)
            assert again.status is JobStatus.DONE
            given.report(1, 2)
        return {"found": 2}

    with runner(monkeypatch, hang):
        look_and_run(house, NOW)
        with pytest.raises(leases.LeaseLost):
            look_and_run(house, NOW + DAY)
    (job,) = list_runs(house)
    assert (job.status, job.attempts, job.holder) == (JobStatus.DONE, 2, "another/1/1")
    assert "Taken over" in job.log
    assert "was silent since" in job.log


def test_a_job_whose_process_ends_again_and_again_is_given_up(house, area, session, done):
    house = house_with(house, nightly())
    look_and_run(house, NOW)
    (job_id,) = look(house, always, lambda: NOW + DAY)
    gone = sa.update(JobRun).where(JobRun.id == job_id)
    gone = gone.values(status=JobStatus.RUNNING, attempts=jobs.MOST_ATTEMPTS, holder="away/1/1")
    session.execute(gone)
    session.commit()
    with pytest.raises(jobs.GivenUp):
        look_and_run(house, NOW + DAY + timedelta(hours=1))
    (job,) = list_runs(house)
    assert job.status is JobStatus.FAILED
    assert "ended 3 times" in job.message
    assert done == []


def test_dates_done_while_the_clock_was_ahead_are_done_again_when_they_come(house, area, done):
    house = house_with(house, nightly(catch_up=CatchUp.NEWEST))
    look_and_run(house, NOW)
    look_and_run(house, NOW + 5 * DAY)  # the clock jumps ahead,
    look_and_run(house, NOW)  # and back
    for days in range(1, 6):
        look_and_run(house, NOW + days * DAY)
    assert done == [date(2019, 11, 19), *(date(2019, 11, day) for day in range(15, 20))]
    assert "clock was ahead" in next(job for job in list_runs(house) if not job.schedule_key).log


def test_a_scheduler_whose_clock_differs_from_the_databases_schedules_nothing(
    house, area, done, session
):
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has no clock of its own")
    house = house_with(house, nightly())
    start = session.scalar(sa.text("SELECT clock_timestamp()"))
    session.rollback()
    look_and_run(house, start)
    assert look_and_run(house, start + timedelta(days=2)) == []
    assert "Set the clock" in find_newest_scheduler(session).trouble
    assert done == []


@pytest.fixture(autouse=True)
def _clock_of_the_database(request, monkeypatch):
    """These tests live in 2019; the one about clocks asks the database."""
    if "clock_differs" not in request.node.name:
        monkeypatch.setattr("ltc.jobs.scheduling.read_clock", lambda _session, at: at)


def test_a_look_removes_uploads_that_nobody_came_back_for(house, area):
    folder = uploads_folder(house.settings.documents)
    folder.mkdir(parents=True)
    for name, days in (("a" * 64, 8), ("b" * 64, 6), ("12.left-out", 8)):
        (folder / name).write_bytes(b"sealed")
        then = (NOW - timedelta(days=days)).timestamp()
        os.utime(folder / name, (then, then))
    look(house, lambda _job_id, **_named: False, now=lambda: NOW)
    assert [path.name for path in folder.iterdir()] == ["b" * 64]


def test_a_job_is_stopped_with_its_next_sign_of_life(house, area, make_ctx, monkeypatch):
    def work(given):
        (job,) = list_runs(house)
        jobs.cancel(make_ctx(), job_id=job.id)
        given.report(1, 2)
        return {}

    house = house_with(house, nightly())
    with runner(monkeypatch, work):
        look_and_run(house, NOW)
        (job,) = look_and_run(house, NOW + DAY)
    assert job.status is JobStatus.CANCELLED


@pytest.mark.parametrize(
    "kind", ["ending_soon", "deadlines", "audit_check", "calculate_last_month"]
)
def test_a_dry_run_writes_nothing_but_its_own_job(house, area, make_ctx, kind):
    job = jobs.ask(make_ctx(), kind=kind, on=NOW.date(), dry_run=True, quiet=DAY)
    before = _count_rows(house)
    done = run_task(house, job.id, lambda: NOW)
    assert done.status is JobStatus.DONE, done.message
    assert _count_rows(house) == before


def test_a_task_that_writes_in_a_dry_run_is_refused(house, area, make_ctx, monkeypatch):
    def work(given):
        with given.machine.transaction():
            given.machine.record("area.changed", "area", 1)
        return {}

    job = jobs.ask(make_ctx(), kind=TASK, on=NOW.date(), dry_run=True, quiet=DAY)
    before = _count_rows(house)
    with runner(monkeypatch, work), pytest.raises(sa.exc.SQLAlchemyError):
        run_task(house, job.id, lambda: NOW)
    assert _count_rows(house) == before


def _count_rows(house):
    with house.engine.connect() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }
