"""The stories of the demonstration: the same every time, and on the published figures."""

from collections import Counter

import pytest

from ltc.rules.assessments.grading import grade
from ltc.services.demo import names
from ltc.services.demo.stories import (
    DECEMBER,
    NOVEMBER,
    OWN_CARER,
    TWISTS,
    Story,
    Twist,
    write_stories,
)
from ltc.services.identity_numbers import parse_identity
from ltc.store.instruments import CURRENT, get_instrument
from ltc.store.working_days import load_working_days

SEVERE = {"3", "4", "5"}


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return write_stories(923, get_instrument(CURRENT), load_working_days())


def test_of_923_applications_exactly_788_are_severe_by_the_national_instrument(stories):
    instrument = get_instrument(CURRENT)
    grades = Counter(grade(instrument, story.scores).code for story in stories)
    assert sum(grades.values()) == 923
    assert sum(grades[code] for code in SEVERE) == 788
    assert all(grades[code] for code in "012345"[1:])


def test_every_evaluation_has_all_17_answers(stories):
    codes = set(get_instrument(CURRENT).items)
    assert len(codes) == 17
    assert all(set(story.scores) == codes for story in stories)


def test_the_same_stories_are_told_again(stories):
    assert write_stories(923, get_instrument(CURRENT), load_working_days()) == stories


def test_everybody_has_a_valid_identity_number_of_their_own(stories):
    assert len({story.identity for story in stories}) == 923
    for story in stories:
        known = parse_identity(story.identity, story.filed_on)
        assert (known.born_on, known.sex) == (story.born_on, story.sex)


def test_people_are_from_40_to_102_years_old(stories):
    ages = [story.filed_on.year - story.born_on.year for story in stories]
    assert 38 <= min(ages) < 60
    assert 95 < max(ages) <= 103


def test_rare_names_are_among_those_who_are_paid(stories):
    assert len(names.LONGEST_NAME) == 60
    assert {len(name) for name in names.RARE_NAMES} >= {1, 60}
    severe = {story.name for story in stories if story.is_severe}
    assert severe.issuperset(names.RARE_NAMES)


def test_conclusions_are_reached_before_december_and_after_their_evaluations(stories):
    for story in stories:
        assert story.filed_on < story.accepted_on < story.evaluated_on < story.concluded_on
        assert story.concluded_on < NOVEMBER.ends_before


def test_every_twist_happens_to_as_many_as_said_and_moves_money_of_november(stories):
    told = Counter(story.twist for story in stories if story.twist)
    assert told == TWISTS
    for story in stories:
        if story.twist:
            assert story.is_severe
            assert story.care_starts_on <= NOVEMBER.starts_on


def test_late_facts_are_heard_of_after_november_was_paid(stories):
    late = {Twist.DIED_NOVEMBER_LATE, Twist.HOSPITAL_NOVEMBER_LATE}
    for story in stories:
        if story.happening and story.twist in late:
            assert story.happening.starts_on < NOVEMBER.ends_before
            assert DECEMBER.starts_on < story.happening.recorded_on < DECEMBER.ends_before


def test_without_an_account_only_people_who_are_paid_directly(stories):
    for story in stories:
        if story.twist in {Twist.NO_ACCOUNT, Twist.ACCOUNT_LATE}:
            assert story.mode == OWN_CARER
