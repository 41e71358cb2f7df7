"""A text is found anywhere in a name, by way of the parts and by reading the names through alike."""

import pytest

from ltc.rules.access import Actor, Role
from ltc.store import search
from ltc.store.insured_questions import SORTS, PeopleFilter, list_people, select_people
from ltc.store.name_parts import PART_SIGNS, split_name
from ltc.store.search import list_candidates, list_people_found
from tests.support.factories import make_person

OFFICER = Actor(1, "U", Role.OFFICER, 1, 1, None, None)
LONG = "阿依古丽·买买提·吐尔逊·阿卜杜热合曼·库尔班江"  # longer than a part that is kept
NAMES = ("王小明", "小明王", "李李", "王", "Anna Wang", "50%_王", LONG)
TEXTS = ("王", "小明", "明王", "李", "nna", "%_", "%", "_", "\\", "明小", " ", "𬭼", "·",
         LONG, LONG[1:], LONG[5:] + "江", LONG[-PART_SIGNS - 2 :])  # fmt: skip


@pytest.fixture
def people(session, area):
    people = [make_person(session, name=name) for name in NAMES]
    session.commit()
    return people


def test_a_name_has_a_part_from_each_of_its_signs_on():
    assert split_name("王小明") == ["小明", "明", "王小明"]
    assert split_name("李李") == ["李", "李李"]
    assert {len(part) for part in split_name("王" * 30)} == set(range(1, PART_SIGNS + 1))
    assert split_name("Ann") == ["ann", "n", "nn"]


@pytest.mark.parametrize("few", [1_000, 0])
def test_a_text_finds_whoever_has_it_in_the_name(session, people, monkeypatch, few):
    """With FEW at 0 the names themselves are read, as where many people have the text."""
    monkeypatch.setattr(search, "FEW", few)
    for text in TEXTS:
        having = {person.id for person in people if text in person.name}
        listed = session.scalars(select_people(session, OFFICER, PeopleFilter(text)))
        assert {person.id for person in listed} == having, text


def test_the_header_finds_a_text_inside_of_names_too(session, people):
    assert [p.name for p in list_people_found(session, OFFICER, "小明")] == ["小明王"]
    assert [p.name for p in list_people_found(session, OFFICER, "明王")] == ["小明王"]
    assert [p.name for p in list_people_found(session, OFFICER, "依古")] == [LONG]


@pytest.mark.parametrize("few", [1_000, 0])
@pytest.mark.parametrize("sort", sorted(SORTS))
def test_pages_of_a_search_are_in_order(session, people, monkeypatch, sort, few):
    monkeypatch.setattr(search, "FEW", few)
    page = list_people(session, OFFICER, PeopleFilter("王"), SORTS[sort])
    rows = sorted(page.rows, key=lambda person: (getattr(person, sort), person.id))
    assert [row.id for row in page.rows] == [row.id for row in rows]


def test_candidates_end_where_they_are_many(session, people, monkeypatch):
    monkeypatch.setattr(search, "FEW", 2)
    assert list_candidates(session, OFFICER, "小明") == sorted(p.id for p in people[:2])
    assert list_candidates(session, OFFICER, "王") is None


def test_a_number_is_still_found_beside_names(session, people):
    for person in people[:2]:
        for text in (person.case_number, person.case_number.lower(), person.identity_last4):
            found = session.scalars(select_people(session, OFFICER, PeopleFilter(text)))
            assert person.id in {one.id for one in found}, text


def test_parts_of_another_area_find_nobody(session, people):
    stranger = Actor(1, "U", Role.OFFICER, 2, 1, None, None)
    assert list_candidates(session, stranger, "王") == []
