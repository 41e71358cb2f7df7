"""Two processes that loaded other code have another edition."""

import pytest

from ltc.services import code_edition
from ltc.services.code_edition import CODE_EDITION, PRODUCT, digest_code
from tests.house.sources import write

FILES = {"rules/payouts/settle.py": "A = 1\n", "services/payout_chunks.py": "", "web/shell.py": ""}


@pytest.fixture
def product(tmp_path):
    for path, text in FILES.items():
        write(tmp_path, path, text)
    return tmp_path


def test_the_edition_is_that_of_the_code_as_loaded():
    assert digest_code(PRODUCT) == CODE_EDITION


@pytest.mark.parametrize("path", ["rules/payouts/settle.py", "store/new.py"])
def test_other_code_is_another_edition(product, path):
    before = digest_code(product)
    write(product, path, "A = 2\n")
    assert digest_code(product) != before


def test_a_page_changes_no_edition(product):
    before = digest_code(product)
    write(product, "web/shell.py", "A = 2\n")
    assert digest_code(product) == before


def test_the_edition_of_the_rules_counts(product, monkeypatch):
    before = digest_code(product)
    monkeypatch.setattr(code_edition, "EDITION", "none")
    assert digest_code(product) != before
