import re
import time
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from ltc import clock
from ltc.rules.access import Role
from ltc.rules.payouts.runs import RunStatus
from ltc.services.payouts import check_run
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutRun
from ltc.web import background
from tests.support import factories
from tests.support.month import AFTER, MONTH, PEOPLE, approve, calculate, make_month
from tests.support.sign_in import send, sign_in_as


@pytest.fixture
def month(session, area):
    return make_month(session)


@pytest.fixture
def users(session, area):
    """A user of every role of finance, and others, at one agency."""
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER, Role.OFFICER)
    return {role: factories.make_user(session, role) for role in roles}


@pytest.fixture
def run(make_ctx, month, users):
    user = users[Role.FINANCE_PREPARER]
    return calculate(make_ctx(role=user.role, user_id=user.id, now=AFTER))


@pytest.fixture
def approved(make_ctx, month, users):
    contexts = [
        make_ctx(role=role, user_id=users[role].id, now=AFTER)
        for role in (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    ]
    return approve(*contexts)


def read(client, path):
    response = client.get(path, headers={"Accept-Language": "en"})
    assert response.status_code == 200, response.text
    return re.sub(r"\s+", " ", response.text)


def test_the_months_stand_as_a_strip(client, users, run):
    text = read(sign_in_as(client, users[Role.FINANCE_PREPARER]), "/payouts/")
    assert "Run 1 of November 2019" in text
    assert "fund pays ¥30,350.00" in text
    assert "Area: <strong>Chongqing</strong>" in text  # of which a month is calculated


def test_the_run_adds_up_to_everybody(client, users, run):
    text = read(sign_in_as(client, users[Role.FINANCE_PREPARER]), f"/payouts/{run.id}")
    assert "Paid 21 + held 2 + zero 1 = 24: everybody." in text
    assert "The fund pays ¥30,350.00 for 21 people." in text
    assert "The month ends on" not in text


def test_every_breakdown_adds_up_to_the_total(client, users, run, session):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    for breakdown in ("district", "scheme", "component", "mode", "grade", "provider"):
        text = read(client, f"/payouts/{run.id}/by/{breakdown}")
        amounts = re.findall(r'data-label="Fund pays">¥([\d,.]+)<', text)
        *parts, whole = [int(a.replace(",", "").replace(".", "")) for a in amounts]
        assert sum(parts) == whole == run.fund_fen


def test_what_is_zero_in_every_row_of_a_breakdown_has_no_column_and_is_said_once(
    client, users, run
):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    said = "Assistance and the person's share are ¥0.00 in every row and have no column."
    for path in (f"/payouts/{run.id}", f"/payouts/{run.id}/by/district"):
        text = read(client, path)
        assert text.count(said) == 1
        assert 'data-label="Person pays"' not in text


def test_a_share_of_one_fen_gives_a_breakdown_its_column(client, users, run, session):
    line = session.scalars(sa.select(PayoutLine).where(PayoutLine.run_id == run.id)).first()
    line.fund_fen, line.person_fen = line.fund_fen - 1, 1
    session.commit()
    text = read(sign_in_as(client, users[Role.FINANCE_PREPARER]), f"/payouts/{run.id}/by/scheme")
    assert "Assistance is ¥0.00 in every row and has no column." in text
    assert text.count('data-label="Person pays">¥0.01<') == 2


def test_why_says_the_amount_first(client, users, run, month):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    text = read(client, f"/payouts/{run.id}/people/{month.people[7].id}")
    answer = re.search(r'ltc-answer__text">([^<]*)<', text).group(1)
    assert answer.startswith("25 of 30 days at ¥50.00: ¥1,250.00.")
    assert "From 2019-11-10 (Sun) to 2019-11-14 (Thu) in hospital." in answer
    assert "Hospital stay" in text


def test_the_page_of_a_person_leads_to_why(client, users, run, month):
    person = month.people[7]
    text = read(sign_in_as(client, users[Role.OFFICER]), f"/insured/{person.id}")
    assert f'href="/payouts/{run.id}/people/{person.id}"' in text
    assert "¥1,250.00" in text


def test_why_says_of_an_earlier_version_that_it_was_set_aside(
    client, users, month, make_ctx, session
):
    user = users[Role.FINANCE_PREPARER]
    calculate(make_ctx(role=user.role, user_id=user.id, now=AFTER))
    person = month.people[1]
    factories.make_life_event(session, person, recorded_at=AFTER + timedelta(hours=1))
    again = make_ctx(role=user.role, user_id=user.id, now=AFTER + timedelta(hours=2))
    path = f"/payouts/{calculate(again).id}/people/{person.id}"
    text = read(sign_in_as(client, user), path)
    assert re.search(r"Run 1 of November 2019</a> · [^<]* · <strong>set aside</strong>", text)
    assert text.count("set aside") == 1
    old = session.scalar(sa.select(PayoutRun).where(PayoutRun.sequence == 1))
    assert "calculates the month again" not in read(client, f"/payouts/{old.id}")


def test_why_tells_what_is_held_and_who_clears_it(client, users, run, month):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    text = read(client, f"/payouts/{run.id}/people/{month.people[3].id}")
    assert "Held: No bank account" in text
    assert "Record the account." in text


def test_every_person_of_the_run_has_a_page_in_both_languages(client, users, run, month):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    for person in month.people:
        for language in ("en", "zh-CN"):
            response = client.get(
                f"/payouts/{run.id}/people/{person.id}", headers={"Accept-Language": language}
            )
            assert response.status_code == 200


def test_lines_and_holds_are_listed_and_exported(client, users, run, session):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    assert read(client, f"/payouts/{run.id}/lines").count("/people/") == 21
    assert "Care plan not confirmed" in read(client, f"/payouts/{run.id}/holds?owner=officer")
    lines = client.get(f"/payouts/{run.id}/lines.csv").text
    assert len(lines.splitlines()) == 1 + session.scalar(
        sa.select(sa.func.count()).select_from(PayoutLine)
    )
    holds = client.get(f"/payouts/{run.id}/holds.csv").text
    assert len(holds.splitlines()) == 1 + session.scalar(
        sa.select(sa.func.count()).select_from(PayoutHold)
    )
    for kind in ("lines", "holds"):
        assert client.get(f"/payouts/{run.id}/{kind}.xlsx").data.startswith(b"PK")
        assert client.get(f"/payouts/{run.id}/{kind}.exe").status_code == 404


def test_checker_and_approver_release_the_run_on_the_pages(client, app, users, run, session):
    sign_in_as(client, users[Role.FINANCE_CHECKER])
    path = f"/payouts/{run.id}"
    assert run.digest[:12] in read(client, f"{path}/check")
    assert send(client, f"{path}/check", {"digest": run.digest}).status_code == 303
    approver = sign_in_as(app.test_client(), users[Role.FINANCE_APPROVER])
    assert "Approve ¥30,350.00" in read(approver, f"{path}/approve")
    assert send(approver, f"{path}/approve", {"digest": "0" * 64}).status_code == 422
    assert send(approver, f"{path}/approve", {"digest": run.digest}).status_code == 303
    session.refresh(run)
    assert run.status is RunStatus.APPROVED
    again = read(approver, f"{path}/approve")
    assert "The run stands at “Approved”: this step is not the next one." in again
    assert "Approve ¥" not in again


def test_a_month_that_goes_on_is_named_before_it_is_released(client, make_ctx, month, users):
    user = users[Role.FINANCE_PREPARER]
    within = datetime(2019, 11, 30, 15, 59, tzinfo=UTC)  # the last minute of the month in Shanghai
    early = calculate(make_ctx(role=user.role, user_id=user.id, now=within))
    checker = sign_in_as(client, users[Role.FINANCE_CHECKER])
    for path in (f"/payouts/{early.id}", f"/payouts/{early.id}/check"):
        assert "The month ends on 2019-11-30 (Sat)" in read(checker, path)


def test_a_month_that_was_not_over_is_not_offered_for_approval(client, make_ctx, month, users):
    prepares, checks, approves, _officer = users.values()
    within = datetime(2019, 11, 30, 15, 59, tzinfo=UTC)
    early = calculate(make_ctx(role=prepares.role, user_id=prepares.id, now=within))
    check_run(
        make_ctx(role=checks.role, user_id=checks.id, now=AFTER),
        run_id=early.id, digest=early.digest or "",
    )  # fmt: skip
    text = read(sign_in_as(client, approves), f"/payouts/{early.id}")
    assert (
        "The month was not over when it was calculated. Calculate it again, then approve." in text
    )
    assert f'href="/payouts/{early.id}/approve"' not in text
    assert "<strong>Finance, preparing</strong> calculates the month again" in text


def test_a_run_is_sent_back_with_a_reason(client, users, run, session):
    sign_in_as(client, users[Role.FINANCE_CHECKER])
    assert send(client, f"/payouts/{run.id}/send-back", {"remark": ""}).status_code == 422
    sent = send(client, f"/payouts/{run.id}/send-back", {"remark": "Stays are missing."})
    assert sent.status_code == 303
    assert "Stays are missing." in read(client, f"/payouts/{run.id}")


def test_the_preparer_can_neither_check_nor_approve(client, users, run):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    for step in ("check", "approve", "send-back"):
        assert client.get(f"/payouts/{run.id}/{step}").status_code == 403


# --- who sees what -------------------------------------------------------------------------------


def manager_of(session, provider):
    return factories.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)


def test_a_provider_sees_nothing_before_approval(client, session, run, month):
    sign_in_as(client, manager_of(session, month.providers[0]))
    for path in ("", "/lines", f"/people/{month.people[0].id}", "/lines.csv"):
        assert client.get(f"/payouts/{run.id}{path}").status_code == 404


def test_a_provider_sees_only_its_own_lines(client, session, approved, month):
    mine = sum(
        session.scalars(
            sa.select(PayoutLine.fund_fen).where(PayoutLine.provider_id == month.providers[0].id)
        )
    )
    sign_in_as(client, manager_of(session, month.providers[0]))
    text = read(client, f"/payouts/{approved.id}")
    assert f"¥{mine // 100:,}.00" in text
    assert "¥30,350.00" not in text
    assert month.providers[1].name not in text
    assert client.get(f"/payouts/{approved.id}/people/{month.people[0].id}").status_code == 200
    assert client.get(f"/payouts/{approved.id}/people/{month.people[1].id}").status_code == 404


def test_an_officer_of_a_district_sees_its_totals_only(client, session, run, month):
    district = month.people[0].district_id
    mine = sum(
        session.scalars(sa.select(PayoutLine.fund_fen).where(PayoutLine.district_id == district))
    )
    user = factories.make_user(session, Role.OFFICER, district_id=district)
    text = read(sign_in_as(client, user), f"/payouts/{run.id}")
    assert f"The fund pays ¥{mine // 100:,}.00" in text
    assert "¥30,350.00" not in text
    assert client.get(f"/payouts/{run.id}/people/{month.people[1].id}").status_code == 404


# --- started from the page -----------------------------------------------------------------------


@pytest.mark.slow
def test_a_month_started_on_the_page_is_calculated_by_a_process_of_its_own(
    client, session, users, month, monkeypatch, environ
):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    started = send(client, "/payouts/start", {"month": str(MONTH)})
    assert started.status_code == 303, started.text
    deadline = clock.now().timestamp() + 60
    while not (page := client.get(f"{started.location}/progress")).headers.get("HX-Redirect"):
        assert clock.now().timestamp() < deadline, page.text
        time.sleep(0.3)
    assert background._started[-1].wait(timeout=30) == 0
    run = session.scalar(sa.select(PayoutRun))
    assert (run.status, run.people) == (RunStatus.CALCULATED, PEOPLE)
    assert run.calculated_by_id == users[Role.FINANCE_PREPARER].id
    assert f"/payouts/{run.id}" in read(client, started.location)


def test_a_month_that_has_not_begun_is_refused_at_its_field(client, users, month):
    sign_in_as(client, users[Role.FINANCE_PREPARER])
    for wrong in ("2999-01", "November"):
        assert send(client, "/payouts/start", {"month": wrong}).status_code == 422


def test_a_run_names_who_must_act_and_by_when(client, users, run):
    browser = sign_in_as(client, users[Role.FINANCE_PREPARER])
    for page in ("/payouts/", f"/payouts/{run.id}"):
        text = read(browser, page)
        assert "<strong>Finance, checking</strong> checks the run" in text
        assert "2019-12-31 (Tue)" in text


def test_why_lists_no_hospital_stay_of_other_months(client, session, make_ctx, month, users):
    person = month.people[0]
    for first in (date(2019, 9, 2), date(2019, 11, 5)):
        factories.make_life_event(
            session, person, starts_on=first, ends_before=first + timedelta(days=3)
        )
    run = calculate(make_ctx(role=Role.FINANCE_PREPARER, now=AFTER))
    browser = sign_in_as(client, users[Role.FINANCE_PREPARER])
    text = read(browser, f"/payouts/{run.id}/people/{person.id}")
    assert "2019-11-05 (Tue) – 2019-11-07 (Thu)" in text
    assert "2019-09-02" not in text


def test_a_calculation_that_has_not_counted_yet_says_that_it_prepares(client, session, users):
    job = JobRun(
        area_id=1, id=77, kind="calculate", job_key="k", inputs={"month": "2019-12"}, status=JobStatus.RUNNING,
        started_at=clock.now(), heartbeat_at=clock.now(), progress_done=0, progress_total=0,
    )  # fmt: skip
    session.add(job)
    session.commit()
    text = read(sign_in_as(client, users[Role.FINANCE_PREPARER]), f"/payouts/jobs/{job.id}")
    assert "Preparing: how much there is to do is not counted yet" in text
    assert "Calculating December 2019" in text
    assert "0 of 0" not in text


def test_a_calculation_that_was_stopped_says_how_far_it_came_and_goes_on_there(
    client, session, users
):
    job = JobRun(
        area_id=1, id=78, kind="calculate", job_key="k", status=JobStatus.CANCELLED,
        inputs={"month": "2019-11", "known_at": "2019-11-30T15:59:59.999999+00:00"},
        started_at=clock.now(), heartbeat_at=clock.now(), progress_done=130, progress_total=923,
    )  # fmt: skip
    session.add(job)
    session.commit()
    text = read(sign_in_as(client, users[Role.FINANCE_PREPARER]), f"/payouts/jobs/{job.id}")
    assert "130 of 923" in text
    assert 'name="month" value="2019-11"' in text
    assert 'name="known_on" value="2019-11-30"' in text
    assert "Go on where it stopped" in text
    assert "Go on where" not in read(
        sign_in_as(client, users[Role.FINANCE_CHECKER]), f"/payouts/jobs/{job.id}"
    )
