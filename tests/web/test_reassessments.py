"""Who applies again: the officer sees what was concluded before, and from when on it is due."""

from datetime import date

import pytest

from ltc.rules.access import Role
from ltc.store.assessments import Conclusion
from tests.support import factories as make
from tests.support.assessment_cases import Way, make_staff
from tests.support.pages import read, sent
from tests.support.sign_in import sign_in_as

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


@pytest.mark.parametrize(("grade", "is_paid"), [("1", False), ("5", True)])
def test_a_grade_without_a_benefit_is_told_where_care_goes_on(
    client, officer, session, person, provider, grade, is_paid
):
    plan = make.make_plan(session, person, provider)
    make.make_conclusion(session, person)
    make.make_conclusion(session, person, grade=grade, concluded_on=date(2019, 11, 13))
    paths = (f"/insured/{person.id}/for-the-family", f"/plans/{plan.id}")
    until = "What an earlier conclusion pays ends on 2019-11-30 (Sat)."  # it counts a month later
    for path in paths:
        assert (until in read(officer, path)) is not is_paid
        assert ("no benefit is paid at this grade" in read(officer, path)) is not is_paid
    manager = make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    page = read(sign_in_as(client, manager), paths[1])
    assert ("no benefit is paid at this grade" in page) is not is_paid


@pytest.mark.parametrize(("grade", "is_paid"), [("1", False), ("5", True)])
def test_only_a_grade_with_a_benefit_asks_for_a_care_plan(
    officer, session, make_ctx, grade, is_paid
):
    case, conclusion = Way(session, make_ctx, make_staff(session)).conclude()
    session.get_one(Conclusion, (1, conclusion.id)).grade = grade
    session.commit()
    page = read(officer, f"/assessments/{case.id}")
    assert ("Draw up a care plan" in page) is is_paid
    assert ("no benefit is paid at this grade." in page) is not is_paid
