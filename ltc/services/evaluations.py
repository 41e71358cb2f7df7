"""Evaluations: begun on site, saved answer by answer, completed, and sent back by an expert."""

from collections.abc import Mapping
from typing import Any, cast

from ltc.rules.access import Permission
from ltc.rules.applications import ApplicationStatus, MoveNotAllowed, check_on_site, clean_note
from ltc.rules.assessments.drafts import DraftIsNewer, check_answers, merge_answers
from ltc.rules.assessments.grading import grade
from ltc.rules.errors import Conflict, Invalid
from ltc.rules.insured import clean_name
from ltc.services.applications import move
from ltc.services.context import Context
from ltc.services.facts import tell_change
from ltc.store.applications import (
    EvaluationNotFound,
    find_evaluation,
    get_application,
    lock_application,
)
from ltc.store.assessments import Application, Evaluation
from ltc.store.base import new_id
from ltc.store.instruments import CURRENT, get_instrument

NOTES_LENGTH_MAX = 2_000


class GuardianMissing(Invalid):
    """Name the guardian or agent who was present: nobody is evaluated alone."""


class EvaluationChanged(Conflict):
    """The evaluation has changed since you opened it. Look at it again."""


def start_evaluation(ctx: Context, *, application_id: int) -> Evaluation:
    """Begin the evaluation of an accepted application, or return the one under way.

    Raises TwoAssessorsNeeded, NotOnSite, MoveNotAllowed.
    """
    ctx.require(Permission.RECORD_SCORES)
    _check_recordable(ctx, get_application(ctx.session, ctx.actor, application_id))
    under_way = find_evaluation(ctx.session, ctx.actor, application_id)
    if under_way is not None and under_way.completed_at is None:
        return under_way
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        _check_recordable(ctx, application)
        evaluation = _new_evaluation(ctx, application.id)
        session.add(evaluation)
        changes = {"application_id": [None, application.id], "instrument": [None, CURRENT]}
        ctx.record("evaluation.started", "evaluation", evaluation.id, changes)
    return evaluation


def save_section(
    ctx: Context,
    *,
    application_id: int,
    revision: int,
    scores: Mapping[str, object],
    guardian_present: str | None = None,
    notes: str | None = None,
) -> Evaluation:
    """Save some answers of the evaluation under way; ``revision`` is the draft they were given on.

    What was saved already may be sent again. Who has not seen the newest draft may add to it, but
    not replace what it says: raises DraftIsNewer, and nothing of the sending is saved.
    """
    ctx.require(Permission.RECORD_SCORES)
    sent_texts = _read_texts(guardian_present, notes)
    if not _would_change(ctx, application_id, scores, sent_texts):
        return _get_draft(ctx, get_application(ctx.session, ctx.actor, application_id))
    with ctx.transaction() as session:
        draft = _get_draft(ctx, lock_application(session, ctx.actor, application_id))
        is_current = revision == draft.revision
        answers = _merge_scores(draft, scores, is_current=is_current)
        _check_texts(draft, sent_texts, is_current=is_current)
        told = _set_texts(ctx, draft, sent_texts)
        before = draft.scores
        draft.scores, draft.revision, draft.saved_at = answers, draft.revision + 1, ctx.now
        changed = {
            code: [before.get(code), answers[code]]
            for code in answers
            if before.get(code) != answers[code]
        }
        changes = {**changed, **told, "revision": [draft.revision - 1, draft.revision]}
        ctx.record("evaluation.saved", "evaluation", draft.id, changes)
    return draft


def complete_evaluation(
    ctx: Context, *, application_id: int, revision: int, guardian_present: str, notes: str = ""
) -> Evaluation:
    """Complete the evaluation: all items answered, a guardian or agent named; it gets its grade.

    Raises ScoreMissing (naming the item), GuardianMissing, EvaluationChanged.
    """
    ctx.require(Permission.RECORD_SCORES)
    if not guardian_present.strip():
        raise GuardianMissing(field="guardian_present")
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        draft = _get_draft(ctx, application)
        if draft.revision != revision:
            raise EvaluationChanged
        guardian = clean_name(guardian_present, "guardian_present")
        told = _set_texts(ctx, draft, _read_texts(guardian, notes))
        _keep_grade(ctx, draft)
        changes = {
            name: [None, getattr(draft, name)]
            for name in ("grade", "adl_total", "cog_total", "per_total")
        }
        ctx.record("evaluation.completed", "evaluation", draft.id, {**changes, **told})
        move(ctx, application, ApplicationStatus.SCORED)
    return draft


def send_back(ctx: Context, *, application_id: int, evaluation_id: int, reason: str) -> Evaluation:
    """Have an evaluation done again: a new one takes over its answers, the old one is kept.

    Raises ReasonNotGiven, EvaluationChanged, MoveNotAllowed.
    """
    ctx.require(Permission.CONFIRM_CONCLUSION)
    reason = clean_note(reason, "reason")
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        old = get_evaluation(ctx, application_id, evaluation_id)
        new = _new_evaluation(ctx, application.id)
        new.instrument, new.scores = old.instrument, dict(old.scores)
        new.notes, new.sent_back_reason = old.notes, reason
        session.add(new)
        why = tell_change(session, "sent_back_reason", None, reason)
        changes = {"evaluation_id": [old.id, new.id], "sent_back_reason": why}
        ctx.record("evaluation.sent_back", "evaluation", old.id, changes)
        move(ctx, application, ApplicationStatus.ACCEPTED)
    return new


def get_evaluation(ctx: Context, application_id: int, evaluation_id: int) -> Evaluation:
    """Return the evaluation that counts now, provided it is the one that was looked at.

    Raises EvaluationNotFound, EvaluationChanged.
    """
    found = find_evaluation(ctx.session, ctx.actor, application_id)
    if found is None:
        raise EvaluationNotFound
    if found.id != evaluation_id:
        raise EvaluationChanged
    return found


def _new_evaluation(ctx: Context, application_id: int) -> Evaluation:
    return Evaluation(
        area_id=ctx.area_id,
        id=new_id(),
        application_id=application_id,
        instrument=CURRENT,
        scores={},
        revision=0,
        started_at=ctx.now,
        saved_at=ctx.now,
        guardian_present="",
        notes="",
        sent_back_reason="",
    )


def _check_recordable(ctx: Context, application: Application) -> None:
    """Raise unless the evaluation of this application may be recorded, by this person, now."""
    if application.status is not ApplicationStatus.ACCEPTED:
        raise MoveNotAllowed(status=application.status, wanted=ApplicationStatus.SCORED)
    check_on_site(ctx.actor.user_id, application.assessor_id, application.expert_id)


def _get_draft(ctx: Context, application: Application) -> Evaluation:
    """Return the evaluation under way, as it stands now."""
    _check_recordable(ctx, application)
    draft = find_evaluation(ctx.session, ctx.actor, application.id)
    if draft is None or draft.completed_at is not None:
        raise EvaluationNotFound
    return draft


def _read_texts(guardian_present: str | None, notes: str | None) -> dict[str, str]:
    given = {"guardian_present": guardian_present, "notes": notes}
    return {
        name: text.strip()[:NOTES_LENGTH_MAX] for name, text in given.items() if text is not None
    }


def _would_change(
    ctx: Context, application_id: int, scores: Mapping[str, object], texts: Mapping[str, str]
) -> bool:
    draft = find_evaluation(ctx.session, ctx.actor, application_id)
    return draft is None or not (
        all(draft.scores.get(code) == score for code, score in scores.items())
        and all(getattr(draft, name) == text for name, text in texts.items())
    )


def _merge_scores(
    draft: Evaluation, scores: Mapping[str, object], *, is_current: bool
) -> dict[str, int]:
    check_answers(get_instrument(draft.instrument), scores)
    return merge_answers(draft.scores, cast("Mapping[str, int]", scores), is_current=is_current)


def _check_texts(draft: Evaluation, texts: Mapping[str, str], *, is_current: bool) -> None:
    """Refuse to replace words that the sender has not seen."""
    for name, text in texts.items():
        stored: str = getattr(draft, name)
        if stored not in ("", text) and not is_current:
            raise DraftIsNewer(items=name)


def _set_texts(
    ctx: Context, draft: Evaluation, texts: Mapping[str, str]
) -> dict[str, list[str | None]]:
    """Set the words of the draft, and return for the audit event which of them changed."""
    changed = {name: text for name, text in texts.items() if getattr(draft, name) != text}
    told = {
        name: tell_change(ctx.session, name, getattr(draft, name), text)
        for name, text in changed.items()
    }
    for name, text in changed.items():
        setattr(draft, name, text)
    return told


def _keep_grade(ctx: Context, draft: Evaluation) -> None:
    """Grade the answers (raises ScoreMissing) and keep totals and grade with them."""
    result = grade(get_instrument(draft.instrument), draft.scores)
    totals: Mapping[str, Any] = result.totals
    draft.grade = result.code
    draft.adl_total, draft.cog_total, draft.per_total = (
        totals["adl"],
        totals["cog"],
        totals["per"],
    )
    draft.revision += 1
    draft.saved_at = draft.completed_at = ctx.now
    draft.completed_by_id = ctx.actor.user_id
