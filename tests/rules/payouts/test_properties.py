"""What must hold for every case, whatever its facts."""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from ltc.rules.law_changes import change_law
from ltc.rules.months import ONE_DAY
from ltc.rules.payouts.cases import Conclusion, Enrolment, Fee, PlanPeriod, Taken
from ltc.rules.payouts.results import DayState, Outcome
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.trace import from_json, to_json
from ltc.rules.policies import Proration
from tests.rules.payouts.by_hand import (
    FIRST,
    LAW,
    MODES,
    MONTH,
    PROVIDER,
    absences,
    beds,
    build_law,
    cases,
    fees,
    make_assistance,
    make_case,
    make_visit,
    plans,
    visits,
)

LISTS = ("enrolments", "conclusions", "plans", "absences", "visits", "bed_days", "fees")


def total(settlement, name):
    return sum(getattr(line, name) for line in settlement.lines)


def fund(case, law=LAW):
    return sum(line.fund_fen for line in settle(law, case).lines)


@given(cases())
def test_parts_of_every_line_add_up_to_the_eligible_amount(case):
    for line in settle(LAW, case).lines:
        parts = (line.fund_fen, line.assistance_fen, line.person_fen)
        assert sum(parts) == line.eligible_fen
        assert min(*parts, line.excess_fen, line.minutes) >= 0


@given(cases())
def test_everybody_is_paid_or_held_or_zero(case):
    settlement = settle(LAW, case)
    money = any(line.fund_fen for line in settlement.lines)
    expected = Outcome.HELD if settlement.holds else Outcome.PAID if money else Outcome.ZERO
    assert settlement.outcome is expected


@given(cases())
def test_every_day_has_a_state_and_money_needs_a_paid_or_held_day(case):
    settlement = settle(LAW, case)
    assert len(settlement.days) == MONTH.day_count
    if any(line.fund_fen for line in settlement.lines):
        assert {DayState.PAID, DayState.HELD} & set(settlement.days)


@given(cases(), st.randoms(use_true_random=False))
def test_a_permutation_of_the_facts_changes_nothing(case, random):
    shuffled = {}
    for name in LISTS:
        facts = list(getattr(case, name))
        random.shuffle(facts)
        shuffled[name] = tuple(facts)
    assert to_json(settle(LAW, replace(case, **shuffled))) == to_json(settle(LAW, case))


@given(cases())
def test_json_is_read_back_to_the_same_bytes(case):
    text = to_json(settle(LAW, case))
    again = from_json(text)
    assert to_json(again) == text
    assert again.lines == settle(LAW, case).lines
    assert again.days == settle(LAW, case).days


@given(
    st.sampled_from(["weekly_hours", "monthly_hours"]), visits(), absences(),
    st.integers(1, 31), st.integers(0, 1439), st.integers(1, 300),
)  # fmt: skip
def test_one_more_visit_never_pays_less(mode, logged, away, day, begin, length):
    case = make_case(mode, visits=logged, absences=away)
    more = make_visit(999, day, begin, length, carer=9)
    assert fund(replace(case, visits=(*logged, more))) >= fund(case)


@given(st.sampled_from(["weekly_hours", "monthly_hours"]), visits(), st.integers(0, 11),
       st.integers(1, 120))  # fmt: skip
def test_a_longer_visit_never_pays_less(mode, logged, which, minutes):
    case = make_case(mode, visits=logged)
    # One before the month uses up what the limit of its week leaves: it may pay the month less.
    longer = tuple(
        v._replace(ends_min=v.ends_min + minutes) if place == which and v.on >= FIRST else v
        for place, v in enumerate(logged)
    )
    assert fund(replace(case, visits=longer)) >= fund(case)


@given(fees(), absences(), st.integers(1, 300_000), st.sampled_from(["daily_care", "medical_care"]))
def test_one_more_fee_never_pays_less(charged, away, amount_fen, kind):
    case = make_case("monthly_cap", fees=charged, absences=away)
    more = Fee(1_000, PROVIDER, FIRST, amount_fen, kind)
    assert fund(replace(case, fees=(*charged, more))) >= fund(case)


DAILY = st.sampled_from(["daily_fixed", "daily_visited", "cap_on_payment", "cap_on_cost"])
SUMS = ("fund_fen", "assistance_fen", "person_fen", "eligible_fen", "excess_fen", "days")


@given(DAILY, beds(), visits(), absences(), st.integers(1, 30),
       st.sampled_from([(), make_assistance(), make_assistance(starts_on=date(2024, 5, 12))]))  # fmt: skip
def test_a_month_split_by_days_adds_up_to_the_month(mode, stays, logged, away, cut, helped):
    # A visit across the cut would belong to the day it begins on; only its own day may count.
    within = tuple(v for v in logged if v.begins_min // 1440 == (v.ends_min - 1) // 1440)
    case = make_case(mode, bed_days=stays, visits=within, absences=away, assistance=helped)
    day = FIRST + cut * ONE_DAY
    plan = case.plans[0]
    parts = [
        settle(LAW, replace(case, plans=(replace(plan, ends_before=day),))),
        settle(LAW, replace(case, plans=(replace(plan, starts_on=day),))),
    ]
    whole = settle(LAW, case)
    for name in SUMS:
        split_up = sum(getattr(line, name) for part in parts for line in part.lines)
        assert split_up == sum(getattr(line, name) for line in whole.lines)


@given(DAILY, beds(), visits(), st.integers(1, 30))
def test_a_change_of_assistance_pays_each_day_as_if_all_were_like_it(mode, stays, logged, cut):
    within = tuple(v for v in logged if v.begins_min // 1440 == (v.ends_min - 1) // 1440)
    day = FIRST + cut * ONE_DAY
    none = make_case(mode, bed_days=stays, visits=within)
    plan = none.plans[0]
    parts = [
        settle(LAW, replace(none, plans=(replace(plan, ends_before=day),))),
        settle(LAW, replace(none, plans=(replace(plan, starts_on=day),),
                            assistance=make_assistance())),
    ]  # fmt: skip
    whole = settle(LAW, replace(none, assistance=make_assistance(starts_on=day)))
    for name in SUMS:
        split_up = sum(getattr(line, name) for part in parts for line in part.lines)
        assert split_up == sum(getattr(line, name) for line in whole.lines)


@given(DAILY, beds(), visits(), st.integers(1, 30))
def test_a_change_of_scheme_within_the_month_moves_no_money_but_its_fund(mode, stays, logged, cut):
    case = make_case(mode, bed_days=stays, visits=logged)
    day = FIRST + cut * ONE_DAY
    first = replace(case.enrolments[0], ends_before=day)
    changed = replace(case, enrolments=(first, Enrolment(2, "employee", 20, day)))
    assert fund(changed) == fund(case)


@given(st.integers(1, 30), st.sampled_from(Proration))
def test_a_monthly_sum_cut_into_segments_adds_up_to_the_sum(cut, proration):
    law = build_law(proration=proration)
    case = make_case("monthly_fixed")
    day = FIRST + cut * ONE_DAY
    renewed = Conclusion(2, "national", "4", day - ONE_DAY)
    settlement = settle(law, replace(case, conclusions=(*case.conclusions, renewed)))
    assert len(settlement.lines) == 2
    assert sum(line.fund_fen for line in settlement.lines) == 75_001


@given(cases(), plans())
def test_two_facts_never_pay_for_one_day_of_a_daily_form(case, chosen):
    settlement = settle(LAW, replace(case, plans=chosen))
    assert sum(line.days for line in settlement.lines) <= MONTH.day_count


def paid_minutes(case):
    return sum(line.minutes for line in settle(LAW, case).lines)


@settings(max_examples=60)
@given(visits(most=8), visits(most=8))
def test_a_minute_of_a_carer_is_paid_once(of_one, of_other):
    """Two people share all carers; what the first person's visits take is told to the second."""
    law = change_law(LAW, {"cap_minutes_8.severe": "60000"})
    one = tuple(v._replace(carer=1) for v in of_one)
    other = tuple(v._replace(carer=1) for v in of_other)
    taken = tuple(
        Taken(v.ref, v.carer, v.begins_min, v.ends_min)
        for v in one
        if v.refused is None and v.ends_min > v.begins_min
    )
    first = settle(law, make_case("monthly_hours", visits=one))
    second = settle(law, make_case("monthly_hours", visits=other, taken=taken))
    worked = {
        at
        for v in (*one, *other)
        if v.refused is None and FIRST <= v.on < MONTH.ends_before
        for at in range(v.begins_min, v.ends_min)
    }
    paid = sum(line.minutes for s in (first, second) for line in s.lines)
    assert paid <= len(worked)


USED_FOR_ALL = {
    "start", "conclusion_months", "years", "rate_fen.severe", "needs_visit", "cap_fen_3.severe",
    "share_bp_3", "order_3", "cap_fen_5.severe", "share_bp_5", "limit_bp_5", "amount_fen.severe",
    "price_7", "share_bp_7", "cap_minutes_7.severe", "per_7", "price_8", "share_bp_8",
    "cap_minutes_8.severe", "per_8", "assistance_bp",
}  # fmt: skip


@given(MODES, st.sampled_from(sorted(USED_FOR_ALL)))
def test_no_amount_rests_on_an_unknown_value(mode, key):
    case = make_case(
        mode, assistance=make_assistance(), visits=(make_visit(1, 3, 540, 60),),
        fees=(Fee(1, PROVIDER, FIRST, 10_000),),
    )  # fmt: skip
    before, after = settle(LAW, case), settle(change_law(LAW, {key: "unknown"}), case)
    needed = {used for step in before.steps for used in step.law} | {"conclusion_months"}
    if key in needed:
        assert after.outcome is Outcome.HELD
        assert after.lines == ()
        assert {("key", key)} <= {pair for hold in after.holds for pair in hold.values}
    else:
        assert after == before


def count_days_by_hand(case):
    """Count payable days one by one: an oracle that shares nothing with the rules."""
    count = 0
    for ordinal in range(FIRST.toordinal(), MONTH.ends_before.toordinal()):
        day = date.fromordinal(ordinal)
        is_dead = case.died_on is not None and day > case.died_on
        is_away = any(
            a.starts_on <= day and (a.ends_before is None or day < a.ends_before)
            for a in case.absences
        )
        is_insured = any(
            e.starts_on <= day and (e.ends_before is None or day < e.ends_before)
            for e in case.enrolments
        )
        count += is_insured and not is_dead and not is_away
    return count


@given(absences(), st.one_of(st.none(), st.dates(date(2024, 4, 28), date(2024, 6, 2))),
       st.dates(date(2024, 4, 28), date(2024, 6, 2)))  # fmt: skip
def test_days_agree_with_a_count_one_by_one(away, died_on, insured_until):
    enrolment = Enrolment(1, "employee", 20, date(2010, 1, 1), insured_until)
    case = make_case("daily_fixed", absences=away, died_on=died_on, enrolments=(enrolment,))
    assert fund(case) == 5_001 * count_days_by_hand(case)


@settings(max_examples=60)
@given(visits(), absences())
def test_weekly_hours_agree_with_a_count_minute_by_minute(logged, away):
    case = make_case("weekly_hours", visits=logged, absences=away)
    minutes = set()
    for visit in logged:
        days = [date(1970, 1, 1) + (at // 1440) * ONE_DAY for at in (visit.begins_min,)]
        if visit.refused is None and not is_away(case, days[0]):
            minutes |= {
                (days[0], at)
                for at in range(visit.begins_min, visit.ends_min)
                if not is_away(case, date(1970, 1, 1) + (at // 1440) * ONE_DAY)
            }
    paid = 0
    for week in {day.isocalendar()[:2] for day, _ in minutes}:
        of_week = [(day, at) for day, at in minutes if day.isocalendar()[:2] == week]
        before = {at for day, at in of_week if day < FIRST and day.isocalendar()[:2] == week}
        inside = {at for day, at in of_week if FIRST <= day < MONTH.ends_before} - before
        paid += min(len(inside), max(0, 180 - len(before)))
    assert paid_minutes(case) == paid


def is_away(case, day):
    return any(
        a.starts_on <= day and (a.ends_before is None or day < a.ends_before) for a in case.absences
    )


def test_a_plan_of_long_ago_is_a_plan():
    assert fund(make_case("daily_fixed", plans=(PlanPeriod(1, "daily_fixed", PROVIDER, FIRST),)))


CAPPED = st.sampled_from(["monthly_cap", "monthly_hours", "weekly_hours"])


@given(CAPPED, fees(), visits(), absences(), st.integers(1, 30))
def test_a_plan_renewed_within_the_month_moves_no_limit(mode, charged, logged, away, cut):
    case = make_case(mode, fees=charged, visits=logged, absences=away)
    plan, day = case.plans[0], FIRST + cut * ONE_DAY
    renewed = (replace(plan, ends_before=day), replace(plan, ref=2, starts_on=day))
    one, two = settle(LAW, case), settle(LAW, replace(case, plans=renewed))
    if mode == "monthly_cap":
        for name in ("eligible_fen", "excess_fen"):
            assert total(one, name) == total(two, name)
    else:
        assert total(one, "minutes") == total(two, "minutes")


@given(cases())
def test_every_fee_stands_in_an_amount_or_is_left_out_with_a_reason(case):
    case = replace(case, fees=tuple(fee for fee in case.fees if fee.provider == PROVIDER))
    settlement = settle(LAW, case)
    told = {e.ref for e in settlement.exclusions if e.kind == "fee"}
    for step in settlement.steps:
        told |= {int(ref) for ref in str(dict(step.values).get("fees", "")).split()}
    held = any(day is DayState.HELD for day in settlement.days)
    assert held or told == {fee.ref for fee in case.fees}
