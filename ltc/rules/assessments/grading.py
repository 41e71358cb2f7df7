"""From the scores of an assessment to its grade.

The rule (医保办发〔2021〕37号): the items of each dimension are added up, each total is read as a
band, and the table gives the grade from the band of daily living and the worse of the other bands.
Which items, bands and table: the instrument says. Nothing here knows a number of the standard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ltc.rules.assessments.instruments import Instrument, Item
from ltc.rules.errors import Invalid

LONGEST_SHOWN = 40  # characters of a refused value that an error repeats
MOST_DIGITS = 6  # longer runs of digits are text: no score has them, and int() has limits


class ScoreMissing(Invalid):
    """{item}: the score is missing. Choose one of {options}."""


class ScoreBlank(Invalid):
    """{item}: the score was left blank. Choose one of {options}."""


class ScoreNotANumber(Invalid):
    """{item}: “{score}” is not a whole number. Choose one of {options}."""


class ScoreNegative(Invalid):
    """{item}: {score} is below zero. Choose one of {options}."""


class ScoreNotAnOption(Invalid):
    """{item}: {score} is not one of its scores. Choose one of {options}."""


class ItemUnknown(Invalid):
    """{item}: the instrument {instrument} has no such item."""


class TotalMissing(Invalid):
    """{dimension}: the total is missing."""


class TotalNotReachable(Invalid):
    """{dimension}: no scores add up to {total}."""


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade of an assessment, with the way that led to it.

    ``row_band`` and ``column_band`` name the cell of the table. ``deciding`` are the dimensions
    that gave the column: more than one where they are equally impaired.
    """

    instrument: str
    grade: int
    code: str
    totals: Mapping[str, int]
    bands: Mapping[str, str]
    row_band: str
    column_band: str
    deciding: tuple[str, ...]


def grade(instrument: Instrument, scores: Mapping[str, object]) -> Grade:
    """Grade a complete set of scores, given by item code; raises like check_scores."""
    check_scores(instrument, scores)
    points = cast("Mapping[str, int]", scores)
    totals = {
        part.code: sum([points[item.code] for item in part.items]) for part in instrument.dimensions
    }
    return grade_totals(instrument, totals)


def grade_totals(instrument: Instrument, totals: Mapping[str, int]) -> Grade:
    """Grade from the totals by dimension; raises TotalMissing, TotalNotReachable."""
    bands = _read_bands(instrument, totals)
    table = instrument.table
    row_band = bands[table.rows]
    column_band = max([bands[code] for code in table.columns], key=instrument.severity.__getitem__)
    number = table.cells[row_band, column_band]
    return Grade(
        instrument=instrument.code,
        grade=number,
        code=instrument.grade_names[number].code,
        totals=totals,
        bands=bands,
        row_band=row_band,
        column_band=column_band,
        deciding=tuple([code for code in table.columns if bands[code] == column_band]),
    )


def _read_bands(instrument: Instrument, totals: Mapping[str, int]) -> dict[str, str]:
    """Return the band of each dimension."""
    bands = {}
    for part in instrument.dimensions:
        total = totals.get(part.code)
        if total is None:
            raise TotalMissing(field=part.code, dimension=part.code)
        band = part.band_by_total.get(total)
        if band is None:
            raise TotalNotReachable(field=part.code, dimension=part.code, total=total)
        bands[part.code] = band
    return bands


def check_scores(instrument: Instrument, scores: Mapping[str, object]) -> None:
    """Raise the first refusal of spot_refusals, if there is any."""
    refusals = spot_refusals(instrument, scores)
    if refusals:
        raise refusals[0]


def spot_refusals(instrument: Instrument, scores: Mapping[str, object]) -> list[Invalid]:
    """Return everything wrong with the scores, one refusal an item, each naming its item.

    A score counts only as a whole number that the item offers; text, even of digits, is refused
    (parse_score reads the texts of files and forms).
    """
    refusals = [
        _refuse(item, scores)
        for code, item in instrument.items.items()
        if type(scores.get(code)) is not int or scores[code] not in item.scores
    ]
    if len(scores) > len(instrument.items) or refusals:
        refusals += [
            ItemUnknown(field=code, item=_clip(code), instrument=instrument.code)
            for code in scores
            if code not in instrument.items
        ]
    return refusals


def _refuse(item: Item, scores: Mapping[str, object]) -> Invalid:
    """Say what is wrong with the score of one item, known to be none of its options."""
    score = scores.get(item.code)
    return _kind_of_refusal(item.code in scores, score)(
        field=item.code,
        item=item.code,
        score=_clip(score),
        options=", ".join(map(str, item.scores)),
    )


def _kind_of_refusal(given: bool, score: object) -> type[Invalid]:
    if not given:
        return ScoreMissing
    if score is None or (isinstance(score, str) and not score.strip()):
        return ScoreBlank
    if type(score) is not int:  # a bool is not a score, although Python lets it pass for an int
        return ScoreNotANumber
    return ScoreNegative if score < 0 else ScoreNotAnOption


def _clip(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def parse_score(text: str) -> int | str:
    """Return the whole number that a cell or form field says, else its text without outer blanks.

    The text stays what it is so that check_scores refuses it with the reason that fits.
    """
    text = text.strip()
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS:
        return int(text)
    return text
