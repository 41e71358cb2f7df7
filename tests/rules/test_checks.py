from datetime import date

import pytest

from ltc.rules.checks import Effect, Facts, Other, spot_all
from ltc.rules.insured import LifeEventKind
from ltc.rules.months import DayRange

ON = date(2019, 11, 12)
AGREED = [DayRange(date(2019, 1, 1))]


def facts(**given):
    return Facts(**{"on": ON, "begins_min": 600, "ends_min": 660, "agreements": AGREED, **given})


def numbers(found):
    return [finding.number for finding in found]


def test_a_visit_that_goes_together_with_everything_has_no_finding():
    assert spot_all(facts()) == []


@pytest.mark.parametrize(
    ("ends_before", "expected"), [(date(2019, 11, 12), []), (date(2019, 11, 13), [1])]
)
def test_a_visit_in_a_hospital_stay_is_found_up_to_its_last_day(ends_before, expected):
    stay = (LifeEventKind.HOSPITAL_STAY, DayRange(date(2019, 11, 10), ends_before))
    assert numbers(spot_all(facts(events=[stay]))) == expected


@pytest.mark.parametrize(("died_on", "expected"), [(ON, []), (date(2019, 11, 11), [2])])
def test_a_visit_after_the_day_of_death_is_found(died_on, expected):
    assert numbers(spot_all(facts(died_on=died_on))) == expected


@pytest.mark.parametrize(
    ("begins", "ends", "minutes"), [(540, 600, None), (660, 700, None), (659, 700, 1), (0, 900, 60)]
)
def test_minutes_that_overlap_are_counted_and_touching_is_not_overlapping(begins, ends, minutes):
    (finding, *more) = spot_all(facts(of_carer=[Other(7, begins, ends)])) or [None]
    assert more == []
    if minutes is None:
        assert finding is None
    else:
        assert (finding.number, finding.effect, finding.visit_id) == (3, Effect.PAID_ONCE, 7)
        assert dict(finding.values) == {"minutes": minutes}


def test_of_visits_that_are_not_the_readers_to_see_there_is_one_bare_finding():
    others = [Other(7, 600, 630, is_shown=False), Other(8, 630, 640, is_shown=False)]
    (finding,) = spot_all(facts(of_person=others))
    assert (finding.number, finding.effect) == (4, Effect.PAID_ONCE)
    assert (finding.values, finding.visit_id) == ((), None)
    shown = spot_all(facts(of_person=[*others, Other(9, 600, 660)]))
    assert [found.visit_id for found in shown] == [None, 9]


def test_the_persons_other_visit_is_a_finding_of_its_own():
    other = [Other(7, 600, 630)]
    assert numbers(spot_all(facts(of_person=other, of_carer=other))) == [3, 4]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], [2]),
        ([DayRange(date(2019, 1, 1), ON)], [2]),
        ([DayRange(date(2019, 1, 1), ON), DayRange(ON)], []),
    ],
)
def test_a_day_without_agreement_is_found(days, expected):
    found = spot_all(facts(agreements=days))
    assert numbers(found) == expected
    assert all(finding.effect is Effect.HELD for finding in found)


def test_findings_come_in_the_order_of_their_numbers():
    found = spot_all(
        facts(is_planned=False, is_entered_later=True, of_carer=[Other(1, 600, 601)],
              died_on=date(2019, 1, 1), agreements=[])
    )  # fmt: skip
    assert numbers(found) == [2, 2, 3, 6, 13]
