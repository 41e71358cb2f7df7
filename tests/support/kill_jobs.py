"""Kills a scheduler with the job it is at, stage by stage; lets another one go on; says what came out.

``python -m tests.support.kill_jobs``, on the installation that the environment names, which
is copied for each case: a process of its own, single-threaded, so that it may fork the schedulers
that are killed. A scheduler here is one look and what it starts, in one process. Its stages end with
each commit: it is killed after each of them, and once in the longest stage. Writes one JSON object a line; the first of each task is undisturbed. The last case happens
on the installation itself, for its pages.
"""

import gc
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc import clock, settings
from ltc.factory import House
from ltc.jobs import calculation, scheduling
from ltc.jobs import statements as issuing
from ltc.jobs.going_on import run_job
from ltc.jobs.scheduling import look
from ltc.rules.tasks import TASKS
from ltc.rules.timetable import Timetable
from ltc.services import statement_sheets, statements
from ltc.services.audit import verify
from ltc.services.backups import list_backups
from ltc.services.backups_restore import check_backup
from ltc.services.payouts import calculate_run
from ltc.services.statement_printers import Inline
from ltc.settings import Settings
from ltc.store import backup_tables
from ltc.store.documents import read_file
from ltc.store.job_runs import JobRun
from ltc.store.payouts import PayoutRun
from ltc.store.pdf import Printed
from ltc.store.policies import load_law
from ltc.store.statements import Statement
from ltc.store.timetable import read_timetable
from tests.support.databases import copy_database, open_engine
from tests.support.installations import make_house
from tests.support.kill_runs import digest_rows
from tests.support.scheduling import always

LAW, TIMETABLE = load_law(), read_timetable()
TABLES: list[sa.Table] = []  # as found in the database, once
SERVED = datetime(2019, 12, 1, tzinfo=UTC)
NIGHT = datetime(2020, 1, 1, 22, 0, tzinfo=UTC)  # 06:00 of the 2nd in Chongqing: all of it is due
MONTH = "2019-12"
LAST = "calculate_last_month"
# What schedulers, jobs and the machine's own log write stands in these; the rest is as it was, but
# for what a task is there to write.
BOOKS = {"job_runs", "schedulers", "audit_events", "audit_blocks"}
RUN_TABLES = {
    f"payout_{name}" for name in ("runs", "chunks", "results", "lines", "holds", "sums", "bridges")
}
WRITTEN = {
    LAST: RUN_TABLES,
    "issue_statements": {"statements"},
    "books_check": {"payout_sums", "payout_bridges"},  # adds up what a killed process has left
}
RANDOM = ("run_id", "digest", "size_bytes", "table_rows")  # in results: ids, ciphers, books


@dataclass(frozen=True, slots=True)
class Place:
    """An installation: where its database and its files are."""

    url: str
    home: Path

    @contextmanager
    def copied(self) -> Iterator["Place"]:
        """Yield a copy of one's own, which lies where the one before lay."""
        folder = self.home.with_name("copy")
        shutil.copytree(self.home, folder / "home")
        with copy_database(self.url, folder) as url:
            yield Place(url, folder / "home")
        shutil.rmtree(folder)

    @contextmanager
    def opened(self, kind: str) -> Iterator[House]:
        """Yield its house, with a timetable of this one task."""
        given: Settings = settings.load({
            **os.environ, "LTC_DATABASE_URL": self.url, "LTC_HOME": str(self.home)
        })  # fmt: skip
        with open_engine(given.database_url) as engine:
            house = make_house(given, engine, LAW)
            yield replace(house, timetable=Timetable({kind: TIMETABLE.general[kind]}))


def be_scheduler(place: Place, kind: str, kill_at: int | None = None) -> dict[str, Any]:
    """Look once and do what is due; return the steps that were commits, and those of the look.

    A step is a statement or a commit; at step ``kill_at`` this process is killed.
    """
    steps, commits = 0, []

    def step(*event: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(event) == 1:
            commits.append(steps)

    with all_engines_telling(step), place.opened(kind) as house:
        started = look(house, always, lambda: NIGHT)
        looked = steps
        for job_id in started:
            run_job(house, job_id, lambda: NIGHT)
    return {"commits": commits, "looked": looked}


@contextmanager
def all_engines_telling(step: Callable[..., None]) -> Iterator[None]:
    """Tell of each statement and commit on any engine: a drill has one of its own."""
    for name in ("before_cursor_execute", "commit"):
        sa.event.listen(sa.Engine, name, step)
    yield
    for name in ("before_cursor_execute", "commit"):
        sa.event.remove(sa.Engine, name, step)


def in_child(work: Callable[..., Any], *given: Any) -> Any:
    """Do something in a process of its own; return what that returned, None where it was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writer, "w") as out:
            json.dump(work(*given), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit("a scheduler broke")
    return json.loads(text)


def list_states(place: Place, kind: str) -> list[str]:
    """Return how the jobs of a task stand."""
    with place.opened(kind) as house, house.session_maker() as session:
        return list(session.scalars(sa.select(JobRun.status).where(JobRun.kind == kind)))


def go_on(place: Place, kind: str) -> dict[str, Any]:
    """Be the scheduler that comes next, and return what came out."""
    be_scheduler(place, kind)
    return describe(place, kind)


def describe(place: Place, kind: str) -> dict[str, Any]:
    """Return how the jobs of a task stand, and all that is stored."""
    with place.opened(kind) as house, house.session_maker() as session:
        jobs = list(session.scalars(sa.select(JobRun).where(JobRun.kind == kind)))
        return {
            "jobs": [_describe_job(job) for job in jobs],
            "left_alive": session.scalar(
                sa.select(sa.func.count()).where(JobRun.status.in_(("waiting", "running")))
            ),
            "stored": {
                "untouched": _digest_tables(session, BOOKS | WRITTEN.get(kind, set())),
                "months": _list_months(session),
                "statements": _list_statements(session, house.settings.documents),
                "chain": verify(session, 1).broken is None,
                "backups": _list_backups(house.settings, kind == "backup"),
                "left": sorted(_list_left(place.home)),
            },
        }  # fmt: skip


def _describe_job(job: JobRun) -> dict[str, Any]:
    left_out = {*RANDOM, "outcome"} if job.kind == LAST else RANDOM  # that it was done before
    result = {key: value for key, value in (job.result or {}).items() if key not in left_out}
    return {
        "id": str(job.id), "status": job.status, "message": job.message, "result": result,
        "attempts": job.attempts, "taken_over": "Taken over" in job.log,
    }  # fmt: skip


def _digest_tables(session: Session, left_out: set[str]) -> dict[str, str]:
    return {
        table.name: repr(backup_tables.sum_table(session.connection(), table))
        for table in TABLES
        if table.name not in left_out
    }


def _list_months(session: Session) -> list[list[Any]]:
    """Every run with the digest of its results, and another over all of its rows."""
    runs = session.scalars(sa.select(PayoutRun).order_by(PayoutRun.month, PayoutRun.sequence))
    return [
        [run.month, run.sequence, run.status, run.digest, run.people, digest_rows(session, run.id)]
        for run in runs
    ]


def _list_statements(session: Session, documents: Path) -> list[list[Any]]:
    """Every statement by what it says; its file is read and held against its digest."""
    rows = list(session.scalars(sa.select(Statement).order_by(Statement.number)))
    for row in rows:
        read_file(documents, row.area_id, row.file_digest or "")
    return [[row.number, str(row.subject_id), row.content_digest] for row in rows]


def _list_backups(given: Settings, is_read: bool) -> list[Any]:
    """What each backup holds, read to its end; the books of the machine left out."""
    if not is_read:
        return [path.name for path in list_backups(given.backups)]
    read = [check_backup(path, given.backup_keys) for path in list_backups(given.backups)]
    return [
        {name: repr(told) for name, told in content.sums.tables.items() if name not in BOOKS}
        for content in read
    ]


def _list_left(home: Path) -> Iterator[str]:
    """Half files, and folders that a drill worked in."""
    yield from (path.name for path in home.rglob("*.part"))
    yield from (path.name for path in (home / "scratch").glob("*"))


def choose_points(told: dict[str, Any], kind: str) -> list[int]:
    """Return the steps to kill at: after each commit but the last, and inside the longest stage.

    The look itself is the same for every task: it is gone through with one of them.
    """
    commits = [step for step in told["commits"] if kind == LAST or step > told["looked"]]
    return sorted({find_inside(told), *(step + 1 for step in commits[:-1])})


def find_inside(told: dict[str, Any]) -> int:
    """Return the step in the middle of the longest stage."""
    at_work = [step for step in told["commits"] if step > told["looked"]][
        1:
    ]  # since it has the job
    begin, end = max(pairwise(at_work), key=lambda stage: stage[1] - stage[0])
    return (begin + end + 1) // 2


def try_case(place: Place, kind: str, kill_at: int) -> dict[str, Any]:
    """Kill a scheduler at a step, let another go on, and return what came out."""
    was_killed = in_child(be_scheduler, place, kind, kill_at) is None
    at_death = in_child(list_states, place, kind)
    after = in_child(go_on, place, kind)
    return {"task": kind, "point": kill_at, "killed": was_killed, "at_death": at_death, **after}


def main(world: Place) -> None:
    clock.now = lambda: NIGHT  # the tasks themselves live in the night of the test, too
    statements.PEOPLE_PER_PIECE = 3
    statement_sheets.print_page = lambda html: Printed(html.encode(), 1)
    issuing.Crew = lambda engine, _workers: Inline(engine)
    calculation.calculate_run = lambda ctx, **given: calculate_run(ctx, chunk_people=5, **given)
    with world.opened(LAST) as house, house.engine.connect() as connection:
        TABLES.extend(backup_tables.find_tables(connection))
    scheduling.read_clock = lambda _session, at: at
    for kind in TASKS:
        with world.copied() as place:  # in this process: its children find each statement compiled
            told = be_scheduler(place, kind)
            undisturbed = describe(place, kind)
        gc.freeze()  # what is here already is not looked through, and so not copied, by each child
        print(json.dumps({"task": kind, "point": None, **undisturbed}), flush=True)
        for point in choose_points(told, kind):
            with world.copied() as place:
                print(json.dumps(try_case(place, kind, point)), flush=True)
        if kind == LAST:
            inside = find_inside(told)
    print(json.dumps(try_case(world, LAST, inside)), flush=True)


if __name__ == "__main__":
    given = settings.load()
    main(Place(given.database_url, given.home))
