"""What a person stopped while it waited is not begun by the process that was started for it."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ltc.jobs.imports import work_asked
from ltc.jobs.monthly import calculate_asked
from ltc.jobs.statements import issue_asked
from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import imports, jobs, leases
from ltc.services.payouts import ask_for_run
from ltc.services.statements import ask_for_statements, cancel_job
from ltc.services.uploads import keep_upload, uploads_folder
from ltc.store.audit_log import AuditEvent
from ltc.store.job_runs import JobRun, JobStatus
from tests.conftest import NOW
from tests.support import factories
from tests.support.issuing import make_finance
from tests.support.month import AFTER, MONTH, approve, make_month


@pytest.fixture
def finance(session, area, make_ctx):
    make_month(session, people=2)
    return make_finance(session, make_ctx)


def ask_for_import(house, make_ctx, session):
    officer = make_ctx(Role.OFFICER, user_id=factories.make_user(session, Role.OFFICER).id)
    digest = keep_upload(
        uploads_folder(house.settings.documents), io.BytesIO(b"a,b\n1,2\n"), house.settings.keys
    )
    asked = imports.receive(officer, kind=ImportKind.FEES, file_name="fees.csv", file_digest=digest)
    imports.cancel(officer, import_id=asked.import_id)
    return asked.job_id


def begin_nothing(house, session, begin, job_id):
    before = list_written(session)
    with pytest.raises(leases.JobNotLive):
        begin(house, job_id)
    assert list_written(session) == before
    assert session.get_one(JobRun, (1, job_id)).status is JobStatus.CANCELLED


def list_written(session):
    session.rollback()
    jobs = session.execute(sa.select(JobRun.id, JobRun.status).order_by(JobRun.id)).all()
    return jobs, session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))


def test_a_stopped_import_is_not_begun(house, area, make_ctx, session):
    begin_nothing(house, session, work_asked, ask_for_import(house, make_ctx, session))


def test_stopped_statements_are_not_begun(house, session, finance):
    run = approve(*finance)
    job = ask_for_statements(finance[2], run_id=run.id)
    cancel_job(finance[2], job_id=job.id)
    begin_nothing(house, session, issue_asked, job.id)


def test_a_stopped_month_is_not_begun(house, session, finance, make_ctx):
    """No page stops a month; whoever mends the books by hand does."""
    job = ask_for_run(finance[0], month=MONTH)
    job.status, job.ended_at = JobStatus.CANCELLED, AFTER
    session.commit()
    begin_nothing(house, session, calculate_asked, job.id)


QUIET = timedelta(minutes=30)


@pytest.fixture
def left_alone(make_ctx, area):
    """A task at work, to be stopped, of whose process nothing was heard since."""
    ctx = make_ctx()
    job = jobs.ask(ctx, kind="deadlines", on=NOW.date(), dry_run=False, quiet=QUIET)
    jobs.claim(ctx, job_id=job.id, at=NOW, quiet=QUIET)
    return jobs.cancel(ctx, job_id=job.id)


def test_a_task_to_be_stopped_is_not_taken_over(make_ctx, area, left_alone, session):
    assert left_alone.status is JobStatus.RUNNING
    with pytest.raises(jobs.Cancelled):
        jobs.claim(make_ctx(), job_id=left_alone.id, at=NOW + 2 * QUIET, quiet=QUIET)
    session.expire_all()
    ended = session.get_one(JobRun, (1, left_alone.id))
    assert (ended.status, ended.attempts) == (JobStatus.CANCELLED, 1)


def test_a_task_that_was_stopped_can_be_asked_for_anew(make_ctx, area, left_alone):
    later = make_ctx(now=NOW + 2 * QUIET)
    again = jobs.ask(later, kind="deadlines", on=NOW.date(), dry_run=False, quiet=QUIET)
    assert again.id == left_alone.id
    lease = jobs.claim(later, job_id=again.id, at=later.now, quiet=QUIET)
    jobs.tell(later, lease, at=later.now, done=1, total=2)
    assert again.cancel_asked_at is None
