"""Prints nothing, and fails in every way a worker can: which one, the subject's id says."""

import os
import time
from typing import Any

from ltc.rules.statements import StatementKind
from ltc.services.statement_sheets import Piece, PrintedSheet
from ltc.store.documents import DocumentsFull

HANGS, DIES, BREAKS, FINDS_NO_ROOM = 101, 102, 103, 104


def print_oddly(_session: Any, _common: Any, piece: Piece) -> list[PrintedSheet]:
    return [_print(piece.kind, each) for each in piece.ids]


def _print(kind: StatementKind, subject_id: int) -> PrintedSheet:
    if subject_id == HANGS:
        time.sleep(600)
    if subject_id == DIES:
        os._exit(9)
    if subject_id == BREAKS:
        raise ValueError("a name that nobody foresaw")
    if subject_id == FINDS_NO_ROOM:
        raise DocumentsFull(reason="No space left on device")
    # The number says which process it was, the pages say how low its priority is.
    return PrintedSheet(
        kind, subject_id, str(os.getpid()), None, None, "", "", 0, os.nice(0), 0, ""
    )
