"""Every case of tests/cases, against the policies that the product ships."""

from pathlib import Path

import pytest

from ltc.rules.law_changes import change_law
from ltc.rules.payouts.expectations import compare, read_results
from ltc.rules.payouts.settle import settle
from ltc.store.case_files import FileCase, read_case_file
from ltc.store.policies import LAW_FOLDER, read_law

FILES = sorted((Path(__file__).parents[2] / "cases").glob("*.yaml"))
CASES = [
    pytest.param(case, id=f"{path.stem}: {case.name}")
    for path in FILES
    for case in read_case_file(path)
]


@pytest.fixture(scope="module")
def book():
    return read_law(LAW_FOLDER)


@pytest.mark.parametrize("case", CASES)
def test_case_comes_to_what_it_expects(book, case: FileCase):
    assert case.expected, "a case without expectations tests nothing"
    settlement = settle(change_law(book.of(case.area), case.changes), case.case)
    assert compare(case.expected, settlement) == {}, read_results(settlement)


def test_names_of_cases_are_unique():
    names = [case.id for case in CASES]
    assert len(set(names)) == len(names)
