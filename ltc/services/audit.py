"""The chain of the audit log: sealing events into blocks, and verifying it from the beginning."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.audit import (
    EVENTS_PER_BLOCK,
    FIRST_DIGEST,
    OVERDUE_SECONDS,
    Break,
    ChainState,
    Fault,
    KeptHead,
    block_digest,
    event_digest,
    link_digest,
)
from ltc.rules.errors import Conflict
from ltc.services.context import Context
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_log import (
    EVENT_COLUMNS,
    append_block,
    count_unsealed,
    find_block,
    find_head,
    find_last_number,
    find_overdue,
    find_stray,
    load_block,
    load_blocks,
    load_waiting,
    load_waiting_digests,
)

SETTLE_SECONDS = 5


class SealedElsewhere(Conflict):
    """Another process is sealing this area's audit log; nothing was sealed here."""


def seal_blocks(ctx: Context, *, settle_seconds: int = SETTLE_SECONDS) -> int:
    """Put the events that have no block yet into blocks, in order of time; return how many blocks.

    Events younger than ``settle_seconds`` wait, so that a writer that commits a little late keeps
    its place in time; one that commits later still comes into a later block. Writers do not wait:
    only rows that nobody else touches are changed. Raises SealedElsewhere.
    """
    settled_at = ctx.now - timedelta(seconds=settle_seconds)
    blocks = 0
    while events := _seal_one(ctx, settled_at):
        blocks += 1
        if events < EVENTS_PER_BLOCK:
            break
    return blocks


def _seal_one(ctx: Context, settled_at: datetime) -> int:
    """Seal one block; return how many events it has, 0 where none was waiting.

    All is read and digested before anything is locked. The head is read before the events: whoever
    seals the same events meanwhile has then taken the number that this block would have. The last
    number is read before the head, so that it is never beyond a head that another has just sealed.
    """
    last_number = find_last_number(ctx.session, ctx.area_id)
    head = find_head(ctx.session, ctx.area_id)
    events = load_waiting_digests(ctx.session, ctx.area_id, settled_at, EVENTS_PER_BLOCK)
    if not events:
        return 0
    block, places = _build_block(ctx, head, last_number, events)
    try:
        with ctx.bookkeeping() as session:
            append_block(session, block, places)
    except IntegrityError:
        raise SealedElsewhere() from None
    return len(events)


def _build_block(
    ctx: Context, head: sa.Row[Any] | None, last_number: int, events: Sequence[sa.Row[int, str]]
) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    """Return the columns of the block after ``head``, and its events' ids with their links.

    What somebody spoilt by hand does not stop the sealing, and verification names it: a digest that
    cannot be read is sealed as it is shown, and a newest block that is gone leaves its gap.
    """
    number = max(head.number if head else 0, last_number) + 1
    previous = str(head.digest) if head else FIRST_DIGEST
    link, places = previous, []
    for position, (event_id, digest) in enumerate(events, start=1):
        link = link_digest(link, str(digest), position)
        places.append((event_id, link))
    block = {
        "area_id": ctx.area_id,
        "number": number,
        "events": len(places),
        "previous_digest": previous,
        "digest": block_digest(ctx.area_id, number, len(places), previous, link, ctx.now),
        "sealed_at": ctx.now,
    }
    return block, places


def verify(
    session: Session, area_id: int, *, now: datetime | None = None, kept: Sequence[KeptHead] = ()
) -> ChainState:
    """Check every block of an area and every event; the result names the first break, if any.

    An event that is not sealed yet is checked against its own digest only; with ``now``, those that
    wait longer than a sealer takes are counted. A chain whose end was cut off is whole in itself:
    only a head that was ``kept`` elsewhere tells, and has to be found in it.
    """
    checked, events, previous, number = 0, 0, FIRST_DIGEST, 0
    broken: Break | None = None
    for block in load_blocks(session, area_id):
        rows = load_block(session, area_id, number + 1)
        broken = _check_block(block, rows, number + 1, previous)
        if broken:
            break
        checked, events = checked + 1, events + len(rows)
        number, previous = block.number, block.digest
    broken = broken or _check_rest(session, area_id) or _check_kept(session, area_id, kept, number)
    waiting = count_unsealed(session, area_id)
    overdue, since = _find_overdue(session, area_id, now)
    return ChainState(
        checked, events, waiting, number, previous, broken, overdue, since,
        0 if broken else len(kept),
    )  # fmt: skip


def is_kept(session: Session, area_id: int, head: KeptHead) -> bool:
    """Whether a head that was kept elsewhere is in the chain as it stands, which is not checked."""
    return find_block(session, area_id, head.digest) is not None


def _check_kept(
    session: Session, area_id: int, kept: Sequence[KeptHead], newest: int
) -> Break | None:
    """Return from where on the chain is missing, or another one than it was when a head was kept."""
    for head in kept:
        if is_kept(session, area_id, head):
            continue
        if head.number is not None and head.number <= newest:
            return Break(Fault.REPLACED, head.number)
        return Break(Fault.CUT, newest + 1)
    return None


def _find_overdue(
    session: Session, area_id: int, now: datetime | None
) -> tuple[int, datetime | None]:
    if now is None:
        return 0, None
    return find_overdue(session, area_id, now - timedelta(seconds=OVERDUE_SECONDS))


def _check_block(
    block: sa.Row[Any], rows: Sequence[sa.Row[Any]], number: int, previous: str
) -> Break | None:
    """Return the first break of a block, which should have this number and follow this digest."""
    if block.number != number:
        return Break(Fault.MISSING, number)
    if UNREADABLE in block or block.previous_digest != previous:
        return Break(Fault.CHANGED, number)
    link = previous
    for position, event in enumerate(rows, start=1):
        broken = _check_event(event, position, link, block)
        if broken:
            return broken
        link = event.link
    if len(rows) < block.events:
        return Break(Fault.MISSING, number, len(rows) + 1)
    expected = block_digest(block.area_id, number, block.events, previous, link, block.sealed_at)
    return None if block.digest == expected else Break(Fault.CHANGED, number)


def _check_event(event: sa.Row[Any], position: int, link: str, block: sa.Row[Any]) -> Break | None:
    if position > block.events:
        return Break(Fault.FOREIGN, block.number, event.position, event.id)
    if event.position != position:
        return Break(Fault.MISSING, block.number, position)
    if not is_whole(event) or event.link != link_digest(link, event.digest, position):
        return Break(Fault.CHANGED, block.number, position, event.id)
    return None


def is_whole(event: sa.Row[Any]) -> bool:
    """Whether a stored event can be read and has the digest that was written with it."""
    if UNREADABLE in event:
        return False
    return bool(
        event.digest == event_digest({name: getattr(event, name) for name in EVENT_COLUMNS})
    )


def _check_rest(session: Session, area_id: int) -> Break | None:
    """Return a break among the events outside of all blocks, or in blocks that do not exist."""
    stray = find_stray(session, area_id)
    if stray is not None:
        return Break(Fault.FOREIGN, stray.block_number, stray.position, stray.id)
    after: tuple[Any, int] | None = None
    while rows := load_waiting(session, area_id, EVENTS_PER_BLOCK, after):
        for event in rows:
            if not is_whole(event):
                return Break(Fault.CHANGED, None, None, event.id)
        after = (rows[-1].at, rows[-1].id)
    return None
