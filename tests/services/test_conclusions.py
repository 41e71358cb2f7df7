"""Two experts make a conclusion; a correction is a new row, and the past stays known."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import RoleLacksPermission
from ltc.rules.applications import (
    AlreadyConfirmed,
    ApplicationStatus,
    AssessorCannotConfirm,
    MoveNotAllowed,
    ProposedByYourself,
    check_may_confirm,
    check_may_second,
)
from ltc.rules.insured import ReasonMissing
from ltc.rules.policies import LawBook, Standing, Value, ValueUnknown
from ltc.services import conclusions, evaluations
from ltc.services.conclusions import (
    AlreadyProposed,
    ConcludedAhead,
    ConclusionFacts,
    ExpertNeeded,
    GradeUnknown,
    ProposalChanged,
    ValidityWrong,
)
from ltc.services.evaluations import EvaluationChanged
from ltc.services.facts import NothingChanged
from ltc.store.applications import load_outcomes
from ltc.store.assessments import Application, Conclusion, ProposedCorrection
from ltc.store.audit_log import AuditEvent
from ltc.store.base import known_at
from ltc.store.conclusion_questions import ConclusionNotFound, list_waiting_proposals
from ltc.store.users import User
from tests.conftest import NOW
from tests.support.assessment_cases import MakeCtx, Way, make_staff


@pytest.fixture
def way(session: Session, make_ctx: MakeCtx) -> Way:
    return Way(session, make_ctx, make_staff(session))


FACTS = ConclusionFacts("4", date(2019, 11, 14), date(2021, 11, 14))
LATER = NOW + timedelta(days=10)


def propose(
    way: Way, conclusion: Conclusion, reason: str = "登记有误", **given: Any
) -> ProposedCorrection:
    return conclusions.propose_correction(
        way.ctx(way.staff.expert, now=LATER), conclusion_id=conclusion.id,
        facts=replace(FACTS, **given), reason=reason,
    )  # fmt: skip


def second(way: Way, proposal: ProposedCorrection, expert: User | None = None) -> Conclusion:
    return conclusions.confirm_correction(
        way.ctx(expert or way.staff.second_expert, now=LATER),
        conclusion_id=proposal.conclusion_id, proposal_id=proposal.id,
    )  # fmt: skip


def correct(way: Way, conclusion: Conclusion, **given: Any) -> Conclusion:
    return second(way, propose(way, conclusion, **given))


def test_the_second_experts_confirmation_makes_the_conclusion(way: Way) -> None:
    application, evaluation = way.score()
    assert way.confirm(application, evaluation, way.staff.expert) is None
    assert application.status is ApplicationStatus.SCORED
    conclusion = way.confirm(application, evaluation, way.staff.second_expert)
    assert conclusion is not None
    assert application.status is ApplicationStatus.CONCLUDED
    assert (conclusion.standard, conclusion.grade) == ("cn-2021", "5")
    assert (conclusion.concluded_on, conclusion.valid_before) == (
        date(2019, 11, 14),
        date(2021, 11, 14),
    )
    assert conclusion.person_id == application.person_id


def test_the_two_who_confirm_are_different_people(way: Way) -> None:
    application, evaluation = way.score()
    way.confirm(application, evaluation, way.staff.expert)
    with pytest.raises(AlreadyConfirmed):
        way.confirm(application, evaluation, way.staff.expert)
    assert application.status is ApplicationStatus.SCORED


def test_the_assessor_does_not_confirm(way: Way) -> None:
    application, evaluation = way.score()
    with pytest.raises(RoleLacksPermission):
        way.confirm(application, evaluation, way.staff.assessor)
    with pytest.raises(AssessorCannotConfirm):
        check_may_confirm(7, 7, [])


def test_the_machine_does_not_confirm(way: Way, make_ctx: MakeCtx) -> None:
    application, evaluation = way.score()
    with pytest.raises(ExpertNeeded):
        conclusions.confirm_conclusion(
            make_ctx(), application_id=application.id, evaluation_id=evaluation.id
        )


def test_only_what_was_looked_at_is_confirmed(way: Way) -> None:
    application, first = way.score()
    way.confirm(application, first, way.staff.expert)
    evaluations.send_back(
        way.ctx(way.staff.second_expert),
        application_id=application.id,
        evaluation_id=first.id,
        reason="请复核",
    )
    second = way.complete(application, revision=0)
    with pytest.raises(EvaluationChanged):
        way.confirm(application, first, way.staff.second_expert)
    actor = way.ctx(way.staff.officer).actor
    outcome = load_outcomes(way.session, actor, [application.id])[application.id]
    assert (outcome.grade, outcome.confirmations) == ("5", 0)  # of the first nothing counts
    assert way.confirm(application, second, way.staff.expert) is None


def test_an_evaluation_under_way_is_not_confirmed(way: Way) -> None:
    application = way.start()
    draft = way.save(application, eat=0)
    with pytest.raises(MoveNotAllowed):
        way.confirm(application, draft, way.staff.expert)


def test_where_the_law_does_not_say_how_long_nothing_is_concluded(
    way: Way, policies: LawBook
) -> None:
    application, evaluation = way.score()
    way.confirm(application, evaluation, way.staff.expert)
    ctx = way.ctx(way.staff.second_expert)
    law = policies.of("chongqing")
    unknown: Value[int] = Value("chongqing", "conclusion_months", None, Standing.UNKNOWN)
    gaps = tuple(replace(policy, conclusion_months=unknown) for policy in law.policies)
    ctx.policies = LawBook({"chongqing": replace(law, policies=gaps)})
    with pytest.raises(ValueUnknown, match="conclusion_months"):
        conclusions.confirm_conclusion(
            ctx, application_id=application.id, evaluation_id=evaluation.id
        )
    way.session.expire_all()
    found = way.session.get(Application, (1, application.id))
    assert found is not None
    assert found.status is ApplicationStatus.SCORED  # nothing half done, not even a confirmation
    assert way.confirm(application, evaluation, way.staff.second_expert) is not None


def test_one_expert_alone_corrects_nothing(way: Way, make_ctx: MakeCtx) -> None:
    _, old = way.conclude()
    proposal = propose(way, old)
    with pytest.raises(ProposedByYourself):
        second(way, proposal, way.staff.expert)
    with pytest.raises(RoleLacksPermission):
        second(way, proposal, way.staff.assessor)
    with pytest.raises(AssessorCannotConfirm):
        check_may_second(7, assessor_id=7, proposed_by=8)
    with pytest.raises(ExpertNeeded):
        conclusions.confirm_correction(make_ctx(), conclusion_id=old.id, proposal_id=proposal.id)
    assert list(way.session.scalars(sa.select(Conclusion.grade))) == ["5"]


def test_only_the_newest_proposal_is_confirmed_and_none_is_made_twice(way: Way) -> None:
    _, old = way.conclude()
    first = propose(way, old)
    with pytest.raises(AlreadyProposed, match="周专家"):
        propose(way, old)
    with pytest.raises(NothingChanged):
        propose(way, old, grade=old.grade)
    newest = propose(way, old, grade="3")
    with pytest.raises(ProposalChanged):
        second(way, first)
    assert second(way, newest).grade == "3"
    with pytest.raises(ConclusionNotFound):  # it is corrected
        second(way, newest)


def test_a_proposal_waits_for_the_others_until_it_is_confirmed(way: Way) -> None:
    application, conclusion = way.conclude()

    def list_waiting(expert: User) -> list[tuple[int, datetime]]:
        rows = list_waiting_proposals(way.session, way.ctx(expert).actor)
        return [(row.application_id, row.proposed_at) for row in rows]

    propose(way, conclusion, grade="2")
    newest = propose(way, conclusion, grade="3")
    assert list_waiting(way.staff.second_expert) == [(application.id, newest.proposed_at)]
    assert list_waiting(way.staff.expert) == []
    second(way, newest)
    assert list_waiting(way.staff.second_expert) == []


def test_both_experts_of_a_correction_stand_in_the_audit_log(way: Way) -> None:
    _, old = way.conclude()
    new = correct(way, old)
    query = sa.select(AuditEvent).where(AuditEvent.action.startswith("conclusion.correct"))
    proposed, corrected = way.session.scalars(query.order_by(AuditEvent.id))
    assert proposed.changes == {"grade": ["5", "4"], "reason": [None, "登记有误"]}
    assert (proposed.actor_id, corrected.actor_id) == (
        way.staff.expert.id, way.staff.second_expert.id,
    )  # fmt: skip
    assert corrected.record_id == new.id
    assert corrected.changes["grade"] == ["5", "4"]
    assert corrected.changes["proposed_by_id"] == way.staff.expert.id


def test_a_correction_is_a_new_row_and_the_past_stays_known(way: Way) -> None:
    application, old = way.conclude()
    new = correct(way, old)
    assert (new.grade, new.replaces_id, new.reason) == ("4", old.id, "登记有误")

    def believed(instant: Any) -> list[str]:
        query = sa.select(Conclusion.grade).where(known_at(Conclusion, instant))
        return list(way.session.scalars(query))

    assert believed(None) == ["4"]
    assert believed(NOW + timedelta(days=9)) == ["5"]
    assert believed(NOW - timedelta(days=1)) == []
    actor = way.ctx(way.staff.officer).actor
    assert load_outcomes(way.session, actor, [application.id])[application.id].grade == "4"


def test_a_corrected_conclusion_is_not_corrected_again(way: Way) -> None:
    _, old = way.conclude()
    correct(way, old)
    with pytest.raises(ConclusionNotFound):
        correct(way, old, grade="3")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"grade": "6"}, GradeUnknown),
        ({"concluded_on": date(2020, 1, 1)}, ConcludedAhead),
        ({"valid_before": date(2019, 11, 14)}, ValidityWrong),
        ({"reason": " "}, ReasonMissing),
    ],
)
def test_a_wrong_correction_is_refused(
    way: Way, given: dict[str, Any], problem: type[Exception]
) -> None:
    _, old = way.conclude()
    with pytest.raises(problem):
        propose(way, old, **given)
