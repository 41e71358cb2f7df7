import pytest
import sqlalchemy as sa

from ltc.store.areas import District
from ltc.store.bulk import insert_tuples

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
