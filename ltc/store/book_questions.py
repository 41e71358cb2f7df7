"""What the check of the books asks: runs, and their results, lines and holds people by people."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.payouts.runs import RunStatus
from ltc.rules.statements import StatementKind
from ltc.store.bulk import is_any_of
from ltc.store.insured import InsuredPerson
from ltc.store.payout_cases import Frame, reasons
from ltc.store.payout_runs import RunKey
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult, PayoutRun
from ltc.store.providers import Provider, ProviderVersion
from ltc.store.statements import Statement


def find_last_approved(session: Session, area_id: int) -> PayoutRun | None:
    """Return the approved run of the latest month of an area; None where none is approved."""
    query = (
        sa.select(PayoutRun)
        .where(PayoutRun.area_id == area_id, PayoutRun.status == RunStatus.APPROVED)
        .order_by(PayoutRun.month.desc(), PayoutRun.sequence.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    found: PayoutRun | None = session.scalar(query)
    return found


def list_runs_to_check(session: Session, area_id: int, since: datetime | None) -> list[PayoutRun]:
    """Return the runs with a result, of those that were touched since an instant, by month."""
    query = sa.select(PayoutRun).where(PayoutRun.area_id == area_id, PayoutRun.digest.is_not(None))
    if since is not None:
        touched = (PayoutRun.calculated_at, PayoutRun.checked_at, PayoutRun.approved_at)
        issued = sa.select(Statement.run_id).where(
            Statement.area_id == area_id, Statement.issued_at >= since
        )
        query = query.where(sa.or_(*[at >= since for at in touched], PayoutRun.id.in_(issued)))
    return list(session.scalars(query.order_by(PayoutRun.month, PayoutRun.sequence)))


def load_results_after(
    session: Session, run: RunKey, case_number: str, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return results with their traces and the person's own case number, in order of case."""
    p = PayoutResult
    query: Any = (
        sa.select(
            p.person_id, p.case_number, p.district_id, p.provider_id, p.outcome, p.days,
            p.eligible_fen, p.fund_fen, p.assistance_fen, p.person_fen, p.trace, p.trace_digest,
            InsuredPerson.case_number.label("own_case_number"),
        )
        .join(
            InsuredPerson,
            sa.and_(InsuredPerson.area_id == p.area_id, InsuredPerson.id == p.person_id),
        )
        .where(p.area_id == run.area_id, p.run_id == run.id, p.case_number > case_number)
        .order_by(p.case_number)
        .limit(limit)
    )  # fmt: skip
    return session.execute(query).all()


def load_lines_of(
    session: Session, run: RunKey, people: Collection[int]
) -> dict[int, list[sa.Row[Any]]]:
    """Return the lines of some people in a run, by person and in order."""
    return _by_person(session, PayoutLine.__table__, run, people)


def load_holds_of(
    session: Session, run: RunKey, people: Collection[int]
) -> dict[int, list[sa.Row[Any]]]:
    """Return the holds of some people in a run, by person and in order."""
    return _by_person(session, PayoutHold.__table__, run, people)


def load_providers_of(
    session: Session, frame: Frame, people: Collection[int]
) -> dict[int, set[int | None]]:
    """Return the providers whom plans, visits, stays and fees of a month name, by person.

    As known at the frame's instant: a trace may tell of any of them.
    """
    found: dict[int, set[int | None]] = {person: set() for person in people}
    naming = [(table, month) for table, month in reasons(frame) if hasattr(table, "provider_id")]
    for table, of_month in naming:
        query = sa.select(table.person_id, table.provider_id).where(
            table.area_id == frame.area_id, is_any_of(session, table.person_id, people), of_month
        )
        for person, provider in session.execute(query.distinct()):
            found[person].add(provider)
    return found


def list_strays(session: Session, run: RunKey, limit: int) -> list[tuple[str, str]]:
    """Return (table, case number) of lines and holds of people who have no result in the run."""
    found: list[tuple[str, str]] = []
    for table in (PayoutLine, PayoutHold):
        has_result = sa.exists().where(
            PayoutResult.area_id == table.area_id, PayoutResult.run_id == table.run_id,
            PayoutResult.person_id == table.person_id,
        )  # fmt: skip
        query = (
            sa.select(InsuredPerson.case_number)
            .join(
                table,
                sa.and_(
                    InsuredPerson.area_id == table.area_id, InsuredPerson.id == table.person_id
                ),
            )
            .where(table.area_id == run.area_id, table.run_id == run.id, ~has_result)
            .order_by(InsuredPerson.case_number)
            .limit(limit)
        )
        found += [(table.__tablename__, number) for number in session.scalars(query)]
    return found


def load_statements_after(
    session: Session, run: RunKey, number: str, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return statements of a run in order of number, each with the case or provider it is about.

    ``code`` is the case number or the provider's code; ``is_due`` says whether the run has a result
    for the person, or a line for the provider.
    """
    s = Statement
    of_area = s.area_id == run.area_id
    code = sa.case(
        (s.kind == StatementKind.PERSON, _select_code(InsuredPerson, InsuredPerson.case_number)),
        else_=_select_code(Provider, Provider.code),
    )
    is_due = sa.case(
        (s.kind == StatementKind.PERSON, _exists(PayoutResult, PayoutResult.person_id)),
        else_=sa.or_(
            _exists(PayoutLine, PayoutLine.provider_id),
            _exists(PayoutResult, PayoutResult.provider_id),
        ),
    )
    query: Any = (
        sa.select(
            s.number, s.kind, s.subject_id, s.content_digest, s.file_digest, s.file_bytes, s.verify_code,
            code.label("code"), is_due.label("is_due"),
        )
        .where(of_area, s.run_id == run.id, s.number > number)
        .order_by(s.number)
        .limit(limit)
    )  # fmt: skip
    return session.execute(query).all()


def load_former_codes(session: Session, area_id: int) -> dict[int, set[str]]:
    """Return the codes that providers had before a correction, by provider."""
    v = ProviderVersion
    found: dict[int, set[str]] = {}
    for provider_id, code in session.execute(
        sa.select(v.record_id, v.code).where(v.area_id == area_id).distinct()
    ):
        found.setdefault(provider_id, set()).add(code)
    return found


def _by_person(
    session: Session, table: Any, run: RunKey, people: Collection[int]
) -> dict[int, list[sa.Row[Any]]]:
    query = (
        sa.select(table)
        .where(
            table.c.area_id == run.area_id, table.c.run_id == run.id,
            table.c.person_id.in_(people),
        )
        .order_by(table.c.person_id, table.c.sequence)
    )  # fmt: skip
    found: dict[int, list[sa.Row[Any]]] = {person: [] for person in people}
    for row in session.execute(query):
        found[row.person_id].append(row)
    return found


def _select_code(table: Any, code: Any) -> sa.ScalarSelect[str]:
    return (
        sa.select(code)
        .where(table.area_id == Statement.area_id, table.id == Statement.subject_id)
        .correlate(Statement)
        .scalar_subquery()
    )


def _exists(table: Any, column: Any) -> sa.Exists:
    return (
        sa.exists()
        .where(
            table.area_id == Statement.area_id, table.run_id == Statement.run_id,
            column == Statement.subject_id,
        )
        .correlate(Statement)
    )  # fmt: skip
