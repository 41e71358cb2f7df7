"""Conclusions: confirmed by two experts, and corrected by a new row that names the old."""

from datetime import date

from ltc.rules.access import Permission
from ltc.rules.applications import (
    CONFIRMATIONS_NEEDED,
    ApplicationStatus,
    MoveNotAllowed,
    check_may_confirm,
)
from ltc.rules.errors import Invalid, NotAllowed
from ltc.rules.months import add_months
from ltc.rules.words import N_, Word
from ltc.services.applications import move
from ltc.services.context import Context
from ltc.services.evaluations import get_evaluation
from ltc.services.facts import correct_fact, record_change, record_fact, tell_change
from ltc.store.applications import get_conclusion, list_confirmers, lock_application
from ltc.store.areas import get_area
from ltc.store.assessments import Application, Conclusion, Confirmation, Evaluation
from ltc.store.base import new_id
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


def confirm_conclusion(
    ctx: Context, *, application_id: int, evaluation_id: int, remark: str = ""
) -> Conclusion | None:
    """Confirm an evaluation; the second expert's confirmation makes the conclusion.

    Returns the conclusion, or None while another expert is still needed. Raises
    AssessorCannotConfirm, AlreadyConfirmed, EvaluationChanged, and ValueUnknown where the area's
    law does not say for how many months a conclusion is valid.
    """
    ctx.require(Permission.CONFIRM_CONCLUSION)
    user_id = ctx.actor.user_id
    if user_id is None:
        raise ExpertNeeded
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


def correct_conclusion(
    ctx: Context,
    *,
    conclusion_id: int,
    grade: str,
    concluded_on: date,
    valid_before: date | None,
    reason: str,
) -> Conclusion:
    """Correct a conclusion by a new row; a month that was settled on the old can be run as known then.

    Raises GradeUnknown, ConcludedAhead, ValidityWrong, ReasonMissing, NothingChanged,
    AlreadyCorrected.
    """
    ctx.require(Permission.CONFIRM_CONCLUSION)
    with ctx.transaction() as session:
        old = get_conclusion(session, ctx.actor, conclusion_id)
        _check_correction(ctx, old.standard, grade, concluded_on, valid_before)
        new = correct_fact(
            ctx, old, reason, grade=grade, concluded_on=concluded_on, valid_before=valid_before
        )
        record_change(ctx, "conclusion.corrected", new, old)
    return new


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


def _check_correction(
    ctx: Context, standard: str, grade: str, concluded_on: date, valid_before: date | None
) -> None:
    known = [name.code for name in get_instrument(standard).grades]
    if grade not in known:
        raise GradeUnknown(field="grade", standard=standard, grade=grade)
    if concluded_on > ctx.today:
        raise ConcludedAhead(field="concluded_on")
    if valid_before is not None and valid_before <= concluded_on:
        raise ValidityWrong(field="valid_before")
