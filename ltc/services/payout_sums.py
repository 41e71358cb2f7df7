"""Adds up finished runs, once each, right after they were calculated: no page has to do it again.

Nothing rests on it. Where the sums of a run are not stored (it is of before, the process was killed
in between), pages work them out from its lines, and the next calculation or the nightly check of the
books adds them up after all.
"""

from collections.abc import Callable

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
    list_standing_runs,
)
from ltc.store.payouts import PayoutRun

Report = Callable[[int, int], None]


def add_up(ctx: Context, report: Report | None = None) -> None:
    """Store what each run of the area that stands comes to where it is missing, the newest first.

    Over the whole area, whoever asked for the calculation. ``report`` is told runs done and in all,
    before each run and at the end.
    """
    machine = build_machine(ctx.area_id, ctx.actor.door)
    runs = list_standing_runs(ctx.session, ctx.area_id)
    for done, run in enumerate(runs):
        if report:
            report(done, len(runs))
        _add_up_run(ctx, machine, run)
        _compare(ctx, machine, run)
    if report:
        report(len(runs), len(runs))


def _add_up_run(ctx: Context, machine: Actor, run: PayoutRun) -> None:
    def is_stored() -> bool:
        return bool(find_sums(ctx.session, machine, run, WHOLE))

    if is_stored():
        return
    sums = {name: sum_by(ctx.session, machine, run, name) for name in BREAKDOWNS}
    sums[WHOLE] = [sum_visible(ctx.session, machine, run)]
    _keep(ctx, lambda session: insert_sums(session, run, sums), is_stored)


def _compare(ctx: Context, machine: Actor, run: PayoutRun) -> None:
    before = find_run_before(ctx.session, machine, run)
    if before is None:
        return

    def is_stored() -> bool:
        return find_bridge(ctx.session, machine, before, run) is not None

    if is_stored():
        return
    law = ctx.policies.of(get_area(ctx.session, ctx.area_id).policy_area)
    bridge = sum_changes(ctx.session, machine, law, before, run)
    _keep(ctx, lambda session: insert_bridge(session, before, run, bridge), is_stored)


def _keep(ctx: Context, insert: Callable[[Session], None], is_stored: Callable[[], bool]) -> None:
    """Insert what was worked out before the transaction; whoever was quicker has the same.

    What the database refuses for another reason is raised.
    """
    try:
        with ctx.bookkeeping() as session:
            insert(session)
            session.flush()
    except IntegrityError:
        if not is_stored():
            raise
