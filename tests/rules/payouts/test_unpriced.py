"""Where the fund shares in costs, a visit that counts has a price, a fee, or a hold."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import Outcome
from ltc.rules.payouts.settle import settle
from tests.rules.payouts.by_hand import (
    FIRST,
    LAW,
    MONTH,
    absences,
    beds,
    fees,
    make_case,
    make_visit,
    visits,
)

COST_MODES = st.sampled_from(["cap_on_payment", "cap_on_cost", "monthly_cap"])
FLAT_MODES = st.sampled_from(["daily_fixed", "daily_visited", "monthly_fixed", "weekly_hours"])


def missing(settlement):
    """Return the ids of the visits that are held for want of a price."""
    return {
        int(ref)
        for hold in settlement.holds
        if hold.kind == HoldKind.PRICE_MISSING
        for ref in dict(hold.values)["visits"].split()
    }


def counted(case, settlement):
    """Return the visits of the month of which at least a minute was not left out."""
    left_out = {}
    for exclusion in settlement.exclusions:
        if exclusion.kind == "visit":
            left_out[exclusion.ref] = left_out.get(exclusion.ref, 0) + exclusion.minutes
    return {
        visit.ref
        for visit in case.visits
        if FIRST <= visit.on < MONTH.ends_before
        and visit.ends_min - visit.begins_min > left_out.get(visit.ref, 0)
    }


def fund(settlement):
    return sum(line.fund_fen for line in settlement.lines)


@given(COST_MODES, visits(), absences())
def test_without_fees_every_visit_that_counts_has_a_price_or_is_held(mode, logged, away):
    case = make_case(mode, visits=logged, absences=away)
    settlement = settle(LAW, case)
    unpriced = {visit.ref for visit in logged if visit.price_fen is None}
    assert missing(settlement) == counted(case, settlement) & unpriced
    if missing(settlement):
        assert settlement.outcome is Outcome.HELD


@given(COST_MODES, visits(), absences(), fees(), beds(), st.integers(0, 20_000))
def test_entering_the_prices_clears_the_hold_and_never_pays_less(
    mode, logged, away, charged, stays, price_fen
):
    case = make_case(mode, visits=logged, absences=away, fees=charged, bed_days=stays)
    priced = tuple(
        visit if visit.price_fen is not None else visit._replace(price_fen=price_fen)
        for visit in logged
    )
    before, after = settle(LAW, case), settle(LAW, replace(case, visits=priced))
    assert not missing(after)
    assert fund(after) >= fund(before)


@given(FLAT_MODES, visits(), absences())
def test_where_the_law_sets_the_amount_no_visit_needs_a_price(mode, logged, away):
    case = make_case(mode, visits=logged, absences=away)
    unpriced = tuple(visit._replace(price_fen=None) for visit in logged)
    assert not missing(settle(LAW, case))
    assert fund(settle(LAW, replace(case, visits=unpriced))) == fund(settle(LAW, case))


def test_the_hold_names_provider_days_and_visits():
    logged = (make_visit(1, 2, 540, 60), make_visit(2, 5, 540, 60), make_visit(3, 5, 660, 60))
    (hold,) = settle(LAW, make_case("monthly_cap", visits=logged)).holds
    values = dict(hold.values)
    assert (hold.kind, hold.owner) == ("price_missing", "provider_manager")
    assert (values["count"], values["visits"], values["provider"]) == ("3", "1 2 3", "7")
    assert (values["first_on"], values["last_on"]) == ("2024-05-02", "2024-05-05")


def test_what_the_scheme_does_not_pay_needs_no_price():
    enrolled = make_case("monthly_cap").enrolments[0]
    case = make_case(
        "monthly_cap",
        enrolments=(replace(enrolled, scheme="resident"),),
        visits=(make_visit(1, 2, 540, 60),),
    )
    settlement = settle(LAW, case)
    assert settlement.outcome is Outcome.ZERO
    assert not settlement.holds
