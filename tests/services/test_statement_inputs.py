"""Whatever way statements are issued, the head of the audit chain on them covers the approval."""

import pytest
import sqlalchemy as sa

from ltc.rules.statements import StatementKind
from ltc.services import statements
from ltc.services.audit import verify
from ltc.services.statement_press import Press
from ltc.store.audit_log import AuditEvent
from ltc.store.job_runs import JobRun
from ltc.store.statements import Statement
from tests.support.issuing import issue_all
from tests.support.month import AFTER, later


def issue_asked_for(ctx, run, month, documents):
    """As a page and the timetable do."""
    job = statements.ask_for_statements(ctx, run_id=run.id)
    issue_all(ctx, run, documents, job_id=job.id)


def issue_at_once(ctx, run, month, documents):
    issue_all(ctx, run, documents)


def issue_one(ctx, run, month, documents):
    statements.issue(ctx, run_id=run.id, kind=StatementKind.PERSON, press=Press(documents),
                     subject_id=month.people[6].id)  # fmt: skip


def issue_those_of_a_provider(ctx, run, month, documents):
    job = statements.ask_for_statements(ctx, run_id=run.id, provider_id=month.providers[0].id)
    issue_all(ctx, run, documents, job_id=job.id)


WAYS = (issue_asked_for, issue_at_once, issue_one, issue_those_of_a_provider)


@pytest.mark.parametrize("issue", WAYS)
def test_every_statement_names_a_head_that_covers_the_approval(
    approver, run, month, documents, session, quick_print, issue
):
    issue(approver, run, month, documents)
    approved = select_block(session, "payout_run.approved")
    assert approved is not None
    heads = set(session.scalars(sa.select(Statement.chain_number)))
    assert heads == {approved}
    assert verify(session, 1).broken is None


def test_an_approval_of_a_machine_whose_clock_is_ahead_is_covered(
    approver, run, month, documents, session, quick_print
):
    approver.now = later(AFTER, minutes=-9)
    job = statements.ask_for_statements(approver, run_id=run.id)
    approved = select_block(session, "payout_run.approved")
    assert session.get_one(JobRun, (1, job.id)).inputs["chain_number"] == approved == 1


def select_block(session, action):
    """Return the number of the block that an event is sealed in."""
    query = sa.select(AuditEvent.block_number).where(AuditEvent.action == action)
    return session.scalar(query)
