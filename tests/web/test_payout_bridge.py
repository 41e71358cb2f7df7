"""Two months beside each other: why the second comes to another sum, each cause counted once.

December 2021 and January 2022 of Chongqing have as many days, and between them lies another law:
who cares at home by a person of their own gets 40 instead of 50 a day. July and August 2023 of
Wencheng have prices and limits by grade.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import unescape

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role, build_machine
from ltc.rules.insured import LifeEventKind
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.services.payout_sums import add_up
from ltc.services.payouts import law_of
from ltc.store.payout_changes import sum_changes
from ltc.store.payout_sums import find_bridge
from ltc.store.payouts import PayoutLine, PayoutRun
from ltc.store.statements import Statement
from ltc.web import formats
from tests.support import factories as make
from tests.support.month import calculate
from tests.support.sign_in import send, sign_in_as

BEFORE, AFTER = Month(2021, 12), Month(2022, 1)
KNOWN_BEFORE = datetime(2022, 1, 3, 2, 0, tzinfo=UTC)
KNOWN_AFTER = datetime(2022, 2, 3, 2, 0, tzinfo=UTC)
NEW_YEAR = date(2022, 1, 1)


@dataclass
class TwoMonths:
    """Who is in the months, by what happens to them, and the two runs."""

    people: dict
    before: PayoutRun
    after: PayoutRun


@pytest.fixture
def users(session, area):
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    return {role: make.make_user(session, role) for role in roles}


@pytest.fixture
def preparer(client, users):
    return sign_in_as(client, users[Role.FINANCE_PREPARER])


def add_person(session, *, grade="4", concluded_on=date(2021, 6, 1), on=date(2021, 7, 1), **plan):
    person = make.make_person(session)
    make.make_enrolment(session, person)
    make.make_conclusion(
        session, person, grade=grade, concluded_on=concluded_on, valid_before=date(2025, 1, 1)
    )
    make.make_plan(session, person, plan.pop("provider", None), starts_on=on, **plan)
    return person


def add_own_carer(session, **account):
    person = add_person(session, mode="own_carer")
    make.make_account(session, person, **account)
    return person


def add_mode_change(session, provider):
    person = add_person(session, provider=provider, ends_before=NEW_YEAR)
    make.make_plan(session, person, None, mode="own_carer", starts_on=NEW_YEAR)
    make.make_account(session, person)
    return person


def add_to_confirm(session, provider):
    person = add_person(session, provider=provider, ends_before=NEW_YEAR)
    make.make_plan(session, person, provider, starts_on=NEW_YEAR, confirmed_on=None)
    return person


def add_death(session, provider, day):
    person = add_person(session, provider=provider)
    make.make_life_event(
        session, person, kind=LifeEventKind.DEATH, starts_on=day, ends_before=None
    )  # fmt: skip
    return person


def add_stay(session, provider, first, last, **given):
    person = add_person(session, provider=provider)
    make.make_life_event(session, person, starts_on=first, ends_before=last, **given)
    return person


def make_people(session):
    """One person for each thing that can happen between the months, and one with nothing."""
    provider = make.make_provider(session)
    make.make_agreement(session, provider, ends_before=date(2025, 1, 1))
    december = date(2021, 12, 10)
    return {
        "same": add_person(session, provider=provider),
        "started": add_person(session, provider=provider, concluded_on=december, on=december),
        "stopped": add_person(session, provider=provider, ends_before=NEW_YEAR),
        "died before": add_death(session, provider, date(2021, 12, 17)),
        "died after": add_death(session, provider, date(2022, 1, 10)),
        "held": add_to_confirm(session, provider),
        "released": add_own_carer(session, starts_on=date(2022, 1, 5)),
        "mode": add_mode_change(session, provider),
        "days": add_stay(session, provider, date(2022, 1, 10), date(2022, 1, 15)),
        "law": add_own_carer(session),
        "late": add_stay(
            session, provider, date(2021, 12, 5), date(2021, 12, 8),
            recorded_at=datetime(2022, 1, 20, 2, 0, tzinfo=UTC),
        ),
    }  # fmt: skip


@pytest.fixture
def months(session, make_ctx, area, users):
    people = make_people(session)
    who = {"role": Role.FINANCE_PREPARER, "user_id": users[Role.FINANCE_PREPARER].id}
    before = calculate(make_ctx(now=KNOWN_BEFORE, **who), month=BEFORE)
    after = calculate(make_ctx(now=KNOWN_AFTER, **who), month=AFTER)
    return TwoMonths(people, before, after)


def read(client, path, language="en"):
    response = client.get(path, headers={"Accept-Language": language})
    assert response.status_code == 200, response.text
    return unescape(re.sub(r"\s+", " ", response.text))


def bridge_of(text):
    """The bridge's table: (label, text of the amount) row by row."""
    table = re.search(r'<section[^>]*id="bridge".*?<tbody>(.*?)</tbody>', text).group(1)
    cells = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", table)
    return list(zip(cells[::2], cells[1::2], strict=True))


def fen(text):
    return int(text.replace("¥", "").replace(",", "").replace(".", "").replace("−", "-"))


def test_each_cause_is_counted_once_and_they_add_up_in_chart_and_table_in_both_languages(
    preparer, months
):
    rows = bridge_of(read(preparer, f"/payouts/{months.after.id}"))
    assert rows == [
        ("December 2021", "¥13,250.00"),
        ("Started (1)", "+¥1,550.00"),
        ("Stopped (2)", "−¥2,400.00"),  # a plan that ended: 31 days; a death: 17 days
        ("Now held (1)", "−¥1,550.00"),
        ("No longer held (1)", "+¥1,240.00"),
        ("Other mode of care (1)", "−¥310.00"),
        ("More or fewer days (2)", "−¥1,300.00"),  # 5 days in hospital, 21 days after a death
        ("Other law (1)", "−¥310.00"),
        ("January 2022", "¥10,170.00"),
    ]
    first, *causes, last = [fen(text) for _label, text in rows]
    assert (first, last) == (months.before.fund_fen, months.after.fund_fen)
    assert sum(causes) == last - first
    for language in ("en", "zh-CN"):
        text = read(preparer, f"/payouts/{months.after.id}", language)
        chart = re.search(r'id="bridge-chart" data-chart=\'([^\']*)\'', text).group(1)
        labels = re.findall(r'"label": ?"([^"]*)"', chart.encode().decode("unicode_escape"))
        assert labels == [label for label, _amount in bridge_of(text)]
    assert not any(label.startswith("Started") for label in labels)


def largest_of(text):
    """The rows of the largest changes, by case number: their text, and where they lead."""
    table = re.search(r"The largest changes</caption>.*?<tbody[^>]*>(.*?)</tbody>", text).group(1)
    rows = re.findall(r"<tr.*?</tr>", table)
    return {
        re.search(r">(CHO\d+)<", row).group(1): (row, re.findall(r'href="([^"]*)"', row))
        for row in rows
    }


def test_each_of_the_largest_changes_leads_to_its_line(preparer, months):
    text = read(preparer, f"/payouts/{months.after.id}")
    largest = largest_of(text)
    assert "recorded after it was calculated: 1, about 1 person" in text  # and nobody's change
    changed = {key: months.people[key] for key in months.people if key not in ("same", "late")}
    assert next(iter(largest)) == changed["started"].case_number  # of equal ones the earlier person
    assert set(largest) == {person.case_number for person in changed.values()}
    for name, person in changed.items():
        _row, hrefs = largest[person.case_number]
        before, after = (
            f"/payouts/{run.id}/people/{person.id}" for run in (months.before, months.after)
        )
        assert hrefs[0] in (before, after)
        for href in hrefs:
            assert person.case_number in read(preparer, href), name
    row, hrefs = largest[changed["died before"].case_number]
    assert "Stopped" in row
    assert len(set(hrefs)) == 2
    texts = [read(preparer, href) for href in hrefs]
    assert any("17 of 31 days" in text for text in texts)
    assert any("Nothing is paid" in text or "2021-12-17" in text for text in texts)


def test_the_stored_bridge_is_the_one_worked_out_and_is_shown(session, make_ctx, preparer, months):
    machine, ctx = build_machine(1, "test"), make_ctx(now=KNOWN_AFTER)
    pair, law = (months.before, months.after), law_of(ctx)
    worked_out = sum_changes(session, machine, law, *pair)
    assert find_bridge(session, machine, *pair) is None
    add_up(ctx)
    assert find_bridge(session, machine, *pair) == worked_out
    assert len(worked_out.spans) > len(worked_out.largest[0].causes) > 0
    session.execute(sa.delete(PayoutLine))
    session.commit()
    text = preparer.get(f"/payouts/{months.after.id}").text
    shown = [formats.yuan(span.fund_fen) for span in worked_out.spans]
    assert not [amount for amount in shown if amount not in text]


def test_only_the_month_in_which_a_law_begins_has_another_law(
    session, make_ctx, area, users, preparer
):
    """The policy of January is not yet the law of December, although it begins the day after."""
    person = add_own_carer(session)
    make.make_life_event(
        session, person, starts_on=date(2021, 12, 5), ends_before=date(2021, 12, 8)
    )  # fmt: skip
    ctx = make_ctx(role=Role.FINANCE_PREPARER, now=KNOWN_AFTER)
    calculate(ctx, month=BEFORE.plus(-1))
    december = calculate(ctx, month=BEFORE)
    assert bridge_of(read(preparer, f"/payouts/{december.id}")) == [
        ("November 2021", "¥1,500.00"),
        ("More or fewer days (1)", "−¥100.00"),
        ("December 2021", "¥1,400.00"),
    ]


def test_grades_and_prices_are_causes_of_their_own(session, make_ctx, area, users, preparer):
    area.policy_area = "wencheng"
    session.commit()
    provider = make.make_provider(session)
    make.make_agreement(session, provider, ends_before=date(2025, 1, 1))
    dearer = add_person(session, provider=provider, grade="5", concluded_on=date(2023, 1, 5))
    graded = add_person(session, provider=provider, grade="3", concluded_on=date(2023, 1, 5))
    make.make_conclusion(session, graded, grade="4", concluded_on=date(2023, 7, 31),
                         valid_before=date(2025, 8, 1))  # fmt: skip
    for month, dear_fen in ((7, 100_000), (8, 120_000)):
        day = date(2023, month, 9)
        make.make_fee(session, dearer, provider, charged_on=day, amount_fen=dear_fen)
        make.make_fee(session, graded, provider, charged_on=day, amount_fen=500_000)
    ctx = make_ctx(role=Role.FINANCE_PREPARER, now=datetime(2023, 9, 3, 2, 0, tzinfo=UTC))
    calculate(ctx, month=Month(2023, 7))
    august = calculate(ctx, month=Month(2023, 8))
    steps = dict(bridge_of(read(preparer, f"/payouts/{august.id}")))
    assert steps["Other prices and fees (1)"] == "+¥160.00"  # 80 % of 200 more
    assert steps["Other grade (1)"] == "+¥476.80"  # 80 % of the limits 2,384 and 1,788
    assert len(steps) == 4


# --- approval of what was seen -------------------------------------------------------------------


def test_a_page_seen_before_the_month_was_calculated_again_releases_nothing(
    app, session, make_ctx, months, users
):
    checker = sign_in_as(app.test_client(), users[Role.FINANCE_CHECKER])
    path, seen = f"/payouts/{months.after.id}", months.after.digest
    assert seen in read(checker, f"{path}/check")
    make.make_life_event(session, months.people["same"], starts_on=date(2022, 1, 3),
                         ends_before=date(2022, 1, 9), recorded_at=KNOWN_AFTER)  # fmt: skip
    again = calculate(make_ctx(role=Role.FINANCE_PREPARER, now=KNOWN_AFTER), month=AFTER)
    refused = send(checker, f"{path}/check", {"digest": seen})
    assert refused.status_code == 422
    assert "not possible from there" in refused.text
    why = read(checker, f"/payouts/{again.id}/people/{months.people['same'].id}")
    versions = re.search(r'id="versions".*?</section>', why).group(0)
    assert "Run 1 of January 2022" in versions
    assert "¥1,550.00 · as known on 2022-02-03" in versions
    assert "Run 1 of December 2021" in re.search(r'id="months".*?</section>', why).group(0)
    refused = send(checker, f"/payouts/{again.id}/check", {"digest": seen})
    assert refused.status_code == 422
    assert "no longer what you saw" in refused.text
    session.refresh(again)
    assert (again.status, again.checked_at) == (RunStatus.CALCULATED, None)


def test_who_calculated_cannot_check_or_approve_even_in_another_role(app, session, months, users):
    """The steps are bound to the person; a role that was changed in between opens no way round."""
    preparer = users[Role.FINANCE_PREPARER]
    path, digest = f"/payouts/{months.after.id}", {"digest": months.after.digest}
    preparer.role = Role.FINANCE_CHECKER
    session.commit()
    browser = sign_in_as(app.test_client(), preparer)
    assert send(browser, f"{path}/check", digest).status_code == 422
    checker = sign_in_as(app.test_client(), users[Role.FINANCE_CHECKER])
    assert send(checker, f"{path}/check", digest).status_code == 303
    preparer.role = Role.FINANCE_APPROVER
    session.commit()
    assert "another person has to" in read(browser, path)
    refused = send(browser, f"{path}/approve", digest)
    assert refused.status_code == 422
    assert "another person has to take this step" in refused.text
    session.refresh(months.after)
    assert months.after.status is RunStatus.CHECKED


def test_statements_can_be_issued_only_of_what_was_approved(app, session, months, users):
    approver = sign_in_as(app.test_client(), users[Role.FINANCE_APPROVER])
    checker = sign_in_as(app.test_client(), users[Role.FINANCE_CHECKER])
    run, person = months.after, months.people["same"]
    issue, digest = f"/statements/runs/{run.id}/people/{person.id}", {"digest": run.digest}
    for step in ("", "check", "approve"):
        if step:
            browser = checker if step == "check" else approver
            assert send(browser, f"/payouts/{run.id}/{step}", digest).status_code == 303
        is_offered = "Issue the statement" in read(
            approver, f"/payouts/{run.id}/people/{person.id}"
        )
        assert is_offered is (step == "approve")
        if step != "approve":
            assert send(approver, issue).status_code == 409
    assert session.scalar(sa.select(sa.func.count()).select_from(Statement)) == 0
