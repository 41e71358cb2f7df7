"""What the product says to a browser beside its pages and files, every header of it exactly."""

import pytest
import time_machine

from ltc.rules.access import Role
from ltc.rules.statements import StatementKind
from ltc.services import statement_sheets
from ltc.services.statement_press import Press
from ltc.services.statements import issue
from ltc.store.pdf import Printed
from tests.conftest import NOW
from tests.support import factories as make
from tests.support.issuing import make_finance
from tests.support.month import approve, make_month
from tests.support.sign_in import sign_in_as

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "object-src": "'none'",
}
ALWAYS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
# Each answer has its own of these; what they say is for other tests.
EACH_ITS_OWN = {"Content-Length", "X-Request-ID", "Set-Cookie"}


def headers_of(answer):
    assert answer.status_code == 200
    return {name: value for name, value in answer.headers if name not in EACH_ITS_OWN}


@pytest.fixture
def officer(client, session, area):
    with time_machine.travel(NOW, tick=False):
        yield sign_in_as(client, make.make_user(session, Role.OFFICER))


def test_a_page_runs_nothing_inline_and_is_kept_nowhere(officer):
    found = headers_of(officer.get("/insured/"))
    assert found == {**ALWAYS, "Content-Type": "text/html; charset=utf-8", "Vary": "Cookie"}


def test_a_page_for_nobody_has_the_same_policy(client, area):
    assert headers_of(client.get("/sign-in")).items() >= ALWAYS.items()


def test_a_table_is_a_download(officer):
    found = headers_of(officer.get("/assessments/applications.csv"))
    assert found == {
        **ALWAYS,
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="applications.csv"',
        "Vary": "Cookie",
    }


def test_a_statement_is_a_download(client, session, make_ctx, area, house, monkeypatch):
    monkeypatch.setattr(statement_sheets, "print_page", lambda html: Printed(html.encode(), 1))
    month, finance = make_month(session, people=2), make_finance(session, make_ctx)
    run = approve(*finance)
    found = issue(finance[2], run_id=run.id, kind=StatementKind.PERSON,
                  subject_id=month.people[0].id, press=Press(house.settings.documents))  # fmt: skip
    with time_machine.travel(NOW, tick=False):
        sign_in_as(client, make.make_user(session, Role.OFFICER))
        answer = client.get(f"/statements/{found.id}.pdf")
    assert headers_of(answer) == {
        **ALWAYS,
        "Content-Type": "application/pdf",
        "Content-Disposition": f'attachment; filename="{found.number}.pdf"',
    }
