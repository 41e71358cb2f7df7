"""Draws the 17 scores of an evaluation that comes out severe, or not, by the instrument's own rules.

Each evaluation is drawn around a person's general ability; whether it is severe is not decided
here but asked of ``rules.assessments.grading``: a draw on the wrong side is thrown away.
"""

from collections.abc import Mapping
from random import Random

from ltc.rules.assessments.grading import grade
from ltc.rules.assessments.instruments import Instrument, Item

# The benefit of the pilot is for severe disability, grades I to III.
SEVERE = frozenset({"3", "4", "5"})
ABILITY_MAX = 100  # from 0, nothing can be done alone, to 100, everything
SPREAD = 25  # how far the items of one person lie apart
ABILITIES = {True: (0, 55), False: (45, 100)}


def draw_scores(random: Random, instrument: Instrument, *, is_severe: bool) -> dict[str, int]:
    """Return scores by item code whose grade is severe, or is not."""
    while True:
        ability = random.randint(*ABILITIES[is_severe])
        scores = {code: _draw(random, item, ability) for code, item in instrument.items.items()}
        if is_severe_by(instrument, scores) is is_severe:
            return scores


def is_severe_by(instrument: Instrument, scores: Mapping[str, int]) -> bool:
    """Whether the instrument grades the scores as severe."""
    return grade(instrument, scores).code in SEVERE


def _draw(random: Random, item: Item, ability: int) -> int:
    """Return a score of one item near the person's ability."""
    here = min(ABILITY_MAX, max(0, ability + random.randint(-SPREAD, SPREAD)))
    place = here * len(item.scores) // (ABILITY_MAX + 1)
    return item.scores[place]
