"""Applications for an assessment: filed, accepted or refused, assigned, withdrawn."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ltc.rules.access import Permission, Role
from ltc.rules.applications import (
    ApplicationOpen,
    ApplicationStatus,
    NotAnAssessor,
    NotAnExpert,
    NotIndependent,
    RefusalReason,
    build_application_number,
    check_may_apply,
    check_may_assign,
    check_move,
    clean_note,
    clean_refusal,
)
from ltc.rules.assessments.gate import MayNotApply, calculate_level
from ltc.rules.assessments.instruments import Gate
from ltc.rules.errors import Invalid
from ltc.rules.policies import NoPolicyInForce
from ltc.services.context import Context
from ltc.services.facts import NothingChanged, tell_change
from ltc.store.applications import (
    find_death,
    find_enrolment,
    find_open_application,
    lock_application,
    lock_person,
)
from ltc.store.areas import get_area
from ltc.store.assessments import Application
from ltc.store.base import new_id
from ltc.store.instruments import CURRENT, get_instrument
from ltc.store.insured import InsuredPerson
from ltc.store.number_series import take_numbers
from ltc.store.staff import list_staff


def file(
    ctx: Context,
    *,
    person_id: int,
    filed_on: date | None = None,
    self_assessment: Mapping[str, str] | None = None,
) -> Application:
    """File an application for a person whose enrolment is in force on the day of filing.

    ``self_assessment`` holds the applicant's answers by function; they are kept where the law of
    the day asks for them. Raises PersonNotFound, FiledAhead, PersonDied, NotEnrolled,
    ApplicationOpen, AnswerMissing, AnswerUnknown.
    """
    ctx.require(Permission.FILE_APPLICATION)
    day = filed_on or ctx.today
    answered = _read_self_assessment(ctx, day, self_assessment or {})
    with ctx.transaction() as session:
        person = lock_person(session, ctx.actor, person_id)
        _check_person(ctx, person, day)
        [number] = take_numbers(session, ctx.area_id, f"applications-{day.year}")
        application = Application(
            area_id=ctx.area_id,
            id=new_id(),
            number=build_application_number(day.year, number),
            person_id=person.id,
            filed_on=day,
            status=ApplicationStatus.FILED,
            self_assessment=answered,
            recorded_at=ctx.now,
            recorded_by_id=ctx.actor.user_id,
        )
        session.add(application)
        changes = {"person_id": [None, person.id], "filed_on": [None, day]}
        if answered:  # the level says enough: what somebody cannot do alone stays with the record
            changes["self_assessment_level"] = [None, answered["level"]]
        ctx.record("application.filed", "application", application.id, changes)
    return application


def accept(ctx: Context, *, application_id: int) -> Application:
    """Accept an application: from today the days until the conclusion count.

    Raises MayNotApply where the self-assessment stays below the level from which one may apply.
    """
    ctx.require(Permission.ACCEPT_APPLICATION)
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        kept = application.self_assessment
        if kept and not kept["may_apply"]:
            raise MayNotApply(level=kept["level"], apply_from=kept["apply_from"])
        move(ctx, application, ApplicationStatus.ACCEPTED, decided_on=ctx.today)
    return application


def refuse(
    ctx: Context, *, application_id: int, reason: RefusalReason, note: str = ""
) -> Application:
    """Refuse an application for one of the reasons; raises ReasonNotGiven where it needs words."""
    ctx.require(Permission.ACCEPT_APPLICATION)
    note = clean_refusal(reason, note)
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        facts = {"decided_on": ctx.today, "refusal_reason": reason, "decision_note": note}
        move(ctx, application, ApplicationStatus.REFUSED, **facts)
    return application


def withdraw(ctx: Context, *, application_id: int, note: str) -> Application:
    """Withdraw an application that has not ended, at the applicant's wish or after a death."""
    ctx.require(Permission.FILE_APPLICATION)
    note = clean_note(note)
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        move(ctx, application, ApplicationStatus.WITHDRAWN, decision_note=note)
    return application


def assign(
    ctx: Context,
    *,
    application_id: int,
    assessor_id: int,
    expert_id: int,
    visit_planned_at: datetime | None = None,
    interest_asked: bool = False,
) -> Application:
    """Say which assessor and which expert evaluate together, and when they plan to come.

    ``interest_asked``: that both were asked about kinship and interest, for the record. Raises
    NotAnAssessor, NotAnExpert, NotIndependent, NothingChanged.
    """
    ctx.require(Permission.ACCEPT_APPLICATION)
    _check_staff(ctx, assessor_id, Role.ASSESSOR, NotAnAssessor(field="assessor_id"))
    _check_staff(ctx, expert_id, Role.EXPERT, NotAnExpert(field="expert_id"))
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        check_may_assign(application.status)
        facts = {
            "assessor_id": assessor_id,
            "expert_id": expert_id,
            "visit_planned_at": visit_planned_at,
        }
        if all(getattr(application, name) == value for name, value in facts.items()):
            raise NothingChanged
        changes = _change(ctx, application, facts) | {"interest_asked": [None, interest_asked]}
        ctx.record("application.assigned", "application", application.id, changes)
    return application


def move(ctx: Context, application: Application, wanted: ApplicationStatus, **facts: Any) -> None:
    """Move a locked application along, inside a transaction; raises MoveNotAllowed."""
    check_move(application.status, wanted)
    changes = _change(ctx, application, {"status": wanted, **facts})
    ctx.record(f"application.{wanted.value}", "application", application.id, changes)


def _change(
    ctx: Context, application: Application, facts: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Set the facts and return what they were before, for the audit event."""
    changes = {
        name: tell_change(ctx.session, name, getattr(application, name), value)
        for name, value in facts.items()
    }
    for name, value in facts.items():
        setattr(application, name, value)
    return changes


def _check_person(ctx: Context, person: InsuredPerson, day: date) -> None:
    death = find_death(ctx.session, person)
    enrolment = find_enrolment(ctx.session, person, day)
    check_may_apply(day, ctx.today, enrolment is not None, death.starts_on if death else None)
    other = find_open_application(ctx.session, person)
    if other is not None:
        raise ApplicationOpen(number=other.number)


def find_gate(ctx: Context, day: date) -> Gate | None:
    """Return the self-assessment that an application of a day must bring; None for none."""
    law = ctx.policies.of(get_area(ctx.session, ctx.area_id).policy_area)
    try:
        asks = law.on(day).asks_self_assessment
    except NoPolicyInForce:  # the person's enrolment is what counts then
        return None
    return get_instrument(CURRENT).gate if asks else None


def _read_self_assessment(
    ctx: Context, day: date, answers: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return what is kept of the self-assessment: the answers, and what they came to that day."""
    gate = find_gate(ctx, day)
    if gate is None:
        return None
    reached = calculate_level(gate, answers)
    return {
        "instrument": CURRENT,
        "answers": dict(answers),
        "level": reached.level,
        "apply_from": gate.apply_from,
        "may_apply": reached.may_apply,
    }


def _check_staff(ctx: Context, user_id: int, role: Role, problem: Invalid) -> None:
    """Raise the problem unless the user is active with the role; NotIndependent (三分离)."""
    staff = {each.user.id: each for each in list_staff(ctx.session, ctx.area_id, role)}
    found = staff.get(user_id)
    if found is None:
        raise problem
    if not found.is_independent:
        name, organisation = found.user.name, found.organisation.name
        raise NotIndependent(field=problem.field, name=name, organisation=organisation)
