import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from ltc.rules.access import Role
from ltc.rules.payouts.runs import RunKind
from ltc.rules.statement_codes import write_code
from ltc.services import statement_sheets
from ltc.services.statement_press import Press
from ltc.services.statement_printers import Inline
from ltc.services.statements import issue_run
from ltc.store.documents import read_file
from ltc.store.payouts import PayoutResult, PayoutRun
from ltc.store.pdf import Printed
from ltc.store.statements import Statement
from tests.conftest import NOW
from tests.support import factories
from tests.support.month import AFTER, approve, make_month
from tests.support.sign_in import send, sign_in_as

ROLES = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def issued(session, area, make_ctx, monkeypatch, tmp_path):
    """A statement of an approved month, and its file."""
    monkeypatch.setattr(statement_sheets, "print_page", lambda html: Printed(html.encode(), 2))
    month = make_month(session, people=4)
    contexts = [make_ctx(role=role, user_id=factories.make_user(session, role).id, now=AFTER)
                for role in ROLES]  # fmt: skip
    run = approve(*contexts)
    issue_run(contexts[2], run_id=run.id, press=Press(tmp_path), clock=lambda: AFTER,
              printers=Inline(session.get_bind()))  # fmt: skip
    query = sa.select(Statement).where(Statement.subject_id == month.people[0].id)
    statement = session.scalars(query).one()
    return statement, month.people[0], read_file(tmp_path, 1, statement.file_digest)


def read(client, path):
    answer = client.get(path, headers=ENGLISH)
    return answer.status_code, re.sub(r"\s+", " ", answer.text)


def send_file(client, content):
    answer = send(client, "/verify/file", {"file": (io.BytesIO(content), "any.pdf")},
                  headers=ENGLISH)  # fmt: skip
    return answer.status_code, answer.text


def test_a_code_says_that_it_is_genuine_and_nothing_of_the_person(client, issued):
    statement, person, _ = issued
    status, page = read(client, f"/verify/{write_code(statement.verify_code)}")
    assert status == 200
    assert "was issued here" in page
    assert "2019-11" in page or "November 2019" in page
    assert "There is no later correction" in page
    for secret in (person.name, person.case_number, statement.number, "¥"):
        assert secret not in page


def test_a_code_is_found_however_it_is_typed(client, issued):
    code = issued[0].verify_code
    answer = client.get("/verify/", query_string={"code": f" {code[:7].lower()} {code[7:]}"})
    assert answer.location == f"/verify/{write_code(code)}"
    status, page = read(client, "/verify/?code=7K3M")
    assert (status, "16 letters and digits" in page) == (422, True)


def test_another_code_is_unknown(client, issued):
    for code in ("0000-0000-0000-0000", "nonsense"):
        status, page = read(client, f"/verify/{code}")
        assert (status, "No statement with this code" in page) == (404, True)


def copy_of(row, **other):
    columns = {c.key: getattr(row, c.key) for c in sa.inspect(type(row)).columns}
    return type(row)(**{**columns, **other})


@pytest.mark.parametrize(
    ("typed", "words"), [("", "Enter the code that stands on"), ("abcd", "A code has 16 letters")]
)
def test_what_is_wrong_with_a_code_stands_at_its_field(client, area, typed, words):
    assert "govuk-error-message" not in read(client, "/verify/")[1]
    status, page = read(client, f"/verify/?code={typed}")
    assert status == 422
    assert re.search(rf'id="code-error"><span[^>]*>Error:</span> {words}', page)
    assert 'aria-describedby="code-hint code-error"' in page


def test_a_missing_file_stands_at_its_field(client, area):
    answer = send(client, "/verify/file", {}, headers=ENGLISH)
    assert answer.status_code == 422
    assert re.search(r'id="file-error"><span[^>]*>Error:</span> Choose the PDF file', answer.text)
    assert 'href="#file"' in answer.text


@pytest.mark.parametrize(
    "later",
    [{"sequence": 2}, {"kind": RunKind.CORRECTION}],
    ids=["the_month_again", "a_run_of_corrections"],
)
def test_a_later_correction_is_told(client, issued, session, later):
    statement, person, _ = issued
    old = session.get_one(PayoutRun, (1, statement.run_id))
    result = session.scalars(
        sa.select(PayoutResult).where(PayoutResult.person_id == person.id)
    ).one()
    approved_at = old.approved_at + timedelta(days=30)
    session.add(copy_of(old, id=76, approved_at=approved_at, **later))
    session.flush()
    session.add(copy_of(result, id=77, run_id=76))
    session.commit()
    _, page = read(client, f"/verify/{statement.verify_code}")
    assert "settled again later" in page
    assert "Regular" in page  # of the run that this statement tells of


def test_a_statement_of_a_correction_says_that_it_is_one(client, issued, session):
    statement, _, _ = issued
    run = session.get_one(PayoutRun, (1, statement.run_id))
    run.kind = RunKind.CORRECTION
    session.commit()
    _, page = read(client, f"/verify/{statement.verify_code}")
    assert "Correction" in page
    assert "There is no later correction" in page


def test_a_file_is_known_by_its_bytes_and_not_kept(client, issued):
    _, _, content = issued
    status, page = send_file(client, content)
    assert (status, "byte for byte" in page) == (200, True)
    status, page = send_file(client, content + b" ")
    assert (status, "was not issued here" in page) == (404, True)
    answer = send(client, "/verify/file", {}, headers=ENGLISH)
    assert answer.status_code == 422


MEGABYTE = 1024 * 1024


def send_length(client, path, length):
    return client.post(
        path, content_type="multipart/form-data; boundary=x", headers=ENGLISH,
        environ_overrides={"CONTENT_LENGTH": str(length)},
    )  # fmt: skip


def test_strangers_may_not_send_what_the_signed_in_may(client, area, session):
    answer = send_length(client, "/verify/file", 20 * MEGABYTE + 1)
    assert answer.status_code == 413
    assert "at most 20 MB" in answer.text
    assert send_length(client, "/verify/file", 0).status_code != 413
    sign_in_as(client, factories.make_user(session))
    assert send_length(client, "/verify/file", 20 * MEGABYTE + 1).status_code != 413


def test_no_other_page_takes_a_file_from_a_stranger(client, area):
    for path in ("/sign-in", "/imports/", "/insured/register", "/no-such-page"):
        assert send_length(client, path, MEGABYTE + 1).status_code == 413
    assert "at most 1 MB" in send_length(client, "/sign-in", MEGABYTE + 1).text


def test_forms_of_strangers_are_counted_before_they_are_read(client, area, session):
    """Without their token they are refused all the same: what is limited is the work of reading."""
    path = "/insured/register"
    with time_machine.travel(NOW, tick=False):
        answers = [client.post(path, data={}).status_code for _ in range(301)]
        assert answers == [400] * 300 + [429]
        assert send_length(client, path, MEGABYTE + 1).status_code == 429  # not even looked at
        assert client.get("/sign-in").status_code == 200
        sign_in_as(client, factories.make_user(session))
        assert client.post(path, data={}).status_code == 400


def test_guessing_is_limited(client, area):
    answers = [client.get("/verify/0000-0000-0000-0000").status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_pages_open_in_both_languages(client, issued, language):
    for path in ("/verify/", f"/verify/{issued[0].verify_code}"):
        assert client.get(path, headers={"Accept-Language": language}).status_code == 200
