"""The assessment instruments that are installed: reading them, strictly, and finding one.

A mistake in a file raises LawFileError with file, line and key. What a reader of the file could
not see at a glance is checked here too: every total that scores can add up to has exactly one
band, the table covers every pair of bands, and a heavier band never gives a lighter grade.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise, product
from pathlib import Path

from ltc.rules.assessments.instruments import (
    Band,
    BandName,
    Dimension,
    Gate,
    GateAnswer,
    GateFunction,
    GradeName,
    Instrument,
    InstrumentSource,
    Item,
    Option,
    Table,
)
from ltc.rules.errors import NotFound
from ltc.rules.policies import Standing, Text
from ltc.store.yaml_reader import MapNode, read_law_file

INSTRUMENTS = Path(__file__).parent.parent / "policy" / "instruments"
CURRENT = "cn-2021"


class InstrumentUnknown(NotFound):
    """There is no assessment instrument “{code}”. Installed are: {known}."""


def get_instrument(code: str) -> Instrument:
    """Return an installed instrument, read once a process; raises InstrumentUnknown, LawFileError."""
    return _get(INSTRUMENTS, code)


def list_instruments() -> tuple[Instrument, ...]:
    """Return all installed instruments in the order of their codes; raises LawFileError."""
    return tuple(get_instrument(code) for code in _list_codes(INSTRUMENTS))


def _list_codes(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


@cache
def _get(folder: Path, code: str) -> Instrument:
    known = _list_codes(folder)
    if code not in known:  # compared, not opened: a code from outside never becomes a path
        raise InstrumentUnknown(field="instrument", code=code, known=", ".join(known))
    return load_instrument(folder / f"{code}.yaml")


def load_instrument(path: Path) -> Instrument:
    """Read an instrument from a file whose name is its code; raises LawFileError."""
    root = read_law_file(path)
    code = root.take("code", str)
    if code != path.stem:
        raise root.error("code", f"must be the name of the file, “{path.stem}”")
    bands = _read_bands(root)
    grades = _read_grades(root)
    dimensions = _read_dimensions(root, bands)
    instrument = Instrument(
        code=code,
        title=_read_text(root.take_map("title")),
        source=_read_source(root.take_map("source")),
        bands=bands,
        grades=grades,
        dimensions=dimensions,
        table=_read_table(root.take_map("table"), bands, grades, dimensions),
        gate=_read_gate(root.maybe_map("gate")),
    )
    root.done()
    return instrument


def _read_text(node: MapNode) -> Text:
    text = _take_name(node)
    node.done()
    return text


def _take_name(node: MapNode) -> Text:
    return Text(zh=node.take("zh", str), en=node.take("en", str))


def _take_once(node: MapNode, key: str, seen: set[str]) -> str:
    """Take a code that must differ from all in ``seen``, and add it."""
    code = node.take(key, str)
    if code in seen:
        raise node.error(key, f"“{code}” stands twice")
    seen.add(code)
    return code


def _take_one_of(node: MapNode, key: str, known: Iterable[str]) -> str:
    """Take a code that must be among the known ones."""
    code, choices = node.take(key, str), tuple(known)
    if code not in choices:
        raise node.error(key, f"“{code}” is not one of {', '.join(choices)}")
    return code


def _read_source(node: MapNode) -> InstrumentSource:
    source = InstrumentSource(
        document=_read_text(node.take_map("document")),
        number=node.take("number", str),
        issued_by=_read_text(node.take_map("issued_by")),
        issued_in=node.take("issued_in", str),
        standing=node.take_choice("standing", Standing),
        note=_read_text(node.take_map("note")),
    )
    node.done()
    return source


def _read_bands(root: MapNode) -> tuple[BandName, ...]:
    bands, seen = [], set[str]()
    for node in root.take_maps("bands"):
        bands.append(BandName(_take_once(node, "code", seen), _take_name(node)))
        node.done()
    return tuple(bands)


def _read_grades(root: MapNode) -> tuple[GradeName, ...]:
    """Read the grades, which must be numbered from 0 without gaps, lightest first."""
    grades, seen = [], set[str]()
    for place, node in enumerate(root.take_maps("grades")):
        number = node.take("grade", int)
        if number != place:
            raise node.error("grade", f"must be {place}: grades count from 0, lightest first")
        grades.append(GradeName(number, _take_once(node, "code", seen), _take_name(node)))
        node.done()
    return tuple(grades)


def _read_dimensions(root: MapNode, bands: tuple[BandName, ...]) -> tuple[Dimension, ...]:
    seen_dimensions, seen_items = set[str](), set[str]()
    dimensions = []
    for node in root.take_maps("dimensions"):
        part = Dimension(
            code=_take_once(node, "code", seen_dimensions),
            name=_take_name(node),
            max_score=node.take("max", int),
            items=tuple(_read_item(item, seen_items) for item in node.take_maps("items")),
            bands=_read_ranges(node.take_map("bands"), bands),
        )
        _check_totals(node, part)
        node.done()
        dimensions.append(part)
    return tuple(dimensions)


def _read_item(node: MapNode, seen: set[str]) -> Item:
    item = Item(
        code=_take_once(node, "code", seen),
        name=_take_name(node),
        options=tuple(_read_option(option) for option in node.take_maps("options")),
    )
    node.done()
    _check_options(node, item)
    return item


def _read_option(node: MapNode) -> Option:
    option = Option(score=node.take("score", int), text=_take_name(node))
    node.done()
    if option.score < 0:
        raise node.error("score", "must not be negative")
    return option


def _check_options(node: MapNode, item: Item) -> None:
    """The scores of an item start at 0 and rise: the other way round would turn the scale over."""
    if item.scores[0] != 0:
        raise node.error("options", f"must start with the score 0, not {item.scores[0]}")
    for one, other in pairwise(item.scores):
        if other <= one:
            raise node.error("options", f"scores must rise: {other} stands after {one}")


def _read_ranges(node: MapNode, bands: tuple[BandName, ...]) -> tuple[Band, ...]:
    """Read the range of each band, which must fall from the lightest to the heaviest."""
    ranges = tuple(_read_range(node.take_map(band.code), band.code) for band in bands)
    node.done()
    for lighter, heavier in pairwise(ranges):
        if heavier.high >= lighter.low:
            raise node.error(heavier.code, f"overlaps “{lighter.code}” or stands above it")
    return ranges


def _read_range(node: MapNode, code: str) -> Band:
    band = Band(code, low=node.take("low", int), high=node.take("high", int))
    node.done()
    if band.low > band.high:
        raise node.error("low", f"is above high: {band.low} > {band.high}")
    return band


def _check_totals(node: MapNode, part: Dimension) -> None:
    """The items add up to the maximum, every total has a band, and no band is out of reach."""
    reached = part.totals[-1]
    if reached != part.max_score:
        raise node.error("max", f"is {part.max_score}, but the items add up to {reached}")
    if part.bands[0].high > part.max_score or part.bands[-1].low < 0:
        raise node.error("bands", f"reach outside of 0 to {part.max_score}")
    for total in part.totals:
        if total not in part.band_by_total:
            raise node.error("bands", f"leave a gap: the total {total} has no band")


def _read_table(
    node: MapNode,
    bands: tuple[BandName, ...],
    grades: tuple[GradeName, ...],
    dimensions: tuple[Dimension, ...],
) -> Table:
    codes = [part.code for part in dimensions]
    rows, columns = _take_one_of(node, "rows", codes), node.take_values("columns", str)
    if sorted([rows, *columns]) != sorted(codes):
        raise node.error("columns", f"rows and columns must name each of {', '.join(codes)} once")
    table = Table(
        rows=rows,
        columns=columns,
        cells=_read_cells(node.take_map("cells"), bands, len(grades)),
        verified=node.take("verified", bool),
        note=_read_text(node.take_map("note")),
    )
    node.done()
    _check_direction(node, table, bands)
    return table


def _read_cells(
    node: MapNode, bands: tuple[BandName, ...], count: int
) -> Mapping[tuple[str, str], int]:
    """Read a grade for every pair of bands."""
    cells = {}
    for row in bands:
        line = node.take_map(row.code)
        for column in bands:
            cells[row.code, column.code] = grade = line.take(column.code, int)
            if not 0 <= grade < count:
                raise line.error(column.code, f"{grade} is not a grade from 0 to {count - 1}")
        line.done()
    node.done()
    return cells


def _check_direction(node: MapNode, table: Table, bands: tuple[BandName, ...]) -> None:
    """A heavier band never gives a lighter grade, along rows and along columns."""
    codes = [band.code for band in bands]
    for (one, other), fixed in product(pairwise(codes), codes):
        if table.cells[one, fixed] > table.cells[other, fixed]:
            raise node.error("cells", f"row {other} is lighter than row {one} in column {fixed}")
        if table.cells[fixed, one] > table.cells[fixed, other]:
            raise node.error("cells", f"column {other} is lighter than column {one} in row {fixed}")


def _read_gate(node: MapNode | None) -> Gate | None:
    if node is None:
        return None
    functions = _read_functions(node)
    levels = node.take_values("levels", str)
    answers = _read_answers(node)
    codes = [answer.code for answer in answers]
    partly = node.take_map("partly_counts")
    gate = Gate(
        title=_read_text(node.take_map("title")),
        answers=answers,
        dependent=_take_one_of(node, "dependent", codes),
        partly=_take_one_of(node, "partly", codes),
        partly_counts=partly.take("value", bool),
        partly_counts_standing=partly.take_choice("standing", Standing),
        partly_counts_note=_read_text(partly.take_map("note")),
        functions=functions,
        groups=_read_groups(node, functions),
        levels=levels,
        apply_from=_take_one_of(node, "apply_from", levels),
        table=node.take_rows("table", str),
    )
    partly.done()
    node.done()
    _check_gate_table(node, gate)
    return gate


def _read_answers(node: MapNode) -> tuple[GateAnswer, ...]:
    answers, seen = [], set[str]()
    for entry in node.take_maps("answers"):
        answers.append(GateAnswer(_take_once(entry, "code", seen), _take_name(entry)))
        entry.done()
    return tuple(answers)


def _read_functions(node: MapNode) -> tuple[GateFunction, ...]:
    functions, seen = [], set[str]()
    for entry in node.take_maps("functions"):
        code = _take_once(entry, "code", seen)
        functions.append(GateFunction(code, _take_name(entry), group=entry.take("class", str)))
        entry.done()
    return tuple(functions)


def _read_groups(node: MapNode, functions: tuple[GateFunction, ...]) -> tuple[str, str]:
    """Return the two classes in the order in which the functions name them."""
    groups = tuple(dict.fromkeys(function.group for function in functions))
    if len(groups) != 2:
        raise node.error("functions", f"must be of two classes, not of {len(groups)}")
    return groups[0], groups[1]


def _check_gate_table(node: MapNode, gate: Gate) -> None:
    """The table has a known level for every count of dependent functions in both classes."""
    sizes = [sum(f.group == group for f in gate.functions) + 1 for group in gate.groups]
    if len(gate.table) != sizes[0] or any(len(row) != sizes[1] for row in gate.table):
        raise node.error("table", f"must have {sizes[0]} rows of {sizes[1]} levels")
    for level in (level for row in gate.table for level in row):
        if level not in gate.levels:
            raise node.error("table", f"“{level}” is not one of {', '.join(gate.levels)}")
