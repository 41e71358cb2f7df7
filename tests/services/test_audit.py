"""The chain: whole after any run of writers, and broken at the very event that was touched."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ltc.jobs.watching import ChainBroken, check_audit
from ltc.jobs.work import Work
from ltc.rules.access import Role
from ltc.rules.audit import (
    Break,
    Fault,
    KeptHead,
    NotAHead,
    NotRecordable,
    build_head,
    event_digest,
    parse_head,
    plain,
)
from ltc.services.audit import seal_blocks, verify
from ltc.services.context import UnrecordedChange
from ltc.store.areas import Area
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_log import AuditBlock, AuditEvent
from ltc.store.base import new_id
from tests.conftest import NOW
from tests.support.spoilt_rows import SPOILT, STRANGE_INSTANTS, change, spoil

EVENTS = AuditEvent.metadata.tables["audit_events"]
BLOCKS = AuditBlock.metadata.tables["audit_blocks"]
LATER = NOW + timedelta(minutes=1)
STRANGE = {
    "name": ["王䶮𬭼", 'é\u0301\u2028"\\/'],
    "nested": {"b": [1, {"z": None, "a": True}], "a": {}},
    "big": [10**30, -(2**70)],
    "": ["", " "],
}


def write(ctx, count=1, **changes):
    for number in range(count):
        with ctx.transaction():
            ctx.record("test.done", "test", number, changes)


@pytest.fixture
def chain(make_ctx):
    """Two blocks: three events with strange content, then two."""
    ctx = make_ctx()
    write(ctx, 3, **STRANGE)
    later = make_ctx(now=LATER)
    assert seal_blocks(later) == 1
    write(later, 2)
    seal_blocks(make_ctx(now=LATER + timedelta(minutes=1)))
    return ctx


def look(session):
    session.rollback()
    session.expire_all()
    return verify(session, 1)


def events_of(session):
    query = sa.select(EVENTS.c.id).order_by(EVENTS.c.block_number, EVENTS.c.position)
    return list(session.scalars(query))


def test_a_chain_is_whole_whatever_was_recorded(chain, session):
    state = look(session)
    assert state.broken is None
    assert (state.blocks, state.events, state.waiting, state.head_number) == (2, 5, 0, 2)


def test_an_empty_log_is_whole(ctx):
    state = verify(ctx.session, 1)
    assert (state.blocks, state.events, state.waiting, state.broken) == (0, 0, 0, None)


CHANGES = {
    "at": NOW - timedelta(microseconds=1),
    "actor_id": 7,
    "actor_role": "officer",
    "door": "api",
    "action": "test.dons",
    "record_type": "tess",
    "record_id": 1_000_001,
    "changes": {**STRANGE, "big": [10**30 + 1, -(2**70)]},
    "digest": "0" * 64,
    "link": "0" * 64,
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_in_any_column_is_named(chain, session, column):
    second = events_of(session)[1]
    change(session, EVENTS.update().where(EVENTS.c.id == second).values({column: CHANGES[column]}))
    assert look(session).broken == Break(Fault.CHANGED, 1, 2, second)


def test_every_column_of_an_event_is_covered():
    keys = {"area_id", "id", "block_number", "position"}
    assert {column.name for column in EVENTS.columns} == keys | set(CHANGES)


KEYS = {
    "area_id",
    "id",
    "block_number",
    "number",
}  # by which a row is found: another one is missing


@pytest.mark.parametrize("column", [c.name for c in EVENTS.columns if c.name not in KEYS])
def test_bytes_that_no_program_wrote_are_named_in_any_column_of_an_event(chain, session, column):
    third = events_of(session)[2]
    is_key = column == "position"  # an event at another place is missing at its own
    expected = Break(Fault.MISSING, 1, 3) if is_key else Break(Fault.CHANGED, 1, 3, third)
    for value in SPOILT:
        spoil(session, "audit_events", column, value, id=third)
        assert look(session).broken == expected, value


@pytest.mark.parametrize("column", [c.name for c in BLOCKS.columns if c.name not in KEYS])
def test_bytes_that_no_program_wrote_are_named_in_any_column_of_a_block(chain, session, column):
    for value in SPOILT:
        spoil(session, "audit_blocks", column, value, number=2)
        assert look(session).broken == Break(Fault.CHANGED, 2), value


@pytest.mark.parametrize(
    ("column", "written"), [("at", "replace(at, ' ', 'T')"), ("changes", "changes || ' '")]
)
def test_a_byte_that_says_the_same_is_named_too(chain, session, column, written):
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps the value, not how it was written")
    second = events_of(session)[1]
    statement = f"UPDATE audit_events SET {column} = {written} WHERE id = {second}"
    change(session, sa.text(statement))
    assert look(session).broken == Break(Fault.CHANGED, 1, 2, second)


@pytest.mark.parametrize("instant", STRANGE_INSTANTS)
def test_an_instant_outside_of_the_calendar_is_named(chain, make_ctx, session, instant):
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("only PostgreSQL knows such instants")
    last = events_of(session)[-1]
    change(session, sa.text(f"UPDATE audit_blocks SET sealed_at = '{instant}' WHERE number = 2"))
    assert look(session).broken == Break(Fault.CHANGED, 2)
    change(session, sa.text("UPDATE audit_blocks SET sealed_at = now() WHERE number = 2"))
    change(session, sa.text(f"UPDATE audit_events SET at = '{instant}' WHERE id = {last}"))
    assert look(session).broken == Break(Fault.CHANGED, 2, 2, last)


@pytest.mark.parametrize("column", ["at", "changes", "id"])
def test_a_spoilt_event_that_is_not_sealed_yet_is_named(make_ctx, session, column):
    write(make_ctx(), 2)
    first = session.scalars(sa.select(EVENTS.c.id).order_by(EVENTS.c.id)).first()
    spoil(session, "audit_events", column, "0-", id=first)
    state = verify(session, 1, now=NOW + timedelta(days=1))
    named = UNREADABLE if column == "id" else first
    assert state.broken == Break(Fault.CHANGED, None, None, named)
    assert state.overdue == 2


def test_a_spoilt_number_of_a_block_leaves_a_gap(chain, session):
    spoil(session, "audit_blocks", "number", "x", number=1)
    assert look(session).broken == Break(Fault.MISSING, 1)


def test_the_nightly_look_names_what_is_spoilt(chain, house, session):
    spoil(session, "audit_events", "changes", "{", id=events_of(session)[4])
    with pytest.raises(ChainBroken) as refused:
        check_audit(Work(house, chain, NOW.date(), False, lambda *_: None, lambda _: None))
    assert refused.value.values == {"block": 2, "fault": "changed"}


def test_one_byte_in_the_table_is_named(chain, session):
    third = events_of(session)[2]
    change(session, sa.text("UPDATE audit_events SET action = 'test.donf' WHERE id = :id")
           .bindparams(id=third))  # fmt: skip
    assert look(session).broken == Break(Fault.CHANGED, 1, 3, third)


def test_a_change_with_a_digest_made_to_fit_is_named_by_its_link(chain, session):
    second = events_of(session)[1]
    row = session.execute(sa.select(EVENTS).where(EVENTS.c.id == second)).one()._asdict()
    row["action"] = "test.undone"
    change(
        session,
        EVENTS.update().where(EVENTS.c.id == second)
        .values(action=row["action"], digest=event_digest(row)),
    )  # fmt: skip
    assert look(session).broken == Break(Fault.CHANGED, 1, 2, second)


@pytest.mark.parametrize(("index", "place"), [(0, (1, 1)), (1, (1, 2)), (2, (1, 3)), (4, (2, 2))])
def test_a_deleted_event_is_missed_at_its_place(chain, session, index, place):
    gone = events_of(session)[index]
    change(session, EVENTS.delete().where(EVENTS.c.id == gone))
    assert look(session).broken == Break(Fault.MISSING, *place)


@pytest.mark.parametrize(("block", "position"), [(1, 4), (7, 1), (0, 1)])
def test_an_inserted_event_is_foreign(chain, session, block, position):
    first = events_of(session)[0]
    row = session.execute(sa.select(EVENTS).where(EVENTS.c.id == first)).one()._asdict()
    forged = {**row, "id": new_id(), "block_number": block, "position": position}
    forged["digest"] = event_digest(forged)
    change(session, EVENTS.insert().values(forged))
    assert look(session).broken == Break(Fault.FOREIGN, block, position, forged["id"])


def test_swapped_positions_are_named(chain, session):
    first, second = events_of(session)[:2]
    for event, position in ((first, 99), (second, 1), (first, 2)):
        session.execute(EVENTS.update().where(EVENTS.c.id == event).values(position=position))
    session.commit()
    assert look(session).broken == Break(Fault.CHANGED, 1, 1, second)


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ({"digest": "0" * 64}, Break(Fault.CHANGED, 1)),
        ({"events": 2}, Break(Fault.FOREIGN, 1, 3)),
        ({"events": 4}, Break(Fault.MISSING, 1, 4)),
        ({"previous_digest": "f" * 64}, Break(Fault.CHANGED, 1)),
        ({"sealed_at": NOW}, Break(Fault.CHANGED, 1)),
        ({"number": 5}, Break(Fault.MISSING, 1)),
    ],
)
def test_a_changed_block_is_named(chain, session, values, broken):
    change(session, BLOCKS.update().where(BLOCKS.c.number == 1).values(values))
    found = look(session).broken
    assert (found.fault, found.block_number, found.position) == (
        broken.fault, broken.block_number, broken.position
    )  # fmt: skip


def test_a_deleted_block_is_missed(chain, session):
    change(session, BLOCKS.delete().where(BLOCKS.c.number == 1))
    assert look(session).broken == Break(Fault.MISSING, 1)


def test_a_changed_event_that_is_not_sealed_yet_is_named(make_ctx, session):
    write(make_ctx(), 2)
    (first, _) = session.scalars(sa.select(EVENTS.c.id).order_by(EVENTS.c.id)).all()
    change(session, EVENTS.update().where(EVENTS.c.id == first).values(action="test.undone"))
    assert look(session).broken == Break(Fault.CHANGED, None, None, first)


def test_young_events_wait_and_late_ones_come_into_a_later_block(make_ctx, session):
    write(make_ctx(), 2)
    assert seal_of(make_ctx, NOW + timedelta(seconds=4)) == (0, 2)
    assert seal_of(make_ctx, NOW + timedelta(seconds=5)) == (2, 0)
    write(make_ctx(now=NOW - timedelta(hours=1)), 1)
    assert seal_of(make_ctx, LATER) == (3, 0)
    assert look(session).broken is None


def seal_of(make_ctx, now):
    """Seal, and return how many events are sealed and how many wait."""
    ctx = make_ctx(now=now)
    seal_blocks(ctx)
    state = verify(ctx.session, 1)
    return state.events, state.waiting


def test_many_events_make_several_blocks(make_ctx, session):
    ctx = make_ctx()
    with ctx.transaction():
        for number in range(2_300):
            ctx.record("test.done", "test", number)
    assert seal_blocks(make_ctx(now=LATER)) == 3
    sizes = session.scalars(sa.select(BLOCKS.c.events).order_by(BLOCKS.c.number)).all()
    assert sizes == [1_000, 1_000, 300]
    assert look(session).broken is None


def test_areas_have_chains_of_their_own(make_ctx, session):
    session.add(Area(id=2, code="b", name_zh="b", name_en="b", time_zone="UTC", policy_area="b"))
    session.commit()
    for area_id in (1, 2):
        write(make_ctx(area_id=area_id), 2)
        seal_blocks(make_ctx(area_id=area_id, now=LATER))
    change(session, EVENTS.update().where(EVENTS.c.area_id == 2).values(door="x"))
    assert verify(session, 1).broken is None
    assert verify(session, 2).broken is not None


def test_a_change_without_an_event_is_not_saved(ctx, session):
    with pytest.raises(UnrecordedChange), ctx.transaction():
        session.add(Area(id=9, code="x", name_zh="", name_en="", time_zone="", policy_area=""))
    assert session.get(Area, 9) is None


def test_the_digest_of_an_event_is_what_it_always_was():
    """Events sealed years ago must verify: not a byte of what is digested may change."""
    event = {
        "area_id": 1, "id": 7, "at": NOW, "actor_id": None, "actor_role": "machine",
        "door": "shell", "action": "test.done", "record_type": "test", "record_id": 2,
        "changes": plain(STRANGE),
    }  # fmt: skip
    assert event_digest(event) == "d5436644b452102bce46dd506620c546f44e8ca5a89393cfe434093027a035dd"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from("abcdef"), JSON, max_size=4))
def test_a_digest_survives_the_database(ctx, session, changes):
    write(ctx, 1, **changes)
    assert look(session).broken is None


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}, object()])
def test_what_has_no_one_form_cannot_be_recorded(ctx, value):
    with pytest.raises(NotRecordable), ctx.transaction():
        ctx.record("test.done", "test", 1, {"a": value})


def test_plain_values_are_what_json_keeps():
    assert plain({1: (Role.OFFICER, NOW, NOW.date())}) == {
        "1": ["officer", "2019-11-14T02:30:00+00:00", "2019-11-14"]
    }


def head_of(session, number):
    row = session.execute(sa.select(BLOCKS).where(BLOCKS.c.number == number)).one()
    return parse_head(build_head("chongqing", row.number, row.sealed_at, row.digest))


def cut_after(session, number):
    """Delete the newest blocks with their events, as somebody would who hides what was done."""
    session.execute(sa.delete(EVENTS).where(EVENTS.c.block_number > number))
    change(session, sa.delete(BLOCKS).where(BLOCKS.c.number > number))


def test_a_chain_whose_end_was_cut_off_is_told_by_a_kept_head(chain, session):
    first, newest = head_of(session, 1), head_of(session, 2)
    assert verify(session, 1, kept=[first, newest]).kept == 2
    cut_after(session, 1)
    assert look(session).broken is None, "without a kept head nothing tells"
    for kept in ([newest], [first, newest], [KeptHead(newest.digest[:16])]):
        assert verify(session, 1, kept=kept).broken == Break(Fault.CUT, 2)
    assert verify(session, 1, kept=[first]).broken is None


def test_an_emptied_log_and_a_rewritten_end_are_told_by_a_kept_head(chain, session, make_ctx):
    newest = head_of(session, 2)
    cut_after(session, 1)
    write(make_ctx(now=LATER), 2)
    seal_blocks(make_ctx(now=LATER + timedelta(minutes=1)))
    assert look(session).broken is None
    assert verify(session, 1, kept=[newest]).broken == Break(Fault.REPLACED, 2)
    cut_after(session, 0)
    assert verify(session, 1, kept=[newest]).broken == Break(Fault.CUT, 1)


def test_events_that_no_sealer_takes_up_are_counted_and_not_called_broken(make_ctx, session):
    write(make_ctx(), 3)
    for seconds, overdue in ((300, 0), (301, 3)):
        state = verify(session, 1, now=NOW + timedelta(seconds=seconds))
        assert (state.broken, state.waiting, state.overdue) == (None, 3, overdue)
        assert state.overdue_since == (NOW if overdue else None)


@pytest.mark.parametrize(
    "text", ["", "0" * 15, "g" * 64, "A" * 64, "a b c", "chongqing x y " + "0" * 64]
)
def test_what_is_no_head_is_refused(text):
    with pytest.raises(NotAHead):
        parse_head(text)
