"""Imports records that are there once (providers, carers): compared and corrected.

Each correction keeps what was before as a version, and writes an audit event with sealed values as
digests only.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from ltc.rules.errors import Problem
from ltc.rules.imports import CodeElsewhere, IdentityElsewhere, Outcome
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.services.import_rows import Checked, check_no_formula, refuse
from ltc.services.record_versions import build_version, keep_version, lock_records
from ltc.store.import_lookups import find_visible_ids, load_by_column
from ltc.store.sealed_cells import Purpose, digest_of, seal_cell

Values = dict[str, Any]


@dataclass(slots=True)
class RecordWrite:
    """What a row says of a record, and the record that has its code (None: it is new).

    ``values`` are columns as stored; ``sealed`` maps sealed columns to plain texts, each with its
    digest among the values. ``more`` is what else the kind keeps, such as an agreement.
    """

    values: Values
    sealed: Values = field(default_factory=dict)
    old: Any = None
    more: Any = None


def check_records(
    ctx: Context,
    rows: Sequence[Row],
    table: type[Any],
    read: Callable[[Row], RecordWrite],
    unique: str,
) -> list[Checked]:
    """Read rows and compare them with the records that have their codes.

    ``unique`` is a second column that no two records share, such as the digest of an identity.
    """
    checked = [_read_row(row, read) for row in rows]
    readable = [one for one in checked if one.problem is None]
    codes = [one.key[0] for one in readable]
    by_code = load_by_column(ctx.session, ctx.area_id, table, "code", codes)
    mine = find_visible_ids(ctx.session, ctx.actor, table, [row.id for row in by_code.values()])
    shared = {one.write.values.get(unique) for one in readable} - {None}
    holders: dict[Any, str] = {
        value: record.code
        for value, record in load_by_column(ctx.session, ctx.area_id, table, unique, shared).items()
    }
    for one in readable:
        write: RecordWrite = one.write
        write.old = by_code.get(one.key[0])
        try:
            if write.old is not None and write.old.id not in mine:
                raise CodeElsewhere(field="code")
            _check_unique(write, holders, unique)
        except Problem as problem:
            refused = refuse(one.row, problem)
            one.outcome, one.problem = refused.outcome, refused.problem
            continue
        if write.old is not None:
            one.outcome = Outcome.SAME if not find_changes(write) else Outcome.CHANGED
    return checked


def _read_row(row: Row, read: Callable[[Row], RecordWrite]) -> Checked:
    if row.problem is not None:
        return refuse(row, row.problem)
    try:
        check_no_formula(row)
        write = read(row)
    except Problem as problem:
        return refuse(row, problem)
    return Checked(row, Outcome.NEW, None, (write.values["code"],), write)


def _check_unique(write: RecordWrite, holders: dict[Any, str], unique: str) -> None:
    value = write.values.get(unique)
    if value is None:
        return
    if holders.setdefault(value, write.values["code"]) != write.values["code"]:
        raise IdentityElsewhere(field="identity" if unique == "identity_digest" else unique)


def find_changes(write: RecordWrite) -> dict[str, list[Any]]:
    """Return ``{column: [before, after]}``; a value that the row leaves out (None) stays."""
    return {
        name: [getattr(write.old, name), value]
        for name, value in write.values.items()
        if value is not None and getattr(write.old, name) != value
    }


def build_columns(ctx: Context, table: type[Any], row_id: int, write: RecordWrite) -> Values:
    """Return the columns of a record, what is personal sealed for its id."""
    sealed = {
        column: seal_cell(ctx.session, table, column, row_id, plain)
        for column, plain in write.sealed.items()
        if plain is not None
    }
    return {**write.values, **sealed}


def correct_records(
    ctx: Context,
    table: type[Any],
    writes: Sequence[RecordWrite],
    reason: str,
    action: str,
    personal: Collection[str] = (),
) -> None:
    """Write what differs into records, each with its version before and an audit event.

    Of ``personal`` columns the events keep digests.
    """
    lock_records(ctx, table, [write.old for write in writes])
    for write in writes:
        if changes := find_changes(write):
            _correct(ctx, table, write, reason, changes)
            for name in changes.keys() & set(personal):
                texts = changes[name]
                changes[name] = [digest_of(ctx.session, text, Purpose.NAME) for text in texts]
            kind = action.split(".", maxsplit=1)[0]
            ctx.record(action, kind, write.old.id, {**changes, "reason": reason})
    ctx.session.flush()


def _correct(
    ctx: Context, table: type[Any], write: RecordWrite, reason: str, changes: Values
) -> None:
    """Write the values that differ into a locked record, and keep its version before."""
    version = build_version(ctx, write.old)
    for name, value in build_columns(ctx, table, write.old.id, write).items():
        if name in changes or name in write.sealed:
            setattr(write.old, name, value)
    keep_version(ctx, write.old, version, reason)
