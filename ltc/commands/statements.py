"""``flask statements``: issue the statements of a month, write them out as ZIP files."""

from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from ltc import clock, http
from ltc.commands.counted import say_count
from ltc.commands.machine import fitting_house, machine_in, plainly
from ltc.jobs.audit_sealing import seal_area
from ltc.jobs.statements import issue_asked
from ltc.rules.errors import NotFound
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.services.context import Context
from ltc.services.statement_files import hand_out_provider, write_zip
from ltc.services.statement_printers import Crew
from ltc.services.statements import AllIssued, Progress, RunNotApproved, issue_run
from ltc.store.payout_runs import list_runs_of_month
from ltc.store.payouts import PayoutRun
from ltc.store.statement_questions import load_providers_of_run

statements_group = AppGroup("statements", help="Statements of approved runs.")


class MonthNotCalculated(NotFound):
    """{month} has not been calculated yet."""


@statements_group.command("issue")
@click.argument("area", required=False)
@click.argument("month", required=False)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes (LTC_WORKERS if not given).")
@click.option("--job", "job_id", type=int, help="Do what this waiting job asks for.")
def issue(area: str | None, month: str | None, workers: int | None, job_id: int | None) -> None:
    """Issue every statement of MONTH (2019-11) of AREA (its code), or go on where it stopped."""
    with plainly():
        if job_id is not None:
            _say_end(issue_asked(fitting_house(), job_id, _say_progress))
            return
        if area is None or month is None:
            raise click.UsageError("Name the area and the month: chongqing 2019-11.")
        with machine_in(area) as ctx:
            _issue(ctx, Month.parse(month), workers or http.house().settings.workers)
            seal_area(http.house(), ctx.area_id, settle_seconds=0)


def _issue(ctx: Context, month: Month, workers: int) -> None:
    house = http.house()
    try:
        progress = issue_run(
            ctx, run_id=_get_approved(ctx.session, ctx.area_id, month).id,
            press=house.settings.press, printers=Crew(house.engine, workers),
            clock=clock.now, on_progress=_say_progress,
        )  # fmt: skip
    except AllIssued as issued:
        click.echo(issued.message)
        return
    _say_end(progress)


@statements_group.command("zip")
@click.argument("area")
@click.argument("month")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def write(area: str, month: str, folder: Path) -> None:
    """Write one ZIP file for every provider of MONTH of AREA into FOLDER."""
    with plainly(), machine_in(area) as ctx:
        run = _get_approved(ctx.session, ctx.area_id, Month.parse(month))
        folder.mkdir(parents=True, exist_ok=True)
        documents = http.house().settings.documents
        for provider_id, name, count in load_providers_of_run(ctx.session, ctx.actor, run.id):
            path = folder / f"{run.month}-{provider_id}.zip"
            entries = hand_out_provider(
                ctx, run_id=run.id, provider_id=provider_id, documents=documents
            )
            with path.open("wb") as file:
                file.writelines(write_zip(entries, documents=documents, area_id=ctx.area_id))
            click.echo(f"{path}: {say_count(count, 'statement')} of {name}")


def _get_approved(session: Session, area_id: int, month: Month) -> PayoutRun:
    """Return the approved run of a month; raises MonthNotCalculated, RunNotApproved."""
    runs = list_runs_of_month(session, area_id, month)
    if not runs:
        raise MonthNotCalculated(month=month)
    approved = [run for run in runs if run.status is RunStatus.APPROVED]
    if not approved:
        raise RunNotApproved(status=runs[0].status)
    return approved[0]


def _say_progress(progress: Progress) -> None:
    click.echo(f"issued: {progress.done:,} of {say_count(progress.total, 'statement')}")


def _say_end(progress: Progress) -> None:
    are = "The one statement is" if progress.done == 1 else f"All {progress.done:,} statements are"
    click.echo(f"{are} issued.")
