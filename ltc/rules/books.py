"""The books of a payout run: what has to agree, how a proof ends, and what that is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    SUM = "sum"
    BRIDGE = "bridge"


BOOK_NAMES = {
    Book.RUN: N_("Run"),
    Book.CHUNK: N_("Part of a run"),
    Book.RESULT: N_("Result"),
    Book.TRACE: N_("Trace"),
    Book.LINE: N_("Line"),
    Book.HOLD: N_("Hold"),
    Book.STATEMENT: N_("Statement"),
    Book.FILE: N_("File"),
    Book.SUM: N_("Stored sum"),
    Book.BRIDGE: N_("From the month before"),
}


class Verdict(StrEnum):
    """How the proof of a closed month ends."""

    PROVEN = "proven"
    OTHER_RULES = "other_rules"  # another edition of the rules or of the law: nothing is said
    FACTS_CHANGED = "facts_changed"  # facts of that time have come or gone since
    DIFFERS = "differs"  # as many facts, the same rules, another result
    NOTHING = "nothing"  # no month is approved


WELL = frozenset({Verdict.PROVEN, Verdict.OTHER_RULES, Verdict.NOTHING})
VERDICT_SENTENCES = {
    Verdict.PROVEN: N_("Calculated again as known then, the month comes out the same."),
    Verdict.OTHER_RULES: N_(
        "This program has another edition of the rules or of the law than the approved run was "
        "made with, so the month cannot be compared."
    ),
    Verdict.FACTS_CHANGED: N_(
        "The month does not come out again: facts of that time have come or gone since. The audit "
        "log tells who recorded what."
    ),
    Verdict.DIFFERS: N_(
        "The month does not come out again, though no fact of that time has come or gone: somebody "
        "changed rows past the program, or the program calculates differently. Check the books and "
        "the audit log, and compare with the last backup."
    ),
    Verdict.NOTHING: N_("No month is approved yet."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree: in which run, whose, and what; ``case`` is empty for a run.

    ``text`` is a marked sentence and ``values`` fill it: columns and values as they are stored, for
    whoever looks into it. They hold no name of a person.
    """

    run: str  # 2019-11/1
    case: str  # case number, or number of a statement
    book: Book
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """The sentence in English, filled."""
        return self.text.format(**self.values)


def spot_differences(
    stored: Mapping[str, object], wanted: Mapping[str, object]
) -> list[dict[str, str]]:
    """Return name and both values of everything that is not as it should be; None: not there."""
    return [
        {"name": name, "stored": str(stored.get(name)), "wanted": str(wanted.get(name))}
        for name in sorted(stored.keys() | wanted.keys())
        if stored.get(name) != wanted.get(name)
    ]
