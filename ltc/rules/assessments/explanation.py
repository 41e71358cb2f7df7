"""Why it is this grade, as sentences to be translated and values to be put into them."""

from dataclasses import dataclass

from ltc.rules.assessments.grading import Grade
from ltc.rules.assessments.instruments import Instrument
from ltc.rules.assessments.nearest import Change
from ltc.rules.policies import Text
from ltc.rules.words import N_

Word = int | Text | tuple[Text, ...]  # the doors show a Text in the reader's language


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with ``%(name)s`` placeholders, marked for translation, and its values."""

    message: str
    values: dict[str, Word]


def build_explanation(instrument: Instrument, result: Grade) -> tuple[Sentence, ...]:
    """Return the way from the totals over the bands and the table's cell to the grade."""
    totals = tuple(
        Sentence(
            N_("%(dimension)s: %(total)s of %(max_score)s points, %(band)s."),
            {
                "dimension": part.name,
                "total": result.totals[part.code],
                "max_score": part.max_score,
                "band": instrument.band_names[result.bands[part.code]],
            },
        )
        for part in instrument.dimensions
    )
    return (*totals, _explain_column(instrument, result), *_explain_cell(instrument, result))


def _explain_column(instrument: Instrument, result: Grade) -> Sentence:
    return Sentence(
        N_("The worse of the other bands is %(band)s, decided by: %(dimensions)s."),
        {
            "band": instrument.band_names[result.column_band],
            "dimensions": tuple(
                instrument.dimension_by_code[code].name for code in result.deciding
            ),
        },
    )


def _explain_cell(instrument: Instrument, result: Grade) -> tuple[Sentence, ...]:
    cell = Sentence(
        N_("In the table, row %(row)s and column %(column)s give grade %(grade)s: %(name)s."),
        {
            "row": instrument.band_names[result.row_band],
            "column": instrument.band_names[result.column_band],
            "grade": result.grade,
            "name": instrument.grade_names[result.grade].name,
        },
    )
    if instrument.table.verified:
        return (cell,)
    return (cell, Sentence(N_("Not verified: %(note)s"), {"note": instrument.table.note}))


def build_change(instrument: Instrument, change: Change) -> tuple[Sentence, ...]:
    """Return a change as one sentence an item and one for the grade it would give."""
    steps = tuple(
        Sentence(
            N_("%(item)s from %(score)s to %(would_be)s points"),
            {
                "item": instrument.items[step.item].name,
                "score": step.score,
                "would_be": step.would_be,
            },
        )
        for step in change.items
    )
    grade = Sentence(
        N_("would give grade %(grade)s: %(name)s."),
        {"grade": change.grade, "name": instrument.grade_names[change.grade].name},
    )
    return (*steps, grade)
