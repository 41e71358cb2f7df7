"""Versions of records that are there once: a correction keeps the row as it was before.

To be called inside ``ctx.transaction()``: lock the record, build its version, correct it, and keep
the version where anything has changed.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

import sqlalchemy as sa

from ltc.services.context import Context
from ltc.services.facts import OF_THE_ROW
from ltc.store.base import new_id
from ltc.store.bulk import is_any_of
from ltc.store.record_versions import VERSIONS
from ltc.store.sealed_cells import move_cell

T = TypeVar("T")


def lock_record(ctx: Context, record: T) -> T:
    """Return a record as it is now, which nobody else changes until the transaction ends."""
    ctx.session.refresh(record, with_for_update=True)
    return record


def lock_records(ctx: Context, table: type[Any], records: Iterable[Any]) -> None:
    """Read many records anew at once; nobody else changes them until the transaction ends.

    They are locked in the order of their ids: of two who lock the same, none waits for the other.
    """
    ids = [record.id for record in records]
    if not ids:
        return
    query = sa.select(table).where(
        table.area_id == ctx.area_id, is_any_of(ctx.session, table.id, ids)
    )
    ordered = query.order_by(table.id).with_for_update()
    ctx.session.scalars(ordered.execution_options(populate_existing=True)).all()


def keep_version(ctx: Context, record: Any, version: Any, reason: str) -> None:
    """Keep what was built of a locked record before it was corrected, and say who corrected it why."""
    ctx.session.add(version)
    record.recorded_at = ctx.learn()
    record.recorded_by_id = ctx.actor.user_id
    record.reason = reason


def build_version(ctx: Context, record: Any) -> Any:
    """Return a record's row as a version believed until now, not added yet; cells are sealed anew."""
    table, row_id = VERSIONS[type(record)], new_id()
    kept = {
        name: move_cell(ctx.session, record, name, table, row_id)
        if name.endswith("_sealed")
        else getattr(record, name)
        for name in _own_columns(table)
    }
    return table(
        **kept, area_id=record.area_id, id=row_id, record_id=record.id,
        recorded_at=record.recorded_at, recorded_by_id=record.recorded_by_id,
        reason=record.reason, superseded_at=ctx.learn(),
    )  # fmt: skip


def _own_columns(table: type[Any]) -> list[str]:
    """What a version says of the record, without its keys and times."""
    names = [column.key for column in sa.inspect(table).column_attrs]
    return [name for name in names if name not in OF_THE_ROW and name != "record_id"]
