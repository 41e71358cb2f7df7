import csv
import io
import re
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
import xlsxwriter
from python_calamine import CalamineWorkbook

from ltc import clock
from ltc.jobs.imports import work_asked
from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.store.imports import ImportFile
from ltc.store.providers import Provider
from ltc.store.visits import Fee
from ltc.web import imports as pages
from tests.services.import_files import ROWS, make_world, write_csv
from tests.support.factories import make_user
from tests.support.sign_in import send, sign_in_as

ENGLISH = {"Accept-Language": "en"}
FEE = ROWS[ImportKind.FEES]


@pytest.fixture
def world(session, area):
    return make_world(session)


@pytest.fixture(autouse=True)
def started(house, monkeypatch):
    """The jobs that were started; each is done at once, unless the list is frozen with ``None``."""
    calls = []

    def start(_settings, *words):
        calls.append(words)
        if None not in calls:
            work_asked(house, int(words[-1]))

    monkeypatch.setattr(pages, "start_process", start)
    return calls


@pytest.fixture
def officer(client, session, world):
    return sign_in_as(client, make_user(session, Role.OFFICER))


@pytest.fixture
def uploads(given_settings):
    """The files that are kept now."""
    return lambda: sorted(path.name for path in (given_settings.documents / "uploads").glob("*"))


def upload(client, tmp_path, *rows, kind="fees", **how):
    content = write_csv(tmp_path / "fees.csv", rows).read_bytes()
    data = {"kind": kind, "file": (io.BytesIO(content), "fees.csv")}
    return send(client, "/imports/", data, content_type="multipart/form-data",
                headers=ENGLISH, **how)  # fmt: skip


def test_a_file_is_tried_out_then_done_then_changes_nothing(officer, session, tmp_path, uploads):
    tried = upload(officer, tmp_path, FEE)
    assert tried.status_code == 303
    page = officer.get(tried.location, headers=ENGLISH).text
    assert "1 new, 0 changed" in page
    assert "Do it: 1 row" in page
    assert session.scalar(sa.select(sa.func.count()).select_from(Fee)) == 0
    assert len(uploads()) == 1
    done = send(officer, f"{tried.location}/carry-out", headers=ENGLISH, follow_redirects=True)
    assert done.status_code == 200
    assert "1 new, 0 changed" in done.text
    assert uploads() == []
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Fee)) == 1
    again = officer.get(upload(officer, tmp_path, FEE).location, headers=ENGLISH).text
    assert "Nothing changes: its row is recorded already." in again
    assert "No row would change anything." in again


def test_the_kind_is_chosen_by_the_list_one_comes_from(officer, session):
    page = officer.get("/visits/", headers=ENGLISH).text
    assert 'href="/imports/?kind=visits"' in page
    form = officer.get("/imports/?kind=visits", headers=ENGLISH).text
    assert re.findall(r'\schecked[^>]*value="(\w+)"', form) == ["visits"]
    for unknown in ("/imports/", "/imports/?kind=people_of_others"):
        assert not re.search(r"\schecked", officer.get(unknown).text)


def test_rows_in_question_are_shown_with_column_and_reason_and_as_a_file(
    officer, session, tmp_path
):
    bad = {**FEE, "reference": "F2", "charged_on": "2019-02-29"}
    location = upload(officer, tmp_path, FEE, bad).location
    page = officer.get(location, headers=ENGLISH).text
    assert "charged_on" in page
    assert "“2019-02-29” is not a day." in page
    answer = officer.get(f"{location}/rows-in-question.csv", headers=ENGLISH)
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["reference"], row["row"], row["column"]) == ("F2", "3", "charged_on")
    send(officer, f"{location}/carry-out")
    assert officer.get(f"{location}/rows-in-question.csv").status_code == 200


def test_rows_in_question_of_a_workbook_come_back_as_one_and_are_in_question_again(
    officer, tmp_path
):
    bad = {**FEE, "reference": "=F2", "charged_on": "2019-02-29", "amount_yuan": "60"}
    content = make_workbook(tmp_path / "fees.xlsx", [FEE, bad])
    location = send_workbook(officer, content).location
    assert f'href="{location}/rows-in-question.xlsx"' in officer.get(location).text
    answer = officer.get(f"{location}/rows-in-question.xlsx", headers=ENGLISH)
    assert answer.headers["Content-Disposition"].endswith('"fees-rows-in-question.xlsx"')
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)
    header, row = sheet.to_python()
    assert header == [*FEE, "row", "column", "reason"]
    assert row[: len(bad)] == list(bad.values())
    assert row[len(bad) : -1] == [3, "reference"]
    assert "begins like a formula" in row[-1]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    again = officer.get(send_workbook(officer, answer.data).location, headers=ENGLISH).text
    assert "0 new, 0 changed, 0 same as recorded, 0 in conflict, 1 bad" in again


def make_workbook(path, rows):
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([list(rows[0]), *[row.values() for row in rows]]):
            sheet.write_row(number, 0, cells)
    return path.read_bytes()


def send_workbook(client, content):
    data = {"kind": "fees", "file": (io.BytesIO(content), "fees.XLSX")}
    return send(client, "/imports/", data, content_type="multipart/form-data")


def test_an_import_whose_upload_is_gone_says_so_with_the_way_out(
    officer, session, tmp_path, started, uploads, given_settings, monkeypatch
):
    started.append(None)  # the process that should have done it is gone
    location = upload(officer, tmp_path, FEE).location
    [digest] = uploads()
    (given_settings.documents / "uploads" / digest).unlink()
    later = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = officer.get(location, headers=ENGLISH).text
    assert "The uploaded file is no longer kept here." in page
    assert "nobody would ever go on: stop the work" in page
    assert "you may also do it here" not in page
    assert 'href="/imports/">Choose the file again' in page
    assert f'action="{location}/cancel"' in page
    assert send(officer, f"{location}/go-on").status_code == 409
    send(officer, f"{location}/cancel")
    page = officer.get(location, headers=ENGLISH).text
    assert "stop the work" not in page
    assert send(officer, f"{location}/discard").status_code == 303
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(ImportFile)) == 0


def test_a_file_of_another_kind_is_refused_at_the_field(officer, session, tmp_path, uploads):
    answer = upload(officer, tmp_path, ROWS[ImportKind.CARERS])
    assert answer.status_code == 422
    assert 'href="#file"' in answer.text
    assert answer.text.count("Missing in the header") == 2
    assert uploads() == []
    assert session.scalar(sa.select(sa.func.count()).select_from(ImportFile)) == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [({"kind": "fees"}, "Choose a file."), ({}, "Choose what the file tells of."),
     ({"kind": "everything"}, "Choose an entry of the list")],
)  # fmt: skip
def test_an_incomplete_form_says_what_is_missing(officer, data, words):
    answer = send(officer, "/imports/", data, content_type="multipart/form-data", headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_double_click_imports_once(officer, session, tmp_path):
    location = upload(officer, tmp_path, FEE).location
    token = {"form_token": "a-token-of-one-form-1234567890ab"}
    first = send(officer, f"{location}/carry-out", token)
    second = send(officer, f"{location}/carry-out", token)
    assert first.location == second.location == location
    third = send(officer, f"{location}/carry-out", headers=ENGLISH)
    assert third.status_code == 409
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Fee)) == 1


def test_a_file_can_be_forgotten(officer, session, tmp_path, uploads):
    location = upload(officer, tmp_path, FEE).location
    answer = send(officer, f"{location}/discard", headers=ENGLISH, follow_redirects=True)
    assert "nothing of it was done" in answer.text
    assert uploads() == []
    assert officer.get(location).status_code == 404


def test_an_upload_that_is_gone_is_asked_for_again(officer, given_settings, tmp_path):
    location = upload(officer, tmp_path, FEE).location
    for path in (given_settings.documents / "uploads").glob("*"):
        path.unlink()
    assert "Choose it again." in officer.get(location, headers=ENGLISH).text
    assert send(officer, f"{location}/carry-out", headers=ENGLISH).status_code == 409


def test_the_past_is_listed_and_a_provider_sees_its_own(client, session, world, tmp_path):
    sign_in_as(client, make_user(session, Role.PROVIDER_MANAGER, organisation_id=world.id))
    location = upload(client, tmp_path, FEE).location
    page = client.get("/imports/", headers=ENGLISH).text
    assert "fees.csv" in page
    assert "tried out only" in page
    assert "People with their enrolment" not in page
    assert "Visits" in page
    other = session.scalar(sa.select(Provider.id).where(Provider.code == "P2"))
    sign_in_as(client, make_user(session, Role.PROVIDER_MANAGER, organisation_id=other))
    assert "fees.csv" not in client.get("/imports/", headers=ENGLISH).text
    assert client.get(location).status_code == 404
    assert send(client, f"{location}/carry-out").status_code == 404
    assert client.get(f"{location}/rows-in-question.csv").status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CARER, Role.FINANCE_APPROVER])
def test_others_do_not_import(client, session, world, role):
    sign_in_as(client, make_user(session, role))
    assert client.get("/imports/").status_code == 403


def test_the_page_opens_in_chinese(officer):
    answer = officer.get("/imports/", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200


def test_work_is_shown_stopped_and_goes_on(officer, session, tmp_path, started):
    started.append(None)  # nothing is done: the process has not begun yet
    location = upload(officer, tmp_path, FEE).location
    assert started[-1][:3] == ("imports", "work", "--job")
    page = officer.get(location, headers=ENGLISH).text
    assert "You can leave this page" in page
    assert f'hx-get="{location}/progress"' in page
    assert "HX-Redirect" not in officer.get(f"{location}/progress").headers
    assert send(officer, f"{location}/discard").status_code == 409
    send(officer, f"{location}/cancel")
    assert officer.get(f"{location}/progress").headers["HX-Redirect"] == location
    assert "The trial stopped after row 1." in officer.get(location, headers=ENGLISH).text
    started.remove(None)
    send(officer, f"{location}/go-on")
    assert "1 new, 0 changed" in officer.get(location, headers=ENGLISH).text
    assert send(officer, f"{location}/go-on").status_code == 409


def test_a_large_file_that_cannot_be_read_is_said_at_its_field(
    officer, tmp_path, uploads, monkeypatch
):
    monkeypatch.setattr(pages, "LOOKED_AT_BYTES", 0)  # as if it were larger than that
    location = upload(officer, tmp_path, ROWS[ImportKind.CARERS]).location
    page = officer.get(location, headers=ENGLISH).text
    assert 'href="#file"' in page
    assert 'id="file-error"' in page
    assert page.count("Missing in the header") == 2
    assert "cannot be read" in officer.get("/imports/", headers=ENGLISH).text
    assert uploads() == []


def test_the_receipt_names_the_next_step_and_what_was_not_read(officer, tmp_path):
    location = upload(officer, tmp_path, {**FEE, "our own": "x"}).location
    page = send(officer, f"{location}/carry-out", headers=ENGLISH, follow_redirects=True).text
    assert "Finance calculates the month" in page
    assert "has no such column: our own" in page


def test_the_command_says_what_became_of_a_job(app, officer, tmp_path, started):
    started.append(None)
    upload(officer, tmp_path, FEE)
    words = ["imports", "work", "--job", started[-1][-1]]
    assert "tried: new 1" in app.test_cli_runner().invoke(args=words).output
    assert "imported already" in app.test_cli_runner().invoke(args=words).output
