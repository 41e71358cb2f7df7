"""The pages of an evaluation, its conclusion and its printed record."""

import io
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from markupsafe import escape
from pypdf import PdfReader

from ltc import clock
from ltc.rules.applications import ApplicationStatus
from ltc.store.assessments import Application, Conclusion, Evaluation, ProposedCorrection
from ltc.store.instruments import get_instrument
from tests.conftest import NOW
from tests.support.assessment_cases import (
    HIGHEST,
    LOWEST,
    Way,
    look_again,
    make_staff,
    path,
    read,
)
from tests.support.sign_in import send, sign_in_as

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
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return sign_in_as(client, user)

    return as_one


def status_of(session, application):
    look_again(session)
    return session.get(Application, (1, application.id)).status


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
    look_again(session)
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
    assert (
        '<a href="#guardian_present">Guardian or agent present: Name the guardian or agent'
        in answer.text
    )


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
    assert "draw up a care plan" in read(browse(expert), path(case))
    page = read(browse(way.staff.officer), path(case))
    assert "Grade 5 Severe disability III (the heaviest), valid to 2021-11-13 (Sat)." in page
    assert status_of(session, case) is ApplicationStatus.CONCLUDED


def test_the_day_of_the_planned_visit_is_not_said_to_be_the_day_of_assigning(way, browse):
    case = way.assign()
    case.visit_planned_at = datetime(2019, 11, 20, 6, 0, tzinfo=UTC)
    way.session.commit()
    assert "visit planned for 2019-11-20 (Wed) 14:00" in read(browse(way.staff.officer), path(case))


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


def test_a_conclusion_is_corrected_by_two_experts_and_both_are_shown(way, browse, session):
    case, _ = way.conclude()
    expert = browse(way.staff.expert)
    data = {"grade": "4", "concluded_on": "2019-11-14", "last_valid_on": "2021-11-13"}
    refused = send(expert, path(case, "/correct-conclusion"), {**data, "reason": ""})
    assert refused.status_code == 422
    assert send(expert, path(case, "/correct-conclusion"), {**data, "reason": "登记有误"}).location
    page = read(expert, path(case))
    assert "Correction proposed" in page
    assert "confirm the correction, or propose another" in page
    assert "/confirm-correction" not in page  # whoever proposed it has nothing to confirm
    assert "Grade 5 Severe disability III (the heaviest), valid to" in page
    proposal = {"proposal_id": str(session.scalars(sa.select(ProposedCorrection.id)).one())}
    alone = send(expert, path(case, "/confirm-correction"), proposal)
    assert alone.status_code == 422
    assert "it holds once another expert confirms it" in alone.text
    other = browse(way.staff.second_expert)
    assert "/confirm-correction" in read(other, path(case))
    assert "4 Severe disability II" in read(other, path(case, "/confirm-correction"))
    assert send(other, path(case, "/confirm-correction"), proposal).location
    page = read(other, path(case))
    assert "Grade 4 Severe disability II, valid to" in page
    assert "Conclusion corrected" in page
    assert "登记有误" in page
    session.rollback()  # the pages have changed what was read
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
