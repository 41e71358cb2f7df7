"""A database that is really full: work ends in clear words, nothing is half done, and it goes on.

SQLite is told how many pages it may have, and refuses as it does on a full disk.
"""

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
from ltc.store.payouts import PayoutResult, PayoutRun, RunChunk
from ltc.store.reachable import DatabaseFull, find_trouble
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
from tests.support.month import AFTER, MONTH, PEOPLE, calculate, later, make_month

PIECE_ROWS, PIECES = 100, 4


@pytest.fixture
def database_url(sqlite_databases):
    """A database of one's own: in one that others emptied there would be room."""
    with sqlite_databases.lend() as url:
        yield url


@contextmanager
def leave_pages(session, pages):
    """Let the database grow by so many pages; returns what it is told when they are used up."""
    session.rollback()
    engine = session.get_bind()
    with engine.connect() as connection:
        most = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + pages

    def limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count = {most}")

    sa.event.listen(engine, "connect", limit)
    engine.dispose()
    try:
        with pytest.raises(OperationalError) as caught:
            yield
    finally:
        sa.event.remove(engine, "connect", limit)
        session.rollback()
        engine.dispose()
    assert type(find_trouble(caught.value)) is DatabaseFull


def count(session, table):
    return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_a_run_keeps_whole_chunks_and_goes_on_to_the_same_digest(session, area, make_ctx):
    make_month(session)
    session.commit()
    ctx = make_ctx(now=AFTER)
    expected = preview_run(ctx, month=MONTH, executor=Inline(session.get_bind())).digest
    with leave_pages(session, 2):
        calculate(ctx, chunk_people=4)
    session.expire_all()
    closed = sa.select(sa.func.sum(RunChunk.people)).where(RunChunk.digest.is_not(None))
    assert 0 < count(session, PayoutResult) < PEOPLE
    assert count(session, PayoutResult) == session.scalar(closed)
    assert session.scalar(sa.select(PayoutRun.status)) is RunStatus.CALCULATING
    run = calculate(make_ctx(now=later(AFTER, minutes=2)), chunk_people=4)
    assert (run.sequence, run.digest, run.people) == (1, expected, PEOPLE)


def test_an_import_keeps_whole_pieces_and_goes_on(session, area, make_ctx, tmp_path, monkeypatch):
    monkeypatch.setattr(import_work, "PIECE_ROWS", PIECE_ROWS)
    make_world(session)
    session.commit()
    officer, uploads = make_ctx(Role.OFFICER), tmp_path / "uploads"
    references = [f"F{number:04}" for number in range(PIECES * PIECE_ROWS)]
    rows = [{**ROWS[ImportKind.FEES], "reference": reference} for reference in references]
    file = try_file(officer, ImportKind.FEES, write_csv(tmp_path / "fees.csv", rows))
    with leave_pages(session, 8):
        carry_out(officer, file.id, uploads)
    session.expire_all()
    kept = count(session, Fee)
    assert (kept % PIECE_ROWS, file.status, file.checkpoint["row"]) == (
        0, ImportStatus.BEGUN, kept + 1
    )  # fmt: skip
    assert 0 < kept < len(references)
    again = make_ctx(Role.OFFICER, now=later(NOW, minutes=2))
    done = work_on(again, imports.ask_to_go_on(again, import_id=file.id), uploads)
    assert (done.status, counts(done)) == (ImportStatus.DONE, {"new": len(references)})
    assert sorted(session.scalars(sa.select(Fee.reference))) == references
