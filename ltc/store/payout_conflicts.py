"""Finds minutes of a carer that visits to several people claim: each minute is paid once.

The visits of a carer stand in one order (begin, then when it was recorded, then id), and a minute
belongs to the first visit that covers it. Refused visits claim nothing. One ordered pass over the
whole area decides, before any chunk is calculated, so the answer does not depend on the chunks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.payouts.cases import Taken
from ltc.store.base import known_at as believed
from ltc.store.payout_cases import Frame
from ltc.store.visits import Visit

ONE_DAY = timedelta(days=1)


class Claim(NamedTuple):
    """A visit as a claim on its carer's minutes."""

    carer: int
    person: int
    ref: int
    begins_min: int
    ends_min: int


def load_taken(session: Session, frame: Frame) -> dict[int, tuple[Taken, ...]]:
    """Return, by person, the minutes that an earlier visit to somebody else already takes.

    Looks at the weeks that touch the month and the day before: a visit may cross midnight.
    """
    taken = defaultdict(list)
    claims = (Claim(*row) for row in session.execute(_select_contested(frame)))
    for _carer, visits in groupby(claims, key=itemgetter(0)):
        for person, interval in find_taken(visits):
            taken[person].append(interval)
    return {person: tuple(intervals) for person, intervals in taken.items()}


def find_taken(visits: Iterable[Claim]) -> Iterator[tuple[int, Taken]]:
    """Yield (person, minutes taken from them) for one carer's visits in their order."""
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


def _select_contested(frame: Frame) -> sa.Select[*tuple[Any, ...]]:
    """Visits of the carers who have one that begins before an earlier one has ended."""
    order = (Visit.begins_min, Visit.recorded_at, Visit.id)
    among = [
        Visit.area_id == frame.area_id,
        Visit.service_on >= frame.weeks_start_on - ONE_DAY,
        Visit.service_on < frame.month.ends_before,
        believed(Visit, frame.known_at),
        Visit.refused.is_(None),
    ]
    busy_until = sa.func.max(Visit.ends_min).over(
        partition_by=Visit.carer_id, order_by=order, rows=(None, -1)
    )
    ranked = (
        sa.select(Visit.carer_id, Visit.begins_min, busy_until.label("busy_until"))
        .where(*among)
        .subquery()
    )
    carers = sa.select(ranked.c.carer_id).where(ranked.c.begins_min < ranked.c.busy_until)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(Visit.carer_id, Visit.person_id, Visit.id, Visit.begins_min, Visit.ends_min)
        .where(*among, Visit.carer_id.in_(carers))
        .order_by(Visit.carer_id, *order)
    )
    return query
