from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.insured import (
    AlreadyDead,
    AssistanceOverlaps,
    CategoryMissing,
    EnrolmentOverlaps,
    LifeEventKind,
    ReasonMissing,
    SchemeCode,
    YearsWrong,
)
from ltc.services import life_facts
from ltc.services.facts import AlreadyCorrected, NothingChanged
from ltc.services.life_facts import AccountFacts, AssistanceFacts, EnrolmentFacts, EventFacts
from ltc.store.audit_log import AuditEvent
from ltc.store.base import known_at
from ltc.store.fact_versions import FactNotFound
from ltc.store.insured import Assistance, BankAccount, Enrolment, LifeEvent
from ltc.store.insured_questions import list_known_facts
from ltc.store.sealed_cells import open_cell
from tests.support.factories import (
    make_account,
    make_account_number,
    make_assistance,
    make_district,
    make_enrolment,
    make_life_event,
    make_person,
)

STAY = EventFacts(LifeEventKind.HOSPITAL_STAY, date(2019, 11, 4), date(2019, 11, 9))


@pytest.fixture
def person(session, area):
    return make_person(session)


def known(session, table, person):
    return list_known_facts(session, 1, table, person.id)


def test_an_enrolment_follows_another(ctx, session, person):
    make_enrolment(session, person, ends_before=date(2019, 6, 1))
    facts = EnrolmentFacts(SchemeCode.RESIDENT, 3, date(2019, 6, 1))
    life_facts.record_enrolment(ctx, person_id=person.id, facts=facts)
    assert [row.scheme for row in known(session, Enrolment, person)] == ["employee", "resident"]


def test_an_enrolment_that_overlaps_is_refused(ctx, session, person):
    make_enrolment(session, person)
    facts = EnrolmentFacts(SchemeCode.RESIDENT, 3, date(2019, 6, 1))
    with pytest.raises(EnrolmentOverlaps):
        life_facts.record_enrolment(ctx, person_id=person.id, facts=facts)
    assert len(known(session, Enrolment, person)) == 1


def test_a_category_of_assistance_follows_another(ctx, session, person):
    make_assistance(session, person, ends_before=date(2019, 6, 1))
    facts = AssistanceFacts(" poorest ", date(2019, 6, 1), date(2019, 12, 1))
    life_facts.record_assistance(ctx, person_id=person.id, facts=facts)
    assert [row.category for row in known(session, Assistance, person)] == ["poor", "poorest"]


def test_a_person_belongs_to_one_category_a_day(ctx, session, person):
    make_assistance(session, person)
    with pytest.raises(AssistanceOverlaps):
        life_facts.record_assistance(
            ctx, person_id=person.id, facts=AssistanceFacts("poorest", date(2019, 6, 1))
        )
    assert len(known(session, Assistance, person)) == 1


@pytest.mark.parametrize("category", ["", " ", "x" * 41])
def test_a_category_needs_a_code_that_a_column_can_hold(ctx, session, person, category):
    with pytest.raises(CategoryMissing):
        life_facts.record_assistance(
            ctx, person_id=person.id, facts=AssistanceFacts(category, date(2019, 6, 1))
        )


def test_a_category_is_corrected_and_withdrawn_by_new_rows(ctx, session, person):
    old = make_assistance(session, person)
    facts = AssistanceFacts("poor", date(2019, 3, 1))
    new = life_facts.correct_assistance(
        ctx, assistance_id=old.id, facts=facts, reason="begins later"
    )
    assert (new.replaces_id, new.starts_on) == (old.id, date(2019, 3, 1))
    life_facts.withdraw_assistance(ctx, assistance_id=new.id, reason="never was")
    assert known(session, Assistance, person) == []
    session.refresh(old)
    assert (old.starts_on, old.superseded_at) == (date(2018, 1, 1), ctx.now)
    query = sa.select(AuditEvent.action).where(AuditEvent.action.startswith("assistance"))
    assert sorted(session.scalars(query)) == ["assistance.corrected", "assistance.withdrawn"]


def test_negative_years_are_refused(ctx, session, person):
    facts = EnrolmentFacts(SchemeCode.RESIDENT, -1, date(2019, 6, 1))
    with pytest.raises(YearsWrong):
        life_facts.record_enrolment(ctx, person_id=person.id, facts=facts)
    assert known(session, Enrolment, person) == []


def test_a_correction_is_a_new_row_that_names_the_old(ctx, session, person):
    old = make_enrolment(session, person)
    facts = EnrolmentFacts(SchemeCode.EMPLOYEE, 14, old.starts_on)
    new = life_facts.correct_enrolment(
        ctx, enrolment_id=old.id, facts=facts, reason="years counted anew"
    )
    assert (new.replaces_id, new.reason) == (old.id, "years counted anew")
    assert old.superseded_at == new.recorded_at == ctx.now
    assert known(session, Enrolment, person) == [new]
    earlier = sa.select(Enrolment).where(known_at(Enrolment, ctx.now - timedelta(seconds=1)))
    assert list(session.scalars(earlier)) == [old]
    (event,) = session.scalars(sa.select(AuditEvent))
    assert event.changes["contribution_years"] == [20, 14]


def test_a_correction_needs_a_reason_and_a_change(ctx, session, person):
    old = make_enrolment(session, person)
    same = EnrolmentFacts(SchemeCode.EMPLOYEE, 20, old.starts_on)
    with pytest.raises(NothingChanged):
        life_facts.correct_enrolment(ctx, enrolment_id=old.id, facts=same, reason="none")
    other = EnrolmentFacts(SchemeCode.EMPLOYEE, 21, old.starts_on)
    with pytest.raises(ReasonMissing):
        life_facts.correct_enrolment(ctx, enrolment_id=old.id, facts=other, reason=" ")
    assert known(session, Enrolment, person) == [old]


def test_only_the_newest_version_can_be_corrected(ctx, session, person):
    old = make_enrolment(session, person)
    first = EnrolmentFacts(SchemeCode.EMPLOYEE, 14, old.starts_on)
    new = life_facts.correct_enrolment(ctx, enrolment_id=old.id, facts=first, reason="counted")
    second = EnrolmentFacts(SchemeCode.EMPLOYEE, 15, date(2017, 1, 1), old.starts_on)
    with pytest.raises(AlreadyCorrected):
        life_facts.correct_enrolment(ctx, enrolment_id=old.id, facts=second, reason="counted")
    assert known(session, Enrolment, person) == [new]


def test_what_is_withdrawn_is_believed_no_more(ctx, session, person):
    event = make_life_event(session, person)
    gone = life_facts.withdraw_life_event(ctx, event_id=event.id, reason="another person")
    assert known(session, LifeEvent, person) == []
    with pytest.raises(AlreadyCorrected):
        life_facts.withdraw_life_event(ctx, event_id=gone.id, reason="again")


def test_a_life_event_is_recorded_and_corrected(ctx, session, person):
    event = life_facts.record_life_event(ctx, person_id=person.id, facts=STAY)
    longer = EventFacts(STAY.kind, STAY.starts_on, date(2019, 11, 12))
    new = life_facts.correct_life_event(ctx, event_id=event.id, facts=longer, reason="discharged")
    assert known(session, LifeEvent, person) == [new]


def test_nothing_begins_after_a_death(ctx, session, person):
    death = EventFacts(LifeEventKind.DEATH, date(2019, 11, 3), date(2019, 11, 4))
    row = life_facts.record_life_event(ctx, person_id=person.id, facts=death)
    assert row.ends_before is None
    with pytest.raises(AlreadyDead):
        life_facts.record_life_event(ctx, person_id=person.id, facts=STAY)


def test_a_second_account_ends_the_first(ctx, session, person):
    first = make_account(session, person)
    number = make_account_number(7)
    facts = AccountFacts("王淑珍", "中国银行", number, date(2019, 12, 1))
    second = life_facts.record_account(ctx, person_id=person.id, facts=facts)
    ended, now = known(session, BankAccount, person)
    assert (ended.replaces_id, ended.ends_before) == (first.id, date(2019, 12, 1))
    assert open_cell(session, ended, "account_sealed") == make_account_number(first.id)
    assert now is second
    assert open_cell(session, second, "account_sealed") == number


def test_an_account_is_corrected_without_typing_its_number_again(ctx, session, person):
    old = make_account(session, person)
    facts = AccountFacts("李秀英", old.bank_name, None, old.starts_on)
    new = life_facts.correct_account(ctx, account_id=old.id, facts=facts, reason="guardian")
    assert open_cell(session, new, "account_sealed") == make_account_number(old.id)
    text = str([event.changes for event in session.scalars(sa.select(AuditEvent))])
    assert "李秀英" not in text
    assert make_account_number(old.id) not in text


def test_the_same_account_typed_again_changes_nothing(ctx, session, person):
    old = make_account(session, person)
    number = make_account_number(old.id)
    facts = AccountFacts(old.holder_name, old.bank_name, number, old.starts_on)
    with pytest.raises(NothingChanged):
        life_facts.correct_account(ctx, account_id=old.id, facts=facts, reason="typed again")


def test_facts_of_another_district_are_not_there(make_ctx, session, person):
    event, elsewhere = make_life_event(session, person), make_district(session)
    ctx = make_ctx(Role.OFFICER, district_id=elsewhere.id)
    with pytest.raises(FactNotFound):
        life_facts.withdraw_life_event(ctx, event_id=event.id, reason="not mine")
