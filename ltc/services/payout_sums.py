"""Adds up finished runs, once each, right after they were calculated: no page has to do it again.

Nothing rests on it. Where the sums of a run are not stored (it is of before, the process was killed
in between), pages work them out from its lines, and the next calculation adds them up after all.
"""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, build_machine
from ltc.services.context import Context
from ltc.store.areas import get_area
from ltc.store.payout_changes import sum_changes
from ltc.store.payout_questions import BREAKDOWNS, sum_by, sum_visible
from ltc.store.payout_runs import find_run_before
from ltc.store.payout_sums import (
    WHOLE,
    find_bridge,
    find_sums,
    insert_bridge,
    insert_sums,
    list_finished_runs,
)
from ltc.store.payouts import PayoutRun


def add_up(ctx: Context) -> None:
    """Store what each finished run of the area comes to where it is missing, the newest first.

    Over the whole area, whoever asked for the calculation.
    """
    machine = build_machine(ctx.area_id, ctx.actor.door)
    for run in list_finished_runs(ctx.session, ctx.area_id):
        if not find_sums(ctx.session, machine, run, WHOLE):
            _add_up_run(ctx, machine, run)
        before = find_run_before(ctx.session, machine, run)
        if before is not None and find_bridge(ctx.session, machine, before, run) is None:
            _compare(ctx, machine, before, run)


def _add_up_run(ctx: Context, machine: Actor, run: PayoutRun) -> None:
    sums = {name: sum_by(ctx.session, machine, run, name) for name in BREAKDOWNS}
    sums[WHOLE] = [sum_visible(ctx.session, machine, run)]
    _keep(ctx, lambda session: insert_sums(session, run, sums))


def _compare(ctx: Context, machine: Actor, before: PayoutRun, run: PayoutRun) -> None:
    law = ctx.policies.of(get_area(ctx.session, ctx.area_id).policy_area)
    bridge = sum_changes(ctx.session, machine, law, before, run)
    _keep(ctx, lambda session: insert_bridge(session, before, run, bridge))


def _keep(ctx: Context, insert: Callable[[Session], None]) -> None:
    """Insert what was worked out before the transaction; whoever was quicker has the same."""
    with suppress(IntegrityError), ctx.bookkeeping() as session:
        insert(session)
        session.flush()
