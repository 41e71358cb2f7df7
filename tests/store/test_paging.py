import base64
import json
from datetime import date

import pytest
import sqlalchemy as sa

from ltc.rules.insured import Sex
from ltc.store.insured import InsuredPerson
from ltc.store.paging import CursorBroken, page
from tests.support.factories import make_person

BY_NAME = (InsuredPerson.name, InsuredPerson.id)


@pytest.fixture
def names(session, area):
    """Seven people, three of whom share a name."""
    given = ["安", "王", "王", "王", "𬭼", "李", "Ann"]
    return [make_person(session, name=name).id for name in given]


def walk(session, order=BY_NAME, limit=2, side="next", cursor=None, **options):
    """The ids of all pages from one end to the other."""
    pages = []
    while True:
        found = page(session, sa.select(InsuredPerson), order, cursor, limit, **options)
        pages.append([person.id for person in found.rows])
        cursor = getattr(found, f"{side}_cursor")
        if cursor is None:
            return pages, found


@pytest.mark.parametrize("is_descending", [False, True])
def test_the_pages_are_the_whole_list_once(session, names, is_descending):
    column = [each.desc() if is_descending else each.asc() for each in BY_NAME]
    whole = list(session.scalars(sa.select(InsuredPerson.id).order_by(*column)))
    pages, _ = walk(session, descending=is_descending)
    assert [one for found in pages for one in found] == whole
    assert [len(found) for found in pages] == [2, 2, 2, 1]


@pytest.mark.parametrize("is_descending", [False, True])
def test_the_way_back_shows_the_same_pages(session, names, is_descending):
    there, last = walk(session, descending=is_descending)
    back, first = walk(
        session, side="previous", cursor=last.previous_cursor, descending=is_descending
    )
    assert back == there[-2::-1]
    assert first.previous_cursor is None
    assert first.next_cursor is not None


@pytest.mark.parametrize(
    "order",
    [
        (InsuredPerson.born_on, InsuredPerson.id),
        (InsuredPerson.recorded_at, InsuredPerson.id),
        (InsuredPerson.sex, InsuredPerson.id),
    ],
)
def test_days_instants_and_enums_can_be_sorted_by(session, area, order):
    for day in (3, 1, 2):
        make_person(session, born_on=date(1940, 1, day), sex=Sex.MALE if day == 1 else Sex.FEMALE)
    pages, _ = walk(session, order, limit=1)
    whole = session.scalars(sa.select(InsuredPerson.id).order_by(*order))
    assert [one for (one,) in pages] == list(whole)


def test_a_list_of_one_page_has_no_neighbours(session, names):
    found = page(session, sa.select(InsuredPerson), BY_NAME, limit=7)
    assert len(found.rows) == 7
    assert (found.next_cursor, found.previous_cursor) == (None, None)


def test_an_empty_list_has_no_neighbours(session, area):
    found = page(session, sa.select(InsuredPerson), BY_NAME)
    assert (found.rows, found.next_cursor, found.previous_cursor) == ([], None, None)


def test_rows_of_several_columns_stay_rows(session, names):
    select = sa.select(InsuredPerson.case_number, InsuredPerson.name)
    (row,) = page(session, select, BY_NAME, limit=1).rows
    number, name = row
    assert (row.case_number, row.name) == (number, name)


def test_rows_added_meanwhile_shift_nothing(session, names):
    first = page(session, sa.select(InsuredPerson), BY_NAME, limit=2)
    make_person(session, name="A")
    second = page(session, sa.select(InsuredPerson), BY_NAME, first.next_cursor, limit=2)
    assert not {one.id for one in first.rows} & {one.id for one in second.rows}


def encode(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "王",
        "A" * 3000,
        encode("next"),
        encode("sideways", "+name,id", "王", 1),
        encode("next", "+id,name", "王", 1),
        encode("next", "-name,id", "王", 1),
        encode("next", "+name,id", "王"),
        encode("next", "+name,id", 1, "王"),
        encode("next", "+name,id", "王", True),
        encode("next", "+name,id", "王", 2**70),
        encode("next", "+name,id", "a\0b", 1),
        encode("next", "+name,id", "\ud800", 1),
        encode({"next": 1}),
        base64.urlsafe_b64encode(b"[" * 1400).decode(),
    ],
)
def test_a_broken_cursor_is_refused(session, area, cursor):
    with pytest.raises(CursorBroken):
        page(session, sa.select(InsuredPerson), BY_NAME, cursor)


def test_a_page_is_found_by_its_key_not_by_counting(session, names):
    first = page(session, sa.select(InsuredPerson), BY_NAME, limit=2)
    seen = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *a: seen.append(a[2:4]))
    page(session, sa.select(InsuredPerson), BY_NAME, first.next_cursor, limit=2)
    ((text, values),) = seen
    assert "count(" not in text.lower()
    # SQLite is always told an offset: none.
    assert "OFFSET" not in text or (text.endswith("LIMIT ? OFFSET ?") and values[-2:] == (3, 0))
