"""Records what happens to people in November and December, on the day on which the office hears it."""

from collections.abc import Sequence
from datetime import date

from ltc.rules.insured import LifeEventKind, SchemeCode
from ltc.services.demo.care import Case
from ltc.services.demo.people import open_account
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import STAY_OVER_THE_MONTHS, Happening, Twist, at
from ltc.services.life_facts import (
    EnrolmentFacts,
    EventFacts,
    correct_enrolment,
    correct_life_event,
    record_enrolment,
    record_life_event,
)
from ltc.store.insured import Enrolment, LifeEvent
from ltc.store.insured_questions import list_known_facts

ENROLMENT_CHANGES_ON = date(2019, 11, 11)
ENROLMENT_ENDS_BEFORE = date(2019, 11, 21)
ACCOUNT_KNOWN_ON = date(2019, 12, 5)
NOTES = {
    LifeEventKind.HOSPITAL_STAY: "医院结算记录",
    LifeEventKind.DEATH: "死亡医学证明",
    LifeEventKind.MOVED_AWAY: "迁往外地",
    LifeEventKind.SUSPENSION: "家属申请暂停",
}


def record_happenings(stage: Stage, cases: Sequence[Case], since: date, until: date) -> None:
    """Record, in the order of days, the life events that the office hears of from ``since`` on.

    ``until`` is the last of the days.
    """
    told = [
        (happening.recorded_on, case, happening)
        for case in cases
        if (happening := case.story.happening) is not None
        and since <= happening.recorded_on <= until
    ]
    for _, case, happening in sorted(told, key=lambda each: (each[0], each[1].case_number)):
        _record(stage, case, happening)
        stage.forget()


def change_enrolments(stage: Stage, cases: Sequence[Case]) -> None:
    """Record who changed to the other scheme in November, and whose insurance ended."""
    for case in cases:
        if case.story.twist is Twist.SCHEME_CHANGED:
            _end_enrolment(stage, case, ENROLMENT_CHANGES_ON)
            follows = EnrolmentFacts(_other_scheme(case), case.story.years, ENROLMENT_CHANGES_ON)
            officer = stage.acting("officer", at(ENROLMENT_CHANGES_ON, 9, 40))
            record_enrolment(officer, person_id=case.person_id, facts=follows)
        if case.story.twist is Twist.ENROLMENT_ENDED:
            _end_enrolment(stage, case, ENROLMENT_ENDS_BEFORE)
        stage.forget()


def end_open_stays(stage: Stage, cases: Sequence[Case]) -> None:
    """Record in December when those who were in hospital over the end of November came home."""
    days = STAY_OVER_THE_MONTHS
    for case in cases:
        if case.story.twist is Twist.HOSPITAL_OVER_THE_MONTHS and days.ends_before:
            [stay] = list_known_facts(stage.session, stage.area_id, LifeEvent, case.person_id)
            correct_life_event(
                stage.acting("officer", at(days.ends_before, 11)),
                event_id=stay.id,
                facts=EventFacts(stay.kind, days.starts_on, days.ends_before, stay.note),
                reason="出院日期已知",
            )
            stage.forget()


def open_late_accounts(stage: Stage, cases: Sequence[Case]) -> None:
    """Record the accounts that were named only after November was held for want of them."""
    for case in cases:
        if case.story.twist is Twist.ACCOUNT_LATE:
            open_account(stage, case.story, case.person_id, ACCOUNT_KNOWN_ON)


def _record(stage: Stage, case: Case, happening: Happening) -> None:
    facts = EventFacts(
        happening.kind, happening.starts_on, happening.ends_before, NOTES[happening.kind]
    )
    officer = stage.acting("officer", at(happening.recorded_on, 10))
    record_life_event(officer, person_id=case.person_id, facts=facts)


def _end_enrolment(stage: Stage, case: Case, day: date) -> None:
    [old] = list_known_facts(stage.session, stage.area_id, Enrolment, case.person_id)
    facts = EnrolmentFacts(old.scheme, old.contribution_years, old.starts_on, day)
    officer = stage.acting("officer", at(day, 9, 30))
    correct_enrolment(officer, enrolment_id=old.id, facts=facts, reason="参保关系变更")


def _other_scheme(case: Case) -> SchemeCode:
    is_employee = case.story.scheme is SchemeCode.EMPLOYEE
    return SchemeCode.RESIDENT if is_employee else SchemeCode.EMPLOYEE
