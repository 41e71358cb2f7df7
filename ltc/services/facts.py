"""Facts with two times: recorded, corrected by a new row that names the old, withdrawn.

To be called inside ``ctx.transaction()``. Two people who correct the same row at once: the second
is refused.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict, Problem
from ltc.rules.insured import clean_reason
from ltc.services.context import Context
from ltc.store.base import new_id
from ltc.store.fact_versions import get_fact
from ltc.store.sealed_cells import Purpose, digest_words, move_cell

T = TypeVar("T")
OF_THE_ROW = frozenset({
    "area_id", "id", "recorded_at", "recorded_by_id", "superseded_at", "replaces_id", "withdrawn",
    "reason",
})  # fmt: skip
ABOUT = ("person_id", "provider_id")
# Names and words about a person: of these the audit log, which is kept for good, has digests only.
WORDS: Mapping[str, Purpose] = {
    "confirmed_by": Purpose.NAME,
    "decision_note": Purpose.WORDS,
    "guardian_present": Purpose.NAME,
    "holder_name": Purpose.NAME,
    "note": Purpose.WORDS,
    "notes": Purpose.WORDS,
    "remark": Purpose.WORDS,
    "sent_back_reason": Purpose.WORDS,
}
EMPTY = (None, "")


class AlreadyCorrected(Conflict):
    """Somebody has corrected this meanwhile. Look at the newest version first."""


class NothingChanged(Conflict):
    """Nothing is different from what is recorded already."""


def record_fact(ctx: Context, table: type[T], **values: Any) -> T:
    """Add a fact that was learned now, and return it."""
    times = {"recorded_at": ctx.learn(), "recorded_by_id": ctx.actor.user_id}
    row = table(**{"id": new_id(), **values, "area_id": ctx.area_id, **times})
    ctx.session.add(row)
    return row


def correct_fact(ctx: Context, old: T, reason: str, **values: Any) -> T:
    """Replace a fact by a new row with some values changed, and return the new row.

    Give ``id`` too where a value was sealed for the new row. Raises ReasonMissing, NothingChanged, AlreadyCorrected.
    """
    before = read_values(old)
    if all(before[name] == value for name, value in values.items() if name in before):
        raise NothingChanged
    return replace_fact(ctx, old, reason, **values)


def replace_fact(ctx: Context, old: T, reason: str, **values: Any) -> T:
    """Replace a fact like ``correct_fact``, also where only what hangs on it has changed."""
    return _replace(ctx, old, reason, values, withdrawn=False)


def withdraw_fact(ctx: Context, old: T, reason: str) -> T:
    """Say that a fact never was; raises ReasonMissing, AlreadyCorrected."""
    return _replace(ctx, old, reason, {}, withdrawn=True)


def withdraw_recorded(
    ctx: Context, permission: Permission, table: type[T], fact_id: int, reason: str, action: str
) -> T:
    """Withdraw a fact in a transaction of its own, with its audit event, and return the new row."""
    ctx.require(permission)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, table, fact_id)
        row = withdraw_fact(ctx, old, reason)
        record_change(ctx, action, row, old)
    return row


def record_change(
    ctx: Context,
    action: str,
    row: Any,
    old: Any = None,
    *,
    hidden: tuple[str, ...] = (),
    **more: Any,
) -> None:
    """Write the audit event of a fact: about whom, and what differs from before; of a new one all.

    ``hidden`` names columns that are left out; ``more`` is added.
    """
    ctx.session.flush()
    changes = describe_changes(ctx.session, row, old)
    about = {
        name: getattr(row, name)
        for name in ABOUT
        if hasattr(row, name) and (old is None or name not in changes)
    }
    kept = {name: change for name, change in changes.items() if name not in hidden}
    fixed = {"replaces_id": row.replaces_id, "reason": row.reason}
    ctx.record(action, action.split(".", maxsplit=1)[0], row.id, {**kept, **about, **fixed, **more})


def flush_or_raise(ctx: Context, problem: Problem) -> None:
    """Send what was added; raise the problem where somebody took the same unique key before."""
    try:
        ctx.session.flush()
    except IntegrityError:
        ctx.session.rollback()
        raise problem from None


def read_values(row: Any) -> dict[str, Any]:
    """Return what a fact says, without its keys and times."""
    return {
        column.key: getattr(row, column.key)
        for column in sa.inspect(type(row)).column_attrs
        if column.key not in OF_THE_ROW
    }


def describe_changes(session: Session, row: Any, old: Any = None) -> dict[str, list[Any]]:
    """Return ``{field: [before, after]}`` for the audit event; of a new fact all that it says.

    Sealed columns are left out, and words about a person stand as digests.
    """
    before = {} if old is None else read_values(old)
    return {
        name: tell_change(session, name, before.get(name), after)
        for name, after in read_values(row).items()
        if _differs(before.get(name), after) and not name.endswith("_sealed")
    }


def _differs(before: Any, after: Any) -> bool:
    return before != after and not (before in EMPTY and after in EMPTY)


def tell_change(session: Session, name: str, before: Any, after: Any) -> list[Any]:
    """Return a column before and after as the audit log keeps it: words about a person as digests."""
    if name not in WORDS:
        return [before, after]
    return [digest_words(session, words, WORDS[name]) for words in (before, after)]


def _replace(ctx: Context, old: T, reason: str, values: dict[str, Any], *, withdrawn: bool) -> T:
    reason = clean_reason(reason)
    _supersede(ctx, old)
    row_id = values.get("id") or new_id()
    kept = {
        name: move_cell(ctx.session, old, name, type(old), row_id)
        if name.endswith("_sealed")
        else value
        for name, value in read_values(old).items()
        if name not in values
    }
    new = {**kept, **values, "id": row_id, "withdrawn": withdrawn}
    return record_fact(ctx, type(old), **new, reason=reason, replaces_id=cast(Any, old).id)


def _supersede(ctx: Context, old: Any) -> None:
    """End the belief in a row, unless somebody else has ended it already."""
    table = type(old)
    ended = ctx.session.execute(
        sa.update(table)
        .where(
            table.area_id == old.area_id,
            table.id == old.id,
            table.superseded_at.is_(None),
            table.withdrawn.is_(False),
        )
        .values(superseded_at=ctx.learn())
        .execution_options(synchronize_session=False)
    )
    if cast("sa.CursorResult[Any]", ended).rowcount != 1:
        raise AlreadyCorrected
    ctx.session.refresh(old, ["superseded_at"])
