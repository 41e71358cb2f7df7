"""How far the statements of runs are: how many are issued, and how many wait.

Runs whose statements are all issued stay so; they are the most, and are not counted again.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ltc import http
from ltc.rules.access import Actor, build_machine
from ltc.rules.payouts.runs import RunStatus
from ltc.store.payout_questions import count_statements_due
from ltc.store.payouts import PayoutRun
from ltc.store.statement_questions import count_by_run, count_waiting
from ltc.web.run_sums import kept, key_of, once


class Progress(NamedTuple):
    """Statements of a run that the reader may see."""

    issued: int
    waiting: int


NONE_YET = Progress(0, 0)


def count_progress(runs: Sequence[PayoutRun]) -> dict[int, Progress]:
    """Return how far runs are: a fixed number of queries, however many runs."""
    actor = http.current_actor()
    known = {run.id: found[0] for run in runs if (found := kept().find(_key(actor, run)))}
    approved = [r for r in runs if r.id not in known and r.status is RunStatus.APPROVED]
    issued = count_by_run(http.database(), actor, [run.id for run in approved])
    whole = _find_whole([run for run in approved if issued.get(run.id)])
    going_on = [run.id for run in approved if run.id not in whole]
    due = count_statements_due(http.database(), actor, going_on) if going_on else {}
    for run in approved:
        count = issued.get(run.id, 0)
        known[run.id] = Progress(count, max(0, due.get(run.id, 0) - count))
        if run.id in whole:
            kept().keep(_key(actor, run), known[run.id])
    return {run.id: known.get(run.id, NONE_YET) for run in runs}


def count_progress_of(run: PayoutRun) -> Progress:
    """Return how far one run is, to the last statement, also where none is issued yet.

    What waits follows from what is issued: it is counted again when there are more.
    """
    session, actor = http.database(), http.current_actor()
    if found := kept().find(_key(actor, run)):
        return found[0]  # type: ignore[no-any-return]
    issued = _count_issued(actor, run)
    waiting = once(f"waiting after {issued}", lambda: count_waiting(session, actor, run), run)
    if waiting:
        return Progress(issued, waiting)
    # Counted once more: the last ones may have come between the two questions, and this is kept.
    whole = Progress(_count_issued(actor, run), 0)
    kept().keep(_key(actor, run), whole)
    return whole


def _count_issued(actor: Actor, run: PayoutRun) -> int:
    return count_by_run(http.database(), actor, [run.id]).get(run.id, 0)


def _find_whole(runs: Sequence[PayoutRun]) -> set[int]:
    """Return the runs of which every statement of the whole area is issued."""
    if not runs:
        return set()
    machine, ids = build_machine(runs[0].area_id, "page"), [run.id for run in runs]
    known = {run.id for run in runs if kept().find(_key(machine, run))}
    asked = [run_id for run_id in ids if run_id not in known]
    if not asked:
        return known
    issued = count_by_run(http.database(), machine, asked)
    due = count_statements_due(http.database(), machine, asked)
    whole = {run_id for run_id in asked if 0 < due.get(run_id, 0) <= issued.get(run_id, 0)}
    for run in runs:
        if run.id in whole:
            kept().keep(_key(machine, run), Progress(issued[run.id], 0))
    return known | whole


def _key(actor: Actor, run: PayoutRun) -> tuple[object, ...]:
    return ("statements", *key_of(actor, run))
