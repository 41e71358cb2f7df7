import os

import pytest
import sqlalchemy as sa

from ltc.rules.statements import Failure, StatementKind
from ltc.services import statement_printers
from ltc.services.statement_printers import Crew, Inline
from ltc.services.statement_sheets import Piece
from ltc.store.documents import DocumentsFull
from tests.support.odd_printing import BREAKS, DIES, FINDS_NO_ROOM, HANGS, print_oddly

NOBODY_ASKS = "sqlite:////dev/null"


def pieces_of(*groups):
    return [Piece(StatementKind.PERSON, tuple(group)) for group in groups]


def print_all(*groups, workers=2):
    crew = Crew(sa.create_engine(NOBODY_ASKS), workers, print_oddly)
    batches = list(crew.print_all(None, pieces_of(*groups)))
    sheets = [sheet for batch in batches for sheet in batch.sheets]
    return sheets, {each.subject_id: each.failure for batch in batches for each in batch.failed}


@pytest.mark.slow
@pytest.mark.kill
def test_who_cannot_be_printed_is_named_and_the_others_go_on(monkeypatch):
    monkeypatch.setitem(statement_printers.SECONDS_FOR_PIECE, StatementKind.PERSON, 3)
    sheets, failed = print_all([1, 2, HANGS], [DIES, 3], [4], [BREAKS, 5], [6])
    assert sorted(sheet.subject_id for sheet in sheets) == [1, 2, 3, 4, 5, 6]
    assert failed == {
        HANGS: Failure.TOO_LONG, DIES: Failure.PROCESS_ENDED, BREAKS: Failure.ERROR
    }  # fmt: skip


@pytest.mark.slow
def test_a_full_disk_stops_the_work_with_what_to_do():
    with pytest.raises(DocumentsFull, match=r"No space left on device.*start again"):
        print_all([1], [FINDS_NO_ROOM], [2])


@pytest.mark.slow
def test_pages_of_people_who_wait_come_before_printing():
    (sheet,), _ = print_all([1], workers=1)
    assert sheet.pages == os.nice(0) + statement_printers.NICENESS


@pytest.mark.slow
def test_a_worker_is_replaced_after_so_many_pieces_and_when_it_has_grown(monkeypatch):
    groups = [[number] for number in range(6)]
    monkeypatch.setattr(statement_printers, "PIECES_PER_WORKER", 2)
    assert count_processes(*groups) == 3
    monkeypatch.setattr(statement_printers, "PIECES_PER_WORKER", 40)
    assert count_processes(*groups) == 1
    monkeypatch.setattr(statement_printers, "WORKER_MOST_KIB", 1)
    assert count_processes(*groups) == 6


def count_processes(*groups):
    sheets, _ = print_all(*groups, workers=1)
    assert len(sheets) == len(groups)
    return len({sheet.number for sheet in sheets})


def test_the_log_names_the_kind_of_an_error_and_where_but_not_its_text(monkeypatch, caplog):
    monkeypatch.setattr(statement_printers, "print_piece", print_oddly)
    list(Inline(sa.create_engine("sqlite://")).print_all(None, pieces_of([BREAKS])))
    assert "ValueError at odd_printing.py:" in caplog.text
    assert "a name that nobody foresaw" not in caplog.text


@pytest.mark.slow
@pytest.mark.kill
def test_while_a_piece_takes_long_there_are_signs_of_life(monkeypatch):
    monkeypatch.setitem(statement_printers.SECONDS_FOR_PIECE, StatementKind.PERSON, 2)
    monkeypatch.setattr(statement_printers, "TICK_SECONDS", 1)
    crew = Crew(sa.create_engine(NOBODY_ASKS), 1, print_oddly)
    batches = list(crew.print_all(None, pieces_of([HANGS])))
    assert sum(1 for batch in batches if not batch.sheets and not batch.failed) > 1
