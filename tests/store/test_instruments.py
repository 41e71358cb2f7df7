"""The strict reader of instruments: each mistake is refused with file, line and key."""

from pathlib import Path

import pytest

from ltc.rules.policies import Standing
from ltc.store.instruments import (
    INSTRUMENTS,
    InstrumentUnknown,
    get_instrument,
    list_instruments,
    load_instrument,
)
from ltc.store.yaml_reader import LawFileError, read_law_file

TEXT = (INSTRUMENTS / "cn-2021.yaml").read_text(encoding="utf-8")


def spoil(tmp_path: Path, *replacements: tuple[str, str]) -> Path:
    """Write the national instrument with replacements, each of which must find its text."""
    text = TEXT
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "cn-2021.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_national_instrument_is_complete():
    national = get_instrument("cn-2021")
    sizes = {part.code: (len(part.items), part.max_score) for part in national.dimensions}
    assert sizes == {"adl": (10, 100), "cog": (4, 16), "per": (3, 12)}
    assert sum(len(item.options) for item in national.items.values()) == 65
    assert [name.name.zh for name in national.grades] == [
        "基本正常",
        "轻度失能",
        "中度失能",
        "重度失能Ⅰ级",
        "重度失能Ⅱ级",
        "重度失能Ⅲ级",
    ]
    assert [band.code for band in national.bands] == ["intact", "mild", "moderate", "severe"]


def test_the_national_instrument_says_what_is_not_sure():
    national = get_instrument("cn-2021")
    assert not national.table.verified
    assert national.table.note.zh
    assert national.table.note.en
    assert national.source.standing is Standing.SEEN
    assert national.gate.partly_counts is False
    assert national.gate.partly_counts_standing is Standing.ASSUMED


def test_every_text_of_the_national_instrument_is_in_both_languages():
    for item in get_instrument("cn-2021").items.values():
        for text in (item.name, *(option.text for option in item.options)):
            assert not text.zh.isascii()
            assert text.en
            assert not any("\u4e00" <= character <= "\u9fff" for character in text.en)


def test_policies_know_the_grades_of_the_instrument_by_the_same_codes():
    scale = read_law_file(INSTRUMENTS.parent / "standards.yaml").take_map("cn-2021")
    codes = [grade.take("code", str) for grade in scale.take_maps("grades")]
    assert [name.code for name in get_instrument("cn-2021").grades] == codes


def test_an_instrument_is_read_once_and_listed():
    assert get_instrument("cn-2021") is get_instrument("cn-2021")
    assert "cn-2021" in [instrument.code for instrument in list_instruments()]


@pytest.mark.parametrize("code", ["cn-2099", "../instruments/cn-2021", "", "cn-2021.yaml"])
def test_an_unknown_instrument_is_not_found(code):
    with pytest.raises(InstrumentUnknown, match="cn-2021"):
        get_instrument(code)


def test_a_corrected_table_is_a_new_file_and_no_code(tmp_path):
    path = tmp_path / "cn-2027.yaml"
    path.write_text(
        TEXT.replace("code: cn-2021", "code: cn-2027")
        .replace("verified: false", "verified: true")
        .replace("severe: {intact: 3, mild: 3,", "severe: {intact: 3, mild: 4,"),
        encoding="utf-8",
    )
    corrected = load_instrument(path)
    assert corrected.table.verified
    assert corrected.table.cells["severe", "mild"] == 4
    assert get_instrument("cn-2021").table.cells["severe", "mild"] == 3


def test_an_instrument_may_have_no_gate(tmp_path):
    path = tmp_path / "cn-2021.yaml"
    path.write_text(TEXT[: TEXT.index("# Appendix")], encoding="utf-8")
    assert load_instrument(path).gate is None


EAT_0 = '{score: 0, zh: "较大或完全依赖，或有留置营养管"'

MISTAKES = {
    "code that is not the file's name": (
        "code: cn-2021",
        "code: cn-2022",
        "code",
        "name of the file",
    ),
    "unknown key at the top": ("bands:\n", "colour: red\nbands:\n", "colour", "not a known key"),
    "unknown key of an item": (
        "        zh: 进食\n",
        "        zh: 进食\n        weight: 2\n",
        "dimensions[0].items[0].weight",
        "not a known key",
    ),
    "missing key": ("    max: 100\n", "", "dimensions[0].max", "is missing"),
    "missing English": ("zh: 能力完好, en: Intact", "zh: 能力完好", "bands[0].en", "is missing"),
    "empty text": ("zh: 能力完好", 'zh: ""', "bands[0].zh", "is empty"),
    "score as text": (
        EAT_0,
        EAT_0.replace("0", '"0"'),
        "items[0].options[0].score",
        "whole number",
    ),
    "score with a fraction": (EAT_0, EAT_0.replace("0", "0.5"), "options[0].score", "whole number"),
    "negative score": (EAT_0, EAT_0.replace("0", "-5"), "options[0].score", "negative"),
    "first score above zero": (EAT_0, EAT_0.replace("0", "1"), "items[0].options", "score 0"),
    "scores that do not rise": (
        '{score: 10, zh: "自理（在',
        '{score: 5, zh: "自理（在',
        "items[0].options",
        "must rise",
    ),
    "score outside of the maximum": (
        '{score: 10, zh: "自理（在',
        '{score: 20, zh: "自理（在',
        "dimensions[0].max",
        "add up to 110",
    ),
    "item that stands twice": (
        "code: dress\n",
        "code: eat\n",
        "dimensions[0].items[1].code",
        "stands twice",
    ),
    "gap between bands": (
        "mild: {low: 65",
        "mild: {low: 70",
        "dimensions[0].bands",
        "the total 65 has no band",
    ),
    "gap at the bottom": (
        "severe: {low: 0, high: 40}",
        "severe: {low: 5, high: 40}",
        "dimensions[0].bands",
        "the total 0 has no band",
    ),
    "overlapping bands": (
        "moderate: {low: 45, high: 60}",
        "moderate: {low: 45, high: 65}",
        "dimensions[0].bands.moderate",
        "overlaps",
    ),
    "band above the maximum": (
        "intact: {low: 100, high: 100}",
        "intact: {low: 100, high: 105}",
        "dimensions[0].bands",
        "outside",
    ),
    "band upside down": (
        "mild: {low: 65, high: 95}",
        "mild: {low: 95, high: 65}",
        "bands.mild.low",
        "above high",
    ),
    "reversed direction": (
        "intact: {low: 100, high: 100}\n      mild: {low: 65, high: 95}",
        "intact: {low: 0, high: 40}\n      mild: {low: 65, high: 95}",
        "dimensions[0].bands.mild",
        "stands above",
    ),
    "missing band": (
        "      moderate: {low: 45, high: 60}\n",
        "",
        "dimensions[0].bands.moderate",
        "is missing",
    ),
    "unknown band": (
        "      moderate: {low: 45, high: 60}\n",
        "      moderate: {low: 45, high: 60}\n      worse: {low: 0, high: 0}\n",
        "bands.worse",
        "not a known key",
    ),
    "table without a cell": (
        "{intact: 2, mild: 2, moderate: 2, severe: 3}",
        "{intact: 2, mild: 2, moderate: 2}",
        "table.cells.moderate.severe",
        "is missing",
    ),
    "table without a row": (
        "    mild: {intact: 1, mild: 1, moderate: 1, severe: 2}\n",
        "",
        "table.cells.mild",
        "is missing",
    ),
    "cell that is no grade": (
        "moderate: 4, severe: 5}",
        "moderate: 4, severe: 6}",
        "table.cells.severe.severe",
        "not a grade",
    ),
    "table that turns back along a row": (
        "moderate: 4, severe: 5}",
        "moderate: 5, severe: 4}",
        "table.cells",
        "lighter",
    ),
    "table that turns back along a column": (
        "mild: {intact: 1, mild: 1, moderate: 1",
        "mild: {intact: 1, mild: 3, moderate: 3",
        "table.cells",
        "lighter",
    ),
    "table of an unknown dimension": ("rows: adl", "rows: body", "table.rows", "not one of"),
    "table that forgets a dimension": (
        "columns: [cog, per]",
        "columns: [cog]",
        "table.columns",
        "each of adl, cog, per once",
    ),
    "columns that are no list": (
        "columns: [cog, per]",
        "columns: cog",
        "table.columns",
        "must be a list",
    ),
    "verified in words": ("verified: false", "verified: no", "table.verified", "true or false"),
    "grades with a gap": ("{grade: 5, code", "{grade: 6, code", "grades[5].grade", "must be 5"),
    "grade code that stands twice": (
        'code: "4"',
        'code: "3"',
        "grades[4].code",
        "stands twice",
    ),
    "unknown standing": ("standing: seen", "standing: heard", "source.standing", "not one of"),
    "gate level that is unknown": (
        "[E, F, F, G]",
        "[E, F, F, H]",
        "gate.table",
        "“H” is not one of",
    ),
    "gate table with a short row": ("[E, F, F, G]", "[E, F, F]", "gate.table", "4 rows of 4"),
    "gate function of a third class": (
        "code: dress, class: b",
        "code: dress, class: c",
        "gate.functions",
        "two classes",
    ),
    "gate without a first level": (
        "apply_from: E",
        "apply_from: X",
        "gate.apply_from",
        "not one of",
    ),
    "gate switch in words": (
        "    value: false",
        "    value: maybe",
        "gate.partly_counts.value",
        "true or false",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_an_instrument_is_refused_with_its_line_and_key(tmp_path, name):
    old, new, key, reason = MISTAKES[name]
    path = spoil(tmp_path, (old, new))
    with pytest.raises(LawFileError) as caught:
        load_instrument(path)
    error = caught.value
    assert error.file == path
    assert error.key.endswith(key)
    assert reason in error.reason
    assert str(error).startswith(f"{path}:{error.line}: ")
    assert 0 < error.line <= len(path.read_text(encoding="utf-8").splitlines())


def test_an_error_points_at_the_line_of_the_mistake(tmp_path):
    path = spoil(tmp_path, ("verified: false", "verified: maybe"))
    with pytest.raises(LawFileError) as caught:
        load_instrument(path)
    assert (
        path.read_text(encoding="utf-8").splitlines()[caught.value.line - 1].strip()
        == "verified: maybe"
    )
