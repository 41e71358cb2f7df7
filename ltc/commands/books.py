"""``flask books``: check the books, and calculate the last approved month again."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from ltc import http
from ltc.commands.counted import say_count
from ltc.commands.machine import machine_in, plainly
from ltc.jobs.work import executor_of
from ltc.rules.books import VERDICT_SENTENCES
from ltc.services.books import check_books
from ltc.services.proofs import Proof, prove_last_month

books_group = AppGroup("books", help="Whether what is stored agrees, and comes out again.")


@books_group.command("check")
@click.argument("area")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only runs touched since a day.")
@click.pass_context
def check(context: click.Context, area: str, since: datetime | None) -> None:
    """Check that lines, results, traces, holds and statements of AREA agree; exit code 1 if not."""
    documents = http.house().settings.documents
    with plainly(), machine_in(area) as ctx:
        instant = since.replace(tzinfo=ZoneInfo(ctx.time_zone)) if since else None
        books = check_books(ctx, documents=documents, since=instant)
    for finding in books.findings:
        about = " ".join(part for part in (finding.run, finding.case) if part)
        click.echo(f"{about}: {finding.book.value}: {finding.detail}")
    if books.found > len(books.findings):
        click.echo(f"… and {books.found - len(books.findings):,} more")
    click.echo(
        f"{area}: {say_count(books.runs, 'run')}, {say_count(books.people, 'person', 'people')}, "
        f"{say_count(books.statements, 'statement')}: "
        + (f"{books.found:,} things do NOT agree" if books.found else "all agree")
    )
    if books.found:
        context.exit(1)


@books_group.command("prove")
@click.argument("area")
@click.pass_context
def prove(context: click.Context, area: str) -> None:
    """Calculate AREA's last approved month again as known then; exit code 1 where it differs."""
    with plainly(), machine_in(area) as ctx:
        proof = prove_last_month(ctx, executor=executor_of(http.house()))
    click.echo(f"{area}: {describe_proof(proof)}")
    if not proof.is_well:
        context.exit(1)


def describe_proof(proof: Proof) -> str:
    """Return one line about a proof."""
    sentence = VERDICT_SENTENCES[proof.verdict]
    if not proof.month:
        return sentence
    digests = f"approved {proof.approved_digest}, now {proof.digest}"
    cases = f", cases {' '.join(proof.cases)}" if proof.cases else ""
    return f"{proof.month} run {proof.sequence}: {sentence} ({digests}{cases})"
