"""``flask scheduler``: does what the timetable says; ``flask jobs``: one job, by hand or in turn.

The scheduler is a process of its own. It starts a process for each job, so that a job that hangs or
grows takes nothing with it; web workers schedule nothing.
"""

import logging
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import click
from apscheduler.schedulers.background import BackgroundScheduler
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ltc import clock, http
from ltc.commands.machine import fitting_house, machine_in, plainly, say_refusal
from ltc.jobs.going_on import run_job
from ltc.jobs.running import QUIET, run_task
from ltc.jobs.running import machine_in as machine_of
from ltc.jobs.scheduling import Start, look
from ltc.logs import log_error
from ltc.rules.errors import Conflict, Problem
from ltc.rules.spoken import say_in_english
from ltc.services import jobs, schedulers
from ltc.services.leases import name_holder
from ltc.store.areas import list_areas
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.migrations import check_version, current_version, loaded_version
from ltc.store.timetable import TIMETABLE_FILE, check_areas
from ltc.store.yaml_reader import LawFileError
from ltc.web.background import ROOT, build_command, build_environ

LOOK_EVERY_SECONDS = 15
PATIENCE_SECONDS = 3  # for the watch over the watcher, beyond two rounds
MOST_AT_ONCE = 2

jobs_group = AppGroup("jobs", help="Scheduled tasks.")


class BroughtUpMeanwhile(Conflict):
    """The database was brought to another version than {version}, the one of this scheduler. Update
    the program here, too, and start the scheduler anew.
    """


class Children:
    """The processes that this scheduler started, no more than so many at once."""

    def __init__(self, start: Callable[[int], subprocess.Popen[bytes]], most: int) -> None:
        """Take what starts the process of a job."""
        self.begin, self.most = start, most
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, job_id: int, *, holder: str) -> bool:
        """Start a process for a job, unless there are enough; one that hung is ended first."""
        self._collect()
        child = self.running.get(job_id)
        if child is not None:
            if holder != name_holder(child.pid):
                return False  # it is on its way to the job
            child.kill()
            child.wait()
            del self.running[job_id]
        if len(self.running) >= self.most:
            return False
        self.running[job_id] = self.begin(job_id)
        return True

    def _collect(self) -> None:
        self.running = {i: child for i, child in self.running.items() if child.poll() is None}


class Watch:
    """Looks again and again, whatever the clock of the machine does.

    APScheduler waits for an instant: where the clock is set back by a day, it would wait a day. So
    the main thread counts seconds by itself, and starts the timer anew when it has missed two looks.
    """

    def __init__(self, once: Callable[[], None], every: int) -> None:
        """Take what is done each so many seconds."""
        self.once, self.every = once, every
        self.silent_seconds = 0
        self.told = threading.Event()
        self.looking = threading.Lock()

    def run(self) -> None:
        """Look until told to end."""
        timer = self._start_timer()
        self.look()
        while not self.told.wait(1):
            self.silent_seconds += 1
            if self.silent_seconds > 2 * self.every + PATIENCE_SECONDS:
                timer.shutdown(wait=False)
                self.silent_seconds = 0
                timer = self._start_timer()
                self.look()
        timer.shutdown(wait=True)

    def _start_timer(self) -> Any:
        timer = BackgroundScheduler(timezone="UTC")
        timer.add_job(
            self.look, "interval", seconds=self.every, max_instances=1, coalesce=True,
            misfire_grace_time=None,
        )  # fmt: skip
        timer.start()
        return timer

    def look(self) -> None:
        """Look once, unless a look is still going on."""
        if not self.looking.acquire(blocking=False):
            return
        try:
            self.once()
        finally:
            self.looking.release()
        self.silent_seconds = 0


@click.command("scheduler")
@click.option("--every", default=LOOK_EVERY_SECONDS, show_default=True,
              type=click.IntRange(1, 600), help="Look each so many seconds.")  # fmt: skip
@click.option("--at-once", default=MOST_AT_ONCE, show_default=True, type=click.IntRange(1, 64),
              help="Jobs at the same time.")  # fmt: skip
@with_appcontext
def scheduler_command(every: int, at_once: int) -> None:
    """Do what the timetable says, until told to end. Any number of them may run."""
    house = http.house()
    with plainly():
        check_version(house.engine)
        _check_timetable(house)
    # A missed instant is nothing to complain of: what is due is not counted by the timer.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    children = Children(lambda job_id: start_job(house.settings, job_id), at_once)
    watch = Watch(make_looker(house, children.start), every)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: watch.told.set())
    click.echo(f"Scheduling: a look every {every} seconds (Ctrl+C ends it)")
    watch.run()
    _sign_out(house)


def _check_timetable(house: Any) -> None:
    """Refuse a timetable that names an area which is not in the database."""
    with house.session_maker() as session:
        codes = {area.code for area in list_areas(session)}
    if codes:
        try:
            check_areas(codes, house.settings.timetable or TIMETABLE_FILE)
        except LawFileError as error:
            raise click.ClickException(str(error)) from None


def start_job(settings: Any, job_id: int) -> subprocess.Popen[bytes]:
    """Start the process that does a job; what it says goes where the scheduler's words go."""
    return subprocess.Popen(  # noqa: S603 - no shell, and arguments of our own making
        build_command("jobs", "run", str(job_id)), cwd=ROOT, env=build_environ(settings),
        stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def make_looker(house: Any, start: Start) -> Callable[[], None]:
    """Return what looks once; what goes wrong ends nothing, and is told when it has changed."""
    told, version = {"trouble": ""}, loaded_version()

    def once() -> None:
        trouble = ""
        try:
            if current_version(house.engine) != version:
                raise BroughtUpMeanwhile(version=version)
            look(house, start)
        except (Problem, SQLAlchemyError) as error:
            trouble = type(error).__name__
            if trouble != told["trouble"]:
                click.echo(f"Nothing is scheduled now: {_say(error)}", err=True)
        except Exception as error:  # noqa: BLE001 - the timer would write its text, maybe personal
            trouble = type(error).__name__
            if trouble != told["trouble"]:
                log_error("a look broke", error)
        if told["trouble"] and not trouble:
            click.echo("Scheduling again.", err=True)
        told["trouble"] = trouble

    return once


def _say(error: Problem | SQLAlchemyError) -> str:
    if isinstance(error, DBAPIError):
        return say_refusal(error)
    return say_in_english(error) if isinstance(error, Problem) else type(error).__name__


def _sign_out(house: Any) -> None:
    try:
        with house.session_maker() as session:
            areas = list_areas(session)
            if areas:
                schedulers.sign_out(machine_of(house, session, areas[0], clock.now()))
    except SQLAlchemyError:
        pass


@jobs_group.command("run")
@click.argument("job_id", type=int)
def run(job_id: int) -> None:
    """Do what the job of this number asks for, or go on where its process ended."""
    with plainly():
        try:
            job = run_job(fitting_house(), job_id)
        except jobs.TakenElsewhere as taken:
            click.echo(taken.message)
            return
        except (Problem, SQLAlchemyError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was: its text may be personal
            log_error("job broke", error, job_id=job_id)
            raise SystemExit(1) from None
        say_end(job)


@jobs_group.command("now")
@click.argument("area")
@click.argument("task")
@click.option("--dry-run", is_flag=True, help="Say what it comes to and write nothing.")
def now(area: str, task: str, dry_run: bool) -> None:
    """Do TASK of AREA (its code) now, here."""
    with plainly():
        with machine_in(area) as ctx:
            job = jobs.ask(ctx, kind=task, on=ctx.today, dry_run=dry_run, quiet=QUIET)
        say_end(run_task(http.house(), job.id))


def say_end(job: JobRun) -> None:
    """Say how a job ended; exit code 1 where it failed."""
    if job.status is not JobStatus.DONE:
        raise click.ClickException(job.message)
    # What a list names belongs to its page, not into a log.
    told = {key: value for key, value in (job.result or {}).items() if key != "rows"}
    how = "dry run, nothing was written" if job.dry_run else "done"
    click.echo(f"{job.kind}: {how}. {told}")
