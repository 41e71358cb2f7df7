"""Single points of settlement that read better as code than as case files."""

from dataclasses import replace
from datetime import date

import pytest

from ltc.rules.law_changes import change_law
from ltc.rules.months import Month
from ltc.rules.payouts.absences import NotAnAbsence
from ltc.rules.payouts.cases import Absence, BedDays, Enrolment, Fee, PlanPeriod, Visit
from ltc.rules.payouts.days import list_runs, window_of
from ltc.rules.payouts.results import DayState, Exclusion, Outcome
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.visits import subtract
from ltc.rules.policies import Law
from tests.rules.payouts.by_hand import (
    FIRST,
    LAW,
    OTHER_PROVIDER,
    PROVIDER,
    build_law,
    make_assistance,
    make_case,
    make_visit,
    minute,
)


def find_step(settlement, code):
    return next(step for step in settlement.steps if step.code == code)


def test_a_new_law_within_the_month_pays_each_day_by_its_own():
    old = build_law().policies[0]
    new = change_law(build_law(starts=date(2024, 5, 11)), {"rate_fen.severe": "6000"}).policies[0]
    law = Law("madeup", (replace(old, ends_before=new.starts_on), new))
    settlement = settle(law, make_case("daily_fixed"))
    assert [(line.days, line.fund_fen) for line in settlement.lines] == [
        (10, 50_010),
        (21, 126_000),
    ]
    assert {step.policy for step in settlement.steps if step.code == "daily_fixed"} == {
        "2010-01-01", "2024-05-11",
    }  # fmt: skip


def test_without_any_policy_everything_is_held():
    settlement = settle(
        Law("madeup", ()), make_case("daily_fixed", visits=(make_visit(1, 3, 0, 60),))
    )
    assert settlement.outcome is Outcome.HELD
    assert set(settlement.days) == {DayState.HELD}
    assert settlement.exclusions == (Exclusion(1, "held", 60),)


def test_a_top_up_of_before_the_rule_counts_by_the_rule_that_asks_for_it():
    """Whoever paid the missing years before the law knew of them has to wait all the same."""
    new = build_law(starts=date(2024, 5, 1)).policies[0]
    old = replace(build_law().policies[0], contribution=None, ends_before=new.starts_on)
    topped_up = Enrolment(1, "employee", 10, date(2010, 1, 1), topped_up_on=date(2024, 4, 20))
    settlement = settle(
        Law("madeup", (old, new)), make_case("daily_fixed", enrolments=(topped_up,))
    )
    values = dict(find_step(settlement, "contribution_topped_up").values)
    assert (values["topped_up_on"], values["starts_on"]) == ("2024-04-20", "2024-05-01")
    assert values["one_off_payment_fen"] == 5 * 15_000
    assert [line.days for line in settlement.lines] == [31]


def test_a_component_that_the_scheme_does_not_pay_is_zero_and_says_so():
    case = make_case("daily_fixed", enrolments=(Enrolment(1, "resident", 20, FIRST),))
    settlement = settle(LAW, case)
    assert (settlement.outcome, settlement.lines) == (Outcome.ZERO, ())
    assert set(settlement.days) == {DayState.NOT_COVERED}
    assert find_step(settlement, "not_covered").values[1] == ("component", "daily_care")


def test_facts_of_a_component_that_the_scheme_does_not_pay_are_left_out_with_that_reason():
    resident = (Enrolment(1, "resident", 20, FIRST),)
    facts = {
        "fees": (Fee(1, PROVIDER, date(2024, 5, 9), 100),),
        "bed_days": (BedDays(2, PROVIDER, date(2024, 5, 8), date(2024, 5, 10), 5_000),),
        "visits": (make_visit(3, 9, 540, 60),),
    }
    settlement = settle(LAW, make_case("cap_on_cost", enrolments=resident, **facts))
    left_out = {(e.kind, e.ref, e.reason) for e in settlement.exclusions}
    assert left_out == {(kind, ref, "not_covered") for kind, ref in
                        (("fee", 1), ("bed_days", 2), ("visit", 3))}  # fmt: skip


def test_assistance_takes_its_share_of_what_the_fund_leaves():
    case = make_case(
        "weekly_hours", visits=(make_visit(1, 3, 540, 60),), assistance=make_assistance()
    )
    (line,) = settle(LAW, case).lines
    assert (line.eligible_fen, line.fund_fen) == (6_500, 5_850)
    assert (line.assistance_fen, line.person_fen) == (325, 325)  # 650 × 50.03 % = 325.195


def test_a_category_of_assistance_that_the_law_does_not_know_is_held():
    settlement = settle(LAW, make_case("daily_fixed", assistance=make_assistance("unheard_of")))
    assert (settlement.lines, settlement.holds[0].kind) == ((), "assistance_not_in_policy")


CHANGE = date(2024, 5, 11)
BEDS = (BedDays(1, PROVIDER, FIRST, None, 10_000),)


def test_a_category_that_begins_within_the_month_cuts_it_there():
    case = make_case("cap_on_payment", bed_days=BEDS, assistance=make_assistance(starts_on=CHANGE))
    settlement = settle(LAW, case)
    before, since = settlement.lines
    assert (before.days, since.days) == (10, 21)
    assert (before.ends_before, since.starts_on) == (CHANGE, CHANGE)
    assert before.assistance_fen == 0
    assert since.assistance_fen > 0
    assert before.fund_fen * 21 == since.fund_fen * 10
    step = dict(find_step(settlement, "assistance").values)
    assert (step["assistance"], step["first_on"], step["last_on"]) == (
        1, "2024-05-11", "2024-05-31",
    )  # fmt: skip


def test_a_category_without_a_share_holds_its_own_days_only():
    helped = make_assistance("unheard_of", starts_on=CHANGE, ends_before=date(2024, 5, 13))
    settlement = settle(LAW, make_case("daily_fixed", assistance=helped))
    assert sum(line.days for line in settlement.lines) == 29
    (hold,) = settlement.holds
    assert dict(hold.values)["days"] == "2"


def test_two_parts_of_a_month_share_one_limit():
    visits = tuple(make_visit(day, day, 540, 300) for day in range(6, 12))
    whole = make_case("weekly_hours", visits=visits, assistance=make_assistance())
    cut = replace(whole, assistance=make_assistance(ends_before=date(2024, 5, 9)))
    assert sum(line.minutes for line in settle(LAW, cut).lines) == sum(
        line.minutes for line in settle(LAW, whole).lines
    )


def test_a_policy_without_assistance_is_not_cut_by_it():
    policy = replace(LAW.policies[0], assistance={})
    case = make_case("daily_fixed", assistance=make_assistance("unheard_of", starts_on=CHANGE))
    law = Law("madeup", (policy,))
    assert settle(law, case) == settle(law, replace(case, assistance=()))


def test_a_cost_of_an_hour_is_rounded_once():
    case = make_case("weekly_hours", visits=(make_visit(1, 3, 540, 1),))
    (line,) = settle(LAW, case).lines
    # 65.00 an hour: a minute is 108.33 fen, the fund's 90 % of it 97.50, which rounds up.
    assert (line.eligible_fen, line.fund_fen, line.person_fen) == (108, 98, 10)


def test_bed_days_and_fees_left_out_stand_with_their_reason():
    case = make_case(
        "cap_on_cost",
        absences=(Absence(1, "suspension", date(2024, 5, 1), date(2024, 5, 4)),),
        bed_days=(
            BedDays(1, PROVIDER, date(2024, 5, 1), date(2024, 5, 6), 5_000),
            BedDays(2, PROVIDER, date(2024, 5, 5), date(2024, 5, 7), 5_000),
            BedDays(3, OTHER_PROVIDER, date(2024, 5, 8), date(2024, 5, 9), 5_000),
        ),
        fees=(
            Fee(1, OTHER_PROVIDER, date(2024, 5, 9), 100),
            Fee(2, PROVIDER, date(2024, 6, 1), 100),
            Fee(3, PROVIDER, date(2024, 5, 9), 0),
        ),
    )
    left_out = {
        (e.kind, e.ref, e.reason, e.days, e.amount_fen) for e in settle(LAW, case).exclusions
    }
    assert left_out == {
        ("bed_days", 1, "suspended", 3, 0),
        ("bed_days", 2, "overlap_person", 1, 0),
        ("bed_days", 3, "other_provider", 1, 0),
        ("fee", 1, "other_provider", 0, 100),
        ("fee", 2, "outside_month", 0, 100),
        ("fee", 3, "no_amount", 0, 0),
    }


def test_absences_and_the_death_are_named_in_the_trace():
    case = make_case(
        "daily_fixed", died_on=date(2024, 5, 20), death_ref=77,
        absences=(Absence(5, "hospital_stay", date(2024, 5, 3), date(2024, 5, 5)),),
    )  # fmt: skip
    steps = [dict(s.values) for s in settle(LAW, case).steps if s.code == "days"]
    assert {(step["state"], step["refs"]) for step in steps} == {
        ("in_hospital", "5"), ("after_death", "77"),
    }  # fmt: skip


def test_many_visits_stand_in_the_trace_as_number_and_digest():
    visits = tuple(make_visit(ref, 1 + ref % 31, 15 * ref, 1) for ref in range(1, 42))
    step = find_step(settle(LAW, make_case("monthly_hours", visits=visits)), "hourly")
    assert dict(step.values)["visits"].startswith("41 sha256:")


@pytest.mark.parametrize(
    ("refused", "minutes", "reasons"),
    [(None, 60, [("overlap_person", 60)]), ("no signature", 120, [])],
)
def test_minutes_after_midnight_of_the_month_before_are_not_paid_twice(refused, minutes, reasons):
    """July 2024 begins on a Monday: the week before it is looked at, too."""
    july = Month(2024, 7)
    ends = minute(62, 60)  # 1 July, 01:00
    june = Visit(1, PROVIDER, 1, ends - 120, ends, refused)
    late = Visit(2, PROVIDER, 1, ends - 60, ends + 60)
    settlement = settle(LAW, make_case("weekly_hours", month=july, visits=(june, late)))
    assert sum(line.minutes for line in settlement.lines) == minutes
    left_out = [(e.reason, e.minutes) for e in settlement.exclusions if e.ref == 2]
    assert left_out == reasons


def test_a_visit_before_the_plan_takes_no_minutes_after_midnight_of_the_month_before():
    july = Month(2024, 7)
    ends = minute(62, 60)  # 1 July, 01:00
    june = Visit(1, PROVIDER, 1, ends - 120, ends)
    late = Visit(2, PROVIDER, 1, ends - 60, ends + 60)
    plans = (PlanPeriod(1, "weekly_hours", PROVIDER, date(2024, 7, 1)),)
    case = make_case("weekly_hours", month=july, visits=(june, late), plans=plans)
    settlement = settle(LAW, case)
    assert sum(line.minutes for line in settlement.lines) == 120
    assert not [e for e in settlement.exclusions if e.ref == 2]


def test_a_refusal_stands_with_its_words():
    case = make_case("weekly_hours", visits=(make_visit(1, 3, 540, 60, refused="unsigned"),))
    (left_out,) = settle(LAW, case).exclusions
    assert (left_out.reason, left_out.minutes, left_out.note) == ("refused", 60, "unsigned")


def test_a_change_back_before_the_change_took_effect_cancels_it():
    plans = (
        PlanPeriod(1, "daily_fixed", PROVIDER, date(2024, 1, 1), date(2024, 5, 10)),
        PlanPeriod(2, "monthly_fixed", PROVIDER, date(2024, 5, 10), date(2024, 5, 20)),
        PlanPeriod(3, "daily_fixed", PROVIDER, date(2024, 5, 20)),
    )
    for month in (Month(2024, 5), Month(2024, 6)):
        settlement = settle(LAW, make_case("daily_fixed", plans=plans, month=month))
        assert {line.mode for line in settlement.lines} == {"daily_fixed"}
        assert sum(line.days for line in settlement.lines) == month.day_count


def test_an_unknown_kind_of_absence_is_refused_and_never_ignored():
    with pytest.raises(NotAnAbsence):
        settle(LAW, make_case("daily_fixed", absences=(Absence(1, "holiday", FIRST),)))


def test_an_absence_may_last_forever():
    settlement = settle(LAW, make_case("daily_fixed", absences=(Absence(1, "moved_away", FIRST),)))
    assert settlement.outcome is Outcome.ZERO


@pytest.mark.parametrize("number", range(1, 13))
def test_a_window_begins_on_a_monday_and_ends_a_day_after_the_month(number):
    month = Month(2024, number)
    window = window_of(month)
    assert window.day(0).weekday() == 0
    assert window.day(window.length - 1) == month.ends_before
    assert window.month == window.span(month.starts_on, month.ends_before)
    assert window.month.bit_count() == month.day_count


def test_runs_of_days_are_found():
    assert list_runs(0) == []
    assert list_runs(0b1011_0001) == [(0, 0), (4, 5), (7, 7)]


@pytest.mark.parametrize(
    ("cuts", "left"),
    [
        ([], [(10, 20)]),
        ([(0, 10)], [(10, 20)]),
        ([(0, 11)], [(11, 20)]),
        ([(12, 15)], [(10, 12), (15, 20)]),
        ([(19, 30)], [(10, 19)]),
        ([(10, 20)], []),
        ([(12, 15), (14, 18)], [(10, 12), (18, 20)]),
    ],
)
def test_minutes_taken_are_cut_out(cuts, left):
    assert subtract([(10, 20)], cuts) == left
