"""Scheduled looks at what was paid: do the books agree, and does the last month come out again."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ltc.jobs.work import Work, executor_of
from ltc.rules.books import BOOK_NAMES, VERDICT_SENTENCES
from ltc.rules.errors import Conflict
from ltc.rules.words import Word
from ltc.services import name_parts
from ltc.services.books import BookReport, check_books
from ltc.services.executors import Inline
from ltc.services.payout_sums import add_up
from ltc.services.proofs import Proof, prove_last_month

DAYS_BACK = 40  # a month's run is made, checked, approved and printed within so many days


class BooksDisagree(Conflict):
    """{found} things in the books do not agree. The first: {first}. `flask books check` names all
    of them. Pay nothing out of these runs, and compare with the last backup.
    """


class MonthNotProven(Conflict):
    """{month}, run {sequence}: {why} Approved: {approved}…, now: {digest}…, cases: {cases}."""


def check_the_books(work: Work) -> dict[str, object]:
    """Check the runs that were touched lately, or all where the inputs say so (``all``).

    Where they agree, what a killed process has not added up is added up. Whoever would be found by
    no name is found again. Raises BooksDisagree.
    """
    ctx = work.machine
    if not work.dry_run and (people := name_parts.fill_in(ctx)):
        work.log(f"Names that could not be found by their parts, and now can: {people}")
    begin = datetime.combine(work.on - timedelta(days=DAYS_BACK), time(0), ZoneInfo(ctx.time_zone))
    since = None if work.inputs.get("all") else begin
    books = check_books(
        ctx, documents=work.house.settings.documents, since=since, report=work.report
    )
    if books.found:
        raise _disagreement(work, books)
    if not work.dry_run:
        add_up(ctx, work.report)
    return {"runs": books.runs, "people": books.people, "statements": books.statements}


def prove_the_month(work: Work) -> dict[str, object]:
    """Calculate the last approved month again as known then; raises MonthNotProven."""
    executor = Inline(work.house.engine) if work.dry_run else executor_of(work.house)
    proof = prove_last_month(work.machine, executor=executor)
    sentence = VERDICT_SENTENCES[proof.verdict]
    if not proof.is_well:
        problem = MonthNotProven(
            month=proof.month, sequence=proof.sequence, why=Word(sentence),
            approved=proof.approved_digest[:12], digest=proof.digest[:12], cases=proof.differing,
        )  # fmt: skip
        problem.rows = [{"number": case} for case in proof.cases]
        raise problem
    return {"outcome": sentence, **_describe(proof)}


def _describe(proof: Proof) -> dict[str, object]:
    if not proof.month:
        return {}
    return {
        "month": proof.month, "sequence": proof.sequence, "people": proof.people,
        "digest": proof.digest,
    }  # fmt: skip


def _disagreement(work: Work, books: BookReport) -> BooksDisagree:
    """Return what the job ends with; sentence, log and mail have runs and counts only."""
    for (run, book), count in books.counts.items():
        work.log(f"{run} {BOOK_NAMES[book]}: {count}")
    problem = BooksDisagree(found=books.found, first=books.findings[0].run)
    problem.rows = [
        {
            "run": finding.run, "number": finding.case, "what": BOOK_NAMES[finding.book],
            "detail": {"text": finding.text, "values": dict(finding.values)},
        }
        for finding in books.findings
    ]  # fmt: skip
    return problem
