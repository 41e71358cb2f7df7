"""The sheet for the family: where the case is, the visits of the month, the last statement."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest

from ltc.rules.access import Role
from ltc.rules.applications import ApplicationStatus
from ltc.store.assessments import Application
from ltc.store.base import new_id
from tests.support import factories as make
from tests.support.month import approve, make_month
from tests.support.sign_in import sign_in_as

pytestmark = pytest.mark.usefixtures("november")

MORNING = datetime(2019, 11, 13, 1, 0, tzinfo=UTC)


def read_sheet(client, person, language="en"):
    path = f"/insured/{person.id}/for-the-family"
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL).group(0)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def test_a_case_that_has_begun_says_who_acts_next(officer, session, person):
    assert "Applied under way Assessed not yet" in read_sheet(officer, person)
    session.add(
        Application(
            area_id=1, id=new_id(), number="SQ1", person_id=person.id,
            filed_on=date(2019, 11, 4), status=ApplicationStatus.FILED, recorded_at=MORNING,
        )
    )  # fmt: skip
    session.commit()
    text = read_sheet(officer, person)
    assert "Applied done 2019-11-04 (Mon) Assessed under way" in text
    assert re.search(r"Next: .+ by 2019-11-", text)


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
    assert text.count("2019-11-13 (Wed) 09:00") == 1
    assert "2019-10-09" not in text
    assert "No month is approved yet." in text


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
