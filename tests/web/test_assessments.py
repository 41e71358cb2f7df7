"""The pages of assessments: what they show in both languages, to whom, and what they refuse."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ltc import clock
from ltc.rules.access import Role
from ltc.rules.applications import ApplicationStatus
from ltc.rules.policies import Standing, Value
from ltc.store.assessments import Application
from tests.conftest import NOW
from tests.support.assessment_cases import Way, look_again, make_insured, make_staff, path, read
from tests.support.factories import make_area, make_district, make_person, make_user
from tests.support.sign_in import send, sign_in_as

LANGUAGES = ["en", "zh-CN"]


@pytest.fixture(autouse=True)
def _in_november_2019(monkeypatch):
    """The law of Chongqing that ships ends with the pilots: the pages live in its days."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def way(session, make_ctx):
    return Way(session, make_ctx, make_staff(session))


@pytest.fixture
def browse(client, way):
    """Sign in as one of the staff and return the browser."""

    def as_one(user):
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return sign_in_as(client, user)

    return as_one


def status_of(session, application):
    look_again(session)
    return session.get(Application, (1, application.id)).status


# --- every page, in both languages ------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_an_officer_renders(way, browse, language):
    filed, accepted, concluded = way.file(), way.accept(), way.conclude()[0]
    officer = browse(way.staff.officer)
    for page in [
        "/assessments/",
        "/assessments/file",
        *(path(case) for case in (filed, accepted, concluded, way.score()[0])),
        path(filed, "/refuse"),
        path(filed, "/withdraw"),
        path(accepted, "/assign"),
    ]:
        assert "</html>" in read(officer, page, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_assessor_and_expert_renders(way, browse, language):
    begun, scored, concluded = way.start(), way.score()[0], way.conclude()[0]
    assessor = browse(way.staff.assessor)
    for page in ("/assessments/", path(begun), path(begun, "/evaluate"), path(scored)):
        assert "</html>" in read(assessor, page, language)
    expert = browse(way.staff.second_expert)
    for page in (
        path(scored),
        path(scored, "/confirm"),
        path(scored, "/send-back"),
        path(concluded),
        path(concluded, "/correct-conclusion"),
    ):
        assert "</html>" in read(expert, page, language)


# --- the list -------------------------------------------------------------------------------------


def test_the_list_says_who_acts_next_and_until_when(way, browse):
    way.file()
    way.score()
    page = read(browse(way.staff.officer), "/assessments/")
    assert "accepts or refuses" in page
    assert "by 2019-11-21 (Thu)" in page
    assert "confirm the conclusion" in page
    assert "5 Severe disability III" in page


def test_what_is_late_is_said_in_words(way, browse, monkeypatch):
    way.file()
    monkeypatch.setattr(clock, "now", lambda: datetime(2019, 12, 2, tzinfo=UTC))
    page = read(browse(way.staff.officer), "/assessments/")
    assert "overdue since 2019-11-21 (Thu)" in page


@pytest.mark.parametrize(
    "query", ["q=AP-2019-000002", "q=李秀", "q={case}", "status=accepted", "district={district}"]
)
def test_the_list_is_filtered(way, browse, query):
    way.file(make_insured(way.session, name="王淑珍"))
    elsewhere = make_district(way.session)
    person = make_insured(way.session, name="李秀英", district_id=elsewhere.id)
    way.accept(person)
    query = query.format(case=person.case_number, district=elsewhere.id)
    page = read(browse(way.staff.officer), f"/assessments/?{query}")
    assert "李秀英" in page
    assert "王淑珍" not in page


def test_a_percent_sign_in_the_filter_is_only_a_character(way, browse):
    way.file(make_insured(way.session, name="王淑珍"))
    assert "王淑珍" not in read(browse(way.staff.officer), "/assessments/?q=%25")


@pytest.mark.parametrize("sort", ["filed", "number", "status", "person"])
def test_the_list_is_paged_in_every_order(way, browse, sort):
    for number in range(51):
        way.file(make_insured(way.session, name=f"王{number:02d}"))
    officer = browse(way.staff.officer)
    seen, page_path = [], f"/assessments/?sort={sort}&order=ascending"
    while page_path:
        page = read(officer, page_path)
        seen += re.findall(r">(AP-2019-\d+)<", page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        page_path = "/assessments/" + link[1].replace("&amp;", "&") if link else None
    assert len(seen) == len(set(seen)) == 51


def test_an_empty_list_says_how_to_begin(way, browse):
    assert "No applications yet" in read(browse(way.staff.officer), "/assessments/")
    assert "Nothing is assigned to you" in read(browse(way.staff.assessor), "/assessments/")


def test_the_export_is_the_filtered_list_without_formulas(way, browse):
    way.file(make_insured(way.session, name="=1+1"))
    way.conclude(make_insured(way.session, name="李秀英"))
    officer = browse(way.staff.officer)
    rows = list(csv.DictReader(io.StringIO(read(officer, "/assessments/applications.csv")[1:])))
    assert [row["name"] for row in rows] == ["'=1+1", "李秀英"]
    assert (rows[0]["due_on"], rows[0]["grade"]) == ("2019-11-21", "")
    assert (rows[1]["status"], rows[1]["grade"], rows[1]["due_on"]) == ("concluded", "5", "")
    filtered = read(officer, "/assessments/applications.csv?status=filed")
    assert "李秀英" not in filtered


# --- who sees what --------------------------------------------------------------------------------


def test_everybody_sees_only_their_own_cases(way, browse):
    mine, other = way.assign(), way.file()
    assessor = browse(way.staff.assessor)
    page = read(assessor, "/assessments/")
    assert mine.number in page
    assert other.number not in page
    assert other.number not in read(assessor, "/assessments/applications.csv")
    read(assessor, path(other), status=404)


def test_another_areas_case_is_not_found(way, browse):
    application = way.score()[0]
    elsewhere = make_area(way.session)
    officer = browse(make_user(way.session, Role.OFFICER, elsewhere.id))
    for page in ("", "/refuse", "/assign", "/record.pdf"):
        read(officer, path(application, page), status=404)
    assert application.number not in read(officer, "/assessments/")


def test_an_assessor_does_not_open_the_page_of_an_expert(way, browse):
    read(browse(way.staff.assessor), path(way.score()[0], "/confirm"), status=403)


# --- filing and deciding ----------------------------------------------------------------------------


def test_filing_ends_in_a_receipt_that_says_who_acts_next(way, browse):
    person = make_insured(way.session)
    officer = browse(way.staff.officer)
    assert person.case_number in read(officer, f"/assessments/file?person={person.id}")
    data = {"case_number": f" {person.case_number} ", "filed_on": "2019-11-14"}
    answer = send(officer, "/assessments/file", data)
    assert answer.status_code == 302, answer.text
    page = read(officer, answer.location)
    assert "The application is filed." in page
    assert "AP-2019-000001" in page
    assert "by 2019-11-21 (Thu)" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"case_number": "CHO0"}, "no insured person with this case number"),
        ({"case_number": ""}, "Enter the case number."),
        ({"filed_on": "2019-02-30"}, "Enter a day that exists"),
        ({"filed_on": "2019-11-15"}, "lies ahead"),
    ],
)
def test_a_wrong_filing_is_refused_at_the_field(way, browse, changes, words):
    person = make_insured(way.session)
    data = {"case_number": person.case_number, "filed_on": "2019-11-14", **changes}
    officer = browse(way.staff.officer)
    answer = send(officer, "/assessments/file", data, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert words in answer.text
    assert way.session.scalar(sa.select(sa.func.count()).select_from(Application)) == 0


def test_somebody_who_is_not_insured_cannot_apply(way, browse):
    person = make_person(way.session)
    data = {"case_number": person.case_number, "filed_on": "2019-11-14"}
    answer = send(browse(way.staff.officer), "/assessments/file", data)
    assert answer.status_code == 422


def test_an_officer_accepts_assigns_and_refuses(way, browse, session):
    officer, staff = browse(way.staff.officer), way.staff
    case, other = way.file(), way.file()
    assert send(officer, path(case, "/accept")).status_code == 302
    planned = {"visit_planned_at": "2019-11-18T09:30"}
    people = {"assessor_id": staff.assessor.id, "expert_id": staff.expert.id}
    asked = {"interest_asked": "y"}
    assert send(officer, path(case, "/assign"), {**people, **planned}).status_code == 422
    assert send(officer, path(case, "/assign"), {**people, **planned, **asked}).status_code == 302
    assert "2019-11-18 (Mon) 09:30" in read(officer, path(case))
    refused = send(officer, path(other, "/refuse"), {"reason": "papers", "note": ""})
    assert refused.status_code == 422
    words = {"reason": "papers", "note": "缺少病历"}
    assert send(officer, path(other, "/refuse"), words).status_code == 302
    assert "缺少病历" in read(officer, path(other))
    assert status_of(session, other) is ApplicationStatus.REFUSED
    assert send(officer, path(other, "/accept")).status_code == 409


def test_nobody_is_chosen_before_somebody_chooses_and_loads_are_told(way, browse, session):
    way.assign(), way.assign()
    at_agency = make_user(session, Role.ASSESSOR, name="何经办")
    case = way.accept()
    page = read(browse(way.staff.officer), path(case, "/assign"))
    assert "李评估 (2 people to evaluate)" in page
    assert "周专家 (2 people to evaluate)" in page
    assert "吴专家 (0 people to evaluate)" in page
    assert re.findall(r"<select.*?<option ([^>]*)>", page, re.DOTALL) == ['value="0"'] * 2
    assert "<option selected" not in page
    assert f'value="{at_agency.id}"' not in page
    assert "何经办" in page.split("Not to choose from")[1]
    nobody = {"assessor_id": "0", "expert_id": "0", "interest_asked": "y"}
    assert send(browse(way.staff.officer), path(case, "/assign"), nobody).status_code == 422


DEPENDENT = dict.fromkeys(
    ("eat", "continence", "bathe", "dress", "toilet", "transfer"), "dependent"
)


@pytest.fixture
def _asked_for(house, monkeypatch):
    """A law that asks for the self-assessment, as docs/add-a-city.md says."""
    law = house.policies.of("chongqing")
    asks = Value("chongqing", "self_assessment", True, Standing.ASSUMED)
    changed = replace(
        law, policies=tuple(replace(policy, self_assessment=asks) for policy in law.policies)
    )
    monkeypatch.setitem(house.policies.laws, "chongqing", changed)


@pytest.mark.usefixtures("_asked_for")
def test_a_self_assessment_below_the_level_leads_to_its_refusal(way, browse, session):
    officer, person = browse(way.staff.officer), make_insured(session)
    filed = {"case_number": person.case_number, "filed_on": "2019-11-14"}
    assert send(officer, "/assessments/file", filed).status_code == 422
    answers = {**DEPENDENT, "eat": "partly", "bathe": "independent", "toilet": "independent"}
    assert send(officer, "/assessments/file", filed | answers).status_code == 302
    case = session.scalars(sa.select(Application)).one()
    assert case.self_assessment["level"] == "D"
    page = read(officer, path(case))
    assert "The self-assessment reaches level D; one may apply from level E on." in page
    assert send(officer, path(case, "/accept")).status_code == 409
    refusal = read(officer, path(case, "/refuse"))
    assert re.search(r'<input checked[^>]* value="conditions_not_met"', refusal)
    assert "reaches level D" in refusal.split("<textarea")[1]


@pytest.mark.usefixtures("_asked_for")
def test_a_self_assessment_of_level_e_and_above_is_accepted(way, browse, session):
    officer, person = browse(way.staff.officer), make_insured(session)
    filed = {"case_number": person.case_number, "filed_on": "2019-11-14", **DEPENDENT}
    assert send(officer, "/assessments/file", filed).status_code == 302
    case = session.scalars(sa.select(Application)).one()
    assert "reaches level G: one may apply" in read(officer, path(case))
    assert send(officer, path(case, "/accept")).status_code == 302


def test_where_the_law_does_not_ask_no_self_assessment_is_kept(way, browse, session):
    officer, person = browse(way.staff.officer), make_insured(session)
    assert "Bathing" not in read(officer, "/assessments/file")
    filed = {"case_number": person.case_number, "filed_on": "2019-11-14", **DEPENDENT}
    assert send(officer, "/assessments/file", filed).status_code == 302
    assert session.scalars(sa.select(Application)).one().self_assessment is None


def test_withdrawing_needs_a_reason(way, browse, session):
    officer, case = browse(way.staff.officer), way.file()
    assert send(officer, path(case, "/withdraw"), {"note": ""}).status_code == 422
    assert send(officer, path(case, "/withdraw"), {"note": "已去世"}).status_code == 302
    assert status_of(session, case) is ApplicationStatus.WITHDRAWN
