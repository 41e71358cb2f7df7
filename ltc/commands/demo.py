"""``flask demo``: Chongqing's pilot of 2019, built, calculated, printed and checked."""

from collections.abc import Mapping
from datetime import date, datetime

import click
from flask.cli import with_appcontext

from ltc import clock, http
from ltc.commands.demo_place import (
    Found,
    building_site,
    check_free,
    look,
    scratch_folder,
)
from ltc.commands.demo_screen import build_screen, build_sign_in
from ltc.commands.machine import machine_in, plainly
from ltc.rules.access import ROLE_NAMES
from ltc.rules.months import Month
from ltc.services.demo.director import Issue, Means, build
from ltc.services.demo.months import Timetable
from ltc.services.demo.organisations import give_passwords
from ltc.services.demo.places import AREA, PLAYERS
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import APPLIED
from ltc.services.demo.summary import list_failures, summarise
from ltc.services.executors import Inline
from ltc.services.statement_printers import Crew
from ltc.services.statements import Progress, issue_run
from ltc.settings import keep_clock_back
from ltc.store.payouts import PayoutRun
from ltc.store.reachable import check_writable

FEWEST_PEOPLE = 60  # so that everything that can happen happens to somebody
STATEMENTS_PER_REPORT = 100
OPENS_ON = date(2020, 1, 6)  # the working day after December was approved


class Teller:
    """Says what is being done, and keeps the seconds of each stage."""

    def __init__(self) -> None:
        """Begin now."""
        self.began_at = self._since = clock.now()
        self._stage = ""
        self._spent: dict[str, int] = {}

    def tell(self, stage: str, done: int, total: int) -> None:
        """Print where the building is."""
        now = clock.now()
        if stage != self._stage:
            self._close(now)
            self._stage, self._since = stage, now
        progress = f" {done:,} of {total:,}" if total else ""
        click.echo(f"{_whole_seconds(self.began_at, now):>4} s  {stage}{progress}")

    def seconds(self) -> dict[str, int]:
        """Return whole seconds by stage, which is what stands before the colon."""
        self._close(clock.now())
        self._stage = ""
        return self._spent

    def _close(self, now: datetime) -> None:
        if self._stage:
            stage = self._stage.partition(":")[0]
            self._spent[stage] = self._spent.get(stage, 0) + _whole_seconds(self._since, now)


@click.command("demo")
@click.option("--people", default=APPLIED, show_default=True, type=click.IntRange(FEWEST_PEOPLE),
              help="How many apply; 923 is the published figure.")  # fmt: skip
@click.option("--replace", is_flag=True, help="Build it anew where it was built or begun before.")
@click.option("--statements/--no-statements", "with_statements", default=True,
              help="Print the statements of both months, which takes most of the time.")  # fmt: skip
@click.pass_context
@with_appcontext
def demo_command(context: click.Context, people: int, replace: bool, with_statements: bool) -> None:
    """Build the demonstration, check it, and print what it came to on one screen.

    Where it stands already nothing is built; its users get new passwords.
    """
    settings = http.house().settings
    if settings.environment == "production":
        raise click.ClickException("The demonstration is not for production (LTC_ENV).")
    with plainly():
        seconds = _build_unless_built(people, replace, with_statements)
        with machine_in(AREA) as ctx:
            summary = summarise(ctx, Inline(http.house().engine))
        failures = list_failures(summary, with_statements=with_statements)
        click.echo("")
        for line in build_screen(summary, seconds, failures, with_statements=with_statements):
            click.echo(line)
        if seconds or settings.is_demo:
            _show_sign_in()
    if failures:
        context.exit(1)


def _build_unless_built(
    people: int, is_replacing: bool, with_statements: bool
) -> Mapping[str, int]:
    """Build, and return the seconds of each stage; nothing where it was built before."""
    house = http.house()
    check_writable(house.engine)
    found = look(house.engine)
    if found is Found.BUILT and not is_replacing:
        click.echo("The demonstration stands already; `flask demo --replace` builds it anew.")
        return {}
    check_free(found, is_replacing=is_replacing)
    teller = Teller()
    with (
        scratch_folder() as folder,
        building_site(house.engine, house.settings.keys) as session_maker,
        session_maker() as session,
    ):
        executor = Inline(session.get_bind())  # type: ignore[arg-type]
        issue = _issue_with(teller) if with_statements else None
        means = Means(house.policies, executor, folder, issue, teller.tell)
        build(session, means, people)
    seconds = teller.seconds()
    _set_clock_back()
    return seconds


def _set_clock_back() -> None:
    """Let whoever signs in find the day after the last month was paid, here and in later starts."""
    found = http.house()
    if found.settings.is_demo:
        clock.set_back(0)
        days = (clock.today(found.policies.of(AREA).policies[-1].time_zone) - OPENS_ON).days
        keep_clock_back(found.settings.home, days)
        clock.set_back(days)


def _issue_with(teller: Teller) -> Issue:
    """Return what issues the statements of a run by worker processes."""

    def issue(stage: Stage, run: PayoutRun) -> None:
        settings = http.house().settings
        issued_at = Timetable(Month.parse(run.month)).issued_at
        engine, due = stage.session.get_bind(), [0]  # how many must be done to be told again

        def report(progress: Progress) -> None:
            if progress.done >= due[0] or progress.done == progress.total:
                due[0] = progress.done + STATEMENTS_PER_REPORT
                teller.tell(f"statements: {run.month}", progress.done, progress.total)

        issue_run(
            stage.acting("approver", issued_at), run_id=run.id, press=settings.press,
            printers=Crew(engine, settings.workers),  # type: ignore[arg-type]
            clock=lambda: issued_at, on_progress=report,
        )  # fmt: skip

    return issue


def _show_sign_in() -> None:
    """Give the users new passwords and print them: here and nowhere else."""
    with machine_in(AREA) as ctx:
        passwords = give_passwords(ctx, http.passwords())
    roles = {player.sign_in_name: ROLE_NAMES[player.role] for player in PLAYERS}
    click.echo("")
    for line in build_sign_in(passwords, roles):
        click.echo(line)


def _whole_seconds(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds())
