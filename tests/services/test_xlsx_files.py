import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import xlsx_files
from ltc.services.csv_files import ColumnMissing, FileEmpty, FileUnreadable
from ltc.services.xlsx_files import read_any_table, read_sheet
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
    first, last = read_any_table(path, ["a", "b"])
    assert list(first.values.values()) == ["王𬭼", "20", "1.5", "2019-11-04", "2019-11-04 09:30:00"]
    assert (last.number, last.values["a"], last.values["e"]) == (4, "x", "")


def test_a_sheet_without_a_column_or_rows_is_refused(tmp_path):
    with pytest.raises(ColumnMissing):
        read_sheet(write_xlsx(tmp_path / "a.xlsx", [["a"], ["1"]]), ["a", "b"])
    with pytest.raises(FileEmpty):
        read_sheet(write_xlsx(tmp_path / "b.xlsx", []), ["a"])


def test_what_only_looks_like_a_spreadsheet_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(FileUnreadable):
        read_any_table(path, ["a"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "no sheet")
    with pytest.raises(FileUnreadable):
        read_any_table(path, ["a"])


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_files, "UNPACKED_BYTES_MAX", 100)
    with pytest.raises(FileUnreadable):
        read_any_table(write_xlsx(tmp_path / "a.xlsx", [["a"], ["1"]]), ["a"])


def test_a_spreadsheet_is_imported_like_a_csv_file(make_ctx, session, area, tmp_path):
    make_world(session)
    row = {**ROWS[ImportKind.FEES], "charged_on": date(2019, 11, 5), "amount_yuan": 60}
    path = write_xlsx(tmp_path / "fees.xlsx", [list(row), list(row.values())])
    ctx = make_ctx(Role.OFFICER)
    assert counts(import_file(ctx, ImportKind.FEES, path)) == {"new": 1}
    assert counts(import_file(ctx, ImportKind.FEES, path)) == {"same": 1}
