"""Who applies again: the officer sees what was concluded before, and from when on it is due."""

from datetime import date

import pytest

from tests.support import factories as make
from tests.support.pages import read, sent

pytestmark = pytest.mark.usefixtures("november")

BEFORE = "Assessed before, on 2019-08-20 (Tue)"


@pytest.mark.parametrize("is_first", [False, True])
def test_an_application_that_comes_again_says_what_was_concluded_before(
    officer, session, person, is_first
):
    make.make_enrolment(session, person)
    if not is_first:
        make.make_conclusion(session, person, concluded_on=date(2019, 8, 20))
    data = {"case_number": person.case_number, "filed_on": "2019-11-13"}
    page = sent(officer, "/assessments/file", data)
    assert (BEFORE in page) is not is_first
    assert ("is assessed again from 2020-02-20 (Thu) on" in page) is not is_first
    path = f"/assessments/file?person={person.id}"
    assert (BEFORE in read(officer, path)) is not is_first
