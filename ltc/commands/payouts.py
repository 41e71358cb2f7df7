"""``flask payouts``: calculate a month, look at it beforehand, show what stands."""

from datetime import date, datetime

import click
from flask.cli import AppGroup

from ltc import clock, http
from ltc.commands.counted import say_count
from ltc.commands.machine import fitting_house, machine_in, plainly
from ltc.jobs.audit_sealing import seal_area
from ltc.jobs.monthly import calculate_asked
from ltc.jobs.work import executor_of
from ltc.rules.errors import Invalid
from ltc.rules.months import Month
from ltc.services.context import Context
from ltc.services.payout_start import Unchanged, end_of_day
from ltc.services.payout_sums import add_up
from ltc.services.payouts import CHUNK_PEOPLE, Progress, calculate_run, preview_run
from ltc.store.payout_runs import list_newest_runs
from ltc.store.payouts import PayoutRun

payouts_group = AppGroup("payouts", help="Payout runs, month by month.")


class NotADay(Invalid):
    """“{text}” is neither a day (2019-12-03) nor an instant (2019-12-03T10:00+08:00)."""


@payouts_group.command("calculate")
@click.argument("area", required=False)
@click.argument("month", required=False)
@click.option("--known-at", help="Only what was recorded up to this day (or instant).")
@click.option("--dry-run", is_flag=True, help="Say what the month comes to and write nothing.")
@click.option("--chunk-people", type=click.IntRange(1, 10_000), default=CHUNK_PEOPLE,
              show_default=True)  # fmt: skip
@click.option("--job", "job_id", type=int, help="Do what this waiting job asks for.")
def calculate(
    area: str | None, month: str | None, known_at: str | None, dry_run: bool, chunk_people: int,
    job_id: int | None,
) -> None:  # fmt: skip
    """Calculate MONTH (2019-11) of AREA (its code), or go on where it was interrupted."""
    with plainly():
        if job_id is not None:
            _say_run(calculate_asked(fitting_house(), job_id, _say_progress))
            return
        if area is None or month is None:
            raise click.UsageError("Name the area and the month: chongqing 2019-11.")
        with machine_in(area) as ctx:
            _calculate(ctx, Month.parse(month), _instant(ctx, known_at), dry_run, chunk_people)
            if not dry_run:
                seal_area(http.house(), ctx.area_id, settle_seconds=0)


@payouts_group.command("show")
@click.argument("area")
def show(area: str) -> None:
    """Show the newest run of every month of AREA."""
    with plainly(), machine_in(area) as ctx:
        for run in list_newest_runs(ctx.session, ctx.actor):
            _say_run(run)


def _calculate(
    ctx: Context, month: Month, known_at: datetime | None, is_dry: bool, chunk_people: int
) -> None:
    executor = executor_of(http.house())
    if is_dry:
        preview = preview_run(
            ctx, month=month, known_at=known_at, executor=executor, chunk_people=chunk_people
        )
        click.echo(f"{month} would come to, nothing was written:")
        _say_numbers(preview.tally, preview.digest)
        return
    try:
        run = calculate_run(
            ctx, month=month, known_at=known_at, executor=executor, clock=clock.now,
            chunk_people=chunk_people, on_progress=_say_progress,
        )  # fmt: skip
    except Unchanged as unchanged:
        click.echo(unchanged.message)
        return
    add_up(ctx)
    _say_run(run)


def _instant(ctx: Context, text: str | None) -> datetime | None:
    """Return the instant of a day's end, or an instant as given; raises NotADay."""
    if text is None:
        return None
    try:
        if len(text) == len("2019-12-03"):
            return end_of_day(date.fromisoformat(text), ctx.time_zone, ctx.now)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise NotADay(text=text, field="known_at") from None
    if instant.tzinfo is None:
        raise NotADay(text=text, field="known_at")
    return instant


def _say_progress(progress: Progress) -> None:
    click.echo(
        f"{progress.event}: {progress.done:,} of {say_count(progress.total, 'person', 'people')}"
    )


def _say_run(run: PayoutRun) -> None:
    click.echo(f"{run.month} run {run.sequence}: {run.status.value}")
    _say_numbers(run, run.digest or "")


def _say_numbers(numbers: object, digest: str) -> None:
    def of(name: str) -> int:
        return int(getattr(numbers, name))

    click.echo(
        f"  people {of('people'):,} = paid {of('paid'):,} + held {of('held'):,}"
        f" + zero {of('zero'):,}"
    )
    yuan, fen = divmod(of("fund_fen"), 100)
    click.echo(f"  fund {yuan:,}.{fen:02d}   digest {digest}")
