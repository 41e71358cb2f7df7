"""Conclusions: confirmed by two experts, and corrected by a new row that names the old.

A correction takes two experts as well (经办规程: 评估结论由两名以上评估专家确认): one proposes it,
and it holds once another confirms it.
"""

from dataclasses import asdict, dataclass
from datetime import date

from ltc.rules.access import Permission
from ltc.rules.applications import (
    CONFIRMATIONS_NEEDED,
    ApplicationStatus,
    MoveNotAllowed,
    check_may_confirm,
    check_may_second,
)
from ltc.rules.errors import Conflict, Invalid, NotAllowed
from ltc.rules.insured import clean_reason
from ltc.rules.months import add_months
from ltc.rules.words import N_, Word
from ltc.services.applications import move
from ltc.services.context import Context
from ltc.services.evaluations import get_evaluation
from ltc.services.facts import (
    NothingChanged,
    correct_fact,
    record_change,
    record_fact,
    tell_change,
)
from ltc.store.applications import (
    get_application,
    list_confirmers,
    lock_application,
)
from ltc.store.areas import get_area
from ltc.store.assessments import (
    Application,
    Conclusion,
    Confirmation,
    Evaluation,
    ProposedCorrection,
)
from ltc.store.base import new_id
from ltc.store.conclusion_questions import find_proposal, lock_conclusion
from ltc.store.instruments import get_instrument

REMARK_LENGTH_MAX = 500


class ExpertNeeded(NotAllowed):
    """A conclusion is confirmed by experts in person."""


class GradeUnknown(Invalid):
    """The standard {standard} has no grade “{grade}”."""


class ValidityWrong(Invalid):
    """A conclusion must be valid for at least a day after the day it was reached."""


class ConcludedAhead(Invalid):
    """A conclusion cannot be reached on a day that lies ahead."""


class AlreadyProposed(Conflict):
    """{name} has proposed this correction already; it holds once another expert confirms it."""


class ProposalChanged(Conflict):
    """This correction is not proposed any more. Look at the conclusion again."""


@dataclass(frozen=True, slots=True)
class ConclusionFacts:
    """What a conclusion says; ``valid_before`` None: without end."""

    grade: str
    concluded_on: date
    valid_before: date | None


def confirm_conclusion(
    ctx: Context, *, application_id: int, evaluation_id: int, remark: str = ""
) -> Conclusion | None:
    """Confirm an evaluation; the second expert's confirmation makes the conclusion.

    Returns the conclusion, or None while another expert is still needed. Raises
    AssessorCannotConfirm, AlreadyConfirmed, EvaluationChanged, and ValueUnknown where the area's
    law does not say for how many months a conclusion is valid.
    """
    user_id = _get_expert(ctx)
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        if application.status is not ApplicationStatus.SCORED:
            raise MoveNotAllowed(status=application.status, wanted=Word(N_("Confirmed")))
        evaluation = get_evaluation(ctx, application_id, evaluation_id)
        earlier = list_confirmers(session, ctx.actor, evaluation.id)
        check_may_confirm(user_id, application.assessor_id, earlier)
        confirmation = _new_confirmation(ctx, evaluation, user_id, remark)
        session.add(confirmation)
        changes = {"evaluation_id": [None, evaluation.id], "expert_id": [None, user_id]}
        if confirmation.remark:
            changes["remark"] = tell_change(session, "remark", None, confirmation.remark)
        ctx.record("evaluation.confirmed", "application", application.id, changes)
        if len(earlier) + 1 < CONFIRMATIONS_NEEDED:
            return None
        return _conclude(ctx, application, evaluation)


def propose_correction(
    ctx: Context, *, conclusion_id: int, facts: ConclusionFacts, reason: str
) -> ProposedCorrection:
    """Propose what a conclusion should have been; nothing changes until another expert confirms it.

    Raises ExpertNeeded, GradeUnknown, ConcludedAhead, ValidityWrong, ReasonMissing, NothingChanged,
    AlreadyProposed, ConclusionNotFound.
    """
    user_id, reason = _get_expert(ctx), clean_reason(reason)
    with ctx.transaction() as session:
        old = lock_conclusion(session, ctx.actor, conclusion_id)
        _check_correction(ctx, old.standard, facts)
        changes = {
            name: [getattr(old, name), value]
            for name, value in asdict(facts).items()
            if getattr(old, name) != value
        }
        if not changes:
            raise NothingChanged
        newest = find_proposal(session, ctx.actor, old.id)
        if newest is not None and _facts_of(newest[0]) == facts:
            raise AlreadyProposed(name=newest[1])
        proposal = ProposedCorrection(
            area_id=ctx.area_id, id=new_id(), conclusion_id=old.id, reason=reason,
            proposed_at=ctx.now, proposed_by_id=user_id, **asdict(facts),
        )  # fmt: skip
        session.add(proposal)
        changes["reason"] = [None, reason]
        ctx.record("conclusion.correction_proposed", "conclusion", old.id, changes)
    return proposal


def confirm_correction(ctx: Context, *, conclusion_id: int, proposal_id: int) -> Conclusion:
    """Correct a conclusion as another expert proposed, by a new row.

    A month that was settled on the old can be run as known then. Raises ExpertNeeded,
    ProposedByYourself, AssessorCannotConfirm, ProposalChanged, ConclusionNotFound.
    """
    user_id = _get_expert(ctx)
    with ctx.transaction() as session:
        old = lock_conclusion(session, ctx.actor, conclusion_id)
        newest = find_proposal(session, ctx.actor, old.id)
        if newest is None or newest[0].id != proposal_id:
            raise ProposalChanged
        proposal = newest[0]
        check_may_second(user_id, _find_assessor(ctx, old), proposal.proposed_by_id)
        new = correct_fact(ctx, old, proposal.reason, **asdict(_facts_of(proposal)))
        record_change(ctx, "conclusion.corrected", new, old, proposed_by_id=proposal.proposed_by_id)
    return new


def _get_expert(ctx: Context) -> int:
    """Return the id of the expert who acts; raises RoleLacksPermission, ExpertNeeded."""
    ctx.require(Permission.CONFIRM_CONCLUSION)
    if ctx.actor.user_id is None:
        raise ExpertNeeded
    return ctx.actor.user_id


def _facts_of(proposal: ProposedCorrection) -> ConclusionFacts:
    return ConclusionFacts(proposal.grade, proposal.concluded_on, proposal.valid_before)


def _find_assessor(ctx: Context, conclusion: Conclusion) -> int | None:
    """Return who evaluated as the assessor; None where a conclusion has no application."""
    if conclusion.application_id is None:
        return None
    return get_application(ctx.session, ctx.actor, conclusion.application_id).assessor_id


def _new_confirmation(
    ctx: Context, evaluation: Evaluation, expert_id: int, remark: str
) -> Confirmation:
    return Confirmation(
        area_id=ctx.area_id,
        id=new_id(),
        application_id=evaluation.application_id,
        evaluation_id=evaluation.id,
        expert_id=expert_id,
        confirmed_at=ctx.now,
        remark=remark.strip()[:REMARK_LENGTH_MAX],
    )


def _conclude(ctx: Context, application: Application, evaluation: Evaluation) -> Conclusion:
    """Make the conclusion of an evaluation, valid from today for as long as the law says."""
    area = get_area(ctx.session, ctx.area_id)
    policy = ctx.policies.of(area.policy_area).on(ctx.today)
    conclusion = record_fact(
        ctx,
        Conclusion,
        person_id=application.person_id,
        application_id=application.id,
        standard=evaluation.instrument,
        grade=evaluation.grade,
        concluded_on=ctx.today,
        valid_before=add_months(ctx.today, policy.conclusion_months.get()),
    )
    record_change(ctx, "conclusion.made", conclusion)
    move(ctx, application, ApplicationStatus.CONCLUDED)
    return conclusion


def _check_correction(ctx: Context, standard: str, facts: ConclusionFacts) -> None:
    known = [name.code for name in get_instrument(standard).grades]
    if facts.grade not in known:
        raise GradeUnknown(field="grade", standard=standard, grade=facts.grade)
    if facts.concluded_on > ctx.today:
        raise ConcludedAhead(field="concluded_on")
    if facts.valid_before is not None and facts.valid_before <= facts.concluded_on:
        raise ValidityWrong(field="valid_before")
