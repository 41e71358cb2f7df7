"""What would change a grade: the nearest other scores that lead to a heavier or lighter one.

The grade depends only on the bands, so it is enough to know, for each dimension, the cheapest way
into each of its bands, and to try every combination of bands. Cheapest means the fewest items
changed, then the fewest points.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from ltc.rules.assessments.grading import grade, grade_totals
from ltc.rules.assessments.instruments import Dimension, Instrument, Item


@dataclass(frozen=True, slots=True)
class ItemChange:
    """Another score of one item."""

    item: str
    score: int
    would_be: int

    @property
    def points(self) -> int:
        """How far the score moves."""
        return abs(self.would_be - self.score)


@dataclass(frozen=True, slots=True)
class Change:
    """Other scores of some items, in the order of the form, and the grade they would give."""

    items: tuple[ItemChange, ...]
    grade: int

    @property
    def cost(self) -> tuple[int, int]:
        """How far away it is: items, then points."""
        return _cost(self.items)


@dataclass(frozen=True, slots=True)
class NearestChanges:
    """The nearest changes in each direction.

    Where one item is enough, every item that is enough alone, each with its smallest step, nearest
    first; otherwise the one smallest set of items. Empty where no scores lead further.
    """

    heavier: tuple[Change, ...]
    lighter: tuple[Change, ...]


Path = tuple[ItemChange, ...]


def nearest_changes(instrument: Instrument, scores: Mapping[str, int]) -> NearestChanges:
    """Return the nearest changes of complete scores; raises like check_scores. Takes milliseconds."""
    now = grade(instrument, scores).grade
    singles = list(_list_single_changes(instrument, scores))
    sets = list(_list_set_changes(instrument, scores))
    return NearestChanges(
        heavier=_choose(
            [change for change in singles if change.grade > now],
            [change for change in sets if change.grade > now],
        ),
        lighter=_choose(
            [change for change in singles if change.grade < now],
            [change for change in sets if change.grade < now],
        ),
    )


def _choose(singles: list[Change], sets: list[Change]) -> tuple[Change, ...]:
    """Return the smallest step of each single item, or else the smallest set."""
    if not singles:
        return (min(sets, key=lambda change: change.cost),) if sets else ()
    smallest: dict[str, Change] = {}
    for change in sorted(singles, key=lambda change: change.cost):
        smallest.setdefault(change.items[0].item, change)
    return tuple(smallest.values())


def _list_single_changes(instrument: Instrument, scores: Mapping[str, int]) -> Iterator[Change]:
    """Yield every other option of every item with the grade it would give."""
    for item in instrument.items.values():
        for step in _list_steps(item, scores[item.code]):
            changed = grade(instrument, {**scores, item.code: step.would_be})
            yield Change((step,), changed.grade)


def _list_set_changes(instrument: Instrument, scores: Mapping[str, int]) -> Iterator[Change]:
    """Yield the cheapest set of changes for every combination of bands."""
    ways = [_find_ways_to_bands(part, scores) for part in instrument.dimensions]
    for combination in product(*ways):
        totals = {
            part.code: total
            for part, (total, _) in zip(instrument.dimensions, combination, strict=True)
        }
        path = tuple(step for _, steps in combination for step in steps)
        yield Change(path, grade_totals(instrument, totals).grade)


def _find_ways_to_bands(part: Dimension, scores: Mapping[str, int]) -> list[tuple[int, Path]]:
    """Return, for each band of a dimension, the total in it that is cheapest to reach, and how."""
    ways: dict[str, tuple[int, Path]] = {}
    for total, path in _find_ways_to_totals(part, scores).items():
        band = part.band_by_total[total]
        if band not in ways or _cost(path) < _cost(ways[band][1]):
            ways[band] = (total, path)
    return list(ways.values())


def _find_ways_to_totals(part: Dimension, scores: Mapping[str, int]) -> dict[int, Path]:
    """Return the cheapest changes to each total: item by item, keeping the best for each sum."""
    best: dict[int, Path] = {0: ()}
    for item in part.items:
        score = scores[item.code]
        reached: dict[int, Path] = {}
        for total, path in best.items():
            _keep(reached, total + score, path)
            for step in _list_steps(item, score):
                _keep(reached, total + step.would_be, (*path, step))
        best = reached
    return best


def _keep(reached: dict[int, Path], total: int, path: Path) -> None:
    """Keep a path to a total if it is cheaper than the one known."""
    if total not in reached or _cost(path) < _cost(reached[total]):
        reached[total] = path


def _list_steps(item: Item, score: int) -> list[ItemChange]:
    return [ItemChange(item.code, score, other) for other in item.scores if other != score]


def _cost(path: Path) -> tuple[int, int]:
    return len(path), sum(step.points for step in path)
