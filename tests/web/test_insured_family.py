"""The sheet for the family: where the case is, the visits of the month, the last statement."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest

from ltc.rules.access import Role
from ltc.rules.applications import ApplicationStatus, RefusalReason
from ltc.rules.insured import LifeEventKind
from ltc.store.assessments import Application
from ltc.store.base import new_id
from ltc.store.insured import InsuredPerson
from tests.support import factories as make
from tests.support.assessment_cases import Way, make_staff
from tests.support.month import AFTER, approve, make_month
from tests.support.sign_in import sign_in_as

pytestmark = pytest.mark.usefixtures("november")

MORNING = datetime(2019, 11, 13, 1, 0, tzinfo=UTC)


def read_sheet(client, person, language="en"):
    path = f"/insured/{person.id}/for-the-family"
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL).group(0)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def file(session, person, **given):
    """Add an application of this month."""
    values = {"status": ApplicationStatus.FILED, "filed_on": date(2019, 11, 4), **given}
    application = Application(
        area_id=1, id=new_id(), number="SQ1", person_id=person.id, recorded_at=MORNING, **values
    )
    session.add(application)
    session.commit()
    return application


def test_a_case_that_has_begun_says_who_acts_next(officer, session, person):
    assert "Applied under way Assessed not yet" in read_sheet(officer, person)
    file(session, person)
    text = read_sheet(officer, person)
    assert "Applied done 2019-11-04 (Mon) Assessed under way" in text
    assert re.search(r"Next: .+ by 2019-11-", text)


def test_after_a_death_the_sheet_waits_for_nothing_more(officer, session, person, provider):
    make.make_conclusion(session, person)
    make.make_plan(session, person, provider, confirmed_on=date(2019, 1, 20))
    make.make_life_event(session, person, kind=LifeEventKind.DEATH,
                         starts_on=date(2019, 11, 12), ends_before=None)  # fmt: skip
    text = read_sheet(officer, person)
    assert "Died on 2019-11-12 (Tue). Applied" in text
    assert "Care ended done 2019-11-12 (Tue)" in text
    assert "under way" not in text
    assert "Care agreed:" not in text


def test_the_stations_follow_assessment_plan_and_visits(officer, session, person, provider, carer):
    make.make_conclusion(session, person)
    assert "No care is agreed for today." in read_sheet(officer, person)
    plan = make.make_plan(session, person, provider, confirmed_on=None)
    assert "A care plan waits for your signature" in read_sheet(officer, person)
    plan.confirmed_on = date(2019, 1, 20)
    session.commit()
    make.make_visit(session, person, carer, begins_at=MORNING)
    make.make_visit(session, person, carer, begins_at=MORNING, refused="too short")
    make.make_visit(session, person, carer, begins_at=datetime(2019, 10, 9, tzinfo=UTC))
    text = read_sheet(officer, person)
    assert "Applied not needed Assessed done 2019-01-15 (Tue) Severe disability III" in text
    assert "Care agreed done 2019-01-20 (Sun) Care this month done 2019-11-13 (Wed) 1 visit" in text
    assert "Care agreed: Home visits by an institution." in text
    assert text.count("2019-11-13 (Wed) 09:00 1 h") == 1
    assert "2019-10-09" not in text
    assert "No month is approved yet." in text


@pytest.mark.parametrize(
    ("status", "state"), [("filed", "under way"), ("refused", "stopped"), ("withdrawn", "stopped")]
)
def test_an_application_is_not_assessed_by_a_conclusion_of_before(
    officer, session, person, status, state
):
    make.make_conclusion(session, person)
    file(session, person, status=ApplicationStatus(status))
    text = read_sheet(officer, person)
    assert (
        "Assessed before done 2019-01-15 (Tue) "
        "Grade Severe disability III (the heaviest), valid to 2021-01-14 (Thu). "
        f"Applied done 2019-11-04 (Mon) Assessed {state}"
    ) in text
    make.make_conclusion(session, person, concluded_on=date(2019, 11, 8))  # an imported one
    text = read_sheet(officer, person)
    assert "Assessed done 2019-11-08 (Fri) Severe disability III" in text
    assert "Assessed before" not in text


def test_a_conclusion_stands_with_its_own_application(officer, session, person):
    application = file(session, person, status=ApplicationStatus.CONCLUDED)
    make.make_conclusion(session, person, valid_before=date(2019, 11, 1))
    assert "Assessed before" not in read_sheet(officer, person)  # it is not any more
    make.make_conclusion(
        session, person, application_id=application.id, concluded_on=date(2019, 11, 12)
    )
    assert "Assessed done 2019-11-12 (Tue)" in read_sheet(officer, person)


def test_a_plan_that_holds_stands_before_the_one_that_comes(officer, session, person, provider):
    make.make_conclusion(session, person)
    december = date(2019, 12, 1)
    make.make_plan(session, person, provider, ends_before=december)
    coming = make.make_plan(
        session, person, provider, starts_on=december, confirmed_on=None, mode="residential"
    )
    text = read_sheet(officer, person)
    assert "Care agreed: Home visits by an institution." in text
    assert "From 2019-12-01 (Sun) on: Residential care. This plan waits" in text
    assert "nothing is paid" not in text
    assert "Care agreed done 2019-01-20 (Sun)" in text
    coming.confirmed_on = date(2019, 11, 13)
    session.commit()
    assert "waits for your signature" not in read_sheet(officer, person)


def test_more_visits_than_the_sheet_has_rows_are_all_counted(officer, session, person, carer):
    for number in range(4 * 26):  # four a day, from the 1st to the 26th
        begins_at = datetime(2019, 11, 1 + number // 4, 1 + number % 4, tzinfo=UTC)
        make.make_visit(session, person, carer, begins_at=begins_at)
    text = read_sheet(officer, person)
    assert "Care this month done 2019-11-26 (Tue) 104 visits" in text
    assert "The first 100 of 104." in text


def test_after_one_expert_the_second_one_is_next(officer, session, make_ctx):
    way = Way(session, make_ctx, make_staff(session))
    application, evaluation = way.score()
    person = session.get_one(InsuredPerson, (1, application.person_id))
    assert "confirm the conclusion" in read_sheet(officer, person)
    way.confirm(application, evaluation, way.staff.expert)
    text = read_sheet(officer, person)
    assert "one more confirms" in text
    assert "confirm the conclusion" not in text


def test_the_last_approved_month_stands_with_its_statement(officer, session, area, make_ctx):
    month = make_month(session)
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    later = datetime(2019, 12, 3, 2, 0, tzinfo=UTC)
    approve(*[
        make_ctx(role=role, user_id=make.make_user(session, role).id, now=later) for role in roles
    ])  # fmt: skip
    text = read_sheet(officer, month.people[7])
    assert "For November 2019 the fund pays ¥1,250.00." in text
    assert "Its statement is not issued yet." in text
    assert read_sheet(officer, month.people[7], "zh-CN")


def test_a_provider_sees_the_sheet_of_its_own_people_only(client, session, person, provider):
    manager = make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    browser = sign_in_as(client, manager)
    path = f"/insured/{person.id}/for-the-family"
    assert browser.get(path).status_code == 404
    make.make_plan(session, person, provider, mode="residential")
    text = read_sheet(browser, person)
    assert "Care this month done since 2019-02-01" in text
    assert person.identity_last4 not in text


# --- why nothing, or less, is paid ----------------------------------------------------------------


@pytest.mark.parametrize("has_plan", [False, True])
def test_a_refused_application_says_why_and_that_one_can_apply_again(
    officer, session, person, provider, has_plan
):
    if has_plan:
        make.make_plan(session, person, provider)
    file(session, person, status=ApplicationStatus.REFUSED, decided_on=date(2019, 11, 8),
         refusal_reason=RefusalReason.PAPERS, decision_note="The certificate is missing.")  # fmt: skip
    text = read_sheet(officer, person)
    assert (
        "The application of 2019-11-04 (Mon) was refused: Papers are incomplete or false."
        " The certificate is missing. You can apply again."
    ) in text
    assert ("Care agreed: Home visits" in text) is has_plan


def test_a_refused_visit_stands_with_its_reason(officer, session, person, carer):
    make.make_visit(session, person, carer, begins_at=MORNING, refused="too short")
    for before in (datetime(2019, 10, 9, 1, tzinfo=UTC), datetime(2019, 9, 9, 1, tzinfo=UTC)):
        make.make_visit(session, person, carer, begins_at=before, refused="no signature")
    text = read_sheet(officer, person)
    assert "Visits that are not paid" in text
    assert "2019-11-13 (Wed) 09:00 too short" in text
    assert "2019-10-09 (Wed) 09:00 no signature" in text
    assert "2019-09-09" not in text  # it stands on a statement by now


def test_a_grade_without_a_benefit_is_called_so(officer, session, person):
    make.make_conclusion(session, person, grade="1")
    text = read_sheet(officer, person)
    assert "Assessed as Mild disability on 2019-01-15 (Tue): no benefit is paid at this" in text


def test_who_disagrees_with_a_conclusion_is_told_until_when(officer, session, person):
    assert "If you disagree" not in read_sheet(officer, person)
    make.make_conclusion(session, person)  # of January: nobody can receive it now
    text = read_sheet(officer, person)
    assert "If you disagree" not in text
    assert "another assessment can be applied for from 2019-07-15 (Mon) on." in text
    make.make_conclusion(session, person, concluded_on=date(2019, 11, 8))
    text = read_sheet(officer, person)
    assert "within 5 working days of receiving the conclusion." in text
    assert "This period is assumed; the local rule prevails." in text


def test_a_held_amount_says_what_is_missing_and_who_sees_to_it(officer, session, area, make_ctx):
    month = make_month(session)
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    approve(*[
        make_ctx(role=role, user_id=make.make_user(session, role).id, now=AFTER) for role in roles
    ])  # fmt: skip
    text = read_sheet(officer, month.people[3])
    assert "needs attention 2019-12-03 (Tue) 10:00 not paid yet, or not in full" in text
    assert "Not paid yet There is no bank account to pay" in text
    assert "What you can do: Give the agency a bank account of the person." in text
