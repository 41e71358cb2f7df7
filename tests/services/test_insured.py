import json
from datetime import date
from threading import Thread

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role, RoleLacksPermission
from ltc.rules.insured import NameTooLong, SchemeCode, Sex
from ltc.services import insured
from ltc.services.context import Context
from ltc.services.facts import NothingChanged
from ltc.services.insured import AlreadyRegistered, Contact, DistrictUnknown
from ltc.store.audit_log import AuditEvent
from ltc.store.insured import Enrolment, InsuredPerson
from ltc.store.insured_questions import PersonNotFound
from ltc.store.sealed_cells import open_cell
from tests.support.factories import make_district, make_identity, make_person

SECRETS = ["王淑珍", "13800138000", "钢花路", make_identity(1)]


@pytest.fixture
def district(session, area):
    return make_district(session)


def register(ctx, district, number=1, **given):
    contact = Contact("王淑珍", district.id, "钢花社区", "138 0013 8000", "钢花路 3 号")
    facts = {"scheme": SchemeCode.EMPLOYEE, "contribution_years": 20,
             "starts_on": date(2018, 1, 1), "contact": contact}  # fmt: skip
    return insured.register(ctx, identity=make_identity(number), **{**facts, **given})


def events(session, action):
    return list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action)))


def test_a_person_is_registered_with_the_first_enrolment(ctx, session, district):
    person = register(ctx, district)
    assert person.case_number == "CHO2019000001"
    assert (person.sex, person.born_on) == (Sex.MALE, date(1940, 5, 6))
    assert open_cell(session, person, "identity_sealed") == make_identity(1)
    assert open_cell(session, person, "phone_sealed") == "13800138000"
    (enrolment,) = session.scalars(sa.select(Enrolment))
    assert (enrolment.person_id, enrolment.scheme) == (person.id, SchemeCode.EMPLOYEE)
    assert enrolment.recorded_at == ctx.now


def test_the_audit_event_of_a_registration_holds_no_personal_data(ctx, session, district):
    person = register(ctx, district)
    (event,) = events(session, "person.registered")
    assert event.record_id == person.id
    text = json.dumps(event.changes, ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret in text]


def test_nobody_is_registered_twice(ctx, session, district):
    first = register(ctx, district)
    with pytest.raises(AlreadyRegistered) as raised:
        register(ctx, district)
    assert raised.value.values["case_number"] == first.case_number
    assert session.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 1


def test_case_numbers_run_on(ctx, district):
    numbers = [register(ctx, district, number).case_number for number in (1, 2, 3)]
    assert numbers == ["CHO2019000001", "CHO2019000002", "CHO2019000003"]


def test_case_numbers_are_unique_when_many_register_at_once(house, ctx, district):
    seen, failures = [], []

    def register_some(first):
        try:
            with house.session_maker() as session:
                own = Context(session, ctx.actor, ctx.now, ctx.policies, ctx.time_zone)
                seen.extend(register(own, district, first + n).case_number for n in range(5))
        except Exception as error:  # noqa: BLE001 - reported in the test's own thread
            failures.append(error)

    threads = [Thread(target=register_some, args=(10 * n,)) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(seen) == len(set(seen)) == 15


def test_two_who_register_the_same_person_at_once_make_one(house, ctx, session, district):
    results = []

    def register_same():
        with house.session_maker() as own_session:
            own = Context(own_session, ctx.actor, ctx.now, ctx.policies, ctx.time_zone)
            try:
                results.append(register(own, district).case_number)
            except AlreadyRegistered as refused:
                results.append(refused)

    threads = [Thread(target=register_same) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(result, str) for result in results) == 1
    assert len(results) == 3
    assert session.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 1


@pytest.mark.parametrize("name", ["王", "𬭼" * 60])
def test_a_name_of_one_or_sixty_rare_characters_is_kept(ctx, session, district, name):
    person = register(ctx, district, contact=Contact(name, district.id))
    session.expire_all()
    assert session.get(InsuredPerson, (1, person.id)).name == name


def test_a_name_of_sixty_one_characters_is_refused_and_nothing_is_kept(ctx, session, district):
    with pytest.raises(NameTooLong):
        register(ctx, district, contact=Contact("𬭼" * 61, district.id))
    assert session.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 0


def test_a_district_of_elsewhere_is_refused(make_ctx, session, district):
    other = make_district(session)
    bound = make_ctx(Role.OFFICER, district_id=district.id)
    with pytest.raises(DistrictUnknown):
        register(bound, other)
    with pytest.raises(DistrictUnknown):
        register(bound, district, contact=Contact("王", 999_999))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PROVIDER_MANAGER, Role.FINANCE_PREPARER])
def test_only_officers_register(make_ctx, district, role):
    with pytest.raises(RoleLacksPermission):
        register(make_ctx(role), district)


def correct(ctx, person, reason="moved house", **changes):
    before = {"name": person.name, "district_id": person.district_id, "community": "钢花社区"}
    contact = Contact(**{**before, **changes})
    return insured.correct_person(ctx, person_id=person.id, contact=contact, reason=reason)


def test_a_correction_changes_what_is_given_and_leaves_the_rest(ctx, session, area):
    person = make_person(session, phone="13800138000", address="钢花路3号")
    correct(ctx, person, name="王淑真", phone="13900139000")
    assert person.name == "王淑真"
    assert open_cell(session, person, "phone_sealed") == "13900139000"
    assert open_cell(session, person, "address_sealed") == "钢花路3号"
    (event,) = events(session, "person.corrected")
    assert set(event.changes) == {"name", "phone", "reason"}
    assert "王" not in json.dumps(event.changes, ensure_ascii=False)


def test_an_empty_phone_is_taken_away(ctx, session, area):
    person = make_person(session)
    correct(ctx, person, phone="")
    assert (person.phone_sealed, person.phone_digest or None) == (None, None)


def test_a_correction_that_changes_nothing_says_so(ctx, session, area):
    person = make_person(session, phone="13800138000")
    with pytest.raises(NothingChanged):
        correct(ctx, person, phone="138-0013-8000")


def test_a_person_of_another_district_cannot_be_corrected(make_ctx, session, area):
    person, elsewhere = make_person(session), make_district(session)
    with pytest.raises(PersonNotFound):
        correct(make_ctx(Role.OFFICER, district_id=elsewhere.id), person, name="李")
