import zipfile

import pytest

from ltc.rules.access import Role
from ltc.services import statement_sheets
from ltc.store.pdf import Printed
from tests.support import factories
from tests.support.month import AFTER, approve, calculate, make_month

PEOPLE = 6


@pytest.fixture(autouse=True)
def quick_print(monkeypatch):
    monkeypatch.setattr(
        statement_sheets, "print_page", lambda html: Printed(b"%PDF-" + html.encode(), 1)
    )


@pytest.fixture
def month(session, area):
    return make_month(session, people=PEOPLE)


@pytest.fixture
def finance(session, month, make_ctx):
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    users = [factories.make_user(session, role) for role in roles]
    return [make_ctx(role=u.role, user_id=u.id, now=AFTER) for u in users]


def flask(app, *words):
    return app.test_cli_runner().invoke(args=["statements", *map(str, words)])


def test_a_month_is_issued_once(app, finance):
    approve(*finance)
    first = flask(app, "issue", "chongqing", "2019-11")
    assert first.exit_code == 0, first.output
    assert first.output.splitlines()[-1] == f"All {PEOPLE + 2} statements are issued."
    second = flask(app, "issue", "chongqing", "2019-11")
    assert second.exit_code == 0
    assert "have been issued already" in second.output


def test_a_zip_is_written_for_each_provider(app, finance, month, tmp_path):
    approve(*finance)
    flask(app, "issue", "chongqing", "2019-11")
    done = flask(app, "zip", "chongqing", "2019-11", tmp_path / "out")
    assert done.exit_code == 0, done.output
    paths = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in paths] == sorted(
        f"2019-11-{provider.id}.zip" for provider in month.providers
    )
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert "manifest.csv" in archive.namelist()


@pytest.mark.parametrize(
    ("month_text", "words"),
    [("2019-11", "approved runs only"), ("2019-10", "has not been calculated"),
     ("2019-13", "is not a month")],
)  # fmt: skip
def test_what_cannot_be_issued_is_said_plainly(app, finance, month_text, words):
    calculate(finance[0])
    done = flask(app, "issue", "chongqing", month_text)
    assert done.exit_code == 1
    assert words in done.output


def test_area_and_month_are_asked_for(app, area):
    done = flask(app, "issue")
    assert done.exit_code == 2
    assert "Name the area and the month" in done.output
