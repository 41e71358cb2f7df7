"""Applications for an assessment: filed, accepted or refused, assigned, withdrawn."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ltc.rules.access import Permission, Role
from ltc.rules.applications import (
    ApplicationOpen,
    ApplicationStatus,
    MoveNotAllowed,
    NotAnAssessor,
    NotAnExpert,
    RefusalReason,
    build_application_number,
    check_may_apply,
    check_move,
    clean_note,
    clean_refusal,
)
from ltc.rules.errors import Invalid
from ltc.rules.words import N_, Word
from ltc.services.context import Context
from ltc.store.applications import (
    find_death,
    find_enrolment,
    find_open_application,
    list_staff,
    lock_application,
    lock_person,
)
from ltc.store.assessments import Application
from ltc.store.base import new_id
from ltc.store.insured import InsuredPerson
from ltc.store.number_series import take_numbers

ASSIGNABLE = frozenset({ApplicationStatus.ACCEPTED})


def file(ctx: Context, *, person_id: int, filed_on: date | None = None) -> Application:
    """File an application for a person whose enrolment is in force on the day of filing.

    Raises PersonUnknown, FiledAhead, PersonDied, NotEnrolled, ApplicationOpen.
    """
    ctx.require(Permission.FILE_APPLICATION)
    day = filed_on or ctx.today
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
            recorded_at=ctx.now,
            recorded_by_id=ctx.actor.user_id,
        )
        session.add(application)
        changes = {"person_id": [None, person.id], "filed_on": [None, day]}
        ctx.record("application.filed", "application", application.id, changes)
    return application


def accept(ctx: Context, *, application_id: int) -> Application:
    """Accept an application: from today the days until the conclusion count."""
    ctx.require(Permission.ACCEPT_APPLICATION)
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
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
) -> Application:
    """Say which assessor and which expert evaluate together, and when they plan to come.

    Raises NotAnAssessor, NotAnExpert.
    """
    ctx.require(Permission.ACCEPT_APPLICATION)
    _check_staff(ctx, assessor_id, Role.ASSESSOR, NotAnAssessor(field="assessor_id"))
    _check_staff(ctx, expert_id, Role.EXPERT, NotAnExpert(field="expert_id"))
    with ctx.transaction() as session:
        application = lock_application(session, ctx.actor, application_id)
        if application.status not in ASSIGNABLE:
            raise MoveNotAllowed(status=application.status, wanted=Word(N_("Assigned")))
        facts = {
            "assessor_id": assessor_id,
            "expert_id": expert_id,
            "visit_planned_at": visit_planned_at,
        }
        changes = _change(application, facts)
        ctx.record("application.assigned", "application", application.id, changes)
    return application


def move(ctx: Context, application: Application, wanted: ApplicationStatus, **facts: Any) -> None:
    """Move a locked application along, inside a transaction; raises MoveNotAllowed."""
    check_move(application.status, wanted)
    changes = _change(application, {"status": wanted, **facts})
    ctx.record(f"application.{wanted.value}", "application", application.id, changes)


def _change(application: Application, facts: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the facts and return what they were before; words about a person are left out."""
    changes = {name: [getattr(application, name), value] for name, value in facts.items()}
    for name, value in facts.items():
        setattr(application, name, value)
    changes.pop("decision_note", None)
    return changes


def _check_person(ctx: Context, person: InsuredPerson, day: date) -> None:
    death = find_death(ctx.session, person)
    enrolment = find_enrolment(ctx.session, person, day)
    check_may_apply(day, ctx.today, enrolment is not None, death.starts_on if death else None)
    other = find_open_application(ctx.session, person)
    if other is not None:
        raise ApplicationOpen(number=other.number)


def _check_staff(ctx: Context, user_id: int, role: Role, problem: Invalid) -> None:
    """Raise the problem unless the user is active in the area and has the role."""
    if user_id not in {user.id for user in list_staff(ctx.session, ctx.area_id, role)}:
        raise problem
