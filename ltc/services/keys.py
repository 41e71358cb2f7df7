"""Changing the key under which personal data lies: every sealed value is sealed anew."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from ltc.rules.access import Permission
from ltc.services.context import Context
from ltc.store.base import Base
from ltc.store.sealing import KeyRing, keys_of, seal, unseal

ROWS_AT_ONCE = 500
SEALED_SUFFIX = "_sealed"


def rotate(ctx: Context) -> int:
    """Seal every value of the area under the current key; return how many rows were changed.

    Goes table by table in chunks with a commit each, and looks only for what lies under another
    key: stopped at any point and started again, it ends the same. Raises SealBroken where a value
    does not open, with everything before it done.
    """
    ctx.require(Permission.MANAGE_USERS)
    changed = 0
    for table, columns in sealed_columns():
        while rows := _rotate_some(ctx, table, columns):
            changed += rows
    return changed


def sealed_columns() -> Iterator[tuple[sa.Table, list[str]]]:
    """Yield every table with sealed columns, and their names."""
    for table in Base.metadata.sorted_tables:
        names = [column.name for column in table.columns if column.name.endswith(SEALED_SUFFIX)]
        if names:
            yield table, names


def _rotate_some(ctx: Context, table: sa.Table, columns: list[str]) -> int:
    """Seal some rows anew in one transaction; return how many, 0 when all are done."""
    ring = keys_of(ctx.session)
    if ctx.session.execute(_stale(ctx, table, columns, ring).limit(1)).first() is None:
        return 0
    with ctx.transaction() as session:
        rows = session.execute(
            _stale(ctx, table, columns, ring).limit(ROWS_AT_ONCE).with_for_update()
        ).all()
        for row in rows:
            key = sa.and_(table.c.area_id == row.area_id, table.c.id == row.id)
            session.execute(
                sa.update(table).where(key).values(_sealed_anew(ring, table, columns, row))
            )
        changes = {"table": table.name, "rows": [None, len(rows)], "key": [None, ring.current]}
        ctx.record("keys.rotated", "keys", ctx.area_id, changes)
    return len(rows)


def _stale(
    ctx: Context, table: sa.Table, columns: list[str], ring: KeyRing
) -> sa.Select[tuple[Any, ...]]:
    """Return the select of rows with a value that does not begin with the current key's id."""
    prefix = ring.current.encode() + b"\0"
    under_another = [
        sa.func.substr(table.c[name], 1, len(prefix), type_=sa.LargeBinary) != prefix
        for name in columns
    ]
    return (
        sa.select(table.c.area_id, table.c.id, *[table.c[name] for name in columns])
        .where(table.c.area_id == ctx.area_id, sa.or_(*under_another))
        .order_by(table.c.id)
    )


def _sealed_anew(
    ring: KeyRing, table: sa.Table, columns: list[str], row: sa.Row[Any]
) -> dict[str, bytes]:
    """Open each value with the key it lies under and seal it with the current one."""
    fresh = {}
    for name in columns:
        sealed = getattr(row, name)
        if sealed is not None:
            place = {"table": table.name, "column": name, "row_id": row.id}
            fresh[name] = seal(ring, unseal(ring, sealed, **place), **place)
    return fresh
