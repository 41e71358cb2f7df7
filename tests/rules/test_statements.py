import dataclasses
import json
from datetime import date

import pytest

from ltc.rules.payouts.cases import PlanPeriod
from ltc.rules.payouts.results import Outcome
from ltc.rules.person_statements import build_person_statement
from ltc.rules.policies import Standing
from ltc.rules.provider_statements import Client, build_provider_statement
from ltc.rules.statements import build_objection
from tests.support.statements import (
    DECEMBER,
    NOVEMBER,
    PROVIDER,
    in_hospital,
    make_case,
    make_frame,
    make_person_statement,
    make_provider_statement,
    make_subject,
    settle_in,
    with_objection,
)


def state(policies, case, before=None):
    return build_person_statement(
        make_frame(policies, case.month), make_subject(), settle_in(policies, case), before
    )


def test_every_line_carries_its_reason_in_both_languages(policies):
    statement = make_person_statement(policies)
    (line,) = statement.lines
    (reason,) = line.reasons
    assert reason.zh == "本月31天中计发26天，每天¥50.00，共¥1,300.00。"
    assert reason.en == "26 of 31 days at ¥50.00: ¥1,300.00."
    assert (line.days, line.sums.fund_fen) == (26, 130_000)
    assert (line.item.zh, line.item.en) == (
        "基本生活照料 · 居家上门护理", "Daily care, Home visits by an institution",
    )  # fmt: skip
    assert (statement.capitals, line.payee.zh) == ("壹仟叁佰元整", "康宁护理站")


def test_a_month_in_parts_tells_each_part_its_own_reason(policies):
    plans = (
        PlanPeriod(3, "home_visits", PROVIDER, date(2019, 2, 1), date(2019, 12, 1)),
        PlanPeriod(4, "own_carer", None, date(2019, 12, 1), date(2019, 12, 11)),
        PlanPeriod(5, "own_carer", None, date(2019, 12, 11)),
    )
    statement = state(policies, make_case(DECEMBER, plans=plans))
    assert [line.days for line in statement.lines] == [10, 21]
    assert [line.reasons[0].en.split(" at ")[0] for line in statement.lines] == [
        "10 of 31 days", "21 of 31 days",
    ]  # fmt: skip
    (subtotal,) = statement.subtotals
    assert subtotal.sums == statement.sums
    assert subtotal.payee.zh == "参保人本人账户"


def test_the_strip_has_every_day_and_its_legend_counts_them(policies):
    statement = make_person_statement(policies)
    assert [cell.sign for cell in statement.days][9:14] == ["hospital"] * 5
    assert [(entry.text.zh, entry.count) for entry in statement.legend] == [
        ("计发", 26), ("住院", 5),
    ]  # fmt: skip
    assert [text.zh for text in statement.not_counted] == ["2019年12月10日至2019年12月14日住院。"]


def test_the_difference_from_last_month_has_its_cause(policies):
    difference = make_person_statement(policies).difference
    assert (difference.before_fen, difference.after_fen) == (150_000, 130_000)
    assert [(cause.text.zh, cause.fund_fen) for cause in difference.causes] == [
        ("计发天数增减", -20_000)
    ]


def test_a_first_month_has_nothing_to_compare_with(policies):
    assert state(policies, make_case()).difference.before_fen is None


def test_what_is_held_names_what_clears_it_and_who(policies):
    plans = (PlanPeriod(3, "own_carer", None, date(2019, 2, 1)),)
    statement = state(policies, make_case(plans=plans, has_account=False))
    assert (statement.outcome, statement.capitals) == (Outcome.HELD, "零元整")
    (held,) = statement.held
    assert held.what.en == "There is no bank account to pay ¥1,500.00 to."
    assert held.clears.en == "Record the account."
    assert held.owner.en == "Agency officer"


def test_an_unknown_value_is_named_in_words(policies):
    law = policies.of("qingdao")
    frame = make_frame(policies, law=law)
    from ltc.rules.payouts.settle import settle

    statement = build_person_statement(
        frame, make_subject(), settle(law, make_case(DECEMBER)), None
    )
    assert "Start of the benefit after the conclusion" in statement.held[0].what.en
    assert "Qingdao" in statement.held[0].what.en


def test_until_when_one_may_object_is_never_invented(policies):
    objection = build_objection(make_frame(policies))
    assert (objection.days, objection.until_on, objection.is_assumed) == (None, None, False)


@pytest.mark.parametrize("standing", [Standing.SEEN, Standing.ASSUMED])
def test_until_when_one_may_object_follows_from_the_law(policies, standing):
    law = with_objection(policies.of("chongqing"), 30, standing)
    objection = build_objection(make_frame(policies, law=law))
    assert (objection.days, objection.until_on) == (30, date(2020, 2, 4))
    assert objection.is_assumed == (standing is Standing.ASSUMED)


def test_sources_say_what_was_seen_and_what_is_assumed(policies):
    sources = make_person_statement(policies).sources
    by_standing = {line.standing.en: line for line in sources}
    assert "Rate a day" in by_standing["seen in the source"].labels.en
    assert by_standing["seen in the source"].source.zh.startswith("重庆市向市级会议的报告")
    assert any(line.is_assumed and "hospital" in line.labels.en for line in sources)


def test_the_number_follows_from_run_and_case(policies):
    assert make_person_statement(policies).head.number == "201912R1-CHO2019000001"
    assert make_provider_statement(policies).head.number == "201912R1-P-P0007"


def test_a_provider_sees_the_sum_of_its_lines_and_what_changed_it(policies):
    statement = make_provider_statement(policies, people=3)
    assert (statement.people, statement.sums.fund_fen) == (3, 3 * 155_000)
    assert statement.sums.fund_fen == sum(line.sums.fund_fen for line in statement.lines)
    assert statement.sums.fund_fen == sum(group.sums.fund_fen for group in statement.groups)
    difference = statement.difference
    assert (difference.before_fen, difference.after_fen) == (2 * 150_000, 3 * 155_000)
    spans = {span.text.en: (span.people, span.fund_fen) for span in difference.causes}
    assert spans == {"Started": (1, 155_000), "More or fewer days": (2, 10_000)}
    assert all(line.reasons for line in statement.lines)


def test_a_provider_is_told_nothing_of_another_one(policies):
    plans = (
        PlanPeriod(3, "home_visits", 99, date(2019, 2, 1), date(2019, 12, 1)),
        PlanPeriod(4, "home_visits", PROVIDER, date(2019, 12, 1)),
    )
    unsure = dataclasses.replace(plans[1], confirmed=False)
    mine = make_provider_statement(policies).subject
    shared = Client(
        "CHO2019000009", "李秀英",
        settle_in(policies, make_case(DECEMBER, plans=(plans[0], unsure))),
        settle_in(policies, make_case(NOVEMBER, plans=plans)), is_only_here=False,
    )  # fmt: skip
    statement = build_provider_statement(make_frame(policies), mine, [shared], has_before=True)
    assert (statement.lines, statement.holds) == ((), ())
    assert (statement.difference.before_fen, statement.difference.after_fen) == (0, 0)
    told = json.dumps(dataclasses.asdict(statement), default=str, ensure_ascii=False)
    assert "李秀英" not in told


def test_a_provider_is_told_what_is_held_for_its_own_people(policies):
    plans = (PlanPeriod(3, "home_visits", PROVIDER, date(2019, 2, 1), confirmed=False),)
    mine = make_provider_statement(policies).subject
    held = settle_in(policies, make_case(DECEMBER, plans=plans))
    client = Client("CHO2019000009", "李秀英", held, None, is_only_here=True)
    statement = build_provider_statement(make_frame(policies), mine, [client], has_before=False)
    (hold,) = statement.holds
    assert (hold.name, hold.held.owner.en) == ("李秀英", "Provider manager")


def test_a_stay_over_the_whole_month_leaves_zero(policies):
    stay = in_hospital(date(2019, 11, 20), date(2020, 1, 5))
    before = settle_in(policies, make_case(NOVEMBER))
    statement = state(policies, make_case(DECEMBER, absences=stay), before)
    assert (statement.outcome, statement.lines, statement.capitals) == (
        Outcome.ZERO, (), "零元整",
    )  # fmt: skip
    assert statement.difference.causes[0].text.en == "Stopped"
