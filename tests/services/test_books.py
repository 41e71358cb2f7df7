"""Whoever changes one fen or one byte of the books is named by the check, and by the proof."""

import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.books import Book, Verdict
from ltc.rules.statement_codes import build_code
from ltc.rules.statements import StatementKind
from ltc.services import payout_start, payout_sums
from ltc.services.books import check_books
from ltc.services.executors import Inline
from ltc.services.payout_sums import add_up
from ltc.services.proofs import prove_last_month
from ltc.services.record_versions import build_version, keep_version
from ltc.store.base import new_id
from ltc.store.documents import keep_file, path_of
from ltc.store.insured import Enrolment
from ltc.store.payout_questions import BREAKDOWNS
from ltc.store.payout_sums import WHOLE
from ltc.store.payouts import (
    PayoutBridge,
    PayoutHold,
    PayoutLine,
    PayoutResult,
    PayoutRun,
    PayoutSum,
    RunChunk,
)
from ltc.store.providers import Provider
from ltc.store.statements import Statement
from tests.support import factories
from tests.support.month import AFTER, MONTH, PEOPLE, approve, calculate, make_month

NEW_YEAR = datetime(2020, 1, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def ctx(make_ctx):
    return make_ctx(now=AFTER)


@pytest.fixture
def month(session, area):
    return make_month(session)


@pytest.fixture
def run(session, month, make_ctx):
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    users = [factories.make_user(session, role) for role in roles]
    return approve(*[make_ctx(role=u.role, user_id=u.id, now=AFTER) for u in users])


@pytest.fixture
def statement(session, run, tmp_path):
    """A statement as it is issued, but for what its file shows."""
    result = session.scalars(sa.select(PayoutResult).order_by(PayoutResult.case_number)).first()
    number, content = f"201911R1-{result.case_number}", "c" * 64
    row = Statement(
        area_id=1, id=new_id(), number=number, run_id=run.id, kind=StatementKind.PERSON,
        subject_id=result.person_id, provider_id=None, district_id=result.district_id,
        content_digest=content, file_digest=keep_file(tmp_path, 1, b"%PDF-1.7"), file_bytes=8,
        pages=1, verify_code=build_code(run.approved_digest, number, content), issued_at=AFTER,
    )  # fmt: skip
    session.add(row)
    session.commit()
    return row


def check(ctx, documents):
    """Check what the test's session sees, uncommitted changes too, and take these back."""
    ctx.session.expire_all()
    books = check_books(ctx, documents=documents)
    ctx.session.rollback()
    return books


def change(session, table, row_id, **values):
    """Change cells past everything that keeps them right."""
    session.execute(sa.update(table).where(table.id == row_id).values(**values))


def first(session, table):
    return session.scalars(sa.select(table).order_by(table.id)).first()


def test_books_that_agree_have_no_findings(ctx, run, statement, tmp_path):
    books = check(ctx, tmp_path)
    assert books.findings == []
    assert (books.runs, books.people, books.statements) == (1, PEOPLE, 1)
    assert check_books(ctx, documents=tmp_path, since=AFTER).runs == 1
    later = AFTER.replace(day=AFTER.day + 1)
    assert check_books(ctx, documents=tmp_path, since=later).runs == 0


def test_a_changed_cell_is_named_with_its_case(ctx, run, session, tmp_path):
    for table, column, by, book in (
        (PayoutResult, "fund_fen", lambda v: v + 1, Book.RESULT),
        (PayoutResult, "days", lambda v: v - 1, Book.RESULT),
        (PayoutResult, "trace_digest", lambda v: v[::-1], Book.TRACE),
        (PayoutResult, "trace", lambda v: zlib.compress(zlib.decompress(v) + b" "), Book.TRACE),
        (PayoutResult, "trace", lambda v: v[:-1], Book.TRACE),
        (PayoutLine, "excess_fen", lambda v: v + 1, Book.LINE),
        (PayoutLine, "payee_id", lambda v: v + 1, Book.LINE),
        (PayoutLine, "minutes", lambda v: v + 1, Book.LINE),
        (PayoutHold, "owner", lambda v: f"{v}s", Book.HOLD),
        (PayoutHold, "values", lambda v: {**v, "days": "1"}, Book.HOLD),
    ):
        row = first(session, table)
        case = session.scalar(
            sa.select(PayoutResult.case_number).where(PayoutResult.person_id == row.person_id)
        )
        change(session, table, row.id, **{column: by(getattr(row, column))})
        found = check(ctx, tmp_path).findings
        assert (found[0].run, found[0].case, found[0].book) == ("2019-11/1", case, book), column


def test_a_fen_moved_from_one_part_of_a_line_to_another_is_named(ctx, run, session, tmp_path):
    """The line still adds up, and so does the run's eligible amount: only the trace tells."""
    line = first(session, PayoutLine)
    fund, person = line.fund_fen, line.person_fen
    change(session, PayoutLine, line.id, fund_fen=fund - 1, person_fen=person + 1)
    details = [finding.detail for finding in check(ctx, tmp_path).findings]
    assert details == [
        f"0.fund_fen: stored {fund - 1}, should be {fund}",
        f"0.person_fen: stored {person + 1}, should be {person}",
    ]


def test_a_row_that_is_gone_is_named(ctx, run, session, tmp_path):
    for table, books in (
        (PayoutLine, {Book.LINE}),
        (PayoutHold, {Book.HOLD}),
        (PayoutResult, {Book.LINE, Book.CHUNK, Book.RUN}),
    ):
        person = first(session, PayoutHold if table is PayoutHold else PayoutLine).person_id
        session.execute(sa.delete(table).where(table.person_id == person))
        assert {finding.book for finding in check(ctx, tmp_path).findings} >= books


def test_a_trace_that_was_written_anew_with_its_digest_is_named(ctx, run, session, tmp_path):
    """Trace, digest and amounts agree; the checkpoint of the chunk and the approval do not."""
    result = session.scalars(sa.select(PayoutResult).where(PayoutResult.outcome == "zero")).one()
    before = zlib.decompress(result.trace)
    text = before.replace(b'"cn-2021"', b'"cn-2022"')
    assert text != before
    digest = hashlib.sha256(text).hexdigest()
    change(session, PayoutResult, result.id, trace=zlib.compress(text), trace_digest=digest)
    found = {(f.book, f.detail.split(":")[0]) for f in check(ctx, tmp_path).findings}
    assert {book for book, _detail in found} == {Book.CHUNK, Book.RUN}
    assert {(Book.RUN, "digest"), (Book.RUN, "approved_digest")} <= found


def test_a_change_of_a_run_is_named(ctx, run, session, tmp_path):
    for table, column, value, book in (
        (PayoutRun, "fund_fen", 1, Book.RUN),
        (PayoutRun, "held", 7, Book.RUN),
        (PayoutRun, "digest", "0" * 64, Book.RUN),
        (PayoutRun, "approved_digest", "0" * 64, Book.RUN),
        (RunChunk, "digest", "0" * 64, Book.CHUNK),
        (RunChunk, "people", 1, Book.CHUNK),
        (RunChunk, "last_case", "CQ", Book.CHUNK),
    ):
        change(session, table, first(session, table).id, **{column: value})
        found = check(ctx, tmp_path).findings
        assert found[0].run == "2019-11/1"
        assert book in {finding.book for finding in found}, column


def test_a_change_of_a_statement_or_its_file_is_named(ctx, statement, session, tmp_path):
    number, path = statement.number, path_of(tmp_path, 1, statement.file_digest)
    for column, value, book in (
        ("content_digest", "d" * 64, Book.STATEMENT),
        ("number", f"{number}9", Book.STATEMENT),
        ("verify_code", "0" * 16, Book.STATEMENT),
        ("file_digest", "e" * 64, Book.FILE),
        ("file_bytes", 9, Book.STATEMENT),
        ("subject_id", 5, Book.STATEMENT),
    ):
        change(session, Statement, statement.id, **{column: value})
        found = check(ctx, tmp_path).findings
        assert (found[0].case.startswith(number), found[0].book) == (True, book), column
    for content in (b"%PDF-1.8", None):
        path.unlink()
        if content:
            path.write_bytes(content)
        (finding,) = check(ctx, tmp_path).findings
        assert (finding.book, finding.case) == (Book.FILE, number)


@pytest.fixture
def two_months(session, run, ctx):
    """The month after it as well, and what both come to."""
    after = calculate(replace(ctx, now=NEW_YEAR), month=MONTH.plus(1))
    add_up(ctx)
    return run, after


def test_a_stored_sum_that_is_not_that_of_the_lines_is_named(ctx, two_months, session, tmp_path):
    run, _after = two_months
    assert check(ctx, tmp_path).findings == []
    rows = session.scalars(sa.select(PayoutSum).where(PayoutSum.run_id == run.id)).all()
    rows = {row.breakdown: row for row in rows}
    assert set(rows) == {*BREAKDOWNS, WHOLE}
    for breakdown, row in rows.items():
        change(session, PayoutSum, row.id, fund_fen=row.fund_fen + 1)
        (finding,) = check(ctx, tmp_path).findings
        assert (finding.run, finding.book) == ("2019-11/1", Book.SUM)
        name, fen = f"{breakdown} {row.key}".rstrip(), row.fund_fen
        assert finding.detail == f"{name}: fund_fen: stored {fen + 1}, should be {fen}"
    for column, value in (("people", 99), ("digest", "0" * 64), ("key", "none")):
        change(session, PayoutSum, rows["scheme"].id, **{column: value})
        assert {finding.book for finding in check(ctx, tmp_path).findings} == {Book.SUM}, column
    session.execute(sa.delete(PayoutSum).where(PayoutSum.id == rows[WHOLE].id))
    assert {finding.book for finding in check(ctx, tmp_path).findings} == {Book.SUM}


def test_a_stored_bridge_that_is_not_that_of_the_lines_is_named(
    ctx, two_months, session, tmp_path, monkeypatch
):
    bridge = first(session, PayoutBridge)
    (cause, people, fen), *others = bridge.spans
    largest = [[*bridge.largest[0][:2], 1, bridge.largest[0][3]], *bridge.largest[1:]]
    for values, name in (
        ({"spans": [[cause, people + 1, fen], *others]}, "cause 1"),
        ({"spans": [[cause, people, fen + 1], *others]}, "cause 1"),
        ({"largest": largest}, "change 1"),
    ):
        change(session, PayoutBridge, bridge.id, **values)
        (finding,) = check(ctx, tmp_path).findings
        assert (finding.run, finding.book) == ("2019-12/1", Book.BRIDGE)
        assert finding.detail.startswith(f"{name}: ")
    monkeypatch.setattr(payout_sums, "digest_law", lambda _law: "of another edition")
    change(session, PayoutBridge, bridge.id, spans=[[cause, people + 1, fen], *others])
    assert check(ctx, tmp_path).findings == []  # another law may count other people
    change(session, PayoutBridge, bridge.id, spans=[[cause, people, fen + 1], *others])
    (finding,) = check(ctx, tmp_path).findings
    assert finding.detail.startswith("fund_fen: ")


def test_a_corrected_code_of_a_provider_is_no_finding(ctx, statement, session, tmp_path):
    line = session.scalars(sa.select(PayoutLine).where(PayoutLine.provider_id.is_not(None))).first()
    provider = session.get(Provider, (1, line.provider_id))
    run = session.get(PayoutRun, (1, statement.run_id))
    number = f"201911R1-{provider.code}"
    code = build_code(run.approved_digest, number, statement.content_digest)
    change(
        session, Statement, statement.id, number=number, kind=StatementKind.PROVIDER,
        subject_id=provider.id, verify_code=code,
    )  # fmt: skip
    version = build_version(ctx, provider)
    provider.code = "CORRECTED"
    keep_version(ctx, provider, version, "a slip")
    session.commit()
    assert check(ctx, tmp_path).findings == []


@pytest.mark.parametrize("care", [factories.make_fee, factories.make_bed_stay])
def test_a_month_with_care_of_two_providers_is_shown_to_neither(
    care, ctx, session, month, request, tmp_path
):
    """What the trace says of the one is no business of the other."""
    person, (own, other) = month.people[2], month.providers
    care(session, person, other)
    session.commit()
    request.getfixturevalue("run")
    mine = PayoutResult.person_id == person.id
    result = session.scalars(sa.select(PayoutResult).where(mine)).one()
    assert result.provider_id is None
    change(session, PayoutResult, result.id, provider_id=own.id)
    (finding,) = check(ctx, tmp_path).findings
    assert (finding.book, finding.case) == (Book.RESULT, person.case_number)
    assert finding.values["name"] == "other providers"


# --- the proof -----------------------------------------------------------------------------------


def prove(ctx):
    ctx.session.rollback()
    return prove_last_month(ctx, executor=Inline(ctx.session.get_bind()))


def test_an_approved_month_comes_out_again(ctx, run):
    proof = prove(ctx)
    assert (proof.verdict, proof.digest, proof.cases) == (Verdict.PROVEN, run.approved_digest, [])


def test_what_was_learned_later_changes_no_proof(ctx, run, session):
    person = factories.make_person(session)
    factories.make_conclusion(session, person, recorded_at=AFTER.replace(day=AFTER.day + 1))
    session.commit()
    assert prove(ctx).verdict is Verdict.PROVEN


def test_a_fact_that_was_changed_is_found_with_the_case(ctx, run, session):
    enrolment = first(session, Enrolment)
    change(session, Enrolment, enrolment.id, starts_on=AFTER.date())
    session.commit()
    case = session.scalar(
        sa.select(PayoutResult.case_number).where(PayoutResult.person_id == enrolment.person_id)
    )
    proof = prove(ctx)
    assert not proof.is_well
    assert proof.cases == [case]


def test_another_edition_of_the_rules_is_no_forgery(ctx, run, session, monkeypatch):
    change(session, Enrolment, first(session, Enrolment).id, starts_on=AFTER.date())
    session.commit()
    monkeypatch.setattr(payout_start, "EDITION", "another")
    proof = prove(ctx)
    assert (proof.verdict, proof.is_well) == (Verdict.OTHER_RULES, True)


def test_without_an_approved_month_there_is_nothing_to_prove(ctx):
    assert prove(ctx).verdict is Verdict.NOTHING
