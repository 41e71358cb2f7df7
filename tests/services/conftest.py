"""Who settles a month and issues its statements, and where the files lie."""

import pytest

from ltc.services import statement_sheets
from ltc.store.pdf import Printed
from tests.support.issuing import PEOPLE, make_finance
from tests.support.month import approve, make_month


@pytest.fixture
def month(session, area):
    return make_month(session, people=PEOPLE)


@pytest.fixture
def finance(session, area, make_ctx):
    """Contexts of a preparer, a checker and an approver."""
    return make_finance(session, make_ctx)


@pytest.fixture
def approver(finance):
    return finance[2]


@pytest.fixture
def run(finance, month):
    return approve(*finance)


@pytest.fixture
def quick_print(monkeypatch):
    """Pages are filled but not laid out: for what is not about paper."""
    monkeypatch.setattr(statement_sheets, "print_page", lambda html: Printed(html.encode(), 1))


@pytest.fixture
def documents(tmp_path):
    return tmp_path / "documents"
