import errno
import io
import json
import os
import subprocess
import sys

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from ltc.rules.access import Role, RoleLacksPermission
from ltc.rules.payouts.runs import DigestDiffers
from ltc.rules.statements import StatementKind
from ltc.services import executors, statement_sheets, statements
from ltc.services.audit import seal_blocks
from ltc.services.leases import AlreadyRunning
from ltc.services.payouts import check_run
from ltc.services.statement_inputs import build_common
from ltc.services.statement_press import Press
from ltc.services.statement_printers import Crew
from ltc.services.statements import (
    AllIssued,
    Cancelled,
    NotAllPrinted,
    RunNotApproved,
    ask_for_statements,
    cancel_job,
    issue,
)
from ltc.store.audit_log import AuditEvent, find_head
from ltc.store.documents import DocumentsFull, read_file
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutLine, PayoutResult
from ltc.store.pdf import Printed
from ltc.store.statement_questions import (
    NothingToState,
)
from ltc.store.statement_sources import TraceDiffers
from ltc.store.statements import Statement
from tests.support import factories
from tests.support.full_disks import DISK_BYTES, mounted, remount
from tests.support.issuing import PEOPLE, issue_all, list_rows
from tests.support.month import AFTER, calculate, later

STATEMENTS = PEOPLE + 2
FEW_STATEMENTS_BYTES = 64 * 1024


# --- one -----------------------------------------------------------------------------------------


def test_one_statement_is_issued_and_kept(approver, run, month, documents, session):
    person = month.people[6]
    found = issue(approver, run_id=run.id, kind=StatementKind.PERSON, subject_id=person.id,
                  press=Press(documents))  # fmt: skip
    content = read_file(documents, 1, found.file_digest)
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages)
    assert person.case_number in text
    assert "壹仟贰佰伍拾元整" in text
    assert (len(content), found.number) == (found.file_bytes, f"201911R1-{person.case_number}")


def test_a_second_issue_gives_the_first_one(approver, run, month, documents, session, quick_print):
    given = {"run_id": run.id, "kind": StatementKind.PROVIDER, "press": Press(documents),
             "subject_id": month.providers[0].id}  # fmt: skip
    first, second = issue(approver, **given), issue(approver, **given)
    assert first.id == second.id
    events = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "statement.issued"))
    assert len(list(events)) == 1


def test_nobody_gets_a_statement_without_a_result(approver, run, documents, session):
    stranger = factories.make_person(session)
    with pytest.raises(NothingToState):
        issue(approver, run_id=run.id, kind=StatementKind.PERSON, subject_id=stranger.id,
              press=Press(documents))  # fmt: skip


# --- all -----------------------------------------------------------------------------------------


def test_everybody_and_every_provider_gets_one(
    approver, run, month, documents, session, quick_print
):
    seen = []
    progress = issue_all(approver, run, documents, on_progress=seen.append)
    assert (progress.done, progress.total) == (STATEMENTS, STATEMENTS)
    assert [step.done for step in seen] == [0, 1, 2, STATEMENTS]
    rows = list_rows(session)
    assert {row.subject_id for row in rows} == {
        *[person.id for person in month.people], *[provider.id for provider in month.providers]
    }  # fmt: skip
    for row in rows:
        assert len(read_file(documents, 1, row.file_digest)) == row.file_bytes


def test_a_provider_gets_the_statements_of_its_people_only(
    approver, run, month, documents, session, quick_print
):
    issue_all(approver, run, documents)
    own_account = {month.people[3].id}  # no provider has anything to do with this one
    for row in list_rows(session):
        if row.kind is StatementKind.PERSON:
            assert (row.provider_id is None) == (row.subject_id in own_account)


def test_statements_are_refused_before_the_approval(finance, month, documents):
    preparer, checker, approver = finance
    run = calculate(preparer)
    for ask in (
        lambda: issue_all(approver, run, documents),
        lambda: ask_for_statements(approver, run_id=run.id),
        lambda: issue(approver, run_id=run.id, kind=StatementKind.PERSON,
                      subject_id=month.people[0].id, press=Press(documents)),
    ):  # fmt: skip
        with pytest.raises(RunNotApproved):
            ask()
    check_run(checker, run_id=run.id, digest=run.digest)
    with pytest.raises(RunNotApproved):
        issue_all(approver, run, documents)


def test_only_who_may_issues(finance, run, documents):
    with pytest.raises(RoleLacksPermission):
        issue_all(finance[0], run, documents)


def test_a_second_run_changes_nothing(approver, run, documents, session, quick_print):
    issue_all(approver, run, documents)
    before = [(row.id, row.file_digest, row.issued_at) for row in list_rows(session)]
    events = session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    with pytest.raises(AllIssued):
        issue_all(approver, run, documents)
    assert [(row.id, row.file_digest, row.issued_at) for row in list_rows(session)] == before
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == events


def test_results_changed_behind_the_approval_are_not_printed(
    approver, run, documents, session, quick_print
):
    session.execute(sa.update(PayoutResult).values(trace_digest="0" * 64))
    session.commit()
    with pytest.raises(DigestDiffers):
        issue_all(approver, run, documents)
    assert list_rows(session) == []


def test_a_changed_trace_is_not_printed(approver, run, month, documents, session, quick_print):
    other = session.scalars(sa.select(PayoutResult)).first()
    session.execute(sa.update(PayoutResult).values(trace=other.trace))
    session.commit()
    with pytest.raises(TraceDiffers):
        issue_all(approver, run, documents)
    job = session.scalars(sa.select(JobRun).where(JobRun.kind == "statements")).one()
    assert job.status is JobStatus.FAILED


def test_last_month_is_compared_with(finance, make_ctx, run, month, documents, session):
    from ltc.rules.months import Month
    from ltc.services.payouts import approve_run, calculate_run

    person = month.people[6]
    later_on = later(AFTER, days=31)
    preparer, checker, approver = [
        make_ctx(role=c.actor.role, user_id=c.actor.user_id, now=later_on) for c in finance
    ]
    december = calculate_run(preparer, month=Month(2019, 12), clock=lambda: later_on,
                             executor=executors.Inline(session.get_bind()))  # fmt: skip
    check_run(checker, run_id=december.id, digest=december.digest)
    approve_run(approver, run_id=december.id, digest=december.digest)
    found = issue(approver, run_id=december.id, kind=StatementKind.PERSON, subject_id=person.id,
                  press=Press(documents))  # fmt: skip
    reader = PdfReader(io.BytesIO(read_file(documents, 1, found.file_digest)))
    text = "".join("".join(sheet.extract_text() for sheet in reader.pages).split())
    assert "¥1,250.00" in text  # November, with five days in hospital
    assert "+¥300.00" in text
    assert "壹仟伍佰伍拾元整" in text


# --- long work -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_processes_print_the_same_files(approver, run, documents, session, monkeypatch):
    monkeypatch.setattr(statements, "PEOPLE_PER_PIECE", 2)
    issue_all(approver, run, documents, printers=Crew(session.get_bind(), 2))
    assert len(list_rows(session)) == STATEMENTS
    inputs = session.scalar(sa.select(JobRun.inputs).where(JobRun.kind == statements.JOB_KIND))
    for row in list_rows(session)[:3]:
        piece = statement_sheets.Piece(row.kind, (row.subject_id,))
        common = build_common(approver, run, Press(documents / "again"), inputs)
        (sheet,) = statement_sheets.print_piece(session, common, piece)
        assert (sheet.file_digest, sheet.pages) == (row.file_digest, row.pages)


def test_only_one_process_issues_a_run(approver, run, documents, quick_print, session):
    asked = ask_for_statements(approver, run_id=run.id)
    with pytest.raises(AlreadyRunning):
        issue_all(approver, run, documents)
    issue_all(approver, run, documents, job_id=asked.id)
    session.expire_all()
    job = session.get(JobRun, (1, asked.id))
    assert (job.status, job.progress_done) == (JobStatus.DONE, STATEMENTS)


def test_a_cancelled_run_keeps_what_is_done_and_goes_on_later(
    approver, finance, run, documents, session, quick_print, house, make_ctx
):
    def stop(progress):
        if progress.done == 2:
            with house.session_maker() as other:
                ctx = make_ctx(role=Role.FINANCE_APPROVER, now=AFTER)
                ctx.session = other
                job = other.scalars(sa.select(JobRun).where(JobRun.kind == "statements")).one()
                cancel_job(ctx, job_id=job.id)

    with pytest.raises(Cancelled):
        issue_all(approver, run, documents, on_progress=stop)
    assert len(list_rows(session)) == 2
    assert issue_all(approver, run, documents).done == STATEMENTS


def test_one_providers_statements_are_issued_alone(
    approver, run, month, documents, session, quick_print
):
    mine = month.providers[0]
    job = ask_for_statements(approver, run_id=run.id, provider_id=mine.id)
    progress = issue_all(approver, run, documents, job_id=job.id)
    rows = list_rows(session)
    assert {row.provider_id for row in rows} == {mine.id}
    assert progress.done == progress.total == len(rows) < STATEMENTS
    assert issue_all(approver, run, documents).done == STATEMENTS
    with pytest.raises(AllIssued):
        ask_for_statements(approver, run_id=run.id, provider_id=mine.id)


def test_what_is_printed_is_decided_when_the_job_begins(
    approver, make_ctx, run, month, documents, session, house, quick_print
):
    """Killed, and taken up a day later, when the audit chain has grown: the same bytes."""
    seal_blocks(approver, settle_seconds=0)
    job = ask_for_statements(approver, run_id=run.id)
    next_day = make_ctx(role=Role.FINANCE_APPROVER, now=later(AFTER, days=1))
    head = find_head(session, 1)
    assert seal_blocks(next_day, settle_seconds=0) == 1
    again = ask_for_statements(next_day, run_id=run.id)
    assert again.id == job.id
    issue_all(next_day, run, documents, job_id=job.id)
    rows = list_rows(session)
    assert {row.chain_number for row in rows} == {head.number}
    assert {row.issued_at for row in rows} == {AFTER}
    page = read_file(documents, 1, rows[0].file_digest).decode()
    assert f"chongqing #{head.number} · {head.digest[:16]}" in page
    assert len({row.verify_code for row in rows}) == STATEMENTS


def test_who_cannot_be_printed_is_told_and_tried_again_later(
    approver, run, month, documents, session, monkeypatch
):
    poor = month.people[2].case_number

    def fail_for_one(html):
        if f">{poor}<" in html:
            raise ValueError("a name that nobody foresaw")
        return Printed(html.encode(), 1, substitutes=1)

    monkeypatch.setattr(statement_sheets, "print_page", fail_for_one)
    with pytest.raises(NotAllPrinted, match="2 statements could not be printed"):
        issue_all(approver, run, documents)
    job = session.scalars(sa.select(JobRun).where(JobRun.kind == "statements")).one()
    assert job.status is JobStatus.FAILED
    assert {"code": poor, "reason": "error"} in job.result["failed"]
    assert len(list_rows(session)) == job.result["statements"]
    assert job.result["substitutes"] == len(list_rows(session)) < STATEMENTS
    monkeypatch.setattr(statement_sheets, "print_page", lambda html: Printed(html.encode(), 1))
    assert issue_all(approver, run, documents).done == STATEMENTS


def test_a_full_disk_ends_the_job_with_what_to_do(
    approver, run, documents, session, quick_print, monkeypatch
):
    def refuse(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(DocumentsFull):
            issue_all(approver, run, documents)
    job = session.scalars(sa.select(JobRun).where(JobRun.kind == "statements")).one()
    assert job.status is JobStatus.FAILED
    assert "Make room" in job.message
    assert list(documents.rglob("*.part")) == []
    assert issue_all(approver, run, documents).done == STATEMENTS


def test_a_disk_that_is_really_full_keeps_what_was_issued_and_goes_on(
    approver, run, session, quick_print, monkeypatch
):
    monkeypatch.setattr(statements, "PEOPLE_PER_PIECE", 1)
    with mounted(FEW_STATEMENTS_BYTES) as documents:
        with pytest.raises(DocumentsFull, match=r"No space left on device\. Make room"):
            issue_all(approver, run, documents)
        job = session.scalars(sa.select(JobRun).where(JobRun.kind == "statements")).one()
        assert (job.status, "Make room" in job.message) == (JobStatus.FAILED, True)
        before = check_kept(session, documents)
        assert 0 < len(before) < STATEMENTS
        remount(documents, DISK_BYTES)
        assert issue_all(approver, run, documents).done == STATEMENTS
        assert before < check_kept(session, documents)


def check_kept(session, documents):
    """Return who has a statement; each has its file, and nothing else lies on the disk."""
    rows = list_rows(session)
    for row in rows:
        assert len(read_file(documents, 1, row.file_digest)) == row.file_bytes
    files = {path.stem for path in documents.rglob("*") if path.is_file()}
    assert files == {row.file_digest for row in rows}
    return {row.number for row in rows}


@pytest.mark.kill
@pytest.mark.slow
def test_a_killed_run_leaves_nobody_out_and_nobody_twice(
    run, session, database_url, documents, month
):
    session.commit()
    points = ["1", "10", "25", "40", "55", "70", "85", "95", "99"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kill_statements", database_url, str(documents),
         str(run.id), *points],
        capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    undisturbed, *killed = [json.loads(line) for line in done.stdout.splitlines()]
    assert undisturbed["rows"] == STATEMENTS
    assert len(killed) == len(points)
    for outcome in killed:
        assert (outcome["rows"], outcome["digest"]) == (STATEMENTS, undisturbed["digest"])
        # No half file, and no job that waits for ever (the month's own calculation is done too).
        assert (outcome["left"], outcome["jobs"]) == ([], ["done"])
    assert len({outcome["done"] for outcome in killed}) > 3  # really at different places


def test_the_database_refuses_a_second_statement(approver, run, documents, session, quick_print):
    issue_all(approver, run, documents)
    row = list_rows(session)[0]
    columns = {c.key: getattr(row, c.key) for c in sa.inspect(Statement).columns}
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.insert(Statement), [{**columns, "id": 1, "number": "another"}])
    session.rollback()


def test_every_line_of_the_run_is_on_its_payees_statement(
    approver, run, month, documents, session, quick_print
):
    issue_all(approver, run, documents)
    pages = {
        row.subject_id: read_file(documents, 1, row.file_digest).decode()
        for row in list_rows(session)
        if row.kind is StatementKind.PROVIDER
    }
    cases = {person.id: person.case_number for person in month.people}
    lines = list(session.scalars(sa.select(PayoutLine)))
    by_provider = {line.provider_id: set() for line in lines if line.provider_id}
    for line in lines:
        if line.provider_id:
            by_provider[line.provider_id].add(cases[line.person_id])
            assert f"{line.fund_fen // 100:,}.{line.fund_fen % 100:02d}" in pages[line.provider_id]
    assert set(by_provider) == set(pages)
    for provider_id, page in pages.items():
        found = {case for case in cases.values() if case in page}
        others = set().union(*(by_provider[other] for other in pages if other != provider_id))
        assert by_provider[provider_id] <= found
        assert found & others == set()
    assert sum(map(len, by_provider.values())) == PEOPLE - 4  # one of the lines is a person's own
