"""What the side of an evaluation shows: totals, bands, the table, the grade and its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from ltc.rules.assessments.drafts import SoFar, calculate_so_far
from ltc.rules.assessments.explanation import Sentence, Word, build_change, build_explanation
from ltc.rules.assessments.grading import Grade
from ltc.rules.assessments.instruments import Instrument, Item
from ltc.rules.assessments.nearest import Change, nearest_changes
from ltc.web.law_words import own_words

CHANGES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class ShownDimension:
    """A dimension's sum so far; ``band`` is empty while it is not certain."""

    code: str
    name: str
    total: int
    max_score: int
    answered: int
    items: int
    band: str


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of the table: ``state`` is reached, open (still possible) or out."""

    grade: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the table with the band that it stands for."""

    name: str
    cells: tuple[ShownCell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything beside the questions, in the reader's language."""

    dimensions: tuple[ShownDimension, ...]
    columns: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    row_title: str
    answered: int
    items: int
    first_open: str | None
    first_open_name: str
    grade: int | None
    grade_name: str
    explanation: tuple[str, ...]
    heavier: tuple[str, ...]
    lighter: tuple[str, ...]
    is_verified: bool
    note: str


def build_sheet(instrument: Instrument, answers: Mapping[str, int]) -> Sheet:
    """Return the sheet of the answers so far."""
    so_far = calculate_so_far(instrument, answers)
    result = so_far.grade
    changes = nearest_changes(instrument, answers) if result else None
    return Sheet(
        dimensions=_show_dimensions(instrument, so_far),
        columns=tuple(own_words(band.name) for band in instrument.bands),
        rows=_show_rows(instrument, so_far),
        row_title=own_words(instrument.dimension_by_code[instrument.table.rows].name),
        answered=so_far.answered,
        items=so_far.items,
        first_open=so_far.first_open,
        first_open_name=own_words(instrument.items[so_far.first_open].name)
        if so_far.first_open
        else "",
        grade=result.grade if result else None,
        grade_name=own_words(instrument.grade_names[result.grade].name) if result else "",
        explanation=_explain(instrument, result),
        heavier=_show_changes(instrument, changes.heavier) if changes else (),
        lighter=_show_changes(instrument, changes.lighter) if changes else (),
        is_verified=instrument.table.verified,
        note=own_words(instrument.table.note),
    )


def number_items(instrument: Instrument) -> list[tuple[int, Item]]:
    """Return the items with their numbers on the form, counted through all sections."""
    return list(enumerate(instrument.items.values(), 1))


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An item with the option that was chosen; ``official`` is its Chinese wording beside another."""

    number: int
    name: str
    option: str
    official: str
    score: int | None


def show_answers(instrument: Instrument, answers: Mapping[str, int]) -> list[ShownAnswer]:
    """Return every item with its answer."""
    return [
        _show_answer(number, item, answers.get(item.code))
        for number, item in number_items(instrument)
    ]


def _show_answer(number: int, item: Item, score: int | None) -> ShownAnswer:
    chosen = next((option.text for option in item.options if option.score == score), None)
    return ShownAnswer(
        number=number,
        name=own_words(item.name),
        option=own_words(chosen) if chosen else "",
        official=chosen.zh if chosen and not is_chinese() else "",
        score=score,
    )


def say(sentence: Sentence) -> str:
    """Return a sentence in the reader's language, its values too."""
    text: str = _(
        sentence.message, **{name: _word(value) for name, value in sentence.values.items()}
    )
    return text


def is_chinese() -> bool:
    """Whether the reader's language is Chinese."""
    return str(get_locale()).startswith("zh")


def _word(value: Word) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return ("、" if is_chinese() else ", ").join(own_words(text) for text in value)
    return own_words(value)


def _show_dimensions(instrument: Instrument, so_far: SoFar) -> tuple[ShownDimension, ...]:
    return tuple(
        ShownDimension(
            code=part.code,
            name=own_words(part.name),
            total=sums.total,
            max_score=part.max_score,
            answered=sums.answered,
            items=sums.items,
            band=own_words(instrument.band_names[sums.band]) if sums.band else "",
        )
        for part, sums in zip(instrument.dimensions, so_far.dimensions, strict=True)
    )


def _show_rows(instrument: Instrument, so_far: SoFar) -> tuple[ShownRow, ...]:
    return tuple(
        ShownRow(
            own_words(row.name),
            tuple(
                _show_cell(instrument, so_far, (row.code, column.code))
                for column in instrument.bands
            ),
        )
        for row in instrument.bands
    )


def _show_cell(instrument: Instrument, so_far: SoFar, cell: tuple[str, str]) -> ShownCell:
    number = instrument.table.cells[cell]
    state = "out" if cell not in so_far.cells else "open"
    if so_far.cells == {cell}:
        state = "reached"
    return ShownCell(number, own_words(instrument.grade_names[number].name), state)


def _explain(instrument: Instrument, result: Grade | None) -> tuple[str, ...]:
    """The way to the grade; that the table is not verified is said apart from it."""
    if result is None:
        return ()
    sentences = build_explanation(instrument, result)
    way = sentences if instrument.table.verified else sentences[:-1]
    return tuple(say(sentence) for sentence in way)


def _show_changes(instrument: Instrument, changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(_show_change(instrument, change) for change in changes[:CHANGES_SHOWN])


def _show_change(instrument: Instrument, change: Change) -> str:
    *steps, grade = [say(sentence) for sentence in build_change(instrument, change)]
    return "，".join([*steps, grade]) if is_chinese() else ", ".join(steps) + " " + grade
