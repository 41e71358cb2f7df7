"""``flask grade``: what an office sends in and what it gets back."""

import csv
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from ltc.commands.grade import grade_command
from ltc.services.csv_files import Row
from ltc.services.grading import grade_rows
from ltc.store.instruments import get_instrument

VECTOR_FILE = Path(__file__).parent.parent / "cases" / "grade-vectors.csv"
VECTOR_LINES = VECTOR_FILE.read_text(encoding="utf-8").splitlines()
HEADER = "id,adl_total,cog_total,per_total,adl_band,cog_band,per_band,grade,error"
ITEMS = list(get_instrument("cn-2021").items)
BEST = ["10", "10", "5", "10", "10", "10", "15", "15", "10", "5", *["4"] * 7]


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(grade_command, [str(path), *options])


@pytest.fixture
def grade_text(tmp_path):
    def write_and_run(text: str | bytes) -> Result:
        path = tmp_path / "scores.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run(path)

    return write_and_run


def table(*rows: list[str]) -> str:
    """Return a file with the header and these rows."""
    return "\n".join([",".join(["id", *ITEMS]), *(",".join(row) for row in rows)]) + "\n"


def best_but(**changes: str) -> list[str]:
    """Return a row of a person without impairment, except for some items."""
    return [changes.get(code, score) for code, score in zip(ITEMS, BEST, strict=True)]


def answers(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(result.stdout.splitlines()))


def test_all_vectors_come_back_with_their_grades():
    result = run(VECTOR_FILE)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == HEADER
    keys = ("id", "adl_total", "cog_total", "per_total", "grade")
    expected = [tuple(v[key] for key in keys) for v in csv.DictReader(VECTOR_LINES)]
    assert [tuple(row[key] for key in keys) for row in answers(result)] == expected
    assert {row["error"] for row in answers(result)} == {""}


def test_bands_are_written_as_codes(grade_text):
    result = grade_text(table(["1", *best_but(eat="0", memory="3", vision="0")]))
    assert result.stdout.splitlines()[1] == "1,90,15,8,mild,mild,mild,1,"


def test_a_bad_row_gets_its_error_and_no_grade_and_the_others_are_graded(grade_text):
    result = grade_text(table(["1", *best_but()], ["2", *best_but(eat="7")], ["3", *best_but()]))
    assert result.exit_code == 1
    first, bad, last = answers(result)
    assert (first["grade"], last["grade"]) == ("0", "0")
    assert bad["error"].startswith("eat: 7 is not one of its scores")
    assert result.stderr.endswith("scores.csv: 1 not graded, see the column “error”: row 3\n")
    assert {value for key, value in bad.items() if key not in ("id", "error")} == {""}


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("eat", "7"),
        ("face_oral", "10"),
        ("bathe", "10"),
        ("walk", "20"),
        ("memory", "5"),
        ("hearing", "-1"),
        ("vision", "good"),
        ("stairs", ""),
        ("toilet", "  "),
        ("dress", "5.0"),
        ("bowel", "=cmd|' /C calc'!A0"),
        ("bladder", "５"),
        ("transfer", "a\0b"),
    ],
)
def test_a_wrong_value_fails_its_row_and_names_the_item(grade_text, code, value):
    result = grade_text(table(["1", *best_but(**{code: value})]))
    assert result.exit_code == 1
    (row,) = answers(result)
    assert code in row["error"]
    assert row["grade"] == ""


def test_a_row_with_several_mistakes_names_each_item(grade_text):
    (row,) = answers(grade_text(table(["1", *best_but(eat="7", memory="x")])))
    assert "eat: " in row["error"]
    assert "memory: " in row["error"]


@pytest.mark.parametrize("code", ["id", "eat", "communication"])
def test_a_missing_column_is_named_and_nothing_is_written(grade_text, code):
    lines = table(["1", *BEST]).replace(code, f"not_{code}", 1)
    result = grade_text(lines)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"Missing in the header: {code}." in result.stderr


def test_other_columns_are_ignored_wherever_they_stand(grade_text):
    lines = table(["1", *best_but()]).splitlines()
    text = f"remark,{lines[0]},grade\nx,{lines[1]},5\n"
    result = grade_text(text)
    assert result.exit_code == 0
    assert answers(result)[0]["grade"] == "0"


def test_columns_may_stand_in_any_order(grade_text):
    lines = [",".join(reversed(line.split(","))) for line in table(["1", *BEST]).splitlines()]
    assert answers(grade_text("\n".join(lines)))[0]["grade"] == "0"


def test_short_and_long_rows_fail_and_the_others_are_graded(grade_text):
    result = grade_text(table(["1", *BEST[:-2]], ["2", *BEST, "9"], ["3", *BEST]))
    short, long, good = answers(result)
    assert result.exit_code == 1
    assert (short["id"], long["id"]) == ("1", "2")
    assert "hearing" in short["error"]
    assert "Row 3 has 19 cells, the header 18" in long["error"]
    assert good["grade"] == "0"


def test_ids_may_be_blank_or_stand_twice(grade_text):
    result = grade_text(table(["", *BEST], ["7", *BEST], ["7", *BEST]))
    assert result.exit_code == 0
    assert [row["id"] for row in answers(result)] == ["", "7", "7"]


def test_an_id_that_is_a_formula_cannot_run_in_a_spreadsheet(grade_text):
    (row,) = answers(grade_text(table(["=1+2", *BEST])))
    assert (row["id"], row["grade"]) == ("'=1+2", "0")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_files_from_spreadsheets_are_read_and_answered_in_utf8(grade_text, encoding, delimiter):
    text = table(["王小明", *BEST]).replace(",", delimiter).replace("\n", "\r\n")
    result = grade_text(text.encode(encoding))
    assert result.exit_code == 0
    assert result.stdout_bytes.decode("utf-8").splitlines()[1].startswith("王小明,100,")


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n\xff\xff", b"\n"])
def test_a_file_that_is_no_table_is_refused(grade_text, data):
    result = grade_text(data)
    assert result.exit_code == 2
    assert "scores.csv: " in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_workbook_is_graded_as_well(tmp_path):
    path = tmp_path / "scores.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", *ITEMS])
        sheet.write_row(1, 0, ["A1", *map(int, BEST)])
        sheet.write_row(2, 0, ["A2", *map(int, best_but(eat="7"))])
    result = run(path)
    assert result.exit_code == 1
    good, bad = answers(result)
    assert (good["id"], good["grade"], bad["grade"]) == ("A1", "0", "")
    assert bad["error"].startswith("eat: 7 is not one of its scores")


def test_a_header_alone_gives_a_header(grade_text):
    result = grade_text(table())
    assert (result.exit_code, result.stdout) == (0, HEADER + "\n")


def test_an_unknown_instrument_is_refused():
    result = run(VECTOR_FILE, "--instrument", "cn-1999")
    assert result.exit_code == 2
    assert "cn-1999" in result.stderr


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert run(tmp_path / "none.csv").exit_code == 2


def test_a_row_is_graded_before_the_next_one_is_read():
    """A file as long as one likes needs no more memory than a row."""
    read = []

    def rows():
        for number in range(100_000):
            read.append(number)
            yield Row(number, dict(zip(["id", *ITEMS], [str(number), *BEST], strict=True)), None)

    graded = grade_rows(get_instrument("cn-2021"), rows())
    assert [next(graded).grade.grade for _ in range(3)] == [0, 0, 0]
    assert read == [0, 1, 2]
