"""Recording an evaluation: saved piece by piece by two tablets, completed once, sent back."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.applications import (
    ApplicationStatus,
    MoveNotAllowed,
    NotOnSite,
    ReasonNotGiven,
    TwoAssessorsNeeded,
)
from ltc.rules.assessments.drafts import DraftIsNewer
from ltc.rules.assessments.grading import ItemUnknown, ScoreMissing, ScoreNotAnOption
from ltc.services import evaluations
from ltc.services.evaluations import EvaluationChanged, GuardianMissing
from ltc.store.applications import (
    ApplicationNotFound,
    EvaluationNotFound,
    find_evaluation,
    list_evaluations,
)
from ltc.store.assessments import Evaluation
from ltc.store.audit_log import AuditEvent
from tests.support.assessment_cases import (
    GUARDIAN,
    HIGHEST,
    LOWEST,
    MakeCtx,
    Way,
    make_insured,
    make_staff,
)
from tests.support.factories import make_user


@pytest.fixture
def way(session: Session, make_ctx: MakeCtx) -> Way:
    return Way(session, make_ctx, make_staff(session))


def test_two_people_on_site_start_the_same_evaluation(way: Way) -> None:
    application = way.start()
    first = find_evaluation(way.session, way.ctx(way.staff.assessor).actor, application.id)
    again = evaluations.start_evaluation(way.ctx(way.staff.expert), application_id=application.id)
    assert first is not None
    assert first.id == again.id


def test_nothing_is_evaluated_before_two_people_are_assigned(way: Way) -> None:
    application = way.accept()
    application.assessor_id = way.staff.assessor.id
    way.session.commit()
    with pytest.raises(TwoAssessorsNeeded):
        evaluations.start_evaluation(way.ctx(way.staff.assessor), application_id=application.id)


def test_nobody_else_records_an_evaluation(way: Way) -> None:
    application = way.start()
    stranger = make_user(way.session, way.staff.assessor.role)
    with pytest.raises(ApplicationNotFound):
        evaluations.save_section(
            way.ctx(stranger), application_id=application.id, revision=0, scores={"eat": 0}
        )


def test_an_expert_who_was_not_there_records_nothing_once_it_is_scored(way: Way) -> None:
    application, _ = way.score()
    application.status = ApplicationStatus.ACCEPTED
    application.expert_id = way.staff.second_expert.id
    way.session.commit()
    with pytest.raises(ApplicationNotFound):
        evaluations.start_evaluation(way.ctx(way.staff.expert), application_id=application.id)


def test_who_sees_a_case_without_being_assigned_records_nothing(
    way: Way, make_ctx: MakeCtx
) -> None:
    machine = make_ctx(user_id=way.staff.officer.id)
    with pytest.raises(NotOnSite):
        evaluations.start_evaluation(machine, application_id=way.assign().id)


def test_a_section_is_saved_while_others_are_open(way: Way) -> None:
    application = way.start()
    draft = way.save(application, eat=5, dress=0)
    assert (draft.scores, draft.revision) == ({"eat": 5, "dress": 0}, 1)
    draft = way.save(application, revision=1, time_orient=4)
    assert draft.scores == {"eat": 5, "dress": 0, "time_orient": 4}
    assert draft.completed_at is None


def test_every_save_is_recorded_with_before_and_after(way: Way) -> None:
    application = way.start()
    way.save(application, eat=5)
    way.save(application, revision=1, eat=10)
    saved = way.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "evaluation.saved").order_by(AuditEvent.id)
    ).all()
    assert [event.changes["eat"] for event in saved] == [[None, 5], [5, 10]]


def test_saving_the_same_again_changes_nothing(way: Way) -> None:
    application = way.start()
    way.save(application, eat=5)
    assert way.save(application, revision=0, eat=5).revision == 1


def test_a_second_tablet_adds_to_a_newer_draft_but_replaces_nothing(way: Way) -> None:
    application = way.start()
    way.save(application, eat=5)
    assert way.save(application, revision=0, walk=0).scores == {"eat": 5, "walk": 0}
    with pytest.raises(DraftIsNewer, match="eat"):
        way.save(application, revision=0, eat=0, bathe=5)
    draft = find_evaluation(way.session, way.ctx(way.staff.assessor).actor, application.id)
    assert draft is not None
    assert (draft.scores, draft.revision) == ({"eat": 5, "walk": 0}, 2)


def test_words_of_a_newer_draft_are_not_replaced_either(way: Way) -> None:
    application, ctx = way.start(), way.ctx(way.staff.assessor)
    here = {"application_id": application.id, "scores": {}}
    evaluations.save_section(ctx, revision=0, notes="邻居说能自己吃饭", **here)
    with pytest.raises(DraftIsNewer, match="notes"):
        evaluations.save_section(ctx, revision=0, notes="另一段话", **here)
    assert evaluations.save_section(ctx, revision=1, notes="另一段话", **here).notes == "另一段话"


@pytest.mark.parametrize(
    ("code", "score", "problem"),
    [
        ("eat", 7, ScoreNotAnOption),
        ("face_oral", 10, ScoreNotAnOption),
        ("memory", 5, ScoreNotAnOption),
        ("sing", 5, ItemUnknown),
    ],
)
def test_a_wrong_answer_is_refused_by_name(
    way: Way, code: str, score: int, problem: type[Exception]
) -> None:
    application = way.start()
    with pytest.raises(problem, match=code):
        way.save(application, **{code: score})


def test_an_evaluation_with_an_open_item_is_not_completed(way: Way) -> None:
    application = way.start()
    draft = way.save(application, **{k: v for k, v in LOWEST.items() if k != "hearing"})
    with pytest.raises(ScoreMissing, match="hearing"):
        way.complete(application, draft.revision)
    assert draft.completed_at is None


def test_nobody_is_evaluated_alone(way: Way) -> None:
    application = way.start()
    draft = way.save(application, **LOWEST)
    with pytest.raises(GuardianMissing):
        evaluations.complete_evaluation(
            way.ctx(way.staff.assessor),
            application_id=application.id,
            revision=draft.revision,
            guardian_present=" ",
        )


def test_a_complete_evaluation_has_its_totals_and_grade(way: Way) -> None:
    application, evaluation = way.score()
    assert (evaluation.adl_total, evaluation.cog_total, evaluation.per_total) == (0, 0, 0)
    assert (evaluation.grade, evaluation.guardian_present) == ("5", GUARDIAN)
    assert application.status is ApplicationStatus.SCORED
    _, healthy = way.score(scores=HIGHEST)
    assert (healthy.adl_total, healthy.cog_total, healthy.per_total) == (100, 16, 12)
    assert healthy.grade == "0"


def test_only_what_was_seen_is_completed(way: Way) -> None:
    application = way.start()
    draft = way.save(application, **LOWEST)
    way.save(application, revision=draft.revision, eat=5)
    with pytest.raises(EvaluationChanged):
        way.complete(application, revision=1)


def test_a_completed_evaluation_is_closed(way: Way) -> None:
    application, evaluation = way.score()
    with pytest.raises(MoveNotAllowed):
        way.save(application, revision=evaluation.revision, eat=5)
    with pytest.raises(MoveNotAllowed):
        way.complete(application, evaluation.revision)


def test_an_expert_sends_back_and_the_first_evaluation_is_kept(way: Way) -> None:
    application, first = way.score()
    ctx = way.ctx(way.staff.second_expert)
    with pytest.raises(ReasonNotGiven):
        evaluations.send_back(ctx, application_id=application.id, evaluation_id=first.id, reason="")
    second = evaluations.send_back(
        ctx, application_id=application.id, evaluation_id=first.id, reason="请复核进食"
    )
    assert application.status is ApplicationStatus.ACCEPTED
    assert (second.scores, second.sent_back_reason) == (LOWEST, "请复核进食")
    kept = list_evaluations(way.session, way.ctx(way.staff.assessor).actor, application.id)
    assert [row.id for row in kept] == [first.id, second.id]
    assert (first.grade, second.grade) == ("5", None)
    again = way.save(application, revision=0, eat=10)
    done = way.complete(application, again.revision)
    assert (done.id, done.adl_total) == (second.id, 10)


def test_before_it_has_begun_there_is_nothing_to_save(way: Way) -> None:
    application = way.assign(make_insured(way.session))
    with pytest.raises(EvaluationNotFound):
        way.save(application, eat=0)
    assert way.session.scalar(sa.select(sa.func.count()).select_from(Evaluation)) == 0
