"""Large files: in little memory, and with the same number of queries for every thousand rows."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services.import_work import CHUNK_ROWS, PIECE_ROWS
from ltc.store.visits import Visit
from tests.services.import_files import carry_out, counts, make_world, try_file

pytestmark = pytest.mark.slow

HEADER = "reference,case_number,carer_code,begins_at,ends_at,items,latitude,longitude,datum,source,remark\n"
FIRST = datetime(2019, 1, 1, 8, 0)  # noqa: DTZ001 - a wall clock
MEGABYTE = 1024 * 1024
# Look-ups of people, carers, withdrawn and believed visits, and one insert; around them what is
# kept of a piece (SQLite is also given room for it) and what begins and ends the job.
QUERIES_A_CHUNK, QUERIES_A_PIECE, QUERIES_A_FILE = 5, 8, 16


def write_visits(path, count, remark=""):
    """Write so many visits of half an hour; returns the path."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(count):
            begin = FIRST + timedelta(minutes=4 * number % 400_000)
            end = begin + timedelta(minutes=30)
            file.write(
                f"V{number:07d},A1,C1,{begin:%Y-%m-%d %H:%M},{end:%Y-%m-%d %H:%M},"
                f"D01 D04,29.484712,106.482301,gcj02,phone,{remark}\n"
            )
    return path


@contextmanager
def counted(session):
    """The statements that are sent to the database while this is open."""
    sent, engine = [], session.get_bind()

    def note(_connection, _cursor, statement, *_others):
        sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def test_visits_are_imported_a_chunk_at_a_time_not_row_by_row(make_ctx, session, area, tmp_path):
    make_world(session)
    ctx, path = make_ctx(Role.OFFICER), write_visits(tmp_path / "visits.csv", 20_000)
    file = try_file(ctx, ImportKind.VISITS, path)
    with counted(session) as sent:
        done = carry_out(ctx, file.id, tmp_path / "uploads")
    assert counts(done) == {"new": 20_000}
    assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 20_000
    chunks, pieces = 20_000 // CHUNK_ROWS, 20_000 // PIECE_ROWS + 1
    most = chunks * QUERIES_A_CHUNK + pieces * QUERIES_A_PIECE + QUERIES_A_FILE
    assert len(sent) <= most, sent
    assert sum("INSERT INTO visits" in text or "COPY visits" in text for text in sent) <= chunks


def test_a_file_of_thirty_megabytes_is_tried_in_little_memory(make_ctx, session, area, tmp_path):
    make_world(session)
    path = write_visits(tmp_path / "visits.csv", 150_000, remark="长期护理" * 10)
    assert path.stat().st_size > 28 * MEGABYTE
    ctx = make_ctx(Role.OFFICER)
    try_file(ctx, ImportKind.VISITS, write_visits(tmp_path / "warm.csv", 5_000))
    before = read_status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # begins the peak anew
    file = try_file(ctx, ImportKind.VISITS, path)
    peak = read_status("VmHWM")
    assert counts(file) == {"new": 150_000}
    assert peak - before < 25 * MEGABYTE, f"{(peak - before) / MEGABYTE:.0f} MB"


def read_status(name):
    """A size of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))
