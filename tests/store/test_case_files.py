"""How a case file is read: defaults, visits on several days, amounts by their digits."""

from datetime import date

import pytest

from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY
from ltc.store.case_files import read_case_file
from ltc.store.case_scalars import parse_clock, parse_fen
from ltc.store.yaml_reader import LawFileError


@pytest.fixture
def read(tmp_path):
    def read(facts, defaults="{area: chongqing, month: 2023-01}"):
        path = tmp_path / "cases.yaml"
        path.write_text(f"defaults: {defaults}\ncases:\n  - {{name: One, {facts}}}\n", "utf-8")
        (case,) = read_case_file(path)
        return case.case

    return read


@pytest.mark.parametrize(
    ("written", "fen"),
    [("0", 0), ("50", 5_000), ("50.0", 5_000), ("50.05", 5_005), ("-0.01", -1), ("70.1", 7_010)],
)
def test_amounts_are_read_from_their_digits(written, fen):
    assert parse_fen(written) == fen


@pytest.mark.parametrize("written", ["", "1.234", "1,300", "1e3", "¥5", ".5", "5.", "nan"])
def test_other_amounts_are_refused(written):
    with pytest.raises(ValueError, match="must be an amount"):
        parse_fen(written)


@pytest.mark.parametrize("written", ["24:01", "9", "09:60", "-1:00"])
def test_times_that_do_not_exist_are_refused(written):
    with pytest.raises(ValueError, match="must be a time"):
        parse_clock(written)


def test_midnight_may_end_a_day():
    assert parse_clock("24:00") == MINUTES_PER_DAY


def test_a_range_includes_both_of_its_days(read):
    (stay,) = read("hospital: [{from: 2023-01-10, to: 2023-01-14}]").absences
    assert (stay.starts_on, stay.ends_before) == (date(2023, 1, 10), date(2023, 1, 15))


@pytest.mark.parametrize(
    "facts",
    [
        "hospital: [{from: 2023-01-10, to: 9999-12-31}]",
        "conclusion: {grade: '4', on: 9999-12-31}",
        "enrolment: {from: 0001-01-01}",
        "visits: [{from: 2023-01-02, to: 9999-12-31, minutes: 5}]",
    ],
)
def test_a_day_beyond_the_years_of_records_is_refused(read, facts):
    with pytest.raises(LawFileError, match=r"cases.yaml:3: .*must be a day from 1900 to 2200"):
        read(facts)


def test_a_month_beyond_the_years_of_records_is_refused(read):
    with pytest.raises(LawFileError, match="must be a month"):
        read("month: 9999-12")


def test_a_range_that_ends_before_it_begins_is_refused(read):
    with pytest.raises(LawFileError, match=r"hospital\[0\].to: lies before “from”, 2023-01-10"):
        read("hospital: [{from: 2023-01-10, to: 2023-01-05}]")


def test_a_case_replaces_a_default_as_a_whole(read):
    defaults = "{area: chongqing, month: 2023-01, mode: home_visits}"
    (plan,) = read("plan: {mode: own_carer, provider: none}", defaults).plans
    assert (plan.mode, plan.provider) == ("own_carer", None)
    (plan,) = read("person: C7", defaults).plans
    assert (plan.mode, plan.provider) == ("home_visits", 1)


def test_a_mode_beside_a_plan_is_refused(read):
    with pytest.raises(LawFileError, match=r"cases\[0\]\.mode: stands beside a plan"):
        read("mode: home_visits, plan: {mode: own_carer}")


def test_a_category_of_assistance_that_is_only_named_holds_all_month(read):
    (period,) = read("assistance: poor").assistance
    assert (period.category, period.ends_before) == ("poor", None)
    assert period.starts_on < date(2022, 1, 1)


def test_categories_of_assistance_may_have_days(read):
    periods = read("assistances: [{category: poor, to: 2023-01-10}, {category: poorest, from:"
                   " 2023-01-11}]").assistance  # fmt: skip
    assert [(p.ref, p.category) for p in periods] == [(1, "poor"), (2, "poorest")]
    assert periods[0].ends_before == periods[1].starts_on == date(2023, 1, 11)


@pytest.mark.parametrize(
    "facts",
    [
        "assistance: poor, assistances: [{category: poor}]",
        "assistances: [{from: 2023-01-11}]",
        "assistances: [{category: poor, since: 2023-01-11}]",
    ],
)
def test_a_category_of_assistance_that_is_unclear_is_refused(read, facts):
    with pytest.raises(LawFileError):
        read(facts)


def test_a_visit_on_several_days_is_one_visit_a_day(read):
    visits = read("visits: [{from: 2023-01-02, to: 2023-01-09, every_days: 3, minutes: 60}]").visits
    assert [visit.on.day for visit in visits] == [2, 5, 8]
    assert [visit.ref for visit in visits] == [1, 2, 3]


def test_visits_without_a_time_follow_each_other(read):
    visits = read("visits: [{on: 2023-01-02, minutes: 60}, {on: 2023-01-02, minutes: 30}]").visits
    midnight = (date(2023, 1, 2).toordinal() - EPOCH) * MINUTES_PER_DAY
    assert [(v.begins_min - midnight, v.ends_min - midnight) for v in visits] == [
        (480, 540),
        (540, 570),
    ]


@pytest.mark.parametrize("visit", ["{on: 2023-01-02}", "{on: 2023-01-02, minutes: 5, end: 09:00}"])
def test_a_visit_needs_one_length(read, visit):
    with pytest.raises(LawFileError, match="write either minutes or end"):
        read(f"visits: [{visit}]")


def test_agreements_come_with_the_plan_unless_written(read):
    assert [a.provider for a in read("plan: {mode: home_visits, provider: 5}").agreements] == [5]
    assert read("mode: home_visits, agreements: none").agreements == ()


def test_a_key_of_the_defaults_that_nobody_knows_is_refused(read):
    with pytest.raises(
        LawFileError, match=r"defaults\.colour: is not .* \(known: account, .*visits"
    ):
        read("person: C7", "{area: chongqing, month: 2023-01, colour: red}")


def test_a_file_that_nobody_wrote_by_hand_is_refused(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text("#" * 5_000_001, "utf-8")
    with pytest.raises(LawFileError, match="is larger than"):
        read_case_file(path)


@pytest.mark.parametrize("key", ["visits", "hospital", "fees", "conclusions", "plans"])
def test_an_empty_list_says_that_there_is_none(read, key):
    case = read(f"{key}: []", "{area: chongqing, month: 2023-01}")
    assert (case.visits, case.absences, case.fees) == ((), (), ())
    assert (case.conclusions, case.plans) == ((), ())


@pytest.mark.parametrize("key", ["agreements", "enrolments"])
def test_an_empty_list_is_refused_where_leaving_out_means_something_else(read, key):
    with pytest.raises(LawFileError, match=rf"{key}: must not be empty"):
        read(f"{key}: []")


REFUSED = {
    "bed_days: [{price: 70, to: 2023-01-05, days: 3}]": r"bed_days\[0\]\.days: stands beside “to”",
    "bed_days: [{price: 70, days: -3}]": r"days: must be a whole number from 0 up, not “-3”",
    "bed_days: [{price: 70, days: 999999999}]": "days: must be at most",
    "bed_days: [{price: -70}]": r"price: must be an amount in yuan from 0\.00 up, not “-70”",
    "visits: [{on: 2023-01-05, minutes: 60, price: -1}]": r"price: must be an amount in yuan from",
    "visits: [{on: 2023-01-05, minutes: 1441}]": r"minutes: .* at most 24 hours, 1440 minutes",
    "visits: [{on: 2023-01-05, minutes: 60, carer: -1}]": "carer: must be a whole number from 0 up",
    "taken: [{on: 2023-01-05, begin: '10:00', end: '09:00'}]": "end: lies before “begin”",
    "enrolment: {contribution_years: -3}": "contribution_years: must be a whole number from 0 up",
    "plan: {mode: home_visits, authorised_minutes: -1}": "authorised_minutes: must be a whole",
    "plan: {mode: home_visits}, plans: [{mode: own_carer}]": r"plan: stands beside “plans”",
    "conclusion: {grade: 4, on: 2022-01-05}, conclusions: [{grade: 4, on: 2022-01-05}]":
        "conclusion: stands beside “conclusions”",
    "death: 20230105": "death: must be a day that exists, such as 2022-01-31, not “20230105”",
    "death: 2023-W01-5": "death: must be a day",
    "death: null": "death: must be a day .* leave the key out where there is none",
    "hospitals: []": r"hospitals: is not a known key here \(known: .*hospital, .*visits",
    "conclusion: {grade: 4, on: 2022-01-05, valid_to: 2022-01-04}":
        "valid_to: lies before “on”, 2022-01-05",
    "hospital: null": "hospital: says nothing; leave the key out where there is none",
    "visits: [{minutes: 60}]": r"visits\[0\]\.on: is missing: write the day, or from and to",
    "visits: [{on: 2023-01-05, from: 2023-01-06, minutes: 60}]": "from: stands beside “on”",
    "visits: [{on: 2023-01-05, begin: '24:00', minutes: 60}]": "begin: must lie before 24:00",
    "visits: [{on: 2023-01-05, minutes: 960}, {on: 2023-01-05, minutes: 5}]":
        r"visits\[1\]\.begin: must lie before 24:00",
    "visits: [{on: 2023-01-05, minutes: 60, refused: false}]": "refused: must be the reason in words",
    "expect: {holds: [no_acount]}": "holds: “no_acount” is no hold; there are .*no_account",
    "expect: {excluded_minutes: {above_kap: 5}}": r"above_kap: is not .* \(known: above_cap, above_p",
    "expect: {days: -1}": "days: must be a whole number from 0 up",
    "visits: [{on: 2023-01-05, minutes: 60, time: '09:00'}]": r"known: begin, carer, end, .*refused",
}  # fmt: skip


@pytest.mark.parametrize("facts", REFUSED)
def test_what_cannot_be_meant_is_refused_with_its_place_and_the_way_to_mend(read, facts):
    with pytest.raises(LawFileError, match=REFUSED[facts]):
        read(facts)


def test_that_no_day_is_payable_can_be_expected(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text(
        "cases: [{name: A, area: a, month: 2023-01, expect: {first_payable_day: none}}]"
    )
    (case,) = read_case_file(path)
    assert case.expected == {"first_payable_day": None}


def test_a_visit_of_a_whole_day_can_be_meant(read):
    (visit,) = read("visits: [{on: 2023-01-05, begin: '00:00', minutes: 1440}]").visits
    assert visit.ends_min - visit.begins_min == MINUTES_PER_DAY
