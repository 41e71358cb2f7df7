"""A database that is busy for too long ends nothing that a person asked for: it is gone on with."""

import io
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.jobs.imports import work_asked
from ltc.jobs.monthly import calculate_asked
from ltc.jobs.statements import issue_asked
from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import import_work, imports, payouts, statements
from ltc.services.payouts import ask_for_run
from ltc.services.statements import ask_for_statements
from ltc.services.uploads import keep_upload, uploads_folder
from ltc.store import db
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.number_series import take_numbers
from ltc.store.visits import Fee
from tests.conftest import NOW
from tests.services.import_files import ROWS, make_world, work_on, write_csv
from tests.support import factories
from tests.support.issuing import make_finance
from tests.support.month import MONTH, approve, make_month
from tests.support.scheduling import kill, look_and_go_on

SOON_MS = 50
MINUTE = timedelta(minutes=1)


class LockNotAvailable(Exception):
    """What PostgreSQL's driver says of a lock that was waited for too long."""

    sqlstate = "55P03"


def be_busy(*_args, **_kwargs):
    raise sa.exc.OperationalError("UPDATE …", None, LockNotAvailable())


@pytest.fixture(autouse=True)
def _clock_of_the_database(monkeypatch):
    monkeypatch.setattr("ltc.jobs.scheduling.read_clock", lambda _session, at: at)


@pytest.fixture
def ask_for_import(house, session, area, make_ctx, tmp_path):
    """Ask that a file be carried out; return the job."""

    def ask():
        make_world(session)
        officer = make_ctx(Role.OFFICER, user_id=factories.make_user(session, Role.OFFICER).id)
        folder = uploads_folder(house.settings.documents)
        content = write_csv(tmp_path / "fees.csv", [ROWS[ImportKind.FEES]]).read_bytes()
        digest = keep_upload(folder, io.BytesIO(content), house.settings.keys)
        asked = imports.receive(officer, kind=ImportKind.FEES, file_name="f", file_digest=digest)
        work_on(officer, asked, folder)
        return imports.ask_to_carry_out(officer, import_id=asked.import_id).job_id

    return ask


@pytest.fixture
def finance(session, area, make_ctx):
    make_month(session, people=2)
    return make_finance(session, make_ctx)


@contextmanager
def another_first_piece(engine):
    """Another import at its first piece: it has the turn, and has not committed."""
    with Session(engine) as session:
        session.connection(execution_options={"sqlite_immediate": True})
        take_numbers(session, 1, import_work.TURN)
        yield


def state_of(session, job_id):
    session.rollback()
    job = session.get_one(JobRun, (1, job_id), populate_existing=True)
    return job.status, job.attempts


def test_an_import_that_waits_too_long_for_another_is_gone_on_with(
    house, session, ask_for_import, monkeypatch
):
    job_id = ask_for_import()
    monkeypatch.setattr(db, "BUSY_MS", SOON_MS)
    house.engine.dispose()  # connections wait as long as they were told at first
    with another_first_piece(house.engine), pytest.raises(sa.exc.OperationalError):
        work_asked(house, job_id)
    assert state_of(session, job_id)[0] is JobStatus.WAITING
    kill(session, job_id, status=JobStatus.WAITING)
    (job,) = look_and_go_on(house, NOW + MINUTE)
    assert job.status is JobStatus.DONE
    assert session.scalar(sa.select(sa.func.count()).select_from(Fee)) == 1


def begin(house, session, monkeypatch, begin_job, job_id, place):
    """Begin a job that finds the database busy at a place, and say how it stands afterwards."""
    monkeypatch.setattr(*place, be_busy)
    with pytest.raises(sa.exc.OperationalError):
        begin_job(house, job_id)
    return state_of(session, job_id)


WAITS = (JobStatus.WAITING, 0)  # the attempt that comes is the first that counts


def test_an_import_waits_anew(house, session, ask_for_import, monkeypatch):
    place = (import_work, "take_numbers")
    assert begin(house, session, monkeypatch, work_asked, ask_for_import(), place) == WAITS


def test_a_month_waits_anew(house, session, finance, monkeypatch):
    job_id, place = ask_for_run(finance[0], month=MONTH).id, (payouts, "insert_rows")
    assert begin(house, session, monkeypatch, calculate_asked, job_id, place) == WAITS


def test_statements_wait_anew(house, session, finance, monkeypatch):
    job_id = ask_for_statements(finance[2], run_id=approve(*finance).id).id
    place = (statements, "build_common")
    assert begin(house, session, monkeypatch, issue_asked, job_id, place) == WAITS


def test_what_nobody_asked_for_on_a_page_ends_in_words(house, session, finance, monkeypatch):
    job = ask_for_run(finance[0], month=MONTH)
    job.asked_by_id = None
    finance[0].session.commit()
    place = (payouts, "insert_rows")
    status, _ = begin(house, session, monkeypatch, calculate_asked, job.id, place)
    assert status is JobStatus.FAILED
