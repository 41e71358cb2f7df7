"""Bad files and bad rows: each gets a sentence that says where it is and what to do about it."""

import re
from io import BytesIO

import pytest
import xlsxwriter

from ltc.rules.access import Role
from ltc.rules.errors import Invalid
from ltc.rules.imports import ImportKind
from ltc.services.import_kinds import SPECS
from ltc.services.import_tables import open_import
from tests.services.import_files import ROWS, make_world, try_file

VISIT = ROWS[ImportKind.VISITS]
HEADER = ",".join(VISIT)
LINE = ",".join(VISIT.values())
TABLE = f"{HEADER}\n{LINE}\n"
LETTERS = re.compile(r"[A-Z][a-z]+[A-Z]|Error|Exception|Traceback")  # the name of a class


@pytest.fixture
def officer(make_ctx, session, area):
    make_world(session)
    return make_ctx(Role.OFFICER)


def say(problem):
    return problem["template"].format(**problem["values"])


def write_sheet(*rows):
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
FILES = {
    "empty": (b"", "The file is empty: its first row must name the columns."),
    "only a header": (HEADER.encode(), "has a header and no row below it. Write the rows"),
    "a column missing": (TABLE.replace("reference", "number", 1).encode(),
                         "Missing in the header: reference. The file needs the columns reference"),
    "a slip in a column": (TABLE.replace("longitude", "Longitude ", 1).encode(),
                           "“Longitude” is no column here. Did you mean “longitude”?"),
    "a column twice": (TABLE.replace("items", "reference", 1).encode(),
                       "names the column “reference” twice. Keep one of them."),
    "a header with an open quote": (b'"' + TABLE.encode(), "Close or remove it."),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "This file is no table."),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "This file is no table."),
    "a program": (bytes(range(1, 256)) * 50, "This file is no table."),
    "one endless line": (b"reference" * 50_000, "This file is no table."),
    "neither UTF-8 nor GB18030": (TABLE.encode() + b"\xff\xff\n", "Row 3 is neither UTF-8"),
    "an old workbook": (OLE, "This is an old workbook (.xls). Open it, save it as XLSX"),
    "a workbook with a password": (OLE + "EncryptedPackage".encode("utf-16-le"),
                                   "has a password. Open it, take the password away"),
    "a damaged workbook": (write_sheet(["a"])[:-200], "damaged or incomplete. Open it, save it"),
    "an archive": (b"PK\x03\x04" + b"\0" * 100, "damaged or incomplete."),
    "an empty workbook": (write_sheet(), "The file is empty"),
    "a workbook with only a header": (write_sheet(list(VISIT)), "no row below it"),
    "a workbook of another kind": (write_sheet(["a", "b"], ["1", "2"]), "Missing in the header"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path, name):
    content, words = FILES[name]
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        open_import(path, SPECS[ImportKind.VISITS])
    assert words in refused.value.message
    assert not LETTERS.search(refused.value.message)


@pytest.mark.parametrize(
    "content",
    [TABLE.encode("utf-8-sig"), TABLE.encode("utf-16"), TABLE.encode("utf-16-le"),
     TABLE.encode("utf-16-be"), TABLE.replace("V1", "甲1").encode("gb18030"),
     TABLE.replace(",", ";").encode(), TABLE.replace(",", "\t").encode(),
     TABLE.replace("\n", "\r\n").encode(), write_sheet([], list(VISIT), list(VISIT.values()))],
)  # fmt: skip
def test_files_of_every_program_are_read(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    (row,) = open_import(path, SPECS[ImportKind.VISITS]).rows
    assert (row.problem, row.values["ends_at"]) == (None, VISIT["ends_at"])


def changed(**cells):
    return ",".join({**VISIT, **cells}.values())


ROWS_IN_QUESTION = {
    "too few cells": ("V2,A1", "carer_code", "Row 3 has 2 cells, the header 10: add cells from"),
    "too many cells": (f"{LINE},more", "source", "Row 3 has 11 cells, the header 10. Put text"),
    "an open quote": ('V2,"A1,C1', "case_number", "quotation mark (\") that is not closed"),
    "a NUL byte": (changed(case_number="A\0"), "case_number", "NUL byte, which is no text. Type"),
    "a cell of a megabyte": (changed(items="D" * 10**6), "items", "Shorten what stands in “items”"),
    "a long cell": (changed(reference="V" * 5_000), "reference", "has 5000 characters; at most 60"),
    "an empty cell": (changed(reference=""), "reference", "This cell is empty; it is needed."),
    "a formula": (changed(reference="=cmd|' /C calc'!A0"), "reference", "like a formula. Write"),
    "a day that does not exist": (changed(begins_at="2019-02-29 09:00"), "begins_at", "is not a day."),
    "24:00": (changed(ends_at="2019-11-05 24:00"), "ends_at", "a day ends at 23:59. Write midnight"),
    "negative minutes": (changed(ends_at="2019-11-05 08:00"), "ends_at", "-60 minutes. After midnight"),
    "no such person": (changed(case_number="A9"), "case_number", "has the case number “A9”"),
    "half a position": (changed(longitude=""), "longitude", "needs both latitude and longitude"),
    "the same once more": (LINE, "reference", "Row 2 of this file is about the same record already."),
}  # fmt: skip


@pytest.fixture(scope="module")
def table_of_odd_rows():
    """One file with all of them, each between good rows."""
    lines, places = [HEADER, LINE], {}
    for name, (line, _, _) in ROWS_IN_QUESTION.items():
        places[name] = len(lines) + 1
        lines.append(line)
        lines.append(changed(reference=f"good {len(lines)}"))
    return "\n".join(lines).encode(), places


def test_every_row_in_question_names_row_column_and_remedy(officer, tmp_path, table_of_odd_rows):
    content, places = table_of_odd_rows
    path = tmp_path / "visits.csv"
    path.write_bytes(content)
    file = try_file(officer, ImportKind.VISITS, path)
    assert file.counts["new"] == 1 + len(ROWS_IN_QUESTION)
    assert file.counts["bad"] == len(ROWS_IN_QUESTION)
    found = {problem["row"]: problem for problem in file.problems}
    for name, (_, column, words) in ROWS_IN_QUESTION.items():
        problem = found[places[name]]
        named = words.replace("Row 3", f"Row {places[name]}")
        assert (problem["column"], named in say(problem)) == (column, True), (name, say(problem))
        assert not LETTERS.search(say(problem))


def test_a_wrong_check_digit_says_which_number_is_meant(officer, tmp_path):
    row = ROWS[ImportKind.PEOPLE]
    wrong = {**row, "identity": row["identity"][:-1] + ("1" if row["identity"][-1] != "1" else "2")}
    path = tmp_path / "people.csv"
    path.write_text(f"{','.join(row)}\n{','.join(wrong.values())}\n", encoding="utf-8")
    (problem,) = try_file(officer, ImportKind.PEOPLE, path).problems
    assert (problem["row"], problem["column"]) == (2, "identity")
    assert "check digit" in say(problem)
