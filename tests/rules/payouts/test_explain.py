"""Every code that settlement writes has its words, and every word its values."""

import re
from dataclasses import replace

import pytest
from hypothesis import given

from ltc.rules.law_changes import change_law
from ltc.rules.payouts.english import fill_sentence, format_plain_yuan, format_yuan
from ltc.rules.payouts.explain import (
    AMOUNTS,
    DAY_STATES,
    GROUNDS,
    HOLDS,
    REASONS,
    build_sentences,
)
from ltc.rules.payouts.holds import OWNERS, HoldKind
from ltc.rules.payouts.results import DayState, Exclusion, Reason
from ltc.rules.payouts.settle import settle
from ltc.store.policies import LAW_FOLDER, read_law
from tests.rules.payouts.by_hand import LAW, cases, make_case
from tests.rules.payouts.test_cases import CASES

SETTLED = [param.values[0] for param in CASES]


@pytest.fixture(scope="module")
def settled():
    """All shipped cases with their law and settlement."""
    book = read_law(LAW_FOLDER)
    laws = [change_law(book.of(case.area), case.changes) for case in SETTLED]
    return [(law, settle(law, case.case)) for law, case in zip(laws, SETTLED, strict=True)]


def test_every_state_reason_and_hold_has_words_and_every_hold_an_owner():
    assert set(DAY_STATES) == set(DayState)
    assert set(REASONS) == {*DayState, *Reason}
    assert set(HOLDS) == set(OWNERS) == set(HoldKind)


@given(cases())
def test_every_sentence_can_be_filled(case):
    for sentence in build_sentences(settle(LAW, case)):
        assert "%(" not in fill_sentence(sentence)


def test_every_step_of_the_shipped_cases_has_words(settled):
    codes = {step.code for _, settlement in settled for step in settlement.steps}
    assert codes == {*AMOUNTS, *GROUNDS, "days"}


def test_the_sentences_of_the_shipped_cases_can_be_filled(settled):
    for _, settlement in settled:
        assert all(map(fill_sentence, build_sentences(settlement)))


@pytest.mark.parametrize(
    ("days", "said"), [(1, "1 bed-day not counted"), (6, "6 bed-days not counted")]
)
def test_bed_days_are_counted_in_days_and_not_in_stays(days, said):
    left_out = Exclusion(1, Reason.NOT_IN_MODE, 0, "bed_days", days)
    settlement = replace(settle(LAW, make_case("daily_fixed")), exclusions=(left_out,))
    assert any(fill_sentence(each).startswith(said) for each in build_sentences(settlement))


def test_every_key_in_a_trace_is_a_value_of_the_law_in_force(settled):
    for law, settlement in settled:
        keys = {
            policy.starts_on.isoformat(): {value.key for value in policy.values}
            for policy in law.policies
        }
        for step in settlement.steps:
            for used in step.law:
                listed = {key for key in keys[step.policy] if _is_part(used, key)}
                assert listed, f"{used} of {step.code} is no value of {law.area}"


def _is_part(used, key):
    return key == used or key.startswith(f"{used}.")


def test_an_amount_reads_as_the_office_writes_it(settled):
    case = next(
        i for i, c in enumerate(SETTLED) if c.name == "In hospital from the 10th to the 14th"
    )
    sentences = [fill_sentence(sentence) for sentence in build_sentences(settled[case][1])]
    assert sentences[0] == "26 of 31 days at 50.00: 1,300.00."
    assert sentences[1] == "From 2023-01-10 to 2023-01-14 in hospital."


@pytest.mark.parametrize(
    ("fen", "written", "plain"),
    [(0, "0.00", "0.00"), (5, "0.05", "0.05"), (130_000, "1,300.00", "1300.00"),
     (-7, "-0.07", "-0.07"), (123_456_789, "1,234,567.89", "1234567.89")],
)  # fmt: skip
def test_amounts_in_yuan(fen, written, plain):
    assert (format_yuan(fen), format_plain_yuan(fen)) == (written, plain)


@pytest.mark.parametrize(("share_bp", "written"), [(7_000, "70%"), (2_401, "24.01%"), (50, "0.5%")])
def test_shares_in_per_cent(share_bp, written):
    assert fill_sentence(("%(share_bp)s", {"share_bp": share_bp})) == written


def test_placeholders_are_names():
    for text in (*AMOUNTS.values(), *GROUNDS.values()):
        assert not re.search(r"%[^(]", text), text


LIMITS = {
    "Institution, price 90, 31 days": "of which at most 70.00 count; 70% of that",
    "Family member, daily care fills half of the package at most": "Daily care may fill 50%",
    "Two providers of a month share one cap, the earlier first": "2,000.00 were used earlier",
    "Two plans of a month have one cap, not one each": "900 minutes of the limit were used before",
}


@pytest.mark.parametrize(("name", "told"), LIMITS.items())
def test_what_limits_an_amount_is_told(settled, name, told):
    (settlement,) = (s for _, s in settled if s.person == name)
    assert any(told in fill_sentence(sentence) for sentence in build_sentences(settlement))
