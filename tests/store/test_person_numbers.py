"""People are found by a whole number that lies sealed, and only by who may see them."""

import pytest
import sqlalchemy as sa

from ltc.rules.access import Actor, Role
from ltc.store.insured_questions import PeopleFilter, select_people
from ltc.store.search import list_people_found
from tests.support.factories import (
    make_account,
    make_account_number,
    make_district,
    make_identity,
    make_person,
    make_plan,
    make_provider,
)

PHONE, ACCOUNT, IDENTITY = "13800138000", make_account_number(7), make_identity(7)


def actor_of(role=Role.OFFICER, area_id=1, *, organisation_id=1, district_id=None):
    return Actor(1, "U", role, area_id, organisation_id, district_id, None)


@pytest.fixture
def person(session, area):
    """Who has the numbers, beside somebody who has others."""
    make_account(session, make_person(session, name="李秀英"))
    person = make_person(session, identity=IDENTITY, phone=PHONE)
    make_account(session, person, account=ACCOUNT)
    return person


def found_by(session, actor, text):
    """Who is found in the header and in the list of people: the same."""
    header = {row.id for row in list_people_found(session, actor, text)}
    listed = {row.id for row in session.scalars(select_people(session, actor, PeopleFilter(text)))}
    assert header == listed
    return header


@pytest.mark.parametrize(
    "text", [PHONE, "138 0013 8000", "138-0013-8000", ACCOUNT,
             f"{ACCOUNT[:4]} {ACCOUNT[4:8]} {ACCOUNT[8:]}", IDENTITY]
)  # fmt: skip
def test_a_whole_number_finds_its_person(session, person, text):
    assert found_by(session, actor_of(), text) == {person.id}


@pytest.mark.parametrize(
    "text", [PHONE[:-1], PHONE[1:], "+" + PHONE, "13800138001", ACCOUNT[:-1], ACCOUNT[:-4] + "0000",
             IDENTITY[:-1], "1" * 200]
)  # fmt: skip
def test_a_part_of_a_number_or_another_finds_nobody(session, person, text):
    assert found_by(session, actor_of(), text) == set()


@pytest.mark.parametrize("text", [PHONE, ACCOUNT, IDENTITY])
def test_a_foreign_person_is_not_found(session, person, text):
    elsewhere = make_district(session)
    assert found_by(session, actor_of(district_id=elsewhere.id), text) == set()
    assert found_by(session, actor_of(district_id=person.district_id), text) == {person.id}
    assert found_by(session, actor_of(area_id=2), text) == set()
    stranger = actor_of(Role.PROVIDER_MANAGER, organisation_id=make_provider(session).id)
    assert found_by(session, stranger, text) == set()


def test_a_provider_finds_its_person_by_phone_but_not_by_an_account_it_may_not_see(session, person):
    provider = make_provider(session)
    make_plan(session, person, provider)
    manager = actor_of(Role.PROVIDER_MANAGER, organisation_id=provider.id)
    assert found_by(session, manager, PHONE) == {person.id}
    assert found_by(session, manager, ACCOUNT) == set()


def test_an_account_that_was_withdrawn_finds_nobody(session, person):
    other = make_person(session)
    make_account(session, other, account=make_account_number(8), withdrawn=True, reason="wrong")
    assert found_by(session, actor_of(), make_account_number(8)) == set()


def test_everybody_with_one_account_or_phone_is_found(session, person):
    family = make_person(session, phone=PHONE)
    make_account(session, family, account=ACCOUNT)
    assert found_by(session, actor_of(), PHONE) == {person.id, family.id}
    assert found_by(session, actor_of(), ACCOUNT) == {person.id, family.id}


@pytest.mark.parametrize(
    ("text", "index"),
    [(PHONE, "ix_insured_persons_area_id_phone_digest"),
     (ACCOUNT, "ix_bank_accounts_area_id_account_digest")],
)  # fmt: skip
def test_an_index_leads_to_the_number(session, person, text, index):
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads small tables through, whatever indexes they have")
    plans = []

    def explain(connection, _cursor, statement, parameters, *_others):
        if statement.startswith("SELECT"):
            rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
            plans.extend(row[-1] for row in rows)

    sa.event.listen(session.get_bind(), "before_cursor_execute", explain)
    list_people_found(session, actor_of(), text)
    sa.event.remove(session.get_bind(), "before_cursor_execute", explain)
    assert any(index in plan for plan in plans)
    tables = ("SCAN insured_persons", "SCAN bank_accounts")
    assert [plan for plan in plans if plan.startswith(tables)] == []
