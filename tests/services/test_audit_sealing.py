"""Who waits for whom while the audit log is sealed: writers never, and two sealers seal once."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ltc.rules.access import Actor, Role
from ltc.services import audit as sealing
from ltc.services.audit import SealedElsewhere, seal_blocks, verify
from ltc.services.context import Context
from ltc.store.audit_log import EVENTS
from ltc.store.base import new_id
from tests.conftest import NOW

LATER = NOW + timedelta(minutes=1)


def write(ctx, count=1):
    for number in range(count):
        with ctx.transaction():
            ctx.record("test.done", "test", number)


def look(session):
    session.rollback()
    session.expire_all()
    return verify(session, 1)


def test_writers_do_not_wait_for_each_other(house, area, databases):
    """Two open transactions of one area, each with its event: on PostgreSQL both go through."""
    if house.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, with or without an audit log")
    done = threading.Event()

    def other():
        with house.session_maker() as session:
            write(Context(session, machine(), NOW, house.policies))
        done.set()

    with house.session_maker() as session:
        ctx = Context(session, machine(), NOW, house.policies)
        with ctx.transaction():
            ctx.record("test.done", "test", 1)
            session.flush()
            ctx.session.execute(sa.insert(EVENTS), ctx._events)
            ctx._events = [{**ctx._events[0], "id": new_id()}]
            thread = threading.Thread(target=other)
            thread.start()
            assert done.wait(10), "the second writer waits for the first"
        thread.join()


def machine():
    return Actor(None, "machine", Role.MACHINE, 1)


def test_sealing_does_not_wait_for_a_writer_who_is_not_done(house, area, make_ctx):
    if house.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, with or without an audit log")
    write(make_ctx(), 3)
    with house.session_maker() as session:
        ctx = Context(session, machine(), LATER, house.policies)
        with ctx.transaction():
            ctx.record("test.done", "test", 1)
            session.execute(sa.insert(EVENTS), ctx._events)
            ctx._events = [{**ctx._events[0], "id": new_id()}]
            with house.session_maker() as second:
                hurry(second)
                assert seal_blocks(Context(second, machine(), LATER, house.policies)) == 1
                assert verify(second, 1).events == 3


def hurry(session):
    """Let a session give up soon where it waits for somebody's lock."""
    wait = {"postgresql": "SET lock_timeout = '2s'", "sqlite": "PRAGMA busy_timeout = 2000"}
    session.execute(sa.text(wait[session.get_bind().dialect.name]))


@pytest.fixture
def write_meanwhile(house, area, make_ctx, monkeypatch):
    """Have another writer write an event right after the sealer's first call of a function."""

    def write_after(name):
        called, left = getattr(sealing, name), [1]

        def call(*given):
            answer = called(*given)
            if left:
                left.pop()
                with house.session_maker() as session:
                    hurry(session)
                    write(Context(session, machine(), LATER, house.policies))
            return answer

        monkeypatch.setattr(sealing, name, call)

    write(make_ctx(), 3)
    return write_after


@pytest.mark.parametrize(
    "name", ["find_head", "load_waiting_digests", "link_digest", "block_digest"]
)
def test_a_writer_does_not_wait_while_a_block_is_read_and_digested(
    write_meanwhile, make_ctx, session, name
):
    write_meanwhile(name)
    assert seal_blocks(make_ctx(now=LATER)) == 1
    state = look(session)
    assert (state.broken, state.events, state.waiting) == (None, 3, 1)


def test_a_writer_does_not_wait_while_a_block_is_written(write_meanwhile, make_ctx, session):
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: the next test says for how long")
    write_meanwhile("append_block")
    assert seal_blocks(make_ctx(now=LATER)) == 1
    state = look(session)
    assert (state.broken, state.events, state.waiting) == (None, 3, 1)


@pytest.mark.parametrize("count", [1, 1_000])
def test_a_block_is_locked_for_two_statements_however_many_events(ctx, make_ctx, house, count):
    """So long SQLite's other writers wait; on PostgreSQL nobody does."""
    with ctx.transaction():
        for number in range(count):
            ctx.record("test.done", "test", number)
    steps = []
    with listening(house.engine, steps):
        seal_blocks(make_ctx(now=LATER))
    begun = len(steps) - 1 - steps[::-1].index("begin", steps[::-1].index("INSERT"))
    ended = steps.index("commit", begun)
    assert steps[begun + 1 : ended] == ["INSERT", "UPDATE"]


@contextmanager
def listening(engine, steps):
    """Note into ``steps`` where transactions begin and end, and what is sent in them."""

    def note(_connection, _cursor, statement, *_rest):
        words = [word for word in ("SELECT ", "INSERT ", "UPDATE ") if word in statement]
        if not statement.startswith("BEGIN"):
            steps.append(words[-1].strip())

    listeners = {
        "before_cursor_execute": note,
        "begin": lambda _connection: steps.append("begin"),
        "commit": lambda _connection: steps.append("commit"),
    }
    for name, listener in listeners.items():
        sa.event.listen(engine, name, listener)
    yield
    for name, listener in listeners.items():
        sa.event.remove(engine, name, listener)


def test_two_sealers_seal_each_event_once(house, area, make_ctx, session, monkeypatch):
    """The other one seals the same events between our reading and our writing."""
    write(make_ctx(), 3)
    load, left = sealing.load_waiting_digests, [1]

    def load_and_be_overtaken(*given):
        events = load(*given)
        if left:
            left.pop()
            with house.session_maker() as second:
                hurry(second)
                assert seal_blocks(Context(second, machine(), LATER, house.policies)) == 1
        return events

    monkeypatch.setattr(sealing, "load_waiting_digests", load_and_be_overtaken)
    with pytest.raises(SealedElsewhere):
        seal_blocks(make_ctx(now=LATER))
    state = look(session)
    assert (state.broken, state.blocks, state.events, state.waiting) == (None, 1, 3, 0)
