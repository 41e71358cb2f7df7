"""Lists as files: what a spreadsheet makes of each kind of value, read back by another library."""

import csv
import errno
import io
import re
import tracemalloc
import zipfile
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from ltc.rules.insured import Sex
from ltc.services.table_files import (
    CHARACTERS_MOST,
    Coded,
    Column,
    Reader,
    TableFile,
    write_csv,
    write_xlsx,
)
from tests.support.full_disks import mounted

NOW = datetime(2019, 11, 14, 2, 30, tzinfo=UTC)
CHINESE = Reader(lambda cell: {True: "是", False: "否"}.get(cell, f"{cell}的词"), ZoneInfo("Asia/Shanghai"), NOW)  # fmt: skip


def table_of(name, *cells, title="结算明细"):
    return TableFile(title, [Column(name, "标题")], [[cell] for cell in cells])


def write(table, **how):
    file = io.BytesIO()
    write_xlsx(file, table, CHINESE, **how)
    return file.getvalue()


def open_book(content):
    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def read_xlsx(table):
    header, *rows = open_book(write(table)).get_sheet_by_index(0).to_python()
    assert header == ["标题"]
    return [row[0] for row in rows]


def read_csv(table):
    file = io.BytesIO()
    write_csv(file, table)
    header, *rows = csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    assert header == [table.columns[0].name]
    return [row[0] for row in rows]


def part_of(content, name="xl/worksheets/sheet1.xml"):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


@pytest.mark.parametrize(
    ("cell", "in_csv", "in_xlsx"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)", "@SUM(A1)"),
        ("C001", "C001", "C001"),
        ("0012", "0012", "0012"),
        ("https://example.org", "https://example.org", "https://example.org"),
        ("𬭼", "𬭼", "𬭼"),
        (7, "7", 7),
        (2**62, str(2**62), str(2**62)),
        (date(2019, 11, 14), "2019-11-14", date(2019, 11, 14)),
        (date(1899, 12, 31), "1899-12-31", "1899-12-31"),
        (time(9, 30), "09:30", time(9, 30)),
        (NOW, "2019-11-14T02:30:00+00:00", datetime(2019, 11, 14, 10, 30)),  # noqa: DTZ001
        (Sex.FEMALE, "female", "female的词"),
        (True, "True", "是"),
        (Coded("home_visits", "居家"), "home_visits", "居家"),
        (None, "", ""),
    ],
)
def test_a_value_is_written_for_machines_and_for_people(cell, in_csv, in_xlsx):
    table = table_of("value", cell, "end")
    assert read_csv(table) == [in_csv, "end"]
    assert read_xlsx(table) == [in_xlsx, "end"]


def test_an_amount_is_whole_fen_in_csv_and_exact_yuan_in_xlsx():
    table = table_of("fund_fen", 130_050, -5, 0, 1, 99_999_999_999_999)
    assert read_csv(table) == ["130050", "-5", "0", "1", "99999999999999"]
    sheet = part_of(write(table))
    assert re.findall(r"<v>(.*?)</v>", sheet) == ["1300.5", "-0.05", "0", "0.01", "999999999999.99"]
    assert '"¥"#,##0.00' in part_of(write(table), "xl/styles.xml").replace("&quot;", '"')


def test_no_text_becomes_a_formula_a_link_or_markup():
    content = write(table_of("name", "=1+1", "http://example.org", "<r><t>x</t></r>", "_x0041_"))
    assert "<f>" not in part_of(content)
    assert "hyperlink" not in part_of(content)
    cells = [row[0] for row in open_book(content).get_sheet_by_index(0).to_python()[1:]]
    assert cells == ["=1+1", "http://example.org", "<r><t>x</t></r> ", "_x0041_"]


def test_a_text_that_no_cell_holds_ends_with_an_ellipsis():
    whole, long, wide = "x" * CHARACTERS_MOST, "x" * (CHARACTERS_MOST + 1), "𬭼" * CHARACTERS_MOST
    kept = read_xlsx(table_of("note", whole, long, wide))
    assert kept[0] == whole
    assert all(text.endswith("…") and len(text) > 16_000 for text in kept[1:])


def test_the_header_stays_in_view_and_every_column_has_a_filter_and_its_width():
    columns = [Column("name", "姓名"), Column("note", "备注")]
    sheet = part_of(write(TableFile("人员", columns, [["王淑珍", "长" * 25]])))
    assert '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' in sheet
    assert '<autoFilter ref="A1:B2"/>' in sheet
    assert [float(width) // 1 for width in re.findall(r' width="(.*?)"', sheet)] == [7, 51]


def test_rows_that_do_not_fit_on_a_sheet_go_on_in_the_next():
    table = table_of("number", *range(5))
    book = open_book(write(table, rows_most=2))
    assert book.sheet_names == ["结算明细", "结算明细 2", "结算明细 3"]
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert sheets == [[["标题"], [0], [1]], [["标题"], [2], [3]], [["标题"], [4]]]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_ten_times_the_rows_take_no_more_memory(tmp_path, suffix):
    """Kept, the rows of the longer list would be some megabytes."""
    few, many = [measure_peak_bytes(tmp_path / f"list.{suffix}", rows) for rows in (1_000, 10_000)]
    assert many < few + 500_000


def measure_peak_bytes(path, count):
    columns = [Column("name", "姓名"), Column("fund_fen", "基金支付"), Column("day", "日期")]
    rows = ([f"王淑珍 {at}" * 10, at, NOW] for at in range(count))
    table = TableFile("人员", columns, rows)
    tracemalloc.start()
    try:
        if path.suffix == ".csv":
            with path.open("wb") as file:
                write_csv(file, table)
        else:
            write_xlsx(path, table, CHINESE, folder=path.parent)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_list_without_rows_is_its_header():
    assert read_csv(table_of("name")) == []
    assert read_xlsx(table_of("name")) == []


@pytest.mark.parametrize("title", ["2019年11月：第1次/复核", "[a]*?", "x" * 40, "it's 'so'"])
def test_a_sheet_has_a_name_that_is_allowed(title):
    (name,) = open_book(write(table_of("name", "a", title=title))).sheet_names
    assert 1 <= len(name) <= 31
    assert not set(name) & set("[]:*?/\\'")


def test_a_disk_that_fills_up_under_the_rows_is_told_of_as_such():
    rows = ([f"{number}" + "长" * 10_000] for number in range(300))
    with mounted(1024 * 1024) as folder:
        table = TableFile("结算明细", [Column("note", "备注")], rows)
        with pytest.raises(OSError, match="No space left") as full:
            write_xlsx(folder / "list.xlsx", table, CHINESE, folder=folder)
    assert full.value.errno == errno.ENOSPC
    assert next(rows, None) is not None  # it stopped there
