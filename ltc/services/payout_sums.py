"""Adds up finished runs, once each, right after they were calculated: no page has to do it again.

What is stored is compared with the lines every night and before a run is approved. Where the sums of
a run are not stored (it is of before they were, or its process was killed in between), pages work
them out from its lines, and the next calculation or the nightly check of the books adds them up
after all.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, build_machine
from ltc.rules.books import spot_differences
from ltc.services.context import Context
from ltc.services.payout_start import digest_law
from ltc.store.areas import get_area
from ltc.store.payout_changes import sum_changes
from ltc.store.payout_questions import AMOUNTS, BREAKDOWNS, Total, sum_by, sum_visible
from ltc.store.payout_runs import find_run_before
from ltc.store.payout_sums import (
    WHOLE,
    find_bridge,
    find_bridge_row,
    find_sums,
    insert_bridge,
    insert_sums,
    list_largest,
    list_spans,
    list_standing_runs,
    load_sums,
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
    sums = _sum_all(ctx.session, machine, run)
    _keep(ctx, lambda session: insert_sums(session, run, sums), is_stored)


def _sum_all(session: Session, machine: Actor, run: PayoutRun) -> dict[str, list[Total]]:
    sums = {name: sum_by(session, machine, run, name) for name in BREAKDOWNS}
    return {**sums, WHOLE: [sum_visible(session, machine, run)]}


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


def spot_other_sums(ctx: Context, run: PayoutRun) -> list[dict[str, str]]:
    """Return where the stored sums of a run are not what its lines come to; none stored: nowhere.

    Seven sums over the lines of the run.
    """
    rows = load_sums(ctx.session, run)
    if not rows:
        return []
    machine = build_machine(ctx.area_id, ctx.actor.door)
    wanted = _sum_all(ctx.session, machine, run)
    stored: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for row in rows:
        stored |= _cells(row.breakdown, row.key, row, row.digest)
    for breakdown, totals in wanted.items():
        for total in totals:
            told |= _cells(breakdown, total.key, total, run.digest)
    return spot_differences(stored, told)


def _cells(breakdown: str, key: Any, sums: Any, digest: str | None) -> dict[str, Any]:
    """Return a sum's cells by the name of the sum and the column."""
    name = f"{breakdown} {key or ''}".rstrip()
    told = {f"{name}: {column}": getattr(sums, column) for column in ("people", *AMOUNTS)}
    return {**told, f"{name}: digest": digest}


def spot_other_bridge(ctx: Context, run: PayoutRun) -> list[dict[str, str]]:
    """Return where the stored bridge that pages show of a run is not what the lines say.

    Where the law or the rules have another edition than the run was made with, causes may differ;
    then only their sum is looked at.
    """
    machine = build_machine(ctx.area_id, ctx.actor.door)
    before = find_run_before(ctx.session, machine, run)
    if before is None:
        return []
    row = find_bridge_row(ctx.session, machine, before, run)
    if row is None:
        return []
    law = ctx.policies.of(get_area(ctx.session, ctx.area_id).policy_area)
    if run.policy_digest != digest_law(law):
        stored = {"fund_fen": sum(fen for _cause, _people, fen in row.spans)}
        return spot_differences(stored, {"fund_fen": run.fund_fen - before.fund_fen})
    bridge = sum_changes(ctx.session, machine, law, before, run)
    return spot_differences(
        {**_number("cause", row.spans), **_number("change", row.largest)},
        {**_number("cause", list_spans(bridge)), **_number("change", list_largest(bridge))},
    )


def _number(name: str, rows: Sequence[Any]) -> dict[str, Any]:
    return {f"{name} {number}": row for number, row in enumerate(rows, start=1)}
