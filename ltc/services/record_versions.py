"""Versions of records that are there once: a correction first keeps the row as it was.

To be called inside ``ctx.transaction()``, before anything of the record is changed.
"""

from typing import Any, TypeVar

import sqlalchemy as sa

from ltc.services.context import Context
from ltc.services.facts import OF_THE_ROW
from ltc.store.base import new_id
from ltc.store.record_versions import VERSIONS
from ltc.store.sealed_cells import move_cell

T = TypeVar("T")


def lock_record(ctx: Context, record: T) -> T:
    """Return a record as it is now, which nobody else changes until the transaction ends."""
    ctx.session.refresh(record, with_for_update=True)
    return record


def keep_version(ctx: Context, record: Any, reason: str) -> None:
    """Keep a locked record as it was; its row is then the correction's, with time, author, reason."""
    ctx.session.add(build_version(ctx, record))
    record.recorded_at = ctx.now
    record.recorded_by_id = ctx.actor.user_id
    record.reason = reason


def build_version(ctx: Context, record: Any) -> Any:
    """Return a record's row as a version that is believed no longer; what is sealed, sealed anew."""
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
        reason=record.reason, superseded_at=ctx.now,
    )  # fmt: skip


def _own_columns(table: type[Any]) -> list[str]:
    """What a version says of the record, without its keys and times."""
    names = [column.key for column in sa.inspect(table).column_attrs]
    return [name for name in names if name not in OF_THE_ROW and name != "record_id"]
