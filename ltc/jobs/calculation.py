"""The scheduled month: calculates last month, and issues the statements of what was approved."""

from datetime import UTC, datetime

from ltc import clock
from ltc.jobs.audit_sealing import seal_area
from ltc.jobs.statements import issue_asked
from ltc.jobs.work import Work, executor_of
from ltc.rules.errors import NotFound
from ltc.rules.months import FIRST_YEAR, Month
from ltc.rules.policies import NoLawOfArea
from ltc.rules.tasks import find_last_month
from ltc.rules.words import N_
from ltc.services.executors import choose
from ltc.services.payout_start import (
    MonthApproved,
    NobodyInMonth,
    Unchanged,
    find_sequence,
)
from ltc.services.payout_sums import add_up
from ltc.services.payouts import calculate_run, law_of, preview_run
from ltc.services.statements import (
    AllIssued,
    ask_for_statements,
    check_all_issued,
    preview_issue,
)
from ltc.store.job_questions import list_runs_approved_since
from ltc.store.payout_runs import list_runs_of_month
from ltc.store.payouts import PayoutRun

NOTHING_NEW = N_("Nothing has changed since the last run; nothing was written.")
STANDS = N_("The month is approved and stands.")
NOBODY = N_("Nobody is in this month.")
FIRST_INSTANT = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
SUMS = ("people", "paid", "held", "zero", "fund_fen", "digest")


class AreaWithoutLaw(NotFound):
    """There is no law of “{area}” here. Put its policy into the folder of the law (LTC_POLICY,
    docs/add-a-city.md), start the program again, then run this job again.
    """


def calculate_last_month(work: Work) -> dict[str, object]:
    """Calculate the month before the business day; raises AreaWithoutLaw and what calculating does.

    Where the month stands already, that is the result; a month that somebody else is calculating
    at this moment is a failure that is seen.
    """
    month = find_last_month(work.on)
    try:
        return {"month": str(month), **(_preview if work.dry_run else _calculate)(work, month)}
    except NoLawOfArea as problem:
        raise AreaWithoutLaw(area=problem.values["area"]) from None
    except (Unchanged, MonthApproved, NobodyInMonth) as problem:
        if not work.dry_run:
            # A process that ended right after its run has not done it.
            add_up(work.machine, work.report)
        outcome = {Unchanged: NOTHING_NEW, MonthApproved: STANDS, NobodyInMonth: NOBODY}
        return {"month": str(month), "outcome": outcome[type(problem)], **_describe(work, month)}


def _calculate(work: Work, month: Month) -> dict[str, object]:
    ctx, house = work.machine, work.house
    work.log(f"Calculating {month}.")
    run = calculate_run(
        ctx, month=month, executor=executor_of(house), clock=clock.now,
        on_progress=lambda progress: work.report(progress.done, progress.total),
    )  # fmt: skip
    add_up(ctx, work.report)
    seal_area(house, ctx.area_id, settle_seconds=0)
    return _sums_of(run)


def _describe(work: Work, month: Month) -> dict[str, object]:
    """Return what the run that stands comes to; nothing where there is none."""
    runs = list_runs_of_month(work.machine.session, work.machine.area_id, month)
    return _sums_of(runs[0]) if runs else {}


def _sums_of(run: PayoutRun) -> dict[str, object]:
    return {"sequence": run.sequence, **{name: getattr(run, name) for name in SUMS}}


def _preview(work: Work, month: Month) -> dict[str, object]:
    ctx, executor = work.machine, choose(work.house.engine, 1)
    sequence = find_sequence(ctx, month, law_of(ctx), executor)
    preview = preview_run(ctx, month=month, executor=executor)
    sums = {name: getattr(preview.tally, name) for name in SUMS if name != "digest"}
    return {"sequence": sequence, **sums, "digest": preview.digest}


def issue_approved(work: Work) -> dict[str, object]:
    """Issue the statements of the approved run that the inputs name, else of every one.

    Raises NotAllPrinted, AlreadyRunning and what issuing does.
    """
    if "run_id" not in work.inputs:
        return _issue_all(work)
    return _issue(work, int(work.inputs["run_id"]))


def _issue_all(work: Work) -> dict[str, object]:
    """Issue what is missing of every approved month: what a person asks for by hand."""
    ctx = work.machine
    runs = list_runs_approved_since(ctx.session, ctx.area_id, FIRST_INSTANT)
    return {"rows": [_issue(work, run.id) for run in runs]}


def _issue(work: Work, run_id: int) -> dict[str, object]:
    ctx = work.machine
    run = ctx.session.get_one(PayoutRun, (ctx.area_id, run_id))
    month = run.month
    if work.dry_run:
        preview = preview_issue(ctx, run_id=run_id, press=work.house.settings.press)
        return {"month": month, "issued": preview.total}
    try:
        job = ask_for_statements(ctx, run_id=run_id)
    except AllIssued as problem:
        return {"month": month, "issued": problem.values["count"]}
    work.log(f"Issuing the statements of {month}.")
    progress = issue_asked(
        work.house, job.id, lambda progress: work.report(progress.done, progress.total)
    )
    check_all_issued(ctx, run_id=run_id)
    return {"month": month, "issued": progress.done}
