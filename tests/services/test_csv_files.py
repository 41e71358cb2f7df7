"""CSV files as people bring them: encodings, delimiters, broken rows, size."""

import os
import threading
import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.services.csv_files import (
    CHUNK_BYTES,
    LONGEST_LINE,
    ColumnMissing,
    ColumnTwice,
    EncodingUnknown,
    FileEmpty,
    FileUnreadable,
    LineTooLong,
    NulInRow,
    QuoteOpen,
    RowTooLong,
    RowTooShort,
    open_table,
    read_table,
    safe_cell,
)

COLUMNS = ("id", "name")
TABLE = "id,name\n1,王䶮\n2,李𬭼\n"
NAMES = ["王䶮", "李𬭼"]


def names_in(data: bytes) -> list[str]:
    rows = list(read_table(data, COLUMNS))
    assert all(row.problem is None for row in rows)
    return [row.values["name"] for row in rows]


def problems_in(text: str) -> list[tuple[int, type | None]]:
    return [
        (row.number, type(row.problem) if row.problem else None)
        for row in read_table(text.encode(), COLUMNS)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_common_encodings_are_recognised(encoding):
    assert names_in(TABLE.encode(encoding)) == NAMES


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_common_delimiters_are_recognised(delimiter):
    assert names_in(TABLE.replace(",", delimiter).encode()) == NAMES


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_common_line_ends_are_recognised(end):
    assert names_in(TABLE.replace("\n", end).encode()) == NAMES


def test_a_delimiter_of_another_kind_inside_a_name_changes_nothing():
    assert names_in(b"id;name\n1;a,b,c\n") == ["a,b,c"]


def test_gb18030_that_begins_far_into_the_file_is_recognised():
    data = b"id,name\n" + b"1,abc\n" * 300_000 + "2,王小明\n".encode("gb18030")
    last = list(read_table(data, COLUMNS))[-1]
    assert (last.number, last.values["name"]) == (300_002, "王小明")


def test_a_character_across_the_edge_of_a_chunk_is_whole():
    text = "id,name\n" + "".join(f"{number},{'王' * 20}\n" for number in range(50_000))
    assert len(text.encode()) > 3 * CHUNK_BYTES
    assert set(names_in(text.encode())) == {"王" * 20}


def test_damaged_utf8_is_refused_and_never_read_as_nonsense_in_gb18030():
    damaged = ("id,name\n" + "1,王小明\n" * 5).encode() + b"2,\xe7\x8e\n"
    with pytest.raises(EncodingUnknown, match=r"^Row 7 "):
        read_table(damaged, COLUMNS)


@pytest.mark.parametrize("data", [b"id,name\n1,\xff\xff\n", b"\xef\xbb\xbfid,name\n1,\xcd\xf5\n"])
def test_bytes_that_are_no_text_are_refused_with_their_row(data):
    with pytest.raises(EncodingUnknown, match=r"^Row 2 "):
        read_table(data, COLUMNS)


def test_utf8_that_ends_inside_a_character_is_refused():
    with pytest.raises(EncodingUnknown, match=r"^Row 2 "):
        read_table("id,name\n1,王小明王小明王小明王".encode()[:-1], COLUMNS)


@pytest.mark.parametrize("data", [b"", b"\n", b"  \n,;\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data):
    with pytest.raises(FileEmpty):
        read_table(data, COLUMNS)


def test_a_missing_column_is_named_before_any_row_is_asked_for():
    with pytest.raises(ColumnMissing, match=r"^Missing in the header: name") as caught:
        read_table(b"id,nmae\n1,a\n", COLUMNS)
    assert caught.value.field == "name"


def test_a_required_column_that_stands_twice_is_refused():
    with pytest.raises(ColumnTwice, match="name"):
        read_table(b"id,name,name\n1,a,b\n", COLUMNS)


def test_a_header_with_an_open_quotation_mark_is_refused():
    with pytest.raises(QuoteOpen, match=r"^Row 1 "):
        read_table(b'id,name,"more\n1,a,b\n', COLUMNS)


def test_a_header_without_rows_gives_no_rows():
    assert list(read_table(b"id,name", COLUMNS)) == []


def test_columns_beyond_the_required_ones_are_given_and_blanks_around_names_ignored():
    (row,) = read_table(b" id , name ,more\n1,a,b\n", COLUMNS)
    assert row.values == {"id": "1", "name": "a", "more": "b"}


def test_a_short_and_a_long_row_are_named_and_the_others_follow():
    text = "id,name\n1\n2,b,c\n3,d\n"
    assert problems_in(text) == [(2, RowTooShort), (3, RowTooLong), (4, None)]
    (short, *_) = read_table(text.encode(), COLUMNS)
    assert short.values == {"id": "1"}
    assert "“name”" in short.problem.message


def test_blank_rows_are_left_out_but_counted():
    assert problems_in("id,name\n\n1,a\n , \n2,b\n") == [(3, None), (5, None)]


@pytest.mark.parametrize("blank", ["\n", "\r\n", " \n\n", ",,\n", ";;\n", "\ufeff\n"])
def test_blank_lines_before_the_header_are_left_out_but_counted(blank):
    first = blank.count("\n") + 2
    rows = list(read_table((blank + TABLE).encode(), COLUMNS))
    assert [(row.number, row.values["name"]) for row in rows] == [
        (first, NAMES[0]), (first + 1, NAMES[1])
    ]  # fmt: skip
    assert open_table((blank + TABLE).encode(), COLUMNS).rows_total == 3  # about
    with pytest.raises(QuoteOpen, match=f"^Row {first - 1} has a quotation mark"):
        read_table((blank + 'id,"name\n1,a').encode(), COLUMNS)


def test_a_row_of_one_cell_is_said_in_the_singular():
    (row,) = read_table(b"id,name\n1", COLUMNS)
    assert row.problem.message.startswith("Row 2 has one cell, the header 2: add cells from “name”")


def test_a_nul_byte_is_refused_with_row_and_column():
    row, other = read_table(b"id,name\n1,a\0b\n2,c\n", COLUMNS)
    assert isinstance(row.problem, NulInRow)
    assert row.problem.field == "name"
    assert other.problem is None


def test_a_cell_may_hold_delimiters_quotation_marks_and_line_breaks():
    assert names_in(b'id,name\n1,"a, ""b""\nc"\n2,5" pipe\n') == ['a, "b"\nc', '5" pipe']


def test_a_lost_quotation_mark_costs_its_own_row_only():
    text = 'id,name\n1,"a\n' + "".join(f"{n},b\n" for n in range(2, 200))
    problems = problems_in(text)
    assert problems[0] == (2, QuoteOpen)
    assert problems[1:] == [(number, None) for number in range(3, 201)]


def test_a_lost_quotation_mark_at_the_end_costs_its_own_row_only():
    assert problems_in('id,name\n1,"a\n2,b\n') == [(2, QuoteOpen), (3, None)]


def test_two_lost_quotation_marks_cost_their_own_rows_only():
    problems = problems_in('id,name\n1,"a\n2,"b\n3,c\n')
    assert problems == [(2, QuoteOpen), (3, QuoteOpen), (4, None)]


def test_text_after_a_closed_quotation_mark_is_refused():
    assert problems_in('id,name\n1,"a"b\n2,c\n') == [(2, QuoteOpen), (3, None)]


def test_a_line_that_is_too_long_costs_its_own_row_only_and_names_its_column():
    rows = list(read_table(b"id,name\n1,a\n2," + b"x" * 10**6 + b"\n3,c\n", COLUMNS))
    assert [(row.number, type(row.problem)) for row in rows] == [
        (2, type(None)), (3, LineTooLong), (4, type(None))
    ]  # fmt: skip
    assert rows[1].problem.field == "name"
    assert len(rows[1].raw) == LONGEST_LINE


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileUnreadable, match="No such file"):
        read_table(tmp_path / "none.csv", COLUMNS)


def test_a_pipe_can_be_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(TABLE.encode("gb18030"),))
    writer.start()
    assert [row.values["name"] for row in read_table(pipe, COLUMNS)] == NAMES
    writer.join()


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(b"id,name\n")
        for _ in range(150):
            file.write(b"1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 1000)
    tracemalloc.start()
    count = sum(1 for _ in read_table(path, COLUMNS))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 150_000
    assert peak < path.stat().st_size // 2


def test_rows_are_given_as_they_are_read(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"id,name\n" + b"1,a\n" * 100_000)
    rows = read_table(path, COLUMNS)
    assert [row.number for row in islice(rows, 2)] == [2, 3]
    rows.close()


cells = st.text(
    st.characters(exclude_characters="\r\n\0\ufeff", exclude_categories=["Cs"]), max_size=12
)


@given(st.lists(st.tuples(st.integers(1, 999), cells), max_size=8))
def test_what_is_written_with_quotation_marks_is_read_unchanged(table):
    lines = ['"{}","{}"'.format(number, name.replace('"', '""')) for number, name in table]
    data = "\n".join(["id,name", *lines]).encode()
    assert names_in(data) == [name for _, name in table]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_never_break(data):
    try:
        rows = list(read_table(b"id,name\n" + data, COLUMNS))
    except EncodingUnknown:
        return
    assert all(row.problem or row.values.keys() == {"id", "name"} for row in rows)


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1+2", "-1+2", "@SUM(A1)", "\t=1", "-", "="]
)
def test_formulas_are_disarmed(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "abc", "12", "-12", "+8613800000000", "-1.5", "a=b", "王"])
def test_other_text_stays_as_it_is(text):
    assert safe_cell(text) == text
