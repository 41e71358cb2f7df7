"""Imports facts with two times: compares rows with what is recorded, inserts and corrects in bulk.

A row is found again by its key, such as the provider's own reference. What differs becomes a
correction: a new row that names the old one, with the digest of the file as its reason.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ltc.rules.access import ROLE_NAMES, Role
from ltc.rules.errors import Problem
from ltc.rules.imports import Outcome, WithdrawnBefore
from ltc.rules.words import Word
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.services.import_rows import Checked, check_no_formula, refuse
from ltc.store.base import new_ids
from ltc.store.bulk import insert_rows, is_any_of
from ltc.store.fact_versions import find_recorders
from ltc.store.import_lookups import load_current

T = TypeVar("T")
Values = dict[str, Any]
Read = Callable[[Row], Values]
Judge = Callable[[Checked], None]


class Write(NamedTuple):
    """A row's values and what is recorded under its key now, None where it is new."""

    values: Values
    old: Any


class Beside(Generic[T]):
    """What is known of a person beside a row: recorded, or said by an earlier row of the file."""

    def __init__(self, recorded: Mapping[int, Iterable[Any]], read: Callable[[Any], T]) -> None:
        """Take what is recorded, by person, and how one of its rows is read."""
        self._known: dict[int, dict[int, T]] = {
            person_id: {row.id: read(row) for row in rows} for person_id, rows in recorded.items()
        }

    def list_others(self, one: Checked) -> list[T]:
        """Return what is known of the row's person, without what the row corrects."""
        values, old = one.write
        known = self._known.get(values["person_id"], {})
        return [thing for row_id, thing in known.items() if old is None or row_id != old.id]

    def add(self, one: Checked, thing: T) -> None:
        """Remember what a row says, in place of what it corrects."""
        values, old = one.write
        key = -one.row.number if old is None else old.id
        self._known.setdefault(values["person_id"], {})[key] = thing


def check_facts(
    ctx: Context,
    rows: Sequence[Row],
    table: Any,
    key: tuple[str, ...],
    read: Read,
    judge: Judge | None = None,
) -> list[Checked]:
    """Read rows and compare them with the newest versions that have their keys.

    ``read`` gives a row's values or raises what is wrong with it; ``judge`` may raise, too, for
    rows that contradict what is known otherwise.
    """
    checked = [read_row(row, read, key) for row in rows]
    wanted = [one.key for one in checked if one.problem is None]
    current = load_current(ctx.session, ctx.area_id, table, key, wanted)
    for one in checked:
        if one.problem is None:
            _compare(ctx, one, current.get(one.key), key[-1], judge)
    return checked


def read_row(row: Row, read: Read, key: tuple[str, ...]) -> Checked:
    """Return a row with its values, or with what is wrong with it."""
    if row.problem is not None:
        return refuse(row, row.problem)
    try:
        check_no_formula(row)
        values = read(row)
    except Problem as problem:
        return refuse(row, problem)
    return Checked(row, Outcome.NEW, None, tuple(map(values.__getitem__, key)), Write(values, None))


def _compare(ctx: Context, one: Checked, old: Any, field: str, judge: Judge | None) -> None:
    """Say whether a row is new, changed or the same, and whether it may be."""
    values = one.write.values
    one.write = Write(values, old)
    if old is not None:
        one.outcome = Outcome.SAME if is_same(values, old) else Outcome.CHANGED
    if one.outcome is Outcome.SAME:
        return
    try:
        _check_not_withdrawn(ctx, old, field)
        if judge is not None:
            judge(one)
    except Problem as problem:
        refused = refuse(one.row, problem)
        one.outcome, one.problem = refused.outcome, refused.problem


def _check_not_withdrawn(ctx: Context, old: Any, field: str) -> None:
    """Raise WithdrawnBefore: a file must not bring back in silence what a person has withdrawn."""
    if old is None or not old.withdrawn:
        return
    names = find_recorders(ctx.session, ctx.area_id, [old.recorded_by_id])
    raise WithdrawnBefore(
        field=field,
        day=old.recorded_at.astimezone(ZoneInfo(ctx.time_zone)).date(),
        who=names.get(old.recorded_by_id, Word(ROLE_NAMES[Role.MACHINE])),
        why=old.reason,
    )


def is_same(values: Values, old: Any) -> bool:
    """Whether a recorded row says what the file says, and is believed."""
    return not old.withdrawn and all(getattr(old, name) == values[name] for name in values)


def write_facts(ctx: Context, table: Any, writes: Sequence[Write], reason: str) -> list[Values]:
    """Insert new rows and correct changed ones, and return what was inserted."""
    if not writes:
        return []
    supersede(ctx, table, [write.old.id for write in writes if write.old is not None])
    ids = new_ids(len(writes))
    rows = [fact_row(ctx, row_id, write, reason) for row_id, write in zip(ids, writes, strict=True)]
    insert_rows(ctx.session, table.__table__, rows)
    return rows


def fact_row(ctx: Context, row_id: int, write: Write, reason: str) -> Values:
    """Return all columns of a new version."""
    return {
        **write.values,
        "area_id": ctx.area_id,
        "id": row_id,
        "recorded_at": ctx.now,
        "recorded_by_id": ctx.actor.user_id,
        "superseded_at": None,
        "replaces_id": write.old.id if write.old is not None else None,
        "withdrawn": False,
        "reason": reason if write.old is not None else None,
    }


def supersede(ctx: Context, table: Any, ids: Sequence[int]) -> None:
    """End the belief in some rows."""
    if ids:
        columns = table.__table__.c
        is_meant = is_any_of(ctx.session, columns.id, ids)
        query = sa.update(table.__table__).where(columns.area_id == ctx.area_id, is_meant)
        ctx.session.execute(query.values(superseded_at=ctx.now))
