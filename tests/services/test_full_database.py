"""A database that is really full: work ends in clear words, nothing is half done, and it goes on."""

from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind, ImportStatus
from ltc.rules.payouts.runs import RunStatus
from ltc.services import import_work, imports
from ltc.services.executors import Inline
from ltc.services.payouts import preview_run
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutResult, PayoutRun, RunChunk
from ltc.store.reachable import DatabaseFull, find_trouble
from ltc.store.statements import Statement
from ltc.store.visits import Fee
from tests.conftest import NOW
from tests.services.import_files import (
    ROWS,
    carry_out,
    counts,
    make_world,
    try_file,
    work_on,
    write_csv,
)
from tests.support.issuing import issue_all
from tests.support.month import AFTER, MONTH, PEOPLE, approve, calculate, later, make_month

PIECE_ROWS, PIECES = 100, 4
MANY = 40  # their statements take more than a page


@contextmanager
def filled_at(disk, session, count):
    """Yield what is to be told of progress: the disk is full when it was told so often.

    What is done meanwhile must end with the words for it, as must the job, for its page.
    """
    session.rollback()
    engine, told = session.get_bind(), []

    def tell(*progress):
        told.append(progress)
        if len(told) == count:
            disk.fill(engine)

    try:
        with pytest.raises(OperationalError) as caught:
            yield tell
    finally:
        session.rollback()
        disk.make_room(engine)
    assert type(find_trouble(caught.value)) is DatabaseFull
    session.expire_all()
    job = session.scalars(sa.select(JobRun).order_by(JobRun.id.desc())).first()
    assert (job.status, job.message) == (JobStatus.FAILED, DatabaseFull().message)


def count(session, table):
    return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_a_run_keeps_whole_chunks_and_goes_on_to_the_same_digest(session, area, make_ctx, disk):
    make_month(session)
    session.commit()
    ctx = make_ctx(now=AFTER)
    expected = preview_run(ctx, month=MONTH, executor=Inline(session.get_bind())).digest
    with filled_at(disk, session, 2) as tell:  # it began, and the first chunk is closed
        calculate(ctx, chunk_people=4, on_progress=tell)
    closed = sa.select(sa.func.sum(RunChunk.people)).where(RunChunk.digest.is_not(None))
    assert 0 < count(session, PayoutResult) < PEOPLE
    assert count(session, PayoutResult) == session.scalar(closed)
    assert session.scalar(sa.select(PayoutRun.status)) is RunStatus.CALCULATING
    run = calculate(make_ctx(now=later(AFTER, minutes=2)), chunk_people=4)
    assert (run.sequence, run.digest, run.people) == (1, expected, PEOPLE)
    assert count(session, PayoutResult) == PEOPLE


def test_an_import_keeps_whole_pieces_and_goes_on(
    session, area, make_ctx, tmp_path, monkeypatch, disk
):
    monkeypatch.setattr(import_work, "PIECE_ROWS", PIECE_ROWS)
    make_world(session)
    session.commit()
    officer, uploads = make_ctx(Role.OFFICER), tmp_path / "uploads"
    references = [f"F{number:04}" for number in range(PIECES * PIECE_ROWS)]
    rows = [{**ROWS[ImportKind.FEES], "reference": reference} for reference in references]
    file = try_file(officer, ImportKind.FEES, write_csv(tmp_path / "fees.csv", rows))
    with filled_at(disk, session, 2) as tell:
        carry_out(officer, file.id, uploads, on_progress=tell)
    kept = count(session, Fee)
    assert (kept % PIECE_ROWS, file.status, file.checkpoint["row"]) == (
        0, ImportStatus.BEGUN, kept + 1
    )  # fmt: skip
    assert 0 < kept < len(references)
    again = make_ctx(Role.OFFICER, now=later(NOW, minutes=2))
    done = work_on(again, imports.ask_to_go_on(again, import_id=file.id), uploads)
    assert (done.status, counts(done)) == (ImportStatus.DONE, {"new": len(references)})
    assert sorted(session.scalars(sa.select(Fee.reference))) == references


def test_statements_keep_whole_pieces_and_go_on(session, area, finance, disk, documents, quick_print):  # fmt: skip
    make_month(session, people=MANY)
    run = approve(*finance)
    with filled_at(disk, session, 4) as tell:  # two providers and ten people are done
        issue_all(finance[2], run, documents, on_progress=tell)
    before = list(session.scalars(sa.select(Statement.id)))
    assert 0 < len(before) < MANY
    ended = issue_all(finance[2], run, documents)
    after = list(session.scalars(sa.select(Statement.id)))
    assert (ended.done, set(before) <= set(after)) == (ended.total, True)
    subjects = sa.select(sa.func.count(sa.distinct(Statement.number)))
    assert session.scalar(subjects) == len(after) == ended.total
