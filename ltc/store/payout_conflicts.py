"""Finds minutes of a carer that visits to several people claim: each minute is paid once.

The visits of a carer stand in one order (begin, then when it was recorded, then id), and a minute
belongs to the first visit that covers it. Refused visits claim nothing. The carers are looked at
some at a time, all of them before any chunk is calculated, so the answer does not depend on chunks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.payouts.cases import Taken
from ltc.store.base import known_at as believed
from ltc.store.bulk import is_any_of
from ltc.store.payout_cases import Frame
from ltc.store.providers import Carer
from ltc.store.visits import Visit

CARERS_AT_ONCE = 1_000

TakenByPerson = dict[int, tuple[Taken, ...]]


class Claim(NamedTuple):
    """A visit as a claim on its carer's minutes."""

    carer: int
    person: int
    ref: int
    begins_min: int
    ends_min: int


def list_carers(session: Session, area_id: int) -> list[list[int]]:
    """Return the ids of an area's carers in rising order, some at a time."""
    query = sa.select(Carer.id).where(Carer.area_id == area_id).order_by(Carer.id)
    ids = list(session.scalars(query))
    return [ids[at : at + CARERS_AT_ONCE] for at in range(0, len(ids), CARERS_AT_ONCE)]


def load_taken(session: Session, frame: Frame, carers: Sequence[int]) -> TakenByPerson:
    """Return, by person, the minutes of some carers that an earlier visit to another one takes.

    Looks at the weeks that touch the month and the day before: a visit may cross midnight.
    """
    taken = defaultdict(list)
    for visits in list_overlapping(_read_overlapping(session, frame, carers)):
        for person, interval in find_taken(map(Claim._make, visits)):
            taken[person].append(interval)
    return {person: tuple(intervals) for person, intervals in taken.items()}


def join_taken(parts: Iterable[Mapping[int, tuple[Taken, ...]]]) -> TakenByPerson:
    """Return what several groups of carers gave as one, in the order of the groups."""
    joined: TakenByPerson = {}
    for part in parts:
        for person, intervals in part.items():
            joined[person] = joined.get(person, ()) + intervals
    return joined


def find_taken(visits: Iterable[Claim]) -> Iterator[tuple[int, Taken]]:
    """Yield (person, minutes taken from them) for visits of one carer in their order."""
    owned: list[Claim] = []  # disjoint and rising: who has which minutes
    for visit in visits:
        while owned and owned[0].ends_min <= visit.begins_min:
            owned.pop(0)
        for owner in owned:
            begins, ends = (
                max(owner.begins_min, visit.begins_min),
                min(owner.ends_min, visit.ends_min),
            )
            if begins < ends and owner.person != visit.person:
                yield visit.person, Taken(owner.ref, visit.carer, begins, ends)
        free_from = max(visit.begins_min, owned[-1].ends_min if owned else 0)
        if free_from < visit.ends_min:
            owned.append(visit._replace(begins_min=free_from))


def list_overlapping(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the runs of visits, two or more of one carer, of which each overlaps one before it.

    The rows come in the order of carers and begins.
    """
    run: list[Any] = []
    busy, busy_until = None, 0
    for row in rows:
        carer, _, _, begins_min, ends_min = row
        if carer == busy and begins_min < busy_until:
            run.append(row)
            busy_until = max(busy_until, ends_min)
            continue
        if len(run) > 1:
            yield run
        run, busy, busy_until = [row], carer, ends_min
    if len(run) > 1:
        yield run


def _read_overlapping(session: Session, frame: Frame, carers: Sequence[int]) -> list[Any]:
    """Read the visits that share minutes with another one, in the order of their claims.

    Where visits overlap at all, one of them overlaps the very next; each of the others begins
    within such a one, or is it. So the database compares neighbours and looks around the few that
    it finds: nearly all visits touch nobody's minutes and are never fetched.
    """
    v = Visit
    order: dict[str, Any] = {"partition_by": v.carer_id, "order_by": v.begins_min}
    claims = (
        sa.select(
            v.carer_id, v.service_on, v.begins_min, v.ends_min,
            sa.func.lead(v.begins_min).over(**order).label("next_begins"),
        )
        .where(is_any_of(session, v.carer_id, carers), *_claims_minutes(frame))
        .subquery()
    )  # fmt: skip
    first = sa.select(claims).where(claims.c.next_begins < claims.c.ends_min).cte("first").c
    query = (
        sa.select(v.carer_id, v.person_id, v.id, v.begins_min, v.ends_min, v.recorded_at)
        .where(
            v.carer_id == first.carer_id,
            v.service_on >= first.service_on,
            v.begins_min >= first.begins_min,
            v.begins_min < first.ends_min,
            *_claims_minutes(frame),
        )
        .order_by(v.carer_id, v.begins_min, v.recorded_at, v.id)
        .distinct()
    )
    return [row[:-1] for row in session.connection().execute(query)]


def _claims_minutes(frame: Frame) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Visit.area_id == frame.area_id,
        Visit.service_on >= frame.visits_since,
        Visit.service_on < frame.month.ends_before,
        believed(Visit, frame.known_at),
        Visit.refused.is_(None),
    )
