"""The national instrument, its vectors, and what the tests of grading share."""

import csv
from pathlib import Path

from hypothesis import strategies as st

from ltc.store.instruments import get_instrument

NATIONAL = get_instrument("cn-2021")
VECTOR_FILE = Path(__file__).parent.parent / "cases" / "grade-vectors.csv"
VECTORS = list(csv.DictReader(VECTOR_FILE.read_text(encoding="utf-8").splitlines()))
BEST = {code: item.scores[-1] for code, item in NATIONAL.items.items()}
WORST = dict.fromkeys(NATIONAL.items, 0)
ADL_ITEMS = {item.code for item in NATIONAL.dimensions[0].items}

complete_scores = st.fixed_dictionaries(
    {code: st.sampled_from(item.scores) for code, item in NATIONAL.items.items()}
)


def scores_of(vector: dict[str, str]) -> dict[str, int]:
    """Return the scores of a vector by item."""
    return {code: int(vector[code]) for code in NATIONAL.items}
