"""What the demonstration came to, read back from the database, and what is wrong with it, if so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.audit import ChainState
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.services.audit import verify
from ltc.services.context import Context
from ltc.services.demo.scores import SEVERE
from ltc.services.demo.stories import APPLIED, DECEMBER, NOVEMBER, PASSED
from ltc.services.executors import Executor
from ltc.services.payouts import preview_run
from ltc.store.assessments import Application, Conclusion, Evaluation
from ltc.store.audit_log import AuditEvent
from ltc.store.base import known_at
from ltc.store.insured import InsuredPerson
from ltc.store.payout_runs import RunKey, list_runs_of_month, sum_lines, sum_results
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutRun
from ltc.store.providers import Carer, Provider
from ltc.store.statement_sources import (
    count_statements,
    list_waiting_people,
    list_waiting_providers,
)
from ltc.store.users import User
from ltc.store.visits import Visit

BEGUN, BUILT = "demonstration.begun", "demonstration.built"


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """One month: its run, sums of the fund in fen by scheme and mode, and what is printed."""

    run: PayoutRun
    visits: int
    refused: int
    fund_fen_by_scheme: dict[str, int]
    fund_fen_by_mode: dict[str, int]
    people_by_hold: dict[str, int]
    known_now_fen: int  # the fund's sum by all that is known today: late facts make the difference
    statements: int
    waiting: int  # statements that are not issued yet
    books_agree: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole demonstration."""

    people: int
    applied: int
    passed: int
    scored: int  # evaluations with all 17 answers and a grade
    providers: int
    carers: int
    users: int
    months: tuple[MonthSummary, ...]
    chain: ChainState


def is_begun(session: Session, area_id: int) -> bool:
    """Whether the demonstration was begun in this area."""
    return _has_event(session, area_id, BEGUN)


def is_built(session: Session, area_id: int) -> bool:
    """Whether the demonstration was built in this area, to its end."""
    return _has_event(session, area_id, BUILT)


def summarise(ctx: Context, executor: Executor) -> Summary:
    """Count and add up what stands in the database; verify the chain of the audit log."""
    session, area_id = ctx.session, ctx.area_id

    def count(table: Any, *where: sa.ColumnElement[bool]) -> int:
        return _count(session, area_id, table, *where)

    return Summary(
        people=count(InsuredPerson),
        applied=count(Application),
        passed=count(Conclusion, Conclusion.grade.in_(SEVERE), known_at(Conclusion, None)),
        scored=count(Evaluation, Evaluation.grade.is_not(None)),
        providers=count(Provider),
        carers=count(Carer),
        users=count(User),
        months=tuple(
            _summarise_month(ctx, runs[0], executor)
            for month in (NOVEMBER, DECEMBER)
            if (runs := list_runs_of_month(session, area_id, month))
        ),
        chain=verify(session, area_id),
    )


def list_failures(summary: Summary, *, with_statements: bool = True) -> list[str]:
    """Return in words what does not hold; nothing where everything does."""
    printed = _check_statements(summary) if with_statements else ()
    return [*_check_people(summary), *_check_months(summary), *printed]


def _has_event(session: Session, area_id: int, action: str) -> bool:
    query = sa.select(AuditEvent.id).where(
        AuditEvent.area_id == area_id, AuditEvent.action == action
    )
    return session.scalar(query.limit(1)) is not None


def _check_people(summary: Summary) -> Iterator[str]:
    expected = summary.people * PASSED // APPLIED
    if summary.applied != summary.people or summary.scored != summary.people:
        yield f"{summary.people} people, but {summary.applied} applications, {summary.scored} grades"
    if summary.passed != expected:
        yield f"{summary.passed} passed, {expected} expected"
    if summary.chain.broken is not None or not summary.chain.blocks:
        yield f"audit chain: {summary.chain.broken or 'nothing is sealed'}"


def _check_months(summary: Summary) -> Iterator[str]:
    if len(summary.months) != 2:
        yield f"{len(summary.months)} months calculated, 2 expected"
    for month in summary.months:
        run, name = month.run, month.run.month
        if run.status is not RunStatus.APPROVED or run.approved_digest != run.digest:
            yield f"{name}: not approved as calculated"
        if not run.paid + run.held + run.zero == run.people == summary.people:
            yield f"{name}: paid, held and zero are not everybody"
        if not month.books_agree:
            yield f"{name}: lines, results and run do not agree"


def _check_statements(summary: Summary) -> Iterator[str]:
    for month in summary.months:
        if month.waiting:
            yield f"{month.run.month}: {month.waiting} statements are missing"


def _summarise_month(ctx: Context, run: PayoutRun, executor: Executor) -> MonthSummary:
    session, month = ctx.session, Month.parse(run.month)
    key = RunKey(run.area_id, run.id)
    in_month = (
        Visit.service_on >= month.starts_on, Visit.service_on < month.ends_before,
        known_at(Visit, run.known_at),
    )  # fmt: skip
    waiting = [*list_waiting_people(session, key), *list_waiting_providers(session, key)]
    return MonthSummary(
        run=run,
        visits=_count(session, run.area_id, Visit, *in_month),
        refused=_count(session, run.area_id, Visit, *in_month, Visit.refused.is_not(None)),
        fund_fen_by_scheme=_sum_fund(session, run, PayoutLine.scheme),
        fund_fen_by_mode=_sum_fund(session, run, PayoutLine.mode),
        people_by_hold=_count_holds(session, run),
        known_now_fen=preview_run(ctx, month=month, executor=executor).tally.fund_fen,
        statements=count_statements(session, key),
        waiting=len(waiting),
        books_agree=_do_books_agree(session, run, key),
    )


def _do_books_agree(session: Session, run: PayoutRun, key: RunKey) -> bool:
    """Whether the run's own figures are those of its results, and these the sums of the lines."""
    results, lines = sum_results(session, key), sum_lines(session, key)
    return all(getattr(run, name) == value for name, value in results.items()) and all(
        results[name] == value for name, value in lines.items()
    )


def _count(session: Session, area_id: int, table: Any, *where: sa.ColumnElement[bool]) -> int:
    column = sa.inspect(table).columns["area_id"]
    query = sa.select(sa.func.count()).select_from(table).where(column == area_id, *where)
    return session.scalar(query) or 0


def _sum_fund(session: Session, run: PayoutRun, column: Any) -> dict[str, int]:
    """Return the fund's part in fen by the values of a column of the lines."""
    query = (
        sa.select(column, sa.func.sum(PayoutLine.fund_fen))
        .where(PayoutLine.area_id == run.area_id, PayoutLine.run_id == run.id)
        .group_by(column)
        .order_by(column)
    )
    return {value: int(fund_fen) for value, fund_fen in session.execute(query)}


def _count_holds(session: Session, run: PayoutRun) -> dict[str, int]:
    query = (
        sa.select(PayoutHold.kind, sa.func.count(sa.distinct(PayoutHold.person_id)))
        .where(PayoutHold.area_id == run.area_id, PayoutHold.run_id == run.id)
        .group_by(PayoutHold.kind)
        .order_by(PayoutHold.kind)
    )
    return {kind: int(people) for kind, people in session.execute(query)}
