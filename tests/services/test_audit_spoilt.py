"""What was changed by hand is named by verification, and stops nobody from going on."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ltc.rules.audit import Break, Fault
from ltc.services.audit import seal_blocks, verify
from ltc.services.statement_inputs import decide_inputs
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_log import AuditBlock, AuditEvent, find_block, find_head, find_last_number
from ltc.store.payouts import PayoutRun
from tests.conftest import NOW
from tests.support.spoilt_rows import SPOILT, STRANGE_INSTANTS, change, spoil, spoil_instant

EVENTS = AuditEvent.metadata.tables["audit_events"]
BLOCKS = AuditBlock.metadata.tables["audit_blocks"]
LATER = NOW + timedelta(minutes=1)


def write(ctx, count):
    for number in range(count):
        with ctx.transaction():
            ctx.record("test.done", "test", number)


def look(session):
    session.rollback()
    session.expire_all()
    return verify(session, 1)


@pytest.fixture
def chain(make_ctx, session):
    """Two blocks of one event each, and two events that wait."""
    for minute in (0, 1):
        write(make_ctx(now=NOW + timedelta(minutes=minute)), 1)
        seal_blocks(make_ctx(now=NOW + timedelta(minutes=minute)), settle_seconds=0)
    write(make_ctx(now=LATER), 2)


def seal_rest(make_ctx):
    """Seal again and again, as the sealer does; return how many blocks came of it."""
    return sum(seal_blocks(make_ctx(now=LATER + timedelta(minutes=m))) for m in (1, 2))


def waiting(session):
    query = sa.select(EVENTS.c.id).where(EVENTS.c.block_number.is_(None)).order_by(EVENTS.c.id)
    return list(session.scalars(query))


@pytest.mark.parametrize("column", [c.name for c in BLOCKS.columns if c.name != "area_id"])
@pytest.mark.parametrize("value", [SPOILT[0], SPOILT[2], SPOILT[-1]])
def test_sealing_goes_on_after_a_newest_block_that_was_spoilt(
    chain, make_ctx, session, column, value
):
    spoil(session, "audit_blocks", column, value, number=2)
    assert seal_rest(make_ctx) == 1
    fault = Fault.MISSING if column == "number" else Fault.CHANGED
    assert look(session).broken == Break(fault, 2)
    assert waiting(session) == []


@pytest.mark.parametrize("instant", STRANGE_INSTANTS)
def test_sealing_goes_on_after_an_instant_outside_of_the_calendar(
    chain, make_ctx, session, instant
):
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("only PostgreSQL knows such instants")
    change(session, sa.text(f"UPDATE audit_blocks SET sealed_at = '{instant}' WHERE number = 2"))
    assert seal_rest(make_ctx) == 1
    assert look(session).broken == Break(Fault.CHANGED, 2)


def test_sealing_goes_on_after_a_newest_block_that_was_taken_away(chain, make_ctx, session):
    change(session, BLOCKS.delete().where(BLOCKS.c.number == 2))
    assert seal_rest(make_ctx) == 1
    assert look(session).broken == Break(Fault.MISSING, 2)
    assert find_last_number(session, 1) == 3


@pytest.mark.parametrize("column", ["id", "at", "changes", "digest"])
def test_sealing_goes_on_past_a_waiting_event_that_was_spoilt(chain, make_ctx, session, column):
    first, second = waiting(session)
    spoil(session, "audit_events", column, "-", id=first)
    assert seal_rest(make_ctx) == 1
    assert second not in waiting(session)
    assert look(session).broken.fault is Fault.CHANGED


def test_a_spoilt_head_is_found_with_what_can_be_read(chain, session):
    digest = session.scalar(sa.select(BLOCKS.c.digest).where(BLOCKS.c.number == 2))
    spoil_instant(session, "audit_blocks", "sealed_at", number=2)
    head = find_head(session, 1)
    assert (head.number, head.digest, head.sealed_at) == (2, digest, UNREADABLE)
    assert find_block(session, 1, digest[:16]) == 2


@pytest.mark.parametrize(("column", "has_head"), [("sealed_at", True), ("digest", False)])
def test_statements_bear_the_head_as_long_as_its_digest_can_be_read(
    chain, make_ctx, session, column, has_head
):
    seal_rest(make_ctx)  # a block that is sealed on the way would be a whole head again
    spoil(session, "audit_blocks", column, SPOILT[0], number=3)
    inputs = decide_inputs(make_ctx(), PayoutRun(id=7, month="2019-11"))
    assert ("chain_digest" in inputs) == has_head
