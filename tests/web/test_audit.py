from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from ltc.jobs.running import run_task
from ltc.rules.access import Role
from ltc.rules.exports import Listed
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.rules.statements import StatementKind
from ltc.services import jobs
from ltc.services.audit import seal_blocks
from ltc.services.exports import MadeFile, record_list
from ltc.store.audit_log import AuditBlock, AuditEvent
from ltc.store.base import new_id
from ltc.store.payouts import PayoutRun
from ltc.store.statements import Statement
from tests.conftest import NOW
from tests.support.factories import (
    make_carer,
    make_district,
    make_person,
    make_plan,
    make_provider,
    make_user,
)
from tests.support.sign_in import sign_in_as


@pytest.fixture
def page(client, session, make_ctx):
    """An auditor's browser, beside twelve events of two records."""
    auditor = make_user(session, Role.AUDITOR)
    officer = make_user(session, organisation_id=auditor.organisation_id, name="陈晨")
    for number in range(12):
        ctx = make_ctx(role=Role.OFFICER, user_id=officer.id)
        with ctx.transaction():
            ctx.record("visit.corrected", "visit", number % 2, {"minutes": [60, number]})
    with time_machine.travel(NOW, tick=False):
        client.get("/language/en")
        yield sign_in_as(client, auditor)


def text_of(page, path):
    answer = page.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_events_tell_who_did_what_before_and_after(page):
    text = text_of(page, "/audit")
    assert "陈晨" in text
    assert "Visit corrected" in text
    assert "Minutes: 1 h → 11 min" in text
    assert "12 events wait for the first block" in text


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("record_type=visit&record_id=1", 6), ("action=visit.corrected", 12), ("who=陈", 12),
        ("action=user.signed_in", 0), ("from=2019-11-14&until=2019-11-14", 12), ("who=王", 0),
        ("until=2019-11-13", 0), ("from=2019-11-15", 0), ("record_id=x", 12), ("about=nothing", 0),
    ],
)  # fmt: skip
def test_events_are_filtered(page, query, rows):
    assert text_of(page, f"/audit?{query}").count(" → ") == rows


def make_run(session):
    run = PayoutRun(
        area_id=1, id=new_id(), month="2019-11", kind=RunKind.REGULAR, sequence=1, known_at=NOW,
        status=RunStatus.CALCULATING, policy_digest="", facts_digest="", started_at=NOW,
    )  # fmt: skip
    session.add(run)
    session.commit()
    return run


@pytest.fixture
def about(page, session, make_ctx, area):
    """Events about a person with a plan, a provider, and a run, by an officer."""
    provider = make_provider(session)
    person = make_person(session)
    plan = make_plan(session, person, provider)
    run = make_run(session)
    ctx = make_ctx(role=Role.OFFICER)
    with ctx.transaction():
        ctx.record(
            "person.registered",
            "insured_person",
            person.id,
            {"scheme": [None, "employee"], "starts_on": [None, "2019-11-01"], "community": None},
        )
        ctx.record(
            "plan.ended",
            "plan",
            plan.id,
            {"person_id": person.id, "ends_before": [None, "2019-12-01"]},
        )
        ctx.record(
            "payout_run.checked",
            "payout_run",
            run.id,
            {"status": ["calculated", "checked"], "fund_fen": [None, 130000]},
        )
        ctx.record("provider.corrected", "provider", provider.id, {"kind": ["residential", "home"]})
        ctx.record("visit.vanished", "ghost", 7, {"wonder": [None, True]})
    return person, plan, provider, run


def test_events_are_told_in_words_with_links_to_their_records(page, about):
    person, plan, _provider, run = about
    text = text_of(page, "/audit")
    for said in ("Person registered", "Scheme: Employees", "First day: 2019-11-01 (Fri)",
                 "Status: Calculated → Checked", "Fund pays: ¥1,300.00", f"Person: {person.case_number}",
                 "visit.vanished", "wonder: yes"):  # fmt: skip
        assert said in text
    for path in (f"/insured/{person.id}", f"/plans/{plan.id}", f"/payouts/{run.id}"):
        assert f'href="{path}"' in text
    assert "Community" not in text


def test_events_are_found_by_case_number_provider_code_and_month(page, about):
    person, _plan, provider, _run = about
    for query, found, other in (
        (person.case_number, {"Person registered", "Care plan ended"}, "Payout run checked"),
        (provider.code, {"Provider corrected"}, "Person registered"),
        ("2019-11", {"Payout run checked"}, "Person registered"),
    ):
        rows = text_of(page, f"/audit?about={query}").split("<tbody")[1]
        assert all(words in rows for words in found)
        assert other not in rows


def test_what_one_person_did_is_found_whoever_else_has_the_name(page, session, make_ctx):
    namesake = make_user(session, Role.OFFICER, name="陈晨")
    ctx = make_ctx(role=Role.OFFICER, user_id=namesake.id)
    with ctx.transaction():
        ctx.record("visit.refused", "visit", 9)
    assert "Visit corrected</td>" in text_of(page, "/audit?who=陈晨")
    text = text_of(page, f"/audit?actor={namesake.id}")
    assert "Only what 陈晨 did is shown." in text
    assert "Visit refused</td>" in text
    assert "Visit corrected</td>" not in text
    assert f'name="actor" value="{namesake.id}"' in text, "the filter keeps it"


def test_it_is_said_which_record_the_list_is_narrowed_to(page):
    text = text_of(page, "/audit?record_type=visit&record_id=1")
    assert "Only the events of one record are shown: Visit, number 1." in text
    assert "about no single record" in text_of(page, "/audit?record_type=visit&record_id=0")


def test_what_was_taken_away_is_told_in_words(page, session, about, make_ctx):
    district = make_district(session)
    filters = {
        "status": "accepted",
        "state": "withdrawn",
        "district": str(district.id),
        "from": "2019-11-01",
        "q": "王",
    }
    made = MadeFile("csv", 12345, "b" * 64)
    record_list(
        make_ctx(role=Role.OFFICER), listed=Listed.PEOPLE, of=None, filters=filters, made=made
    )
    text = text_of(page, "/audit?action=list.exported&record_type=insured_person")
    for said in ("List: People", "Rows: 12,345", f"District: {district.name_en}", "all of this kind", "Status: withdrawn",
                 "From day: 2019-11-01 (Fri)", "Search: ", "Digest of the file (SHA-256): bbbbbbbbbbbb…"):  # fmt: skip
        assert said in text
    assert "王<" not in text
    assert "Lists, sheets and statements taken away" in text_of(page, "/")


def test_a_persons_history_has_the_statements_that_were_handed_out(page, session, about, make_ctx):
    person, _plan, _provider, run = about
    statement = Statement(
        area_id=1, id=new_id(), number="JS1", run_id=run.id, kind=StatementKind.PERSON,
        subject_id=person.id, content_digest="", issued_at=NOW,
    )  # fmt: skip
    session.add(statement)
    session.commit()
    ctx = make_ctx(role=Role.OFFICER)
    with ctx.transaction():
        ctx.record("statement.handed_out", "statement", statement.id, {"file": [None, "c" * 64]})
    text = text_of(page, f"/audit?about={person.case_number}")
    assert "Statement handed out" in text
    assert "JS1" in text


@pytest.mark.parametrize(("path", "about_whom"), [("insured", 0), ("providers", 2)])
def test_the_page_of_a_person_and_of_a_provider_leads_to_the_history(page, about, path, about_whom):
    record = about[about_whom]
    called = record.case_number if path == "insured" else record.code
    assert f'href="/audit?about={called}"' in text_of(page, f"/{path}/{record.id}")


def test_numbers_of_records_are_told_as_people_know_them(page, session, about, make_ctx):
    _person, _plan, provider, _run = about
    carer, district = make_carer(session, provider), make_district(session)
    ctx = make_ctx(role=Role.OFFICER)
    with ctx.transaction():
        ctx.record("visit.logged", "visit", 3,
                   {"carer_id": [None, carer.id], "district_id": [None, district.id]})  # fmt: skip
    text = text_of(page, "/audit?action=visit.logged")
    assert f"Carer: {carer.name}" in text
    assert f"District: {district.name_en}" in text


def test_events_of_a_filter_are_exported(page, about):
    lines = text_of(page, "/audit/events.csv?action=plan.ended").splitlines()
    assert len(lines) == 2
    assert "Care plan ended,plan.ended,Care plan,plan," in lines[1]


def test_a_record_that_is_gone_or_of_others_has_no_link(page):
    assert 'href="/visits/1"' not in text_of(page, "/audit")


def test_a_whole_chain_is_said_with_its_digest(page, make_ctx):
    seal_blocks(make_ctx(), settle_seconds=0)
    text = text_of(page, "/audit/verify")
    assert "The chain is whole." in text
    assert "Keep this line outside" in text


def test_a_kept_digest_is_looked_for_in_the_chain(page, make_ctx, session):
    seal_blocks(make_ctx(), settle_seconds=0)
    digest = session.scalar(sa.select(AuditBlock.digest))
    assert "holds the kept digest" in text_of(page, f"/audit/verify?head={digest}")
    assert "from block 2 on it is missing" in text_of(page, f"/audit/verify?head={'0' * 64}")
    refused = text_of(page, "/audit/verify?head=abc")
    assert "“abc” is no head of a chain" in refused
    assert "The chain is whole." in refused


def check_tonight(house, ctx, day):
    """Do the nightly check of a day."""
    on = date(2019, 11, day)
    job_id = jobs.plan(ctx, kind="audit_check", schedule_key=f"audit_check:{on}", on=on)
    return run_task(house, job_id, lambda: NOW + timedelta(hours=day))


def test_of_a_long_chain_the_last_check_is_told(page, make_ctx, session, house, monkeypatch):
    monkeypatch.setattr("ltc.web.audit.BLOCKS_ON_A_PAGE", 0)
    seal_blocks(make_ctx(), settle_seconds=0)
    digest = session.scalar(sa.select(AuditBlock.digest))
    assert "The chain was not checked yet." in text_of(page, "/audit/verify")
    check_tonight(house, make_ctx(), 1)
    assert "The chain was whole when it was last checked" in text_of(page, "/audit/verify")
    assert "The kept digest is in the chain." in text_of(page, f"/audit/verify?head={digest}")
    assert "is not in the chain: its end" in text_of(page, f"/audit/verify?head={'0' * 64}")
    session.execute(sa.update(AuditEvent).where(AuditEvent.position == 3).values(record_id=9))
    session.commit()
    check_tonight(house, make_ctx(), 2)
    assert "did not find the chain whole" in text_of(page, "/audit/verify")


def test_events_that_wait_too_long_for_a_block_are_said(page):
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        assert "12 events wait for a block since" in text_of(page, "/audit/verify")


def test_a_broken_chain_names_the_event(page, make_ctx, session):
    seal_blocks(make_ctx(), settle_seconds=0)
    event = session.scalar(sa.select(AuditEvent.id).where(AuditEvent.position == 3))
    session.execute(sa.update(AuditEvent).where(AuditEvent.id == event).values(record_id=9))
    session.commit()
    text = text_of(page, "/audit/verify")
    assert f"Event {event} at position 3 of block 1 was changed." in text


def test_a_spoilt_chain_is_named_and_gives_no_line_to_keep(page, make_ctx, session):
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL refuses what is not of a column's type")
    seal_blocks(make_ctx(), settle_seconds=0)
    session.execute(sa.text("UPDATE audit_blocks SET sealed_at = '2019-13-14 00:00:00.000000'"))
    session.commit()
    text = text_of(page, "/audit/verify")
    assert "Block 1 was changed." in text
    assert "Line to keep" not in text


def test_the_auditor_reaches_the_log_from_every_page(page):
    assert 'class="ltc-nav__link" href="/audit"' in text_of(page, "/")


def test_at_a_page_without_a_user_somebody_was_not_signed_in(page, make_ctx):
    ctx = make_ctx(role=Role.MACHINE)
    ctx.actor = replace(ctx.actor, user_id=None, door="page")
    with ctx.transaction():
        ctx.record("sign_in.refused", "sign_in", 0, {"name_digest": [None, "a" * 64]})
    text = text_of(page, "/audit?action=sign_in.refused")
    assert "Nobody signed in" in text
    assert "Digest of the name: aaaaaaaaaaaa…" in text
