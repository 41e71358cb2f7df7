"""What finished runs come to over the whole area, stored once: sums by key, and bridges.

The digests of the runs are asked for with them. Whoever sees less than the whole area is shown none
of it; what they see is worked out from the lines (``payout_questions``, ``payout_changes``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.payouts.bridge import Cause, Span
from ltc.rules.payouts.runs import STANDING
from ltc.store.base import new_ids
from ltc.store.payout_changes import Bridge, LargeChange
from ltc.store.payout_questions import AMOUNTS, Total, by_size
from ltc.store.payouts import PayoutBridge, PayoutRun, PayoutSum
from ltc.store.scope import visible

WHOLE = "whole"  # the breakdown that is none: one sum over all lines
IDS = frozenset({"district", "provider"})  # whose keys are ids


def find_sums(session: Session, actor: Actor, run: PayoutRun, breakdown: str) -> list[Total]:
    """Return the stored sums of a breakdown (or WHOLE), the largest fund amount first.

    None where they are not stored, or count more than the actor may see.
    """
    columns = [getattr(PayoutSum, name) for name in ("key", "people", *AMOUNTS)]
    query: sa.Select[*tuple[Any, ...]] = sa.select(*columns).where(
        PayoutSum.run_id == run.id,
        PayoutSum.digest == run.digest,
        PayoutSum.breakdown == breakdown,
    )
    rows = session.execute(visible(query, actor))
    totals = [Total(_read_key(breakdown, key), *sums) for key, *sums in rows]
    return sorted(totals, key=by_size)


def _read_key(breakdown: str, key: str) -> Any:
    """Return a key as the lines have it: an id, a code, or None where they have none."""
    return int(key) if breakdown in IDS and key else key or None


def load_sums(session: Session, run: PayoutRun) -> list[PayoutSum]:
    """Return every sum that is stored of a run, for the check of the books."""
    query = sa.select(PayoutSum).where(PayoutSum.area_id == run.area_id, PayoutSum.run_id == run.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def find_bridge(
    session: Session, actor: Actor, before: PayoutRun, after: PayoutRun
) -> Bridge | None:
    """Return the stored bridge between two runs; None where there is none for the actor."""
    row = find_bridge_row(session, actor, before, after)
    if row is None:
        return None
    return Bridge(
        tuple(Span(Cause(cause), people, fen) for cause, people, fen in row.spans),
        tuple(
            LargeChange(person, before_fen, after_fen, tuple(Cause(cause) for cause in causes))
            for person, before_fen, after_fen, causes in row.largest
        ),
    )


def find_bridge_row(
    session: Session, actor: Actor, before: PayoutRun, after: PayoutRun
) -> PayoutBridge | None:
    """Return the bridge between two runs as it is stored; None where there is none for the actor."""
    query = sa.select(PayoutBridge).where(
        PayoutBridge.run_id == after.id,
        PayoutBridge.digest == after.digest,
        PayoutBridge.before_id == before.id,
        PayoutBridge.before_digest == before.digest,
    )
    row: PayoutBridge | None = session.scalar(
        visible(query, actor).execution_options(populate_existing=True)
    )
    return row


def list_standing_runs(session: Session, area_id: int) -> list[PayoutRun]:
    """Return the runs of an area that stand, without those set aside, the latest month first."""
    query = sa.select(PayoutRun).where(PayoutRun.area_id == area_id, PayoutRun.status.in_(STANDING))
    return list(session.scalars(query.order_by(PayoutRun.month.desc(), PayoutRun.sequence.desc())))


def insert_sums(session: Session, run: PayoutRun, sums: Mapping[str, Sequence[Total]]) -> None:
    """Insert the sums of a run by breakdown, inside the caller's transaction."""
    rows = [
        {
            "area_id": run.area_id, "run_id": run.id, "digest": run.digest, "breakdown": breakdown,
            **total._asdict(), "key": "" if total.key is None else str(total.key),
        }
        for breakdown, totals in sums.items() for total in totals
    ]  # fmt: skip
    if rows:
        ids = new_ids(len(rows))
        session.execute(
            sa.insert(PayoutSum), [{**row, "id": id_} for row, id_ in zip(rows, ids, strict=True)]
        )


def insert_bridge(session: Session, before: PayoutRun, after: PayoutRun, bridge: Bridge) -> None:
    """Insert the bridge between two runs, inside the caller's transaction."""
    session.add(
        PayoutBridge(
            area_id=after.area_id,
            run_id=after.id,
            digest=after.digest,
            before_id=before.id,
            before_digest=before.digest,
            spans=list_spans(bridge),
            largest=list_largest(bridge),
        )
    )


def list_spans(bridge: Bridge) -> list[Any]:
    """Return the causes as they are stored."""
    return [[span.cause.value, span.people, span.fund_fen] for span in bridge.spans]


def list_largest(bridge: Bridge) -> list[Any]:
    """Return the largest changes as they are stored."""
    return [
        [each.person_id, each.before_fen, each.after_fen, [cause.value for cause in each.causes]]
        for each in bridge.largest
    ]
