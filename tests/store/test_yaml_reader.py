"""The strict reader that all files of the law share."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import pytest

from ltc.store.yaml_reader import LawFileError, MapNode, read_law_file


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@pytest.fixture
def read(tmp_path):
    def read_text(text: str | bytes) -> MapNode:
        path = tmp_path / "law.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_law_file(path)

    return read_text


def test_values_are_read_as_the_kind_asked_for(read):
    root = read("a: words\nb: 12\nc: true\nd: 2022-01-31\ne: 12.50\nf: red\n")
    assert root.take("a", str) == "words"
    assert root.take("b", int) == 12
    assert root.take("c", bool) is True
    assert root.take("d", date) == date(2022, 1, 31)
    assert root.take("e", Decimal) == Decimal("12.50")
    assert root.take_choice("f", Colour) is Colour.RED
    root.done()


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("12", str),
        ("true", str),
        ("2022-01-31", str),
        ("[a]", str),
        ("12.0", int),
        ('"12"', int),
        ("012", int),
        ("0x10", int),
        ("1:30", int),
        ("1_000", int),
        ("yes", bool),
        ("1", bool),
        ("2022-02-30", date),
        ("2022-1-31", date),
        ("2022-01-31T10:00:00", date),
        ("1e3", Decimal),
        (".5", Decimal),
        (".nan", Decimal),
    ],
)
def test_another_kind_is_refused_with_line_and_key(read, written, kind):
    root = read(f"first: 1\nkey: {written}\n")
    with pytest.raises(LawFileError) as caught:
        root.take("key", kind)
    assert (caught.value.line, caught.value.key) == (2, "key")
    assert caught.value.reason.startswith("must be ")


@pytest.mark.parametrize("written", ["", '""', '"  "'])
def test_an_empty_value_is_refused(read, written):
    with pytest.raises(LawFileError, match="is empty"):
        read(f"key: {written}\n").take("key", str)


def test_a_key_that_was_not_taken_is_unknown(read):
    root = read("a: 1\nb: 2\n")
    root.take("a", int)
    with pytest.raises(LawFileError) as caught:
        root.done()
    assert (caught.value.line, caught.value.key) == (2, "b")


def test_a_missing_key_points_at_its_mapping(read):
    root = read("a: 1\ninner:\n  b: 2\n")
    with pytest.raises(LawFileError) as caught:
        root.take_map("inner").take("c", int)
    assert (caught.value.line, caught.value.key) == (3, "inner.c")


def test_an_absent_key_may_be_asked_for(read):
    root = read("a: 1\n")
    assert root.maybe("b", int) is None
    assert root.maybe("a", int) == 1
    assert root.maybe_map("c") is None


def test_a_value_that_is_no_choice_is_refused(read):
    with pytest.raises(LawFileError, match="not one of red, blue"):
        read("a: green\n").take_choice("a", Colour)


def test_a_key_that_stands_twice_is_refused(read):
    with pytest.raises(LawFileError) as caught:
        read("a: 1\nb: 2\na: 3\n")
    assert (caught.value.line, caught.value.key) == (3, "a")


def test_lists_are_read_with_the_place_of_each_entry(read):
    root = read("maps: [{a: 1}, {a: x}]\nvalues: [1, 2]\nrows: [[a, b], [c, 1]]\n")
    first, second = root.take_maps("maps")
    assert first.take("a", int) == 1
    with pytest.raises(LawFileError, match=r"maps\[1\]\.a"):
        second.take("a", int)
    assert root.take_values("values", int) == (1, 2)
    with pytest.raises(LawFileError, match=r"rows\[1\]\[1\]"):
        root.take_rows("rows", str)


@pytest.mark.parametrize("written", ["[]", "1", "{a: 1}"])
def test_what_is_no_list_or_an_empty_one_is_refused(read, written):
    with pytest.raises(LawFileError, match="key: must"):
        read(f"key: {written}\n").take_maps("key")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("# only a remark\n", "is empty"),
        ("- a\n- b\n", "must be a mapping"),
        ("a: [1\nb: 2\n", "is not YAML"),
        ("a: 1\n\tb: 2\n", "is not YAML"),
        ("a: 1\n---\nb: 2\n", ":2: begins a second document: write one"),
        ("a: 1\nb: \x00\n", ":2: is not YAML"),
        ("a: b: c\n", "put a text with “: ” in it into quotes"),
        ("a: &it {c: 1}\n<<: *it\n", ":2: <<: is not read here: write the keys out"),
        ("? [a]\n: 1\n", "key that is not text"),
        (b"a: 1\nb: \xff\n", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(read, text, reason):
    with pytest.raises(LawFileError, match=reason):
        read(text)


def test_a_file_nested_without_end_is_refused(read):
    with pytest.raises(LawFileError, match="is nested too deeply to be read"):
        read("a: " + "[" * 5_000 + "]" * 5_000)


def test_the_line_of_a_byte_that_is_not_utf8_is_named(read):
    with pytest.raises(LawFileError) as caught:
        read(b"a: 1\nb: \xff\n")
    assert caught.value.line == 2


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(LawFileError, match="cannot be read"):
        read_law_file(tmp_path / "none.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(read):
    assert read(b"\xef\xbb\xbfa: 1\n").take("a", int) == 1
