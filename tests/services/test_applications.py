"""Filing, accepting, refusing, assigning, withdrawing: who may, when, and what is recorded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role, RoleLacksPermission
from ltc.rules.applications import (
    MOVES,
    ApplicationOpen,
    ApplicationStatus,
    FiledAhead,
    MoveNotAllowed,
    NotAnAssessor,
    NotAnExpert,
    NotEnrolled,
    PersonDied,
    ReasonNotGiven,
    RefusalReason,
    Situation,
    build_next_step,
    calculate_due,
    check_move,
)
from ltc.rules.insured import LifeEventKind
from ltc.services import applications
from ltc.services.context import Context
from ltc.store.applications import ApplicationNotFound, get_application
from ltc.store.assessments import Application
from ltc.store.audit_log import AuditEvent
from ltc.store.insured_questions import PersonNotFound
from ltc.store.working_days import load_working_days
from tests.conftest import NOW
from tests.support.assessment_cases import MakeCtx, Way, make_insured, make_staff
from tests.support.factories import (
    make_area,
    make_district,
    make_enrolment,
    make_life_event,
    make_person,
    make_user,
)


@pytest.fixture
def way(session: Session, make_ctx: MakeCtx) -> Way:
    return Way(session, make_ctx, make_staff(session))


def test_an_application_gets_the_next_number_of_its_year(way: Way) -> None:
    assert way.file().number == "AP-2019-000001"
    assert way.file().number == "AP-2019-000002"
    last_year = applications.file(
        way.ctx(way.staff.officer),
        person_id=make_insured(way.session).id,
        filed_on=date(2018, 12, 31),
    )
    assert last_year.number == "AP-2018-000001"


def test_numbers_are_unique_however_many_file_at_once(way: Way, house: Any, policies: Any) -> None:
    people = [make_insured(way.session).id for _ in range(8)]
    officer = way.staff.officer

    def file(person_id: int) -> str:
        with house.session_maker() as session:
            actor = Actor(officer.id, officer.name, Role.OFFICER, 1)
            ctx = Context(session, actor, NOW, policies)
            return applications.file(ctx, person_id=person_id).number

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(file, people))
    assert sorted(numbers) == [f"AP-2019-{number:06d}" for number in range(1, 9)]


def test_filing_is_recorded_without_personal_data(way: Way) -> None:
    application = way.file()
    event = way.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "application.filed")
    ).one()
    assert (event.record_id, event.actor_id) == (application.id, way.staff.officer.id)
    assert set(event.changes) == {"person_id", "filed_on"}


def test_nobody_applies_without_an_enrolment_in_force(way: Way) -> None:
    person = make_person(way.session)
    make_enrolment(way.session, person, starts_on=date(2018, 1, 1), ends_before=date(2019, 11, 14))
    with pytest.raises(NotEnrolled):
        way.file(person)
    with pytest.raises(FiledAhead):
        applications.file(
            way.ctx(way.staff.officer), person_id=person.id, filed_on=date(2019, 11, 15)
        )
    filed = applications.file(
        way.ctx(way.staff.officer), person_id=person.id, filed_on=date(2019, 11, 13)
    )
    assert filed.filed_on == date(2019, 11, 13)


def test_an_enrolment_that_was_corrected_away_does_not_count(way: Way) -> None:
    person = make_person(way.session)
    make_enrolment(way.session, person, superseded_at=NOW)
    make_enrolment(way.session, person, withdrawn=True)
    with pytest.raises(NotEnrolled):
        way.file(person)


def test_nobody_applies_for_the_dead(way: Way) -> None:
    person = make_insured(way.session)
    make_life_event(
        way.session, person, kind=LifeEventKind.DEATH, starts_on=date(2019, 11, 1), ends_before=None
    )
    with pytest.raises(PersonDied):
        way.file(person)


def test_a_person_has_one_open_application(way: Way) -> None:
    person = make_insured(way.session)
    first = way.file(person)
    with pytest.raises(ApplicationOpen, match=first.number):
        way.file(person)
    applications.withdraw(
        way.ctx(way.staff.officer), application_id=first.id, note="申请人住院治疗"
    )
    assert way.file(person).number == "AP-2019-000002"


def test_people_of_another_area_are_unknown(way: Way) -> None:
    elsewhere = make_area(way.session)
    person = make_insured(way.session, area_id=elsewhere.id)
    with pytest.raises(PersonNotFound):
        way.file(person)


def test_an_officer_of_a_district_sees_its_applications_only(way: Way, make_ctx: MakeCtx) -> None:
    here, there = make_district(way.session), make_district(way.session)
    application = way.file(make_insured(way.session, district_id=there.id))
    officer = make_ctx(role=Role.OFFICER, user_id=way.staff.officer.id, district_id=here.id)
    with pytest.raises(ApplicationNotFound):
        applications.accept(officer, application_id=application.id)


@pytest.mark.parametrize("reason", [RefusalReason.PAPERS, RefusalReason.OTHER])
def test_some_refusals_need_words(way: Way, reason: RefusalReason) -> None:
    application = way.file()
    ctx = way.ctx(way.staff.officer)
    with pytest.raises(ReasonNotGiven):
        applications.refuse(ctx, application_id=application.id, reason=reason, note="  ")
    refused = applications.refuse(
        ctx, application_id=application.id, reason=reason, note=" 缺少病历 "
    )
    assert (refused.status, refused.refusal_reason) == (ApplicationStatus.REFUSED, reason)
    assert (refused.decision_note, refused.decided_on) == ("缺少病历", date(2019, 11, 14))


@pytest.mark.parametrize(
    "reason", sorted(set(RefusalReason) - {RefusalReason.PAPERS, RefusalReason.OTHER})
)
def test_other_refusals_speak_for_themselves(way: Way, reason: RefusalReason) -> None:
    application = way.file()
    refused = applications.refuse(
        way.ctx(way.staff.officer), application_id=application.id, reason=reason
    )
    assert refused.refusal_reason == reason


def test_only_the_moves_of_the_table_are_allowed() -> None:
    for status, wanted in product(ApplicationStatus, repeat=2):
        if wanted in MOVES[status]:
            check_move(status, wanted)
        else:
            with pytest.raises(MoveNotAllowed):
                check_move(status, wanted)


@pytest.mark.parametrize(
    "ended", [ApplicationStatus.REFUSED, ApplicationStatus.CONCLUDED, ApplicationStatus.WITHDRAWN]
)
def test_an_application_that_has_ended_stays_as_it_is(way: Way, ended: ApplicationStatus) -> None:
    application = way.file()
    application.status = ended
    way.session.commit()
    ctx = way.ctx(way.staff.officer)
    for act in (
        lambda: applications.accept(ctx, application_id=application.id),
        lambda: applications.withdraw(ctx, application_id=application.id, note="x"),
        lambda: applications.assign(
            ctx,
            application_id=application.id,
            assessor_id=way.staff.assessor.id,
            expert_id=way.staff.expert.id,
        ),
        lambda: applications.refuse(
            ctx, application_id=application.id, reason=RefusalReason.NOT_INSURED
        ),
    ):
        with pytest.raises(MoveNotAllowed):
            act()
    assert get_application(way.session, ctx.actor, application.id).status is ended


def test_one_of_the_two_who_evaluate_is_an_expert(way: Way) -> None:
    application, ctx, staff = way.accept(), way.ctx(way.staff.officer), way.staff
    with pytest.raises(NotAnExpert):
        applications.assign(
            ctx,
            application_id=application.id,
            assessor_id=staff.assessor.id,
            expert_id=staff.assessor.id,
        )
    with pytest.raises(NotAnAssessor):
        applications.assign(
            ctx,
            application_id=application.id,
            assessor_id=staff.expert.id,
            expert_id=staff.second_expert.id,
        )


def test_somebody_who_has_left_is_not_assigned(way: Way) -> None:
    left = make_user(
        way.session, Role.ASSESSOR, organisation_id=way.staff.assessor.organisation_id, active=False
    )
    with pytest.raises(NotAnAssessor):
        applications.assign(
            way.ctx(way.staff.officer),
            application_id=way.accept().id,
            assessor_id=left.id,
            expert_id=way.staff.expert.id,
        )


@pytest.mark.parametrize("role", [Role.ASSESSOR, Role.AUDITOR, Role.FINANCE_APPROVER, Role.CARER])
def test_only_officers_file_and_decide(way: Way, make_ctx: MakeCtx, role: Role) -> None:
    application = way.file()
    ctx = make_ctx(role=role, user_id=1)
    with pytest.raises(RoleLacksPermission):
        applications.file(ctx, person_id=application.person_id)
    with pytest.raises(RoleLacksPermission):
        applications.accept(ctx, application_id=application.id)


def test_an_assessor_sees_only_what_was_assigned_to_them(way: Way) -> None:
    mine, other = way.assign(), way.file()
    actor = way.ctx(way.staff.assessor).actor
    assert get_application(way.session, actor, mine.id) is mine
    with pytest.raises(ApplicationNotFound):
        get_application(way.session, actor, other.id)


# --- who acts next, and until when -----------------------------------------------------------------


def describe_step(policies: Any, day: date, **facts: Any) -> Any:
    situation = Situation(
        **{"status": ApplicationStatus.FILED, "filed_on": day, "decided_on": None,
           "is_assigned": False, "confirmations": 0, **facts}
    )  # fmt: skip
    policy = policies.of("chongqing").on(date(2019, 11, 14))
    return build_next_step(situation, calculate_due(policy, load_working_days(), situation))


def test_an_application_is_decided_within_five_working_days(policies: Any) -> None:
    step = describe_step(policies, date(2019, 9, 27))  # a Friday; Sunday the 29th is worked
    assert step.by.on == date(2019, 10, 10)
    assert not step.by.provisional
    assert step.role is Role.OFFICER


def test_the_conclusion_is_due_thirty_working_days_after_acceptance(policies: Any) -> None:
    facts = {"status": ApplicationStatus.ACCEPTED, "decided_on": date(2019, 11, 14)}
    assert describe_step(policies, date(2019, 11, 11), **facts).by.on == date(2019, 12, 26)


def test_a_day_beyond_the_announced_calendar_is_provisional(policies: Any) -> None:
    last = max(load_working_days().announced_years)
    assert describe_step(policies, date(last, 12, 30)).by.provisional
    assert not describe_step(policies, date(last, 12, 1)).by.provisional


def test_each_status_says_who_acts(policies: Any) -> None:
    day = date(2019, 11, 14)
    accepted = {"status": ApplicationStatus.ACCEPTED, "decided_on": day}
    assert describe_step(policies, day, **accepted).role is Role.OFFICER
    assert describe_step(policies, day, **accepted, is_assigned=True).role is Role.ASSESSOR
    scored = {**accepted, "status": ApplicationStatus.SCORED}
    assert describe_step(policies, day, **scored).what == "confirm the conclusion"
    assert describe_step(policies, day, **scored, confirmations=1).what == "one more confirms"
    ended = {**accepted, "status": ApplicationStatus.CONCLUDED}
    assert describe_step(policies, day, **ended) is None


def test_what_is_accepted_later_is_due_later(way: Way) -> None:
    application = way.file()
    ctx = way.ctx(way.staff.officer, now=NOW + timedelta(days=1))
    assert applications.accept(ctx, application_id=application.id).decided_on == date(2019, 11, 15)
    assert isinstance(application, Application)
