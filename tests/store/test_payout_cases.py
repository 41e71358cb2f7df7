from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.months import Month
from ltc.rules.payouts.cases import Taken
from ltc.services import payout_start
from ltc.services.executors import Inline
from ltc.services.payout_start import build_frame
from ltc.store import payout_conflicts
from ltc.store.payout_cases import Frame, list_population, load_cases
from ltc.store.payout_conflicts import Claim, find_taken, list_overlapping
from ltc.store.payout_facts import read_facts_digest
from tests.support import factories as make
from tests.support.month import AFTER, MONTH, PEOPLE, later, make_month

FIRST, LAST = "", "zzz"
QUERIES = 10


@pytest.fixture
def month(session, area):
    return make_month(session)


def frame_at(session, instant=AFTER, month=MONTH):
    return build_frame(Inline(session.get_bind()), 1, month, instant)


def count_queries(session, call):
    seen = []
    listener = lambda *event: event[2] == "BEGIN" or seen.append(event[2])  # noqa: E731
    sa.event.listen(session.get_bind(), "before_cursor_execute", listener)
    try:
        call()
    finally:
        sa.event.remove(session.get_bind(), "before_cursor_execute", listener)
    return len(seen)


def test_a_chunk_takes_ten_queries_however_many_people(session, month):
    frame = frame_at(session)
    first = month.people[0].case_number
    for last in (first, month.people[5].case_number, LAST):
        assert count_queries(session, lambda: load_cases(session, frame, FIRST, last)) == QUERIES  # noqa: B023


def test_a_chunk_holds_the_same_people_as_the_population(session, month):
    frame = frame_at(session)
    population = [member.case_number for member in list_population(session, frame)]
    assert population == [loaded.case.person for loaded in load_cases(session, frame, FIRST, LAST)]
    assert len(population) == PEOPLE


@pytest.mark.parametrize("kind", ["plan", "conclusion", "visit", "stay", "fee"])
def test_each_kind_of_fact_brings_a_person_in(session, area, kind):
    provider = make.make_provider(session)
    person = make.make_person(session)
    make.make_person(session)  # registered only: not of the month
    {
        "plan": lambda: make.make_plan(session, person, provider),
        "conclusion": lambda: make.make_conclusion(session, person, grade="0"),
        "visit": lambda: make.make_visit(session, person, make.make_carer(session, provider)),
        "stay": lambda: make.make_bed_stay(session, person, provider),
        "fee": lambda: make.make_fee(session, person, provider),
    }[kind]()
    frame = frame_at(session)
    assert [member.person_id for member in list_population(session, frame)] == [person.id]
    assert len(load_cases(session, frame, FIRST, LAST)) == 1
    assert list_population(session, replace(frame, month=Month(2017, 1))) == []


@pytest.mark.parametrize(
    ("valid_before", "is_in"), [(date(2019, 11, 1), False), (date(2019, 11, 2), True), (None, True)]
)
def test_a_conclusion_that_expired_before_the_month_brings_nobody_in(
    session, area, valid_before, is_in
):
    make.make_conclusion(session, make.make_person(session), valid_before=valid_before)
    assert bool(list_population(session, frame_at(session))) is is_in


def test_facts_are_those_believed_at_the_instant(session, month):
    person = month.people[1]
    event = make.make_life_event(session, person, recorded_at=later(AFTER, hours=1))
    event.superseded_at = later(AFTER, hours=3)
    session.commit()
    for hours, expected in ((0, 0), (2, 1), (4, 0)):
        frame = frame_at(session, later(AFTER, hours=hours))
        (loaded,) = load_cases(session, frame, person.case_number, person.case_number)
        assert len(loaded.case.absences) == expected


def test_visits_of_the_week_before_the_month_are_loaded_for_weekly_limits(session, area):
    person, provider = make.make_person(session), make.make_provider(session)
    carer = make.make_carer(session, provider)
    for day in (27, 28, 31):  # November 2019 begins on a Friday, its week on Monday, 28 October
        make.make_visit(session, person, carer, begins_at=datetime(2019, 10, day, 1, tzinfo=UTC))
    make.make_plan(session, person, provider)
    (loaded,) = load_cases(session, frame_at(session), FIRST, LAST)
    assert sorted(visit.on.day for visit in loaded.case.visits) == [28, 31]


def test_a_visit_is_loaded_with_its_price_and_its_refusal(session, area):
    person, provider = make.make_person(session), make.make_provider(session)
    carer = make.make_carer(session, provider)
    make.make_visit(session, person, carer, price_fen=9_000)
    make.make_visit(session, person, carer, refused="copied")
    (loaded,) = load_cases(session, frame_at(session), FIRST, LAST)
    found = {(visit.price_fen, visit.refused) for visit in loaded.case.visits}
    assert found == {(9_000, None), (None, "copied")}


def correct_at(session, person, instant, **values):
    """Keep a person's row as it was, and change it at an instant, as the services do."""
    make.make_version(session, person, superseded_at=instant)
    for name, value in {**values, "recorded_at": instant}.items():
        setattr(person, name, value)
    session.commit()


def test_a_person_lives_where_it_was_believed_at_the_instant(session, month):
    person = month.people[1]
    old, new = person.district_id, make.make_district(session).id
    correct_at(session, person, later(AFTER, hours=2), district_id=new)
    for hours, district in ((0, old), (1, old), (2, new), (3, new)):
        frame = frame_at(session, later(AFTER, hours=hours))
        (loaded,) = load_cases(session, frame, person.case_number, person.case_number)
        assert loaded.district_id == district


def test_each_of_several_versions_is_found_at_its_time(session, month):
    person = month.people[1]
    districts = [person.district_id, *[make.make_district(session).id for _ in range(3)]]
    for hours, district in enumerate(districts[1:], start=1):
        correct_at(session, person, later(AFTER, hours=hours), district_id=district)
    for hours, district in enumerate(districts):
        frame = frame_at(session, later(AFTER, hours=hours))
        (loaded,) = load_cases(session, frame, person.case_number, person.case_number)
        assert loaded.district_id == district
        assert len(list_population(session, frame)) == PEOPLE


def test_whoever_was_registered_after_the_instant_is_not_known_then(session, month):
    person = month.people[1]
    person.recorded_at = later(AFTER, hours=1)
    session.commit()
    for hours, is_in in ((0, False), (1, True)):
        frame = frame_at(session, later(AFTER, hours=hours))
        population = [member.person_id for member in list_population(session, frame)]
        loaded = [case.person_id for case in load_cases(session, frame, FIRST, LAST)]
        assert (person.id in population, person.id in loaded) == (is_in, is_in)


def test_categories_of_assistance_are_those_believed_at_the_instant(session, month):
    person = month.people[1]
    make.make_assistance(session, person, starts_on=date(2019, 11, 12))
    make.make_assistance(session, person, category="late", recorded_at=later(AFTER, hours=1))
    make.make_assistance(session, person, category="next", starts_on=date(2019, 12, 1))
    (loaded,) = load_cases(session, frame_at(session), person.case_number, person.case_number)
    ((category, starts_on),) = [(p.category, p.starts_on) for p in loaded.case.assistance]
    assert (category, starts_on) == ("poor", date(2019, 11, 12))


# --- one carer's minute is paid once -------------------------------------------------------------


def claims(*spans):
    """Claims of one carer: (person, begin, end), numbered in their order."""
    return [Claim(9, person, ref, begin, end) for ref, (person, begin, end) in enumerate(spans, 1)]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(1, 0, 60), (2, 60, 120)], []),
        ([(1, 0, 60), (2, 59, 120)], [(2, Taken(1, 9, 59, 60))]),
        ([(1, 0, 60), (2, 0, 60)], [(2, Taken(1, 9, 0, 60))]),
        ([(1, 0, 60), (1, 30, 90)], []),  # the same person: settlement sees it in the case
        ([(1, 0, 120), (2, 30, 60), (3, 50, 130)],
         [(2, Taken(1, 9, 30, 60)), (3, Taken(1, 9, 50, 120))]),
        # The second visit owns what the first leaves, and takes it from the third.
        ([(1, 0, 60), (2, 30, 90), (3, 70, 100)],
         [(2, Taken(1, 9, 30, 60)), (3, Taken(2, 9, 70, 90))]),
        # A person's own earlier visit owns the minutes: nobody else takes them away.
        ([(1, 0, 60), (2, 15, 60), (1, 30, 60)], [(2, Taken(1, 9, 15, 60))]),
    ],
)  # fmt: skip
def test_a_minute_belongs_to_the_first_visit_that_covers_it(spans, expected):
    assert list(find_taken(claims(*spans))) == expected


@given(
    st.lists(
        st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(0, 40), st.integers(1, 15)),
        max_size=14,
    )
)
def test_visits_outside_of_overlapping_runs_take_nothing(visits):
    """What is found in the runs alone is what is found in all visits of a carer."""
    rows = sorted(
        Claim(carer, person, ref, begin, begin + length)
        for ref, (carer, person, begin, length) in enumerate(visits)
    )
    rows.sort(key=lambda claim: (claim.carer, claim.begins_min, claim.ref))
    in_runs = [taken for run in list_overlapping(rows) for taken in find_taken(run)]
    in_all = [
        taken
        for _carer, of_carer in groupby(rows, key=attrgetter("carer"))
        for taken in find_taken(of_carer)
    ]
    assert in_runs == in_all


def test_refused_and_superseded_visits_take_nothing(session, area):
    provider = make.make_provider(session)
    carer = make.make_carer(session, provider)
    people = [make.make_person(session) for _ in range(3)]
    make.make_visit(session, people[0], carer, refused="copied")
    make.make_visit(session, people[1], carer, superseded_at=AFTER)
    make.make_visit(session, people[2], carer)
    assert frame_at(session).taken == {}
    early = frame_at(session, later(AFTER, hours=-1))  # the second was still believed then
    assert list(early.taken) == [people[2].id]


@pytest.mark.parametrize(("hour", "is_loaded"), [(10, False), (15, True)])
def test_a_visit_of_the_day_before_the_weeks_is_read_where_it_crosses_midnight(
    session, month, hour, is_loaded
):
    """The weeks of July 2019, a Monday, begin on 24 June; such a visit changes July's facts."""
    july, begins_at = Month(2019, 7), datetime(2019, 6, 23, hour, 30, tzinfo=UTC)  # 23:30 there
    before = read_facts_digest(session, frame_at(session, month=july))
    person = month.people[0]
    carer = make.make_carer(session, make.make_provider(session))
    late = make.make_visit(session, person, carer, begins_at=begins_at)
    frame = frame_at(session, month=july)
    [loaded] = load_cases(session, frame, person.case_number, person.case_number)
    assert [visit.ref for visit in loaded.case.visits] == [late.id] * is_loaded
    assert read_facts_digest(session, frame) != before


def test_overlapping_visits_are_found_across_people(session, month):
    frame = frame_at(session)
    assert frame.taken
    for person_id, intervals in frame.taken.items():
        assert person_id in {person.id for person in month.people}
        assert all(taken.begins_min < taken.ends_min for taken in intervals)


# --- whether anything changed --------------------------------------------------------------------


@pytest.mark.parametrize("change", ["recorded", "superseded", "assistance", "person"])
def test_the_digest_of_facts_changes_with_the_facts(session, month, change):
    frame = Frame(1, MONTH, AFTER)
    before = read_facts_digest(session, frame)
    assert read_facts_digest(session, frame) == before
    event = make.make_life_event(session, month.people[0], recorded_at=later(AFTER, hours=1))
    assert read_facts_digest(session, frame) == before  # learned later
    if change == "recorded":
        event.recorded_at = later(AFTER, hours=-1)
    elif change == "superseded":
        event.recorded_at = later(AFTER, hours=-2)
        event.superseded_at = later(AFTER, hours=-1)
    elif change == "assistance":
        make.make_assistance(session, month.people[0])
    else:
        correct_at(session, month.people[0], later(AFTER, hours=-1))
    session.commit()
    assert read_facts_digest(session, frame) != before


def test_a_correction_of_a_person_made_later_leaves_the_digest_of_facts(session, month):
    frame = Frame(1, MONTH, AFTER)
    before = read_facts_digest(session, frame)
    correct_at(session, month.people[0], later(AFTER, hours=1))
    assert read_facts_digest(session, frame) == before
    assert read_facts_digest(session, replace(frame, known_at=later(AFTER, hours=1))) != before


def test_overlaps_of_many_carers_are_found_by_workers_alike(session, month, monkeypatch):
    here = frame_at(session)
    monkeypatch.setattr(payout_start, "GROUPS_HERE", 0)
    monkeypatch.setattr(payout_conflicts, "CARERS_AT_ONCE", 2)
    assert here.taken
    assert frame_at(session).taken == here.taken
