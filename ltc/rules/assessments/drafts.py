"""An evaluation under way: merging what two tablets send, and what its answers say so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ltc.rules.assessments.grading import Grade, ScoreMissing, grade, spot_refusals
from ltc.rules.assessments.instruments import Dimension, Instrument
from ltc.rules.errors import Conflict

Cell = tuple[str, str]  # row band, column band


class DraftIsNewer(Conflict):
    """Another device has saved other answers meanwhile: {items}. Look at both and choose."""


# --- saving ---------------------------------------------------------------------------------------


def check_answers(instrument: Instrument, answers: Mapping[str, object]) -> None:
    """Raise where an answer is none of its item's options; items without an answer are fine."""
    for refusal in spot_refusals(instrument, answers):
        if not isinstance(refusal, ScoreMissing):
            raise refusal


def merge_answers(
    stored: Mapping[str, int], sent: Mapping[str, int], *, is_current: bool
) -> dict[str, int]:
    """Return the draft with the sent answers in it.

    ``is_current``: whether the sender had seen the newest draft. Who had not may add answers and
    repeat the same ones (as after a lost reply), but replaces none: raises DraftIsNewer.
    """
    differing = [code for code in sent if code in stored and stored[code] != sent[code]]
    if differing and not is_current:
        raise DraftIsNewer(items=", ".join(differing))
    return {**stored, **sent}


# --- what the answers say so far ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DimensionSoFar:
    """The answers of one dimension: ``band`` is certain, ``possible`` are the bands still open."""

    code: str
    total: int
    answered: int
    items: int
    band: str | None
    possible: frozenset[str]


@dataclass(frozen=True, slots=True)
class SoFar:
    """What an unfinished set of answers says; ``grade`` once every item has one.

    ``cells`` are the cells of the table that can still be reached: one in the end.
    """

    dimensions: tuple[DimensionSoFar, ...]
    grade: Grade | None
    cells: frozenset[Cell]
    first_open: str | None

    @property
    def answered(self) -> int:
        """Items with an answer."""
        return sum(part.answered for part in self.dimensions)

    @property
    def items(self) -> int:
        """All items."""
        return sum(part.items for part in self.dimensions)


def calculate_so_far(instrument: Instrument, answers: Mapping[str, int]) -> SoFar:
    """Return totals, bands and the table's cells as far as the (checked) answers decide them."""
    parts = tuple(_add_up(part, answers) for part in instrument.dimensions)
    open_items = [code for code in instrument.items if code not in answers]
    return SoFar(
        dimensions=parts,
        grade=None if open_items else grade(instrument, answers),
        cells=_list_cells(instrument, {part.code: part.possible for part in parts}),
        first_open=open_items[0] if open_items else None,
    )


def _add_up(part: Dimension, answers: Mapping[str, int]) -> DimensionSoFar:
    """Add up a dimension; an open item may still give anything from none to all of its points."""
    given = [answers[item.code] for item in part.items if item.code in answers]
    lowest = sum(given)
    highest = lowest + sum(item.scores[-1] for item in part.items if item.code not in answers)
    possible = frozenset(
        band for total, band in part.band_by_total.items() if lowest <= total <= highest
    )
    band = next(iter(possible)) if len(possible) == 1 else None
    return DimensionSoFar(part.code, lowest, len(given), len(part.items), band, possible)


def _list_cells(instrument: Instrument, possible: Mapping[str, frozenset[str]]) -> frozenset[Cell]:
    table = instrument.table
    columns = {
        _worst(instrument, bands) for bands in product(*[possible[code] for code in table.columns])
    }
    return frozenset(product(possible[table.rows], columns))


def _worst(instrument: Instrument, bands: Sequence[str]) -> str:
    return max(bands, key=instrument.severity.__getitem__)
