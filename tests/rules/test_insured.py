from datetime import date

import pytest

from ltc.rules import insured
from ltc.rules.insured import EventDays, LifeEventKind, check_enrolment, check_life_event
from ltc.rules.months import DayRange

BORN = date(1940, 5, 6)
TODAY = date(2019, 11, 14)
D = date


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王", "王"),
        ("  王淑珍 ", "王淑珍"),
        ("\u3000王淑珍\u3000", "王淑珍"),
        ("𬭼", "𬭼"),
        ("王䶮", "王䶮"),
        ("迪丽热巴·迪力木拉提", "迪丽热巴·迪力木拉提"),
        ("𠮷" * 60, "𠮷" * 60),
        ("A" * 60, "A" * 60),
        ("e\u0301", "é"),
    ],
)
def test_a_name_keeps_every_printable_character(text, name):
    assert insured.clean_name(text) == name


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", insured.NameMissing),
        (" \u3000", insured.NameMissing),
        ("𠮷" * 61, insured.NameTooLong),
        ("王\n珍", insured.NameUnprintable),
        ("王\0", insured.NameUnprintable),
        ("王\u200b珍", insured.NameUnprintable),
        ("王\u202e珍", insured.NameUnprintable),
        ("王\ue000", insured.NameUnprintable),
        ("王\ud800", insured.NameUnprintable),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(text, error):
    with pytest.raises(error) as raised:
        insured.clean_name(text)
    assert raised.value.field == "name"


def test_phones_and_accounts_are_digits():
    assert insured.clean_phone(" 138-0013 8000") == "13800138000"
    assert insured.clean_phone("+86 23 6891 0000") == "+862368910000"
    assert insured.clean_account("6228 4800 0000 0001") == "6228480000000001"


@pytest.mark.parametrize("text", ["", "1234", "1380013800x", "１３８００１３８０００", "1" * 21])
def test_what_is_no_phone_is_refused(text):
    with pytest.raises(insured.PhoneWrong):
        insured.clean_phone(text)


@pytest.mark.parametrize("text", ["", "1234567", "62284800000000O1", "1" * 33, "=1+1+1+1+1"])
def test_what_is_no_account_is_refused(text):
    with pytest.raises(insured.AccountWrong):
        insured.clean_account(text)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_a_correction_needs_a_reason(text):
    with pytest.raises(insured.ReasonMissing):
        insured.clean_reason(text)


@pytest.mark.parametrize("years", [0, 15, 70])
def test_years_from_none_to_a_working_life(years):
    assert insured.check_years(years) == years


@pytest.mark.parametrize("years", [-1, 71])
def test_years_beyond_a_working_life_are_refused(years):
    with pytest.raises(insured.YearsWrong):
        insured.check_years(years)


def test_a_case_number_names_area_and_year():
    assert insured.build_case_number("chongqing", 2019, 42) == "CHO2019000042"


def test_enrolments_may_touch_but_not_overlap():
    first = DayRange(D(2018, 1, 1), D(2019, 1, 1))
    check_enrolment(DayRange(D(2019, 1, 1)), BORN, [first])
    with pytest.raises(insured.EnrolmentOverlaps) as raised:
        check_enrolment(DayRange(D(2018, 12, 31)), BORN, [first])
    assert raised.value.values["starts_on"] == D(2018, 1, 1)


@pytest.mark.parametrize(
    ("days", "error"),
    [
        (DayRange(D(2019, 1, 2), D(2019, 1, 2)), insured.EndBeforeBegin),
        (DayRange(D(2019, 1, 2), D(2019, 1, 1)), insured.EndBeforeBegin),
        (DayRange(D(1940, 5, 5)), insured.DayBeforeBirth),
    ],
)
def test_days_that_cannot_be_are_refused(days, error):
    with pytest.raises(error):
        check_enrolment(days, BORN, [])


def event(kind, starts_on, ends_before=None):
    return EventDays(LifeEventKind(kind), DayRange(starts_on, ends_before))


DEATH = event("death", D(2019, 11, 10))


@pytest.mark.parametrize(
    ("new", "known", "error"),
    [
        (event("death", D(2019, 11, 12)), [DEATH], insured.AlreadyDead),
        (event("death", D(2019, 11, 1)), [DEATH], insured.AlreadyDead),
        (event("hospital_stay", D(2019, 11, 11)), [DEATH], insured.AlreadyDead),
        (event("suspension", D(2019, 12, 1)), [DEATH], insured.AlreadyDead),
        (DEATH, [event("hospital_stay", D(2019, 11, 11))], insured.EventsAfterDeath),
        (event("death", D(2019, 11, 15)), [], insured.DayAhead),
        (event("hospital_stay", D(2019, 11, 15)), [], insured.DayAhead),
        (
            event("hospital_stay", D(2019, 11, 4), D(2019, 11, 6)),
            [event("hospital_stay", D(2019, 11, 5))],
            insured.StayOverlaps,
        ),
    ],
)
def test_events_that_do_not_go_together_are_refused(new, known, error):
    with pytest.raises(error):
        check_life_event(new, BORN, TODAY, known)


@pytest.mark.parametrize(
    ("new", "known"),
    [
        (event("hospital_stay", D(2019, 11, 10)), [DEATH]),
        (DEATH, [event("hospital_stay", D(2019, 11, 10))]),
        (DEATH, [event("hospital_stay", D(2019, 11, 1), D(2019, 11, 15))]),
        (event("suspension", D(2019, 12, 1)), []),
        (event("death", D(2019, 11, 14)), []),
        (
            event("hospital_stay", D(2019, 11, 6)),
            [event("hospital_stay", D(2019, 11, 5), D(2019, 11, 6))],
        ),
        (event("hospital_stay", D(2019, 11, 5)), [event("suspension", D(2019, 11, 1))]),
    ],
)
def test_events_that_go_together_are_taken(new, known):
    check_life_event(new, BORN, TODAY, known)
