from datetime import date

import pytest

from ltc.rules.applications import ApplicationStatus, MoveNotAllowed
from ltc.rules.errors import Conflict
from ltc.rules.spoken import ENUM_NAMES, find_words, say_in_english
from ltc.rules.words import N_, Word


@pytest.mark.parametrize("kind", ENUM_NAMES, ids=lambda kind: kind.__name__)
def test_every_member_has_its_words(kind):
    for member in kind:
        assert find_words(member)


def test_commands_say_words_and_not_codes():
    problem = MoveNotAllowed(status=ApplicationStatus.SCORED, wanted=Word(N_("Assigned")))
    said = "The application stands at “Evaluated”; “Assigned” is not possible from there."
    assert say_in_english(problem) == said


class SomethingDiffers(Conflict):
    """There are {count} since {day}: {name}."""


def test_other_values_are_said_as_they_are():
    problem = SomethingDiffers(count=0, day=date(2019, 11, 1), name="scored")
    assert say_in_english(problem) == "There are 0 since 2019-11-01: scored."
