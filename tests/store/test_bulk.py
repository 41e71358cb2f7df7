from datetime import date

import pytest
import sqlalchemy as sa

from ltc.rules.insured import LifeEventKind
from ltc.store.areas import District
from ltc.store.bulk import insert_rows, insert_tuples, is_any_of, narrow_to_keys
from ltc.store.import_lookups import BELIEVED
from ltc.store.insured import InsuredPerson, LifeEvent
from ltc.store.visits import Visit
from tests.conftest import NOW
from tests.support.factories import make_person

COLUMNS = ("area_id", "id", "code", "name_zh", "name_en")
ROWS = [(1, 501, "甲", "区\t一\\N", "One\nline"), (1, 502, "乙", "𠮷区", "")]


def read(session):
    query = sa.select(*(getattr(District, name) for name in COLUMNS)).where(District.id > 500)
    return [tuple(row) for row in session.execute(query.order_by(District.id))]


def test_rows_come_back_as_they_were_handed_in(session, area):
    insert_tuples(session, District.__table__, COLUMNS, ROWS)
    session.commit()
    assert read(session) == ROWS


def test_nothing_to_insert_is_nothing_done(session, area):
    insert_tuples(session, District.__table__, COLUMNS, [])
    assert read(session) == []


def test_rows_belong_to_the_callers_transaction(session, area):
    insert_tuples(session, District.__table__, COLUMNS, ROWS)
    session.rollback()
    assert read(session) == []


def test_the_keys_of_the_database_hold(session, area):
    with pytest.raises(sa.exc.IntegrityError):
        insert_tuples(session, District.__table__, COLUMNS, [ROWS[0], ROWS[0]])
    session.rollback()
    assert read(session) == []


DAYS = [(7, "hospital_stay", date(2019, 11, 4)), (8, "death", date(2019, 11, 5))]


def select_events(session, keys):
    """The events that have one of the keys, as (person, kind, day)."""
    e = LifeEvent
    places = [e.person_id, e.kind, e.starts_on]
    query = narrow_to_keys(session, sa.select(*places).order_by(e.starts_on), places, keys)
    return [tuple(row) for row in session.execute(query)]


def test_rows_are_found_by_whole_keys_never_by_parts_of_two(session, area):
    people = [make_person(session), make_person(session)]
    first, second = [(p.id, *key[1:]) for p, key in zip(people, DAYS, strict=True)]
    insert_rows(session, LifeEvent.__table__, [make_event(*key) for key in (first, second)])
    assert select_events(session, [second, first]) == [first, second]
    assert select_events(session, [(first[0], *second[1:]), (second[0], *first[1:])]) == []


def test_all_parts_of_a_key_are_looked_up_in_the_index(session):
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the sizes of the tables")
    places = [Visit.provider_id, Visit.reference]
    query = sa.select(Visit.id).where(Visit.area_id == 1, BELIEVED)
    query = narrow_to_keys(session, query, places, [(1, "V1"), (2, "V2")])
    text = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = [row[3] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}"))]
    assert any("provider_id=? AND reference=?" in step for step in plan), plan


def make_event(person_id, kind, starts_on):
    return {
        "area_id": 1, "id": person_id, "person_id": person_id, "kind": LifeEventKind(kind),
        "starts_on": starts_on, "note": "", "recorded_at": NOW, "withdrawn": False,
    }  # fmt: skip


def test_a_text_longer_than_its_column_is_not_found_by_its_start(session, area):
    person = make_person(session, case_number="A" * 20)
    column = InsuredPerson.case_number
    for text, found in (("A" * 20, [person.id]), ("A" * 40, [])):
        query = sa.select(InsuredPerson.id).where(is_any_of(session, column, [text, "B"]))
        assert list(session.scalars(query)) == found


def test_rows_are_stored_as_the_types_of_the_table_say(session, area):
    person = make_person(session)
    insert_rows(session, LifeEvent.__table__, [make_event(person.id, "death", date(2019, 11, 4))])
    event = session.scalars(sa.select(LifeEvent)).one()
    assert (event.kind, event.starts_on) == (LifeEventKind.DEATH, date(2019, 11, 4))
    assert (event.recorded_at, event.withdrawn) == (NOW, False)
