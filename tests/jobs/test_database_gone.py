"""PostgreSQL really stopped and started: pages say so, and everything goes on by itself.

``LTC_TEST_PROFILE=thorough`` leaves it away for a whole minute.
"""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ltc.rules.access import Actor, Role
from ltc.services.context import Context
from ltc.services.executors import Inline
from ltc.services.payouts import ask_for_run, preview_run
from ltc.store.job_runs import JobRun, JobSchedule, JobStatus
from ltc.store.payouts import PayoutRun
from tests.support import databases, factories, postgres
from tests.support.month import MONTH, make_month
from tests.support.processes import ask, starting, wait_until

OUTAGE_SECONDS = 60 if os.environ.get("LTC_TEST_PROFILE") == "thorough" else 3
PORT = 8463
TASK = "ending_soon"
PEOPLE = 4
PAGE = "/verify/" + "7K3M" * 4  # anybody's, and looked up in the database
WAITS_FOR_A_LOCK = "SELECT count(*) FROM pg_locks WHERE NOT granted"


class Server:
    """A server of this test's own, to be stopped: the one of the run is everybody's."""

    def __init__(self):
        self.programs = postgres.find_programs(postgres.run_folder())
        self.place = postgres.run_folder() / "own"
        self.url = self.start()

    def start(self):
        self.is_running = True
        return sa.make_url(postgres.start_cluster(self.programs, self.place))

    def stop(self):
        if self.is_running:
            postgres.stop_cluster(self.programs, self.place)
        self.is_running = False


@pytest.fixture
def server(postgresql_databases):
    if os.environ.get(postgres.SERVER_URL_VARIABLE):
        pytest.skip("the server of TEST_DATABASE_URL is not ours to stop")
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def database_url(server):
    databases.execute(server.url.render_as_string(), 'CREATE DATABASE "ltc"')
    url = server.url.set(database="ltc").render_as_string()
    databases.migrate(url)
    return url


@pytest.fixture
def asked(session, area, policies):
    """A small month that a person asked for, with the digest that it will have."""
    make_month(session, people=PEOPLE)
    user = factories.make_user(session, Role.FINANCE_PREPARER)
    actor = Actor(user.id, user.name, user.role, area.id, user.organisation_id, door="test")
    ctx = Context(session, actor, datetime.now(UTC), policies, area.time_zone)
    job = ask_for_run(ctx, month=MONTH)
    digest = preview_run(ctx, month=MONTH, executor=Inline(session.get_bind())).digest
    session.commit()
    return job.id, digest


@pytest.fixture
def start(environ, tmp_path):
    with starting(environ, tmp_path / "said") as start:
        yield start


def see(session, question):
    """Ask in a transaction of its own."""
    session.rollback()
    return session.scalar(question)


@pytest.mark.kill
@pytest.mark.slow
def test_everything_goes_on_when_the_database_is_back(server, asked, session, start, tmp_path):
    job_id, digest = asked
    start("serve", "--port", str(PORT), "--workers", "1", "--seal-every", "0")
    start("scheduler", "--every", "1")
    wait_until(lambda: see(session, sa.select(sa.func.count()).select_from(JobSchedule)))
    with session.get_bind().connect() as holding:  # so that the run is in the middle of it
        holding.exec_driver_sql("LOCK TABLE payout_results IN EXCLUSIVE MODE")
        start("payouts", "calculate", "--job", str(job_id))
        wait_until(lambda: see(session, sa.text(WAITS_FOR_A_LOCK)))
        wait_until(lambda: ask(PORT, "/readyz")[0] == 200)
        session.close()
        server.stop()
        holding.invalidate()
    session.get_bind().dispose()

    check_pages_while_away(lambda: "Nothing is scheduled now" in (tmp_path / "said").read_text())
    time.sleep(OUTAGE_SECONDS)
    server.start()

    wait_until(lambda: ask(PORT, "/readyz")[0] == 200)
    assert ask(PORT, PAGE)[0] == 404
    is_done = sa.select(JobRun.status).where(JobRun.id == job_id)
    wait_until(lambda: see(session, is_done) is JobStatus.DONE)
    session.expire_all()
    ended = session.get_one(JobRun, (1, job_id))
    assert (ended.attempts, "Taken over" in ended.log) == (2, True)
    (run,) = session.scalars(sa.select(PayoutRun))
    assert (run.digest, run.people) == (digest, PEOPLE)
    assert "Scheduling again." in (tmp_path / "said").read_text()
    check_scheduling(session)


def check_pages_while_away(is_told):
    status, text, headers = ask(PORT, PAGE)
    assert (status, headers["Retry-After"]) == (503, "60")
    assert "The database cannot be reached now. Nothing was changed." in text
    status, text, _headers = ask(PORT, "/readyz")
    assert (status, '"database":"unreachable"' in text.replace(" ", "")) == (503, True)
    assert ask(PORT, "/healthz")[0] == 200
    wait_until(is_told)


def check_scheduling(session):
    """What is due from now on is done."""
    session.rollback()
    past = datetime.now(UTC) - timedelta(days=2)
    session.execute(sa.update(JobSchedule).where(JobSchedule.kind == TASK).values(since_at=past))
    session.commit()
    done = sa.select(JobRun.id).where(JobRun.kind == TASK, JobRun.status == JobStatus.DONE)
    wait_until(lambda: see(session, done))
