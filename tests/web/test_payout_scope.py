"""Whoever sees a part of a month sees the part's sums, never the area's nor another's."""

import re

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.services import statement_sheets, statements
from ltc.services.payout_sums import add_up
from ltc.services.statement_press import Press
from ltc.services.statement_printers import Inline
from ltc.store.payout_questions import BREAKDOWNS
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult
from ltc.store.pdf import Printed
from tests.support import factories
from tests.support.month import AFTER, approve, make_month
from tests.support.sign_in import sign_in_as

ROLES = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
STEPS = ("check", "approve", "send-back")


@pytest.fixture
def month(session, area):
    return make_month(session)


@pytest.fixture
def contexts(session, area, make_ctx):
    users = [factories.make_user(session, role) for role in ROLES]
    return [make_ctx(role=user.role, user_id=user.id, now=AFTER) for user in users]


@pytest.fixture
def run(contexts, month):
    found = approve(*contexts)
    add_up(contexts[0])  # the area's sums are stored: whoever sees a part must not be shown them
    return found


def parts_of(session, column, run):
    """The fund's part of each district or provider in fen, and that of the area."""
    query = (
        sa.select(column, sa.func.sum(PayoutLine.fund_fen))
        .where(PayoutLine.run_id == run.id, column.is_not(None))
        .group_by(column)
    )
    return {key: int(fen) for key, fen in session.execute(query)}


def yuan(fen):
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def addresses(run):
    path = f"/payouts/{run.id}"
    return [
        "/", "/payouts/", path, *[f"{path}/by/{breakdown}" for breakdown in BREAKDOWNS],
        f"{path}/lines", f"{path}/holds", f"{path}/lines.csv", f"{path}/holds.csv",
        "/statements/", f"/statements/runs/{run.id}",
    ]  # fmt: skip


def read_all(client, run):
    pages = {}
    for address in addresses(run):
        answer = client.get(address)
        assert answer.status_code == 200, address
        pages[address] = re.sub(r"\s+", " ", answer.text)
    return pages


def check_pages(pages, run, mine, foreign_fen, foreign_people):
    """Sums are the part's; nobody else's sum, case number or name stands anywhere."""
    for address in ("/payouts/", f"/payouts/{run.id}"):
        assert yuan(mine) in pages[address], address
    for breakdown in BREAKDOWNS:
        text = pages[f"/payouts/{run.id}/by/{breakdown}"]
        amounts = re.findall(r'data-label="Fund pays">¥([\d,.]+)<', text)
        *parts, whole = [int(re.sub(r"\D", "", amount)) for amount in amounts]
        assert sum(parts) == whole == mine, breakdown
    rows = pages[f"/payouts/{run.id}/lines.csv"]
    assert not [person.case_number for person in foreign_people if person.case_number in rows]
    for address, text in pages.items():
        for fen in (run.fund_fen, *foreign_fen):
            assert yuan(fen) not in text, (address, fen)
        assert not [p.case_number for p in foreign_people if p.case_number in text], address


@pytest.mark.parametrize("role", [Role.OFFICER, Role.FINANCE_PREPARER, Role.AUDITOR])
def test_who_is_bound_to_a_district_sees_its_sums_only(client, session, run, month, role):
    sums = parts_of(session, PayoutLine.district_id, run)
    assert len(sums) == 2
    district = month.people[0].district_id
    others = [fen for key, fen in sums.items() if key != district]
    user = factories.make_user(session, role, district_id=district)
    pages = read_all(sign_in_as(client, user), run)
    foreign = [person for person in month.people if person.district_id != district]
    check_pages(pages, run, sums[district], others, foreign)
    people = count(session, PayoutResult, PayoutResult.district_id == district)
    assert f"= {people}: everybody." in pages[f"/payouts/{run.id}"]


def test_a_provider_sees_its_own_sums_only(client, session, run, month):
    sums = parts_of(session, PayoutLine.provider_id, run)
    assert len(sums) == 2
    own = month.providers[0].id
    others = [fen for key, fen in sums.items() if key != own]
    user = factories.make_user(session, Role.PROVIDER_MANAGER, organisation_id=own)
    pages = read_all(sign_in_as(client, user), run)
    mine = set(session.scalars(sa.select(PayoutLine.person_id).where(
        PayoutLine.run_id == run.id, PayoutLine.provider_id == own)))  # fmt: skip
    check_pages(pages, run, sums[own], others, [p for p in month.people if p.id not in mine])
    assert "everybody" not in pages[f"/payouts/{run.id}"]
    assert "What is held" not in pages[f"/payouts/{run.id}"]
    assert len(pages[f"/payouts/{run.id}/holds.csv"].split(",")) == 6  # its header alone


def test_holds_are_counted_in_the_district_only(client, session, run, month):
    numbers = {}
    for district in {person.district_id for person in month.people}:
        user = factories.make_user(session, Role.OFFICER, district_id=district)
        text = sign_in_as(client, user).get(f"/payouts/{run.id}/holds.csv").text
        numbers[district] = len(text.splitlines()) - 1
    # Everybody who is held lives in one of the two.
    assert sorted(numbers.values()) == [0, count(session, PayoutHold)]
    assert count(session, PayoutHold) > 0


def test_who_is_bound_to_a_district_takes_no_step_of_the_area(client, session, run, month):
    district = month.people[0].district_id
    for role in ROLES:
        sign_in_as(client, factories.make_user(session, role, district_id=district))
        for step in STEPS:
            assert client.get(f"/payouts/{run.id}/{step}").status_code == 403
        assert "Calculate a month" not in client.get("/payouts/").text
        assert "Issue all" not in client.get(f"/statements/runs/{run.id}").text


def test_the_station_of_statements_tells_how_far_ones_own_are(
    client, session, run, month, contexts, monkeypatch, given_settings
):
    monkeypatch.setattr(statement_sheets, "print_page", lambda html: Printed(html.encode(), 1))
    auditor = sign_in_as(client, factories.make_user(session, Role.AUDITOR))
    assert station(auditor) == "current"  # somebody has to issue them
    documents = given_settings.documents
    statements.issue(
        contexts[2], run_id=run.id, kind=statements.StatementKind.PERSON,
        subject_id=month.people[0].id, press=Press(documents),
    )  # fmt: skip
    assert station(auditor) == "current"
    manager = factories.make_user(
        session, Role.PROVIDER_MANAGER, organisation_id=month.providers[1].id
    )
    assert station(sign_in_as(client, manager)) == "current"
    statements.issue_run(
        contexts[2], run_id=run.id, press=Press(documents), printers=Inline(session.get_bind()),
        clock=lambda: AFTER,
    )  # fmt: skip
    assert station(client) == "done"


def station(client):
    """The state of the station of statements on the list of months."""
    found = re.search(
        r"ltc-pipeline__step--(\w+)\"(?:(?!ltc-pipeline__step--).)*?label\">Statements<",
        client.get("/payouts/").text, re.DOTALL,
    )  # fmt: skip
    return found.group(1)


def test_the_next_month_is_offered(client, session, area, contexts):
    preparer = sign_in_as(client, factories.make_user(session, Role.FINANCE_PREPARER))
    assert 'value="2019-12"' not in preparer.get("/payouts/").text
    make_month(session)
    approve(*contexts)
    assert 'value="2019-12"' in preparer.get("/payouts/").text


def count(session, table, *where):
    return session.scalar(sa.select(sa.func.count()).select_from(table).where(*where))
