"""The scheduler as a process: beside the pages, not inside of them, and through trouble."""

import json
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
import sqlalchemy as sa

from ltc.commands.machine import plainly
from ltc.commands.scheduler import Watch
from ltc.commands.serve import THREADS
from ltc.store.job_runs import JobRun, JobSchedule, JobStatus, Scheduler
from tests.support.processes import PATIENCE_SECONDS, ask, starting, wait_until

PORT = 8462
WORKERS = 4
# In this database alone: other tests use the same server.
WAITS_FOR_A_LOCK = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE NOT granted AND datname = current_database()
"""
TASK = "ending_soon"
OFF_CLOCK = (sys.executable, "-m", "tests.support.off_clock")
TELLING = (sys.executable, "-m", "tests.support.telling_workers", "--app", "app")
ANSWERING = ("MainThread", "ThreadPoolExecutor-0_")  # gunicorn's


@pytest.fixture
def start(environ, tmp_path):
    with starting(environ, tmp_path / "said") as start:
        yield start


@pytest.fixture
def due(session, area):
    """A task that is due: served for two days and not done."""
    session.add(JobSchedule(area_id=1, kind=TASK, since_at=datetime.now(UTC) - timedelta(days=2)))
    session.commit()


def list_jobs(session):
    session.rollback()
    return list(session.scalars(sa.select(JobRun)))


def are_done(session):
    return [job.status is JobStatus.DONE for job in list_jobs(session)]


def is_done(session):
    return are_done(session) == [True]


def see_trouble(session):
    """What the one scheduler says of itself; None before it is there."""
    session.rollback()
    return session.scalar(sa.select(Scheduler.trouble))


def list_kept_ahead(session, today):
    """The jobs that stand for a date which has not come."""
    is_ahead = (JobRun.due_on > today.date(), JobRun.schedule_key.is_not(None))
    return list(session.scalars(sa.select(JobRun.id).where(*is_ahead)))


def list_children(pid):
    """The processes that a process has started and that live, whichever of its threads did."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for thread in threads for child in thread.read_text().split()]


def answers(path):
    return ask(PORT, path)[0] == 200


def check_nothing_waits(worker, told):
    """Nothing but the threads that answer: no timer that would fire later, no process of its own."""
    strange = [name for name in told["threads"] if not name.startswith(ANSWERING)]
    assert (strange, told["alarm"], list_children(worker)) == ([], [0, 0], [])
    assert len(told["threads"]) <= 1 + THREADS


@pytest.mark.slow
def test_four_web_workers_schedule_nothing_and_a_scheduler_beside_them_does(
    due, session, start, tmp_path
):
    told = tmp_path / "told"
    told.mkdir()
    server = start("serve", "--port", str(PORT), "--workers", str(WORKERS), "--seal-every", "0",
                   program=TELLING, LTC_TEST_TOLD=str(told))  # fmt: skip
    wait_until(lambda: answers("/readyz"))
    wait_until(lambda: len(list_children(server.pid)) == WORKERS)
    workers = list_children(server.pid)
    wait_until(lambda: answers("/readyz") and all((told / each).exists() for each in workers))
    for worker in workers:
        check_nothing_waits(worker, json.loads((told / worker).read_text()))
    assert list_jobs(session) == []
    assert session.scalars(sa.select(Scheduler)).all() == []

    scheduler = start("scheduler", "--every", "1")
    wait_until(lambda: is_done(session))
    assert len(session.scalars(sa.select(Scheduler)).all()) == 1
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(timeout=PATIENCE_SECONDS) == 0
    session.rollback()
    assert session.scalars(sa.select(Scheduler)).all() == []
    assert is_done(session)


def write_timetable(folder, at):
    """The task daily at this time, each date caught up."""
    timetable = folder / "timetable.yaml"
    timetable.write_text(
        f'tasks:\n  {TASK}: {{repeats: daily, at: "{at:%H:%M}", catch_up: every, back_days: 7,'
        " quiet_minutes: 15}\n"
    )
    return str(timetable)


def set_clock(path, off):
    """Set a machine's clock off by so many seconds; those who read it see it at once, and whole."""
    new = path.with_name("new")
    new.write_text(str(off))
    new.rename(path)
    return str(path)


@pytest.mark.slow
def test_four_schedulers_two_of_them_five_minutes_ahead_do_each_date_once(
    area, session, start, tmp_path
):
    """One date was missed; the next is due for two at once, and for two while all of them look."""
    now = datetime.now(UTC)
    due_at = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    behind = (due_at - now).total_seconds() - 8  # its clock comes to the date in eight seconds
    since = due_at - timedelta(days=1, hours=1)
    session.add(JobSchedule(area_id=1, kind=TASK, since_at=since))
    session.commit()
    at = due_at.astimezone(ZoneInfo(area.time_zone))
    timetable = write_timetable(tmp_path, at)
    for off in (behind, behind + 300) * 2:
        clock = set_clock(tmp_path / f"{off:.0f}", off)
        start(clock, "scheduler", "--every", "1", program=OFF_CLOCK, LTC_TIMETABLE=timetable)
    wait_until(lambda: len(are_done(session)) == 2 and all(are_done(session)))

    def all_are_past():
        session.rollback()
        beats = session.scalars(sa.select(Scheduler.heartbeat_at)).all()
        return len(beats) == 4 and min(beats) > due_at + timedelta(seconds=3)

    wait_until(all_are_past)
    done = {(job.due_on, job.status, job.attempts) for job in list_jobs(session)}
    dates = [at.date() - timedelta(days=days) for days in (1, 0)]
    assert done == {(day, JobStatus.DONE, 1) for day in dates}
    assert len(list_jobs(session)) == len(dates)


@pytest.mark.slow
def test_a_clock_that_jumps_a_day_ahead_and_back_costs_no_date(area, session, start, tmp_path):
    """On SQLite it is the only clock; PostgreSQL's own shows that the machine's is wrong."""
    now = datetime.now(UTC)
    area.time_zone = f"Etc/GMT{now.hour - 12:+d}"  # it is noon there: no midnight comes between
    session.add(JobSchedule(area_id=1, kind=TASK, since_at=now))
    session.commit()
    today = now.astimezone(ZoneInfo(area.time_zone))
    timetable = write_timetable(tmp_path, today - timedelta(hours=1))
    clock, is_only_clock = tmp_path / "clock", session.get_bind().dialect.name == "sqlite"
    start(set_clock(clock, 0), "scheduler", "--every", "1", program=OFF_CLOCK,
          LTC_TIMETABLE=timetable)  # fmt: skip
    wait_until(lambda: see_trouble(session) == "")
    for jump in range(2):  # it is wrong, and then the day really comes
        set_clock(clock, 24 * 60 * 60)
        if is_only_clock:
            wait_until(lambda jump=jump: are_done(session) == [True] * (jump + 1))
        else:
            wait_until(lambda: "Set the clock" in see_trouble(session))
        set_clock(clock, 0)
        wait_until(lambda: see_trouble(session) == "" and not list_kept_ahead(session, today))
    jobs = list_jobs(session)
    tomorrow = today.date() + timedelta(days=1)
    assert [job.due_on for job in jobs] == ([tomorrow] * 2 if is_only_clock else [])
    assert all("clock was ahead" in job.log for job in jobs)


@pytest.mark.kill
@pytest.mark.slow
@pytest.mark.parametrize("is_job_killed", [False, True])
def test_the_job_of_a_killed_scheduler_is_done_once(due, session, start, is_job_killed):
    """A lock keeps the job's process in the middle of its work."""
    engine = session.get_bind()
    if engine.dialect.name == "sqlite":
        pytest.skip("no lock of SQLite keeps a reader waiting")
    with engine.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE conclusions IN ACCESS EXCLUSIVE MODE")
        first = start("scheduler", "--every", "1")
        wait_until(lambda: session.scalar(sa.text(WAITS_FOR_A_LOCK)) or session.rollback())
        (job,) = list_jobs(session)
        assert job.status is JobStatus.RUNNING
        first.kill()
        first.wait()
        if is_job_killed:
            os.kill(int(job.holder.split("/")[1]), signal.SIGKILL)
        start("scheduler", "--every", "1")
        wait_until(lambda: len(session.scalars(sa.select(Scheduler)).all()) == 2
                   or session.rollback())  # fmt: skip
        holding.rollback()
    wait_until(lambda: is_done(session))
    session.expire_all()
    (job,) = list_jobs(session)
    assert (job.attempts, "Taken over" in job.log) == (1 + is_job_killed, is_job_killed)


@pytest.mark.kill
@pytest.mark.slow
def test_a_database_that_was_away_is_found_again(due, session, start, tmp_path):
    """PostgreSQL ends all connections and takes no new one, as when it is started anew."""
    engine = session.get_bind()
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite is a file: it is not away")
    session.execute(sa.delete(JobSchedule))
    session.commit()
    start("scheduler", "--every", "1")
    wait_until(
        lambda: (
            session.scalar(sa.select(sa.func.count()).select_from(JobSchedule))
            or session.rollback()
        )
    )
    session.close()
    engine.dispose()
    with _outside(engine) as server:
        name = engine.url.database
        server.exec_driver_sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        try:
            server.exec_driver_sql(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            wait_until(lambda: "Nothing is scheduled now" in (tmp_path / "said").read_text())
        finally:
            server.exec_driver_sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    wait_until(lambda: "Scheduling again." in (tmp_path / "said").read_text())
    past = datetime.now(UTC) - timedelta(days=2)
    session.execute(sa.update(JobSchedule).where(JobSchedule.kind == TASK).values(since_at=past))
    session.commit()
    wait_until(lambda: is_done(session))


def _outside(engine):
    url = engine.url.set(database="postgres")
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect()


def test_two_looks_never_go_on_at_once():
    looks = []

    def once():
        looks.append(1)
        watch.look()  # as the timer does, while the first is still at it

    watch = Watch(once, every=1)
    watch.look()
    assert len(looks) == 1
    watch.look()
    assert len(looks) == 2


def test_the_words_of_the_database_about_a_row_are_not_repeated():
    refusal = sqlite3.IntegrityError("Key (name)=(张三) already exists.")
    with pytest.raises(click.ClickException) as raised, plainly():
        raise sa.exc.IntegrityError("INSERT", {}, refusal)
    assert raised.value.message == "The database refused (IntegrityError)."


@pytest.mark.slow
def test_a_timetable_with_a_mistake_stops_the_start(start, tmp_path, area):
    wrong = tmp_path / "timetable.yaml"
    wrong.write_text("tasks:\n  make_coffee: {}\n")
    assert start("scheduler", LTC_TIMETABLE=str(wrong)).wait(timeout=PATIENCE_SECONDS) == 1
    said = (tmp_path / "said").read_text()
    assert "timetable.yaml:2: tasks.make_coffee: is not a task" in said
    assert "Traceback" not in said
