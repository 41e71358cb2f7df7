"""The books of a payout run: what has to agree, and what it is called where it does not."""

from dataclasses import dataclass
from enum import StrEnum

from ltc.rules.words import N_


class Book(StrEnum):
    """What is looked at."""

    RUN = "run"
    CHUNK = "chunk"
    RESULT = "result"
    TRACE = "trace"
    LINE = "line"
    HOLD = "hold"
    STATEMENT = "statement"
    FILE = "file"


BOOK_NAMES = {
    Book.RUN: N_("Run"),
    Book.CHUNK: N_("Part of a run"),
    Book.RESULT: N_("Result"),
    Book.TRACE: N_("Trace"),
    Book.LINE: N_("Line"),
    Book.HOLD: N_("Hold"),
    Book.STATEMENT: N_("Statement"),
    Book.FILE: N_("File"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree: in which run, whose, and what; ``case`` is empty for a run.

    ``detail`` names columns and values as they are stored, for whoever looks into it; it holds no
    name of a person.
    """

    run: str  # 2019-11/1
    case: str  # case number, or number of a statement
    book: Book
    detail: str
