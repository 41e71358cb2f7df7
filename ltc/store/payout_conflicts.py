"""Finds minutes of a carer that visits to several people claim: each minute is paid once.

The visits of a carer stand in one order (begin, then when it was recorded, then id), and a minute
belongs to the first visit that covers it. Refused visits claim nothing. One ordered pass over the
whole area decides, before any chunk is calculated, so the answer does not depend on the chunks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.payouts.cases import Taken
from ltc.store.base import known_at as believed
from ltc.store.payout_cases import Frame
from ltc.store.visits import Visit

ONE_DAY = timedelta(days=1)
ROWS_AT_ONCE = 10_000


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
    for visits in list_overlapping(_read_claims(session, frame)):
        for person, interval in find_taken(map(Claim._make, visits)):
            taken[person].append(interval)
    return {person: tuple(intervals) for person, intervals in taken.items()}


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

    The rows come in the order of carers and begins. Visits outside of such a run touch nobody's
    minutes; nearly all do, so that they are passed over with no more than a comparison.
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


def _read_claims(session: Session, frame: Frame) -> Iterable[Any]:
    """Read the visits that claim minutes, in their order, some thousands at a time."""
    query = (
        sa.select(Visit.carer_id, Visit.person_id, Visit.id, Visit.begins_min, Visit.ends_min)
        .where(
            Visit.area_id == frame.area_id,
            Visit.service_on >= frame.weeks_start_on - ONE_DAY,
            Visit.service_on < frame.month.ends_before,
            believed(Visit, frame.known_at),
            Visit.refused.is_(None),
        )
        .order_by(Visit.carer_id, Visit.begins_min, Visit.recorded_at, Visit.id)
    )
    return session.connection().execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
