"""The pages of assessments: what they show in both languages, to whom, and what they refuse."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from markupsafe import escape
from pypdf import PdfReader

from ltc import clock
from ltc.rules.access import Role
from ltc.rules.applications import ApplicationStatus
from ltc.store.assessments import Application, Conclusion, Evaluation
from ltc.store.instruments import get_instrument
from tests.conftest import NOW
from tests.support.assessment_cases import HIGHEST, LOWEST, Way, make_insured, make_staff
from tests.support.factories import make_area, make_district, make_person, make_user
from tests.support.sign_in import send, sign_in_as

LANGUAGES = ["en", "zh-CN"]
SCRIPT = {"HX-Request": "true"}
ALL_LOWEST = {f"score-{code}": str(score) for code, score in LOWEST.items()}


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
        return sign_in_as(client, user)

    return as_one


def read(client, path, language="en", status=200):
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == status, answer.text
    return answer.text


def path(application, page=""):
    return f"/assessments/{application.id}{page}"


def status_of(session, application):
    session.rollback()  # a new look
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
    assert send(officer, path(case, "/assign"), {**people, **planned}).status_code == 302
    assert "2019-11-18 (Mon) 09:30" in read(officer, path(case))
    refused = send(officer, path(other, "/refuse"), {"reason": "papers", "note": ""})
    assert refused.status_code == 422
    words = {"reason": "papers", "note": "缺少病历"}
    assert send(officer, path(other, "/refuse"), words).status_code == 302
    assert "缺少病历" in read(officer, path(other))
    assert status_of(session, other) is ApplicationStatus.REFUSED
    assert send(officer, path(other, "/accept")).status_code == 409


def test_withdrawing_needs_a_reason(way, browse, session):
    officer, case = browse(way.staff.officer), way.file()
    assert send(officer, path(case, "/withdraw"), {"note": ""}).status_code == 422
    assert send(officer, path(case, "/withdraw"), {"note": "已去世"}).status_code == 302
    assert status_of(session, case) is ApplicationStatus.WITHDRAWN


# --- the evaluation ---------------------------------------------------------------------------------


def test_every_official_wording_is_on_the_page(way, browse):
    case = way.start()
    english = read(browse(way.staff.assessor), path(case, "/evaluate"))
    chinese = read(browse(way.staff.assessor), path(case, "/evaluate"), "zh-CN")
    for item in get_instrument("cn-2021").items.values():
        for option in item.options:
            for text in (option.text.zh, option.text.en):
                assert str(escape(text)) in english
            assert str(escape(option.text.zh)) in chinese


def test_an_evaluation_is_begun_by_a_button(way, browse):
    case = way.assign()
    assessor = browse(way.staff.assessor)
    assert "Start the evaluation" in read(assessor, path(case))
    answer = send(assessor, path(case, "/start"))
    assert answer.location == path(case, "/evaluate")
    assert "Go on with the evaluation" in read(assessor, path(case))


def test_without_a_script_a_section_is_saved_and_the_next_one_shown(way, browse, session):
    case = way.start()
    assessor = browse(way.staff.assessor)
    data = {"revision": "0", "score-eat": "5", "score-dress": "0", "section": "cog"}
    answer = send(assessor, path(case, "/evaluate"), data)
    assert answer.location == path(case, "/evaluate") + "#cog"
    draft = session.scalars(sa.select(Evaluation)).one()
    assert draft.scores == {"eat": 5, "dress": 0}
    page = read(assessor, path(case, "/evaluate"))
    assert re.search(r'id="score-eat-2" value="5" checked', page)
    assert "2 of 17 items" in page


def test_a_script_gets_the_sheet_alone(way, browse):
    case = way.start()
    data = {"revision": "0", **{k: v for k, v in ALL_LOWEST.items() if k != "score-memory"}}
    answer = send(browse(way.staff.assessor), path(case, "/evaluate"), data, headers=SCRIPT)
    assert answer.status_code == 200
    assert 'data-revision="1"' in answer.text
    assert "<html" not in answer.text
    assert (
        answer.text.count("ltc-grid__cell--reached") == 1
    )  # memory alone cannot change it any more


def test_a_stale_tablet_sees_both_answers_and_replaces_nothing(way, browse, session):
    case = way.start()
    way.save(case, eat=5, walk=0)
    assessor = browse(way.staff.assessor)
    data = {"revision": "0", "score-eat": "10", "score-walk": "0"}
    for headers in ({}, SCRIPT):
        answer = send(
            assessor, path(case, "/evaluate"), data, headers={"Accept-Language": "en", **headers}
        )
        assert answer.status_code == 409
        assert "5 · Needs some help" in answer.text
        assert "10 · Independent" in answer.text
        assert "Walking" not in answer.text  # the same on both
        assert 'name="revision" value="1"' in answer.text
    assert session.scalars(sa.select(Evaluation)).one().scores == {"eat": 5, "walk": 0}
    chosen = send(assessor, path(case, "/evaluate"), {**data, "revision": "1"})
    assert chosen.status_code == 302
    session.rollback()  # a new look
    assert session.scalars(sa.select(Evaluation)).one().scores["eat"] == 10


@pytest.mark.parametrize("score", ["7", "abc", "-5", "99999999999999999999"])
def test_a_made_up_score_is_refused(way, browse, session, score):
    case = way.start()
    data = {"revision": "0", "score-eat": score}
    answer = send(browse(way.staff.assessor), path(case, "/evaluate"), data)
    assert answer.status_code == 422
    assert session.scalars(sa.select(Evaluation)).one().scores == {}


def test_completing_saves_what_the_form_holds(way, browse, session):
    case = way.start()
    assessor = browse(way.staff.assessor)
    data = {"revision": "0", "guardian_present": "王小明", "notes": "邻居证实", **ALL_LOWEST}
    answer = send(assessor, path(case, "/complete"), data)
    assert answer.status_code == 302, answer.text
    page = read(assessor, answer.location)
    assert "The evaluation is complete." in page
    assert "Severe disability III" in page
    assert "In the table, row Severely impaired and column Severely impaired give grade 5" in page
    assert "would give grade 4" in page
    done = session.scalars(sa.select(Evaluation)).one()
    assert (done.guardian_present, done.notes, done.grade) == ("王小明", "邻居证实", "5")


def test_an_open_item_is_named_and_what_was_sent_is_kept(way, browse, session):
    case = way.start()
    data = {"revision": "0", "guardian_present": "王小明", **ALL_LOWEST, "score-hearing": ""}
    answer = send(
        browse(way.staff.assessor), path(case, "/complete"), data, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 422
    assert '<a href="#score-hearing-1">Hearing: choose what fits.</a>' in answer.text
    assert len(session.scalars(sa.select(Evaluation)).one().scores) == 16


def test_nobody_is_evaluated_alone(way, browse):
    case = way.start()
    answer = send(
        browse(way.staff.assessor), path(case, "/complete"), {"revision": "0", **ALL_LOWEST},
        headers={"Accept-Language": "en"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert '<a href="#guardian_present">Name the guardian or agent who was present' in answer.text


def test_a_complete_evaluation_is_not_opened_again(way, browse):
    case, _ = way.score()
    answer = browse(way.staff.assessor).get(path(case, "/evaluate"))
    assert answer.location == path(case)


# --- the conclusion ---------------------------------------------------------------------------------


def test_two_experts_confirm_and_the_case_is_concluded(way, browse, session):
    case, evaluation = way.score()
    data = {"evaluation_id": str(evaluation.id), "remark": ""}
    for expert in (way.staff.expert, way.staff.second_expert):
        answer = send(browse(expert), path(case, "/confirm"), data)
        assert answer.status_code == 302, answer.text
    page = read(browse(way.staff.officer), path(case))
    assert "Grade 5 Severe disability III (the heaviest), valid to 2021-11-13 (Sat)." in page
    assert status_of(session, case) is ApplicationStatus.CONCLUDED


def test_one_expert_does_not_confirm_twice(way, browse):
    case, evaluation = way.score()
    data = {"evaluation_id": str(evaluation.id), "remark": ""}
    expert = browse(way.staff.expert)
    send(expert, path(case, "/confirm"), data)
    answer = send(expert, path(case, "/confirm"), data, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "You have confirmed this evaluation already" in answer.text
    assert "Another expert has to confirm, too." in read(expert, path(case))


def test_an_expert_sends_back_with_a_reason_that_the_assessor_reads(way, browse, session):
    case, evaluation = way.score()
    expert = browse(way.staff.second_expert)
    data = {"evaluation_id": str(evaluation.id), "reason": ""}
    assert send(expert, path(case, "/send-back"), data).status_code == 422
    answer = send(expert, path(case, "/send-back"), {**data, "reason": "请复核进食"})
    assert answer.status_code == 302
    read(expert, path(case), status=404)  # not theirs any more until it is evaluated again
    assert "请复核进食" in read(browse(way.staff.assessor), path(case, "/evaluate"))


def test_a_conclusion_is_corrected_and_both_are_shown(way, browse, session):
    case, _ = way.conclude()
    expert = browse(way.staff.expert)
    data = {"grade": "4", "concluded_on": "2019-11-14", "last_valid_on": "2021-11-13"}
    refused = send(expert, path(case, "/correct-conclusion"), {**data, "reason": ""})
    assert refused.status_code == 422
    assert send(expert, path(case, "/correct-conclusion"), {**data, "reason": "登记有误"}).location
    page = read(expert, path(case))
    assert "Grade 4 Severe disability II, valid to" in page
    assert "Conclusion corrected" in page
    assert "登记有误" in page
    assert len(session.scalars(sa.select(Conclusion)).all()) == 2


# --- on paper ---------------------------------------------------------------------------------------


def print_text(client, case):
    answer = client.get(path(case, "/record.pdf"))
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    sheets = PdfReader(io.BytesIO(answer.data)).pages
    return "".join("".join(sheet.extract_text().split()) for sheet in sheets)


def test_the_record_holds_every_item_the_grade_and_room_to_sign(way, browse):
    case, _ = way.score(scores=HIGHEST)
    text = print_text(browse(way.staff.assessor), case)
    for item in get_instrument("cn-2021").items.values():
        assert "".join(item.name.zh.split()) in text
        assert "".join(item.options[-1].text.en.split()) in text
    for words in (case.number, "100/100", "16/16", "12/12", "基本正常", "监护人或代理人", "日期"):
        assert words in text
    assert "草稿" not in text


def test_an_unfinished_record_says_that_it_is_a_draft(way, browse, session):
    case = way.start()
    assessor = browse(way.staff.assessor)
    assert "草稿" in print_text(assessor, case)
