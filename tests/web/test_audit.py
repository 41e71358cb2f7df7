from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from ltc.rules.access import Role
from ltc.services.audit import seal_blocks
from ltc.store.audit_log import AuditBlock, AuditEvent
from tests.conftest import NOW
from tests.support.factories import make_user
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
    assert "visit.corrected" in text
    assert "60 → 11" in text
    assert "12 events wait for the first block" in text


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("record_type=visit&record_id=1", 6), ("action=corrected", 12), ("action=signed", 0),
        ("day=2019-11-14", 12), ("day=2019-11-13", 0), ("actor_id=1", 0), ("record_id=x", 12),
    ],
)  # fmt: skip
def test_events_are_filtered(page, query, rows):
    assert text_of(page, f"/audit?{query}").count(" → ") == rows


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


def test_the_auditor_reaches_the_log_from_every_page(page):
    assert 'class="ltc-nav__link" href="/audit"' in text_of(page, "/")
