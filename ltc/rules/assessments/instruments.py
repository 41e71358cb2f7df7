"""The shape of an assessment instrument: items, options, bands, table, grades and the gate.

An instrument is data (``ltc/policy/instruments/<code>.yaml``), read by ``store.instruments``, which
also checks that its parts fit together. Scores are whole points and rise with ability; bands and
grades stand from the lightest to the heaviest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ltc.rules.policies import Standing, Text


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to an item: its points and its official wording."""

    score: int
    text: Text


@dataclass(frozen=True)
class Item:
    """One thing that is assessed, with its options from the least to the most able."""

    code: str
    name: Text
    options: tuple[Option, ...]

    @cached_property
    def scores(self) -> tuple[int, ...]:
        """The points that may be given, in rising order."""
        return tuple(option.score for option in self.options)


@dataclass(frozen=True, slots=True)
class BandName:
    """A degree of impairment, shared by all dimensions."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Band:
    """The totals of one dimension, both ends included, that mean one degree of impairment."""

    code: str
    low: int
    high: int


@dataclass(frozen=True)
class Dimension:
    """A group of items whose points are added up and read as a band."""

    code: str
    name: Text
    max_score: int
    items: tuple[Item, ...]
    bands: tuple[Band, ...]

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """Every total that scores can add up to, in rising order."""
        totals = {0}
        for item in self.items:
            totals = {total + score for total in totals for score in item.scores}
        return tuple(sorted(totals))

    @cached_property
    def band_by_total(self) -> Mapping[int, str]:
        """The band of each total that can be reached; other totals are not in it."""
        return {
            total: band.code
            for total in self.totals
            for band in self.bands
            if band.low <= total <= band.high
        }


@dataclass(frozen=True, slots=True)
class GradeName:
    """A grade, its code for programs and policies, and its official name. A higher grade is heavier."""

    grade: int
    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Table:
    """The combination table: the band of ``rows`` against the worst band among ``columns``."""

    rows: str
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int]  # (row band, column band) → grade
    verified: bool
    note: Text


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """One of the answers of the self-assessment form."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class GateFunction:
    """A function that the self-assessment asks about; ``group`` is the class it counts in (a, b)."""

    code: str
    name: Text
    group: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The self-assessment that decides whether one may apply.

    ``table[a][b]`` is the level for a dependent functions of the first group and b of the second.
    Levels stand from the lightest to the heaviest. ``partly_counts``: whether the answer
    ``partly`` counts as dependent.
    """

    title: Text
    answers: tuple[GateAnswer, ...]
    dependent: str
    partly: str
    partly_counts: bool
    partly_counts_standing: Standing
    partly_counts_note: Text
    functions: tuple[GateFunction, ...]
    groups: tuple[str, str]
    levels: tuple[str, ...]
    apply_from: str
    table: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class InstrumentSource:
    """The document that an instrument stands in. ``issued_in`` is a month, such as 2021-07."""

    document: Text
    number: str
    issued_by: Text
    issued_in: str
    standing: Standing
    note: Text


@dataclass(frozen=True, eq=False)
class Instrument:
    """A version of an assessment standard."""

    code: str
    title: Text
    source: InstrumentSource
    bands: tuple[BandName, ...]
    grades: tuple[GradeName, ...]
    dimensions: tuple[Dimension, ...]
    table: Table
    gate: Gate | None

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """All items by code, in the order of the form."""
        return {item.code: item for part in self.dimensions for item in part.items}

    @cached_property
    def dimension_by_code(self) -> Mapping[str, Dimension]:
        """The dimensions by code."""
        return {part.code: part for part in self.dimensions}

    @cached_property
    def band_names(self) -> Mapping[str, Text]:
        """The names of the bands by code."""
        return {band.code: band.name for band in self.bands}

    @cached_property
    def severity(self) -> Mapping[str, int]:
        """How heavy each band is: 0 for the lightest."""
        return {band.code: rank for rank, band in enumerate(self.bands)}

    @cached_property
    def grade_names(self) -> Mapping[int, GradeName]:
        """The grades by number."""
        return {name.grade: name for name in self.grades}
