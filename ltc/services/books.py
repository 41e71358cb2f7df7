"""Checks the books: lines, results, traces, holds, sums and statements of the runs say the same.

A trace is what was calculated; everything else of a person's month has to follow from it, and the
run's digest from all traces. People go by in pages of a few hundred, with three queries each, so
that a city's runs are checked in little memory. Nothing is written.
"""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.books import Book, Finding, spot_differences
from ltc.rules.months import Month
from ltc.rules.payouts.results import DayState, Line, Settlement
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.payouts.trace import from_json
from ltc.rules.statement_codes import build_code
from ltc.rules.statements import StatementKind
from ltc.rules.words import N_
from ltc.services.context import Context
from ltc.services.payout_chunks import digest_of
from ltc.services.payout_sums import spot_other_bridge, spot_other_sums
from ltc.store.book_questions import (
    list_runs_to_check,
    list_strays,
    load_former_codes,
    load_holds_of,
    load_lines_of,
    load_providers_of,
    load_results_after,
    load_statements_after,
)
from ltc.store.documents import FileGone, read_file
from ltc.store.payout_cases import Frame
from ltc.store.payout_runs import RunKey, list_chunks, sum_results
from ltc.store.payouts import PayoutLine, PayoutRun, RunChunk

PEOPLE_AT_ONCE = 500
STATEMENTS_AT_ONCE = 500
FINDINGS_KEPT = 200
SUMS = ("eligible_fen", "fund_fen", "assistance_fen", "person_fen")
# What a line of a trace and a stored line both have, by the same name.
LINE_NAMES = sorted(
    {column.name for column in PayoutLine.__table__.columns} & {f.name for f in fields(Line)}
)

DIFFERS = N_("{name}: stored {stored}, should be {wanted}")
NO_RESULT = N_("{table}: there is no result for it")
BYTES_DIFFER = N_("its bytes are not those of the digest {digest}…")
PART_DIFFERS = N_(
    "part {number}: its people {first} to {last} have not the digest of its checkpoint"
)
NOTHING_DUE = N_("the run has nothing for {code}")
OF_ANOTHER = N_("it is about {code}")
CODE_DIFFERS = N_("its code is not that of this run, this number and this content")
FILE_GONE = N_("{file} is not there, or its bytes were changed")

Row = Any  # a row of SQLAlchemy's, with the columns of its question
Report = Callable[[int, int], None]


@dataclass(slots=True)
class BookReport:
    """What was checked and what did not agree; of the findings, the first are kept."""

    runs: int = 0
    people: int = 0
    statements: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Book]] = field(default_factory=Counter)  # of all, by run

    def add(self, findings: Iterable[Finding]) -> None:
        """Count findings, and keep them while there is room."""
        for finding in findings:
            self.found += 1
            self.counts[finding.run, finding.book] += 1
            if len(self.findings) < FINDINGS_KEPT:
                self.findings.append(finding)


def check_books(
    ctx: Context, *, documents: Path, since: datetime | None = None, report: Report | None = None
) -> BookReport:
    """Check the area's runs that were touched since an instant (None: all), and say what differs.

    ``report`` is told runs done and in all, before each run and at the end.
    """
    ctx.require(Permission.VERIFY_AUDIT)
    runs = list_runs_to_check(ctx.session, ctx.area_id, since)
    books = BookReport()
    for done, run in enumerate(runs):
        if report:
            report(done, len(runs))
        _check_run(ctx.session, run, documents, books)
        _check_stored(ctx, run, books)
    if report:
        report(len(runs), len(runs))
    return books


def _check_run(session: Session, run: PayoutRun, documents: Path, books: BookReport) -> None:
    books.runs += 1
    key, name = RunKey(run.area_id, run.id), f"{run.month}/{run.sequence}"
    chunks = _ChunkSums(name, list_chunks(session, key))
    frame = Frame(run.area_id, Month.parse(run.month), run.known_at)
    for row in _results(session, frame, key, name, books):
        chunks.add(row)
        books.people += 1
    books.add(chunks.differences())
    books.add(_check_sums(session, run, key, name, chunks.run_digest()))
    for table, case in list_strays(session, key, FINDINGS_KEPT):
        book = Book.LINE if table == PayoutLine.__tablename__ else Book.HOLD
        books.add([Finding(name, case, book, NO_RESULT, {"table": table})])
    _check_statements(session, run, documents, name, books)


def _results(
    session: Session, frame: Frame, key: RunKey, name: str, books: BookReport
) -> Iterator[Row]:
    """Yield the results of a run in order of case number, each checked with its lines and holds."""
    case = ""
    while rows := load_results_after(session, key, case, PEOPLE_AT_ONCE):
        people = [row.person_id for row in rows]
        lines, holds = load_lines_of(session, key, people), load_holds_of(session, key, people)
        shown = [row.person_id for row in rows if row.provider_id is not None]
        providers = load_providers_of(session, frame, shown)
        for row in rows:
            person = row.person_id
            others = providers.get(person, set()) | {line.provider_id for line in lines[person]}
            books.add(_check_person(name, row, lines[person], holds[person], others))
            yield row
        case = rows[-1].case_number


def _check_person(
    run: str, row: Row, lines: Sequence[Row], holds: Sequence[Row], providers: set[int | None]
) -> Iterator[Finding]:
    """Yield what does not follow from the person's trace, or shows it to whom it must not be."""
    settlement = _open(row)
    if settlement is None:
        values = {"digest": row.trace_digest[:12]}
        yield Finding(run, row.case_number, Book.TRACE, BYTES_DIFFER, values)
        return
    for book, stored, traced in (
        (Book.RESULT, _describe_result(row, providers), _trace_result(settlement)),
        (Book.LINE, _describe_lines(lines), _trace_lines(settlement, row)),
        (Book.HOLD, _describe_holds(holds), _trace_holds(settlement)),
    ):
        for values in spot_differences(stored, traced):
            yield Finding(run, row.case_number, book, DIFFERS, values)


def _open(row: Row) -> Settlement | None:
    """Return the settlement of a trace; None where its bytes are not those of its digest."""
    try:
        text = zlib.decompress(row.trace)
    except zlib.error:
        return None
    return from_json(text) if hashlib.sha256(text).hexdigest() == row.trace_digest else None


def _describe_result(row: Row, providers: set[int | None]) -> dict[str, Any]:
    others = providers - {None, row.provider_id}
    return {
        "case_number": row.case_number, "person": row.own_case_number,
        "outcome": row.outcome.value, "days": row.days, **{n: getattr(row, n) for n in SUMS},
        "other providers": sorted(others) if row.provider_id is not None else [],
    }  # fmt: skip


def _trace_result(settlement: Settlement) -> dict[str, Any]:
    lines = settlement.lines
    return {
        "case_number": settlement.person, "person": settlement.person,
        "outcome": settlement.outcome.value, "days": settlement.days.count(DayState.PAID),
        **{name: sum(getattr(line, name) for line in lines) for name in SUMS},
        "other providers": [],
    }  # fmt: skip


def _describe_lines(lines: Sequence[Row]) -> dict[str, Any]:
    names = [*LINE_NAMES, "sequence", "payee_id", "provider_id", "district_id"]
    told = {f"{n}.{name}": getattr(line, name) for n, line in enumerate(lines) for name in names}
    return {"lines": len(lines), **told}


def _trace_lines(settlement: Settlement, row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {"lines": len(settlement.lines)}
    for n, line in enumerate(settlement.lines):
        told |= {f"{n}.{name}": getattr(line, name) for name in LINE_NAMES}
        told[f"{n}.sequence"], told[f"{n}.district_id"] = n, row.district_id
        told[f"{n}.payee_id"], told[f"{n}.provider_id"] = line.payee or row.person_id, line.payee
    return told


def _describe_holds(holds: Sequence[Row]) -> dict[str, Any]:
    return {
        "holds": len(holds),
        **{f"{n}.kind": hold.kind for n, hold in enumerate(holds)},
        **{f"{n}.owner": hold.owner for n, hold in enumerate(holds)},
        **{f"{n}.values": _canonical(hold.values) for n, hold in enumerate(holds)},
        **{f"{n}.sequence": hold.sequence for n, hold in enumerate(holds)},
    }


def _trace_holds(settlement: Settlement) -> dict[str, Any]:
    holds = settlement.holds
    return {
        "holds": len(holds),
        **{f"{n}.kind": hold.kind for n, hold in enumerate(holds)},
        **{f"{n}.owner": hold.owner for n, hold in enumerate(holds)},
        **{f"{n}.values": _canonical(dict(hold.values)) for n, hold in enumerate(holds)},
        **{f"{n}.sequence": n for n in range(len(holds))},
    }


def _canonical(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


class _ChunkSums:
    """The digests of a run's chunks and of the run, taken anew while its results go by."""

    def __init__(self, run: str, chunks: Sequence[RunChunk]) -> None:
        self._run, self._chunks = run, chunks
        self._entries: list[tuple[str, str]] = []

    def add(self, row: Row) -> None:
        self._entries.append((row.case_number, row.trace_digest))

    def run_digest(self) -> str:
        return digest_of(self._entries)

    def differences(self) -> Iterator[Finding]:
        begin = 0
        for chunk in self._chunks:
            entries = self._entries[begin : begin + chunk.people]
            begin += chunk.people
            cases = (chunk.first_case, chunk.last_case)
            ends = (entries[0][0], entries[-1][0]) if entries else ("", "")
            if digest_of(entries) != chunk.digest or cases != ends:
                values = {"number": chunk.number, "first": cases[0], "last": cases[1]}
                yield Finding(self._run, "", Book.CHUNK, PART_DIFFERS, values)
        if begin != len(self._entries):
            counts = {"name": "people", "stored": begin, "wanted": len(self._entries)}
            yield Finding(self._run, "", Book.RUN, DIFFERS, counts)


def _check_sums(
    session: Session, run: PayoutRun, key: RunKey, name: str, digest: str
) -> Iterator[Finding]:
    """Yield where a run's own row is not what its results come to."""
    results = sum_results(session, key)
    results["people"] = results["paid"] + results["held"] + results["zero"]
    wanted: dict[str, Any] = {**results, "digest": digest}
    stored = {column: getattr(run, column) for column in wanted}
    if run.status is RunStatus.APPROVED:
        wanted["approved_digest"], stored["approved_digest"] = digest, run.approved_digest
    for values in spot_differences(stored, wanted):
        yield Finding(name, "", Book.RUN, DIFFERS, values)


def _check_stored(ctx: Context, run: PayoutRun, books: BookReport) -> None:
    """Find where what pages show of a run at once is not what they would work out from its lines."""
    name = f"{run.month}/{run.sequence}"
    for book, spot in ((Book.SUM, spot_other_sums), (Book.BRIDGE, spot_other_bridge)):
        books.add(Finding(name, "", book, DIFFERS, values) for values in spot(ctx, run))


def _check_statements(
    session: Session, run: PayoutRun, documents: Path, name: str, books: BookReport
) -> None:
    key, number = RunKey(run.area_id, run.id), ""
    renamed = load_former_codes(session, run.area_id)
    while rows := load_statements_after(session, key, number, STATEMENTS_AT_ONCE):
        for row in rows:
            books.statements += 1
            books.add(_check_statement(run, name, row, renamed))
            books.add(_check_file(run.area_id, documents, name, row))
        number = rows[-1].number


def _check_statement(
    run: PayoutRun, name: str, row: Row, renamed: Mapping[int, Collection[str]]
) -> Iterator[Finding]:
    """Yield where a statement's row is not of this run, this subject and this content.

    The code is drawn from the run's digest, the number and the digest of what was printed, and so
    vouches for all of the amounts. Its number names the provider by the code of that day, which may
    have been corrected since (``renamed``).
    """
    if not row.is_due:
        yield Finding(name, row.number, Book.STATEMENT, NOTHING_DUE, {"code": row.code})
    former = renamed.get(row.subject_id, ()) if row.kind is StatementKind.PROVIDER else ()
    if not any(row.number.endswith(f"-{code}") for code in (row.code, *former)):
        yield Finding(name, row.number, Book.STATEMENT, OF_ANOTHER, {"code": row.code})
    code = build_code(run.approved_digest or "", row.number, row.content_digest)
    if row.verify_code is not None and row.verify_code != code:
        yield Finding(name, row.number, Book.STATEMENT, CODE_DIFFERS)


def _check_file(area_id: int, documents: Path, name: str, row: Row) -> Iterator[Finding]:
    """Yield where a statement's file is gone or changed, or not as long as its row says."""
    if row.file_digest is None:
        return
    try:
        size = len(read_file(documents, area_id, row.file_digest))
    except FileGone:
        values = {"file": f"{row.file_digest[:12]}….pdf"}
        yield Finding(name, row.number, Book.FILE, FILE_GONE, values)
        return
    if size != row.file_bytes:
        sizes = {"name": "file_bytes", "stored": row.file_bytes, "wanted": size}
        yield Finding(name, row.number, Book.STATEMENT, DIFFERS, sizes)
