"""Whole lists: how long one is, is known from so many rows and no more; few are held at a time."""

import re
import weakref

import pytest
import sqlalchemy as sa

from ltc.store import whole_lists
from ltc.store.insured import Enrolment, InsuredPerson
from ltc.store.whole_lists import WholeList
from tests.support import factories as make

PEOPLE = sa.select(InsuredPerson)
WITH_ENROLMENT = sa.select(InsuredPerson, Enrolment).join(
    Enrolment, Enrolment.person_id == InsuredPerson.id
)


@pytest.fixture
def people(session, area):
    made = [make.make_person(session, case_number=f"C{number}") for number in (3, 1, 2)]
    for person in made:
        make.make_enrolment(session, person)
    return made


@pytest.mark.parametrize("select", [PEOPLE, WITH_ENROLMENT])
def test_it_is_longer_than_less_than_its_rows(session, people, select):
    found = WholeList(session, select, InsuredPerson.case_number)
    assert [found.is_longer_than(rows) for rows in range(5)] == [True, True, True, False, False]


def test_no_more_is_read_for_it_than_one_row_beyond(session, people):
    sent = []

    def note(_connection, _cursor, statement, values, *_others):
        if statement != "BEGIN":
            sent.append((statement, values))

    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    WholeList(session, WITH_ENROLMENT, InsuredPerson.case_number).is_longer_than(2)
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    ((statement, values),) = sent
    assert re.fullmatch(
        r"SELECT count\(\*\).*FROM \(SELECT .*LIMIT .*\) AS \w+", statement, re.DOTALL
    )
    assert "ORDER BY" not in statement
    given = set(values.values() if isinstance(values, dict) else values)
    assert {1, 3} <= given <= {0, 1, 3}  # a one for each row, two and one beyond; none skipped


def test_rows_of_one_table_come_as_such_and_of_more_beside_each_other(session, people):
    assert [row.case_number for row in WholeList(session, PEOPLE, InsuredPerson.case_number)] == [
        "C1", "C2", "C3"
    ]  # fmt: skip
    beside = WholeList(session, WITH_ENROLMENT, InsuredPerson.case_number.desc())
    assert [person.case_number for person, enrolment in beside] == ["C3", "C2", "C1"]


@pytest.fixture
def long_list(session, area, monkeypatch):
    """A list of sixty people, of whom ten are read at a time; none is in memory yet."""
    monkeypatch.setattr(whole_lists, "ROWS_AT_ONCE", 10)
    for _number in range(60):
        make.make_person(session)
    session.commit()
    session.expunge_all()
    return WholeList(session, PEOPLE, InsuredPerson.id)


@pytest.fixture
def loaded():
    """The people that were read from now on, as long as somebody holds them."""
    held = weakref.WeakSet()

    def hold(person, _context):
        held.add(person)

    sa.event.listen(InsuredPerson, "load", hold)
    yield held
    sa.event.remove(InsuredPerson, "load", hold)


def count_cursors(session):
    """How many cursors the server of PostgreSQL keeps for a session."""
    return session.scalar(sa.text("SELECT count(*) FROM pg_cursors"))


def test_of_a_long_list_the_rows_at_once_are_held_and_no_more(long_list, loaded):
    held = [len(loaded) for _person in long_list]
    assert len(held) == 60
    assert 0 < max(held) <= 2 * 10


def test_the_rest_of_a_list_waits_in_the_database_until_it_is_left(long_list, session):
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite steps through a statement; it has no cursors to count")
    rows = iter(long_list)
    next(rows)
    assert count_cursors(session) == 1
    rows.close()  # whoever wrote them to a disk has found it full
    assert count_cursors(session) == 0
    assert len(list(long_list)) == 60
    assert count_cursors(session) == 0


def test_a_list_is_of_one_moment(long_list, session, house):
    rows = iter(long_list)
    found = [next(rows).name]
    with house.session_maker() as other:
        other.execute(sa.update(InsuredPerson).values(name="后来"))
        other.commit()
    found += [person.name for person in rows]
    assert len(found) == 60
    assert "后来" not in found
