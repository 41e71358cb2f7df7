import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import xlsx_files
from ltc.services.csv_files import FileEmpty
from ltc.services.xlsx_files import WorkbookDamaged, WorkbookTooLarge, open_any_table
from tests.services.import_files import ROWS, counts, import_file, make_world


def write_xlsx(path, rows):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        forms = {datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
                 date: book.add_format({"num_format": "yyyy-mm-dd"})}  # fmt: skip
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, forms[type(value)])
                else:
                    sheet.write(number, column, value)
    return path


def test_cells_are_read_as_people_write_them(tmp_path):
    path = write_xlsx(
        tmp_path / "a.xlsx",
        [["a", "b", "c", "d", "e"],
         ["王𬭼", 20, 1.5, date(2019, 11, 4), datetime(2019, 11, 4, 9, 30)],  # noqa: DTZ001
         [], ["x"]],
    )  # fmt: skip
    first, last = open_any_table(path, ["a", "b"]).rows
    assert list(first.values.values()) == ["王𬭼", "20", "1.5", "2019-11-04", "2019-11-04 09:30:00"]
    assert (last.number, last.values["a"], last.values["e"]) == (4, "x", "")


def test_a_sheet_without_anything_is_refused(tmp_path):
    with pytest.raises(FileEmpty):
        open_any_table(write_xlsx(tmp_path / "b.xlsx", []), ["a"])


def test_a_table_that_begins_further_down_keeps_its_row_numbers(tmp_path):
    table = open_any_table(write_xlsx(tmp_path / "a.xlsx", [[], ["a", "b"], ["1"]]), ["a"])
    assert table.columns == ["a", "b"]
    assert [(row.number, row.values) for row in table.rows] == [(3, {"a": "1", "b": ""})]


def test_a_cell_beyond_the_header_is_named(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", [["a", "b"], ["1", "2", "3"], ["4", "5"]])
    odd, fine = open_any_table(path, ["a"]).rows
    assert "beyond the columns" in odd.problem.message
    assert (odd.raw, fine.problem) == ("1,2,3", None)


def test_what_only_looks_like_a_spreadsheet_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(WorkbookDamaged):
        open_any_table(path, ["a"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "no sheet")
    with pytest.raises(WorkbookDamaged):
        open_any_table(path, ["a"])


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_files, "UNPACKED_MB_MAX", 0)
    with pytest.raises(WorkbookTooLarge):
        open_any_table(write_xlsx(tmp_path / "a.xlsx", [["a"], ["1"]]), ["a"])


def test_a_spreadsheet_is_imported_like_a_csv_file(make_ctx, session, area, tmp_path):
    make_world(session)
    row = {**ROWS[ImportKind.FEES], "charged_on": date(2019, 11, 5), "amount_yuan": 60}
    path = write_xlsx(tmp_path / "fees.xlsx", [list(row), list(row.values())])
    ctx = make_ctx(Role.OFFICER)
    assert counts(import_file(ctx, ImportKind.FEES, path)) == {"new": 1}
    assert counts(import_file(ctx, ImportKind.FEES, path)) == {"same": 1}


def test_what_looks_like_a_formula_in_a_workbook_is_bad_with_row_and_column(
    make_ctx, session, area, tmp_path
):
    make_world(session)
    fee = ROWS[ImportKind.FEES]
    with xlsxwriter.Workbook(tmp_path / "fees.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([list(fee), [*fee.values()]]):
            sheet.write_row(number, 0, row)
        sheet.write_row(2, 0, ["=cmd|' /C calc'!A0", *list(fee.values())[1:]])
    file = import_file(make_ctx(Role.OFFICER), ImportKind.FEES, tmp_path / "fees.xlsx")
    assert counts(file) == {"new": 1, "bad": 1}
    assert (file.problems[0]["row"], file.problems[0]["column"]) == (3, "reference")
