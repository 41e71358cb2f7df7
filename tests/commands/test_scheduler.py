"""The scheduler as a process: beside the pages, not inside of them, and through trouble."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import click
import pytest
import sqlalchemy as sa

from ltc.commands.machine import plainly
from ltc.commands.scheduler import Watch
from ltc.store.job_runs import JobRun, JobSchedule, JobStatus, Scheduler
from tests.conftest import ROOT

PATIENCE_SECONDS = 90
PORT = 8462
WORKERS = 4
TASK = "ending_soon"


@pytest.fixture
def start(environ, tmp_path):
    """Start ``flask …`` on the test's database; what it says goes to a file."""
    started = []

    def flask(*words, **more):
        command = [sys.executable, "-m", "flask", "--app", "app", *words]
        with (tmp_path / "said").open("ab") as said:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **environ, **more}, stdout=said, stderr=said
            )
        started.append(process)
        return process

    yield flask
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture
def due(session, area):
    """A task that is due: served for two days and not done."""
    session.add(JobSchedule(area_id=1, kind=TASK, since_at=datetime.now(UTC) - timedelta(days=2)))
    session.commit()


def wait_until(is_so):
    for _ in range(PATIENCE_SECONDS * 5):
        if is_so():
            return
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


def list_jobs(session):
    session.rollback()
    return list(session.scalars(sa.select(JobRun)))


def is_done(session):
    return [job.status for job in list_jobs(session)] == [JobStatus.DONE]


def answers(path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=20) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.slow
def test_four_web_workers_schedule_nothing_and_a_scheduler_beside_them_does(due, session, start):
    start("serve", "--port", str(PORT), "--workers", str(WORKERS), "--seal-every", "0")
    wait_until(lambda: answers("/readyz"))
    assert all(answers("/healthz") for _request in range(5 * WORKERS))
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
