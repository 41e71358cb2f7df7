from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.services import keys
from ltc.services.context import Context
from ltc.services.keys import rotate, sealed_columns
from ltc.store import db
from ltc.store.areas import Area
from ltc.store.audit_log import AuditEvent
from ltc.store.insured import InsuredPerson, PersonVersion
from ltc.store.sealed_cells import open_cell
from ltc.store.sealing import SealBroken, keys_of
from tests.support.factories import (
    make_account,
    make_carer,
    make_person,
    make_provider,
    make_version,
)

NEW_KEY = bytes(range(32))


@pytest.fixture
def people(session, area):
    make_carer(session, make_provider(session))
    people = [make_person(session, phone=None if n else "13800000000") for n in range(5)]
    make_account(session, people[0])
    make_version(session, people[0])
    return people


@pytest.fixture
def later(house, area, ctx):
    """The context of an installation whose first key is a new one."""
    old = house.settings.keys
    ring = replace(old, current="t2", keys={**old.keys, "t2": NEW_KEY})
    with db.create_session_maker(house.engine, ring)() as session:
        yield Context(session, ctx.actor, ctx.now, ctx.policies)


def prefixes(session: Session) -> set[bytes]:
    session.rollback()
    return {
        bytes(value).partition(b"\0")[0]
        for table, columns in sealed_columns()
        for row in session.execute(sa.select(*[table.c[name] for name in columns]))
        for value in row
        if value is not None
    }


def test_every_sealed_column_of_the_house_is_found():
    assert {(table.name, name) for table, names in sealed_columns() for name in names} == {
        ("insured_persons", "identity_sealed"),
        ("insured_persons", "phone_sealed"),
        ("insured_persons", "address_sealed"),
        ("person_versions", "identity_sealed"),
        ("person_versions", "phone_sealed"),
        ("person_versions", "address_sealed"),
        ("carer_versions", "identity_sealed"),
        ("carer_versions", "phone_sealed"),
        ("bank_accounts", "account_sealed"),
        ("carers", "identity_sealed"),
        ("carers", "phone_sealed"),
    }


def test_all_values_move_to_the_new_key_and_still_open(people, later):
    before = {person.id: open_cell(later.session, person, "identity_sealed") for person in people}
    assert prefixes(later.session) == {b"t1"}
    assert rotate(later) == 7
    assert prefixes(later.session) == {b"t2"}
    version = later.session.scalar(sa.select(PersonVersion))
    assert open_cell(later.session, version, "identity_sealed") == before[version.record_id]
    found = later.session.scalars(sa.select(InsuredPerson))
    assert {p.id: open_cell(later.session, p, "identity_sealed") for p in found} == before


def test_a_second_run_changes_nothing_and_records_nothing(people, later):
    rotate(later)
    events = later.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    assert rotate(later) == 0
    assert later.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == events


def test_a_run_that_was_stopped_goes_on_where_it_was(people, later, monkeypatch):
    monkeypatch.setattr(keys, "ROWS_AT_ONCE", 2)
    calls = iter(range(100))
    whole = keys._sealed_anew

    def stop_at_third(*given):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(keys, "_sealed_anew", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        rotate(later)
    assert prefixes(later.session) == {b"t1", b"t2"}
    monkeypatch.setattr(keys, "_sealed_anew", whole)
    assert rotate(later) == 5
    assert prefixes(later.session) == {b"t2"}


def test_what_is_moved_half_way_can_be_read_and_in_the_end_without_the_old_key(
    people, house, later, monkeypatch
):
    monkeypatch.setattr(keys, "ROWS_AT_ONCE", 2)
    before = read_all(later.session)
    assert keys._rotate_some(later, *next(sealed_columns())) == 2
    assert prefixes(later.session) == {b"t1", b"t2"}
    assert read_all(later.session) == before
    assert rotate(later) > 0
    alone = replace(house.settings.keys, current="t2", keys={"t2": NEW_KEY})
    with db.create_session_maker(house.engine, alone)() as session:
        assert read_all(session) == before


def read_all(session):
    """Every sealed value of the people, opened."""
    session.expire_all()
    columns = ("identity_sealed", "phone_sealed", "address_sealed")
    found = session.scalars(sa.select(InsuredPerson).order_by(InsuredPerson.id)).all()
    return [[open_cell(session, person, name) for name in columns] for person in found]


def test_other_areas_stay_as_they_are(people, later):
    later.session.add(
        Area(id=2, code="b", name_zh="", name_en="", time_zone="UTC", policy_area="b")
    )
    later.session.commit()
    other = make_person(later.session, area_id=2, id=99)
    sealed = other.identity_sealed
    rotate(later)
    later.session.refresh(other)
    assert other.identity_sealed == sealed


def test_a_value_moved_to_another_row_does_not_open(people, session):
    first, second = people[:2]
    second.identity_sealed = first.identity_sealed
    with pytest.raises(SealBroken):
        open_cell(session, second, "identity_sealed")
    session.rollback()


def test_a_value_moved_to_another_column_does_not_open(people, session):
    person = people[0]
    person.phone_sealed = person.identity_sealed
    with pytest.raises(SealBroken):
        open_cell(session, person, "phone_sealed")
    session.rollback()


def test_without_the_old_key_the_rotation_says_so_and_changes_nothing(people, house, ctx):
    ring = replace(house.settings.keys, current="t2", keys={"t2": NEW_KEY})
    with db.create_session_maker(house.engine, ring)() as session:
        assert keys_of(session).current == "t2"
        with pytest.raises(SealBroken):
            rotate(Context(session, ctx.actor, ctx.now, ctx.policies))
        assert prefixes(session) == {b"t1"}
