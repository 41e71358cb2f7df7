"""The audit log: one event with every change, sealed into a chain of blocks shortly after.

An event is written in the transaction of the change that it tells of, with a digest of its own.
Writers never touch the chain, so they never wait for each other; ``seal`` later puts the events
that have no block yet into one (``rules.audit`` says what covers what).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.store.as_stored import UNREADABLE, is_number, select_stored
from ltc.store.base import AreaKeyed, Base, JsonText, UtcDateTime


class AuditEvent(AreaKeyed, Base):
    """Who did what to which record, when, through which door; ids and digests, no personal data."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.Index(None, "area_id", "record_type", "record_id"),
        sa.Index(None, "area_id", "at", "id"),
        sa.Index(None, "area_id", "action", "at", "id"),
        sa.UniqueConstraint("area_id", "block_number", "position"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    actor_role: Mapped[str] = mapped_column(sa.String(40))
    door: Mapped[str] = mapped_column(sa.String(20))
    action: Mapped[str] = mapped_column(sa.String(80))
    record_type: Mapped[str] = mapped_column(sa.String(60))
    record_id: Mapped[int] = mapped_column(sa.BigInteger)
    changes: Mapped[dict[str, Any]] = mapped_column(JsonText)
    digest: Mapped[str] = mapped_column(sa.String(64))
    link: Mapped[str | None] = mapped_column(sa.String(64))
    block_number: Mapped[int | None] = mapped_column(sa.BigInteger)
    position: Mapped[int | None] = mapped_column(sa.Integer)


class AuditBlock(Base):
    """A link of the chain: the digest over the block before and all events of this one."""

    __tablename__ = "audit_blocks"

    area_id: Mapped[int] = mapped_column(sa.Integer, sa.ForeignKey("areas.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    events: Mapped[int] = mapped_column(sa.Integer)
    previous_digest: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


EVENT_COLUMNS = (
    "area_id", "id", "at", "actor_id", "actor_role", "door", "action", "record_type",
    "record_id", "changes",
)  # fmt: skip
_PROOF_COLUMNS = ("digest", "link", "block_number", "position")
BLOCKS_AT_ONCE = 200
EVENTS = AuditEvent.metadata.tables[AuditEvent.__tablename__]
BLOCKS = AuditBlock.metadata.tables[AuditBlock.__tablename__]
_ROW = [EVENTS.c[name] for name in EVENT_COLUMNS + _PROOF_COLUMNS]

Convert = Callable[[Any], Any]


def insert_events(session: Session, events: Sequence[Mapping[str, Any]]) -> None:
    """Insert events with their digests, in the transaction of the change they tell of.

    Every change pays for this. So the statement is made once for a kind of database, and the driver
    is handed what it takes: three times as fast as building the statement anew for each event.
    """
    connection = session.connection()
    statement, columns, is_positional = _prepare_insert(connection.dialect)
    rows = [
        {name: convert(event[name]) if convert else event[name] for name, convert in columns}
        for event in events
    ]
    sent: list[Any] = [tuple(row.values()) for row in rows] if is_positional else rows
    connection.exec_driver_sql(statement, sent if len(sent) > 1 else sent[0])


@lru_cache(maxsize=8)
def _prepare_insert(dialect: sa.Dialect) -> tuple[str, list[tuple[str, Convert | None]], bool]:
    """Return the statement, its columns with what makes the driver's values, and how they go in."""
    names = [*EVENT_COLUMNS, "digest"]
    made: Any = sa.insert(EVENTS).inline().compile(dialect=dialect, column_keys=names)
    order: list[str] = made.positiontup or names
    kinds: dict[str, Any] = {name: EVENTS.c[name].type.dialect_impl(dialect) for name in order}
    columns = [(name, kind.bind_processor(dialect)) for name, kind in kinds.items()]
    return str(made), columns, bool(made.positional)


def append_block(
    session: Session, block: Mapping[str, Any], places: Sequence[tuple[int, str]]
) -> None:
    """Insert a block (its columns) and put its events, ids with their links, into it in order.

    Two statements however many events, so that a lock is held for as short as can be. Of two
    blocks of one number the second is refused (IntegrityError).
    """
    session.execute(sa.insert(BLOCKS), [dict(block)])
    listed = _list_places(session, places)
    session.execute(
        sa.update(EVENTS)
        .where(EVENTS.c.area_id == block["area_id"], EVENTS.c.id == listed.c.id)
        .values(block_number=block["number"], position=listed.c.position, link=listed.c.link)
    )


def _list_places(session: Session, places: Sequence[tuple[int, str]]) -> Any:
    """Return ids and links as a table with ``id``, ``link`` and ``position``, counted from 1."""
    if session.get_bind().dialect.name == "postgresql":
        ids, links = zip(*places, strict=True)
        arrays = (
            sa.bindparam(None, list(values), postgresql.ARRAY(kind))
            for values, kind in ((ids, sa.BigInteger()), (links, sa.Text()))
        )
        return (
            sa.func.unnest(*arrays)
            .table_valued(sa.column("id", sa.BigInteger), "link", with_ordinality="position")
            .render_derived()
        )
    each = sa.func.json_each(sa.bindparam(None, json.dumps(places), sa.String))
    listed = each.table_valued("key", "value")
    of = [sa.func.json_extract(listed.c.value, path) for path in ("$[0]", "$[1]")]
    columns = (of[0].label("id"), of[1].label("link"), (listed.c.key + 1).label("position"))
    return sa.select(*columns).cte("places").prefix_with("MATERIALIZED")


def find_head(session: Session, area_id: int) -> sa.Row[Any] | None:
    """Return the newest block of an area, None where nothing is sealed yet.

    Spoilt values are UNREADABLE, but for the number: by that it is the newest.
    """
    is_meant = (BLOCKS.c.area_id == area_id, is_number(BLOCKS.c.number))
    query = sa.select(*select_stored(session, *BLOCKS.c)).where(*is_meant)
    return session.execute(query.order_by(BLOCKS.c.number.desc()).limit(1)).first()


def find_last_number(session: Session, area_id: int) -> int:
    """Return the largest number of a block that an event names, 0 where none names one.

    The block itself may have been taken away by hand.
    """
    named = EVENTS.c.block_number
    is_meant = (EVENTS.c.area_id == area_id, named.is_not(None), is_number(named))
    return session.scalar(sa.select(named).where(*is_meant).order_by(named.desc()).limit(1)) or 0


def find_block(session: Session, area_id: int, digest: str) -> int | None:
    """Return the number of an area's block whose digest begins with these hex characters."""
    named = BLOCKS.c.digest.startswith(digest, autoescape=True)
    return session.scalar(
        sa.select(BLOCKS.c.number).where(BLOCKS.c.area_id == area_id, named).limit(1)
    )


def find_overdue(session: Session, area_id: int, before: datetime) -> tuple[int, datetime | None]:
    """Return how many events from before an instant have no block, and since when."""
    since = select_stored(session, sa.func.min(EVENTS.c.at))
    query = sa.select(sa.func.count(), *since).where(
        EVENTS.c.area_id == area_id, EVENTS.c.block_number.is_(None), EVENTS.c.at < before
    )
    count, at = session.execute(query).one()
    if not count:
        return 0, None
    return count, before if at is UNREADABLE else at


def list_told(
    session: Session, area_id: int, action: str, since: datetime
) -> list[tuple[datetime, dict[str, Any]]]:
    """Return when an action was recorded in an area since an instant, and what of it, in order.

    Spoilt values are UNREADABLE.
    """
    query = sa.select(*select_stored(session, EVENTS.c.at, EVENTS.c.changes)).where(
        EVENTS.c.area_id == area_id, EVENTS.c.at >= since, EVENTS.c.action == action
    )
    rows = session.execute(query.order_by(EVENTS.c.at, EVENTS.c.id))
    return [(at, changes) for at, changes in rows]


def select_events(session: Session) -> sa.Select[Any]:
    """Return the select of all columns of events; spoilt values are UNREADABLE."""
    return sa.select(*select_stored(session, *_ROW))


def load_waiting(
    session: Session, area_id: int, limit: int, after: tuple[datetime, int] | None = None
) -> Sequence[sa.Row[Any]]:
    """Return events without a block in order of time, after a place; spoilt values UNREADABLE."""
    query = _select_waiting(area_id, *select_stored(session, *_ROW))
    if after is not None:
        there = sa.tuple_(sa.literal(after[0], UtcDateTime()), sa.literal(after[1]))
        query = query.where(sa.tuple_(AuditEvent.at, AuditEvent.id) > there)
    return session.execute(query.limit(limit)).all()


def load_waiting_digests(
    session: Session, area_id: int, until: datetime, limit: int
) -> Sequence[sa.Row[int, str]]:
    """Return ids and digests of the oldest events without a block, up to an instant, in order.

    A spoilt digest is UNREADABLE; an event whose id is spoilt, or whose time is none, goes on
    waiting: verification names it.
    """
    query = _select_waiting(area_id, EVENTS.c.id, *select_stored(session, EVENTS.c.digest))
    is_due = (EVENTS.c.at <= until, is_number(EVENTS.c.id))
    return session.execute(query.where(*is_due).limit(limit)).all()


def _select_waiting(area_id: int, *columns: Any) -> sa.Select[Any]:
    is_waiting = (AuditEvent.area_id == area_id, AuditEvent.block_number.is_(None))
    return sa.select(*columns).where(*is_waiting).order_by(AuditEvent.at, AuditEvent.id)


def load_blocks(session: Session, area_id: int) -> Iterator[sa.Row[Any]]:
    """Yield the blocks of an area in order of number; spoilt values are UNREADABLE."""
    number = -1
    while True:
        blocks = session.execute(
            sa.select(*select_stored(session, *BLOCKS.c))
            .where(BLOCKS.c.area_id == area_id, BLOCKS.c.number > number)
            .order_by(BLOCKS.c.number)
            .limit(BLOCKS_AT_ONCE)
        ).all()
        yield from blocks
        if len(blocks) < BLOCKS_AT_ONCE:
            return
        number = blocks[-1].number


def load_block(session: Session, area_id: int, number: int) -> Sequence[sa.Row[Any]]:
    """Return the events of a block in order of position; spoilt values are UNREADABLE."""
    is_meant = (AuditEvent.area_id == area_id, AuditEvent.block_number == number)
    query = select_events(session).where(*is_meant)
    return session.execute(query.order_by(AuditEvent.position, AuditEvent.id)).all()


def find_stray(session: Session, area_id: int) -> sa.Row[Any] | None:
    """Return an event that names a block which does not exist, None where there is none.

    One statement, so that a block sealed meanwhile is seen together with its events.
    """
    block = sa.select(AuditBlock.number).where(
        AuditBlock.area_id == area_id, AuditBlock.number == AuditEvent.block_number
    )
    query = select_events(session).where(
        AuditEvent.area_id == area_id, AuditEvent.block_number.is_not(None), ~block.exists()
    )
    return session.execute(
        query.order_by(AuditEvent.block_number, AuditEvent.position).limit(1)
    ).first()


def count_unsealed(session: Session, area_id: int) -> int:
    """Return how many events of an area wait for a block."""
    query = sa.select(sa.func.count()).where(
        AuditEvent.area_id == area_id, AuditEvent.block_number.is_(None)
    )
    return session.scalar(query) or 0
