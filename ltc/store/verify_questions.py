"""What anybody may ask about a statement: is it genuine, of which month, and is there a later one.

Asked by somebody who is not signed in, so no name, no number and no amount is read.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.rules.statements import StatementKind
from ltc.store.areas import Area
from ltc.store.payouts import PayoutLine, PayoutResult, PayoutRun
from ltc.store.statements import Statement

Rows = sa.Select[*tuple[Any, ...]]


class Genuine(NamedTuple):
    """What may be said in public of a statement that was issued here."""

    area: Area
    kind: StatementKind
    month: str
    run_kind: RunKind
    issued_at: datetime
    pages: int
    chain_number: int | None
    file_digest: str
    has_later: bool


def find_genuine_by_code(session: Session, code: str) -> Genuine | None:
    """Return what may be said of the statement with a code; None where there is none."""
    return _find(session, Statement.verify_code == code)


def find_genuine_by_digest(session: Session, digest: str) -> Genuine | None:
    """Return what may be said of the statement whose file has a digest; None where there is none."""
    return _find(session, Statement.file_digest == digest)


def _find(session: Session, condition: sa.ColumnElement[bool]) -> Genuine | None:
    query: Rows = (
        sa.select(Statement, PayoutRun, Area)
        .join(PayoutRun, sa.and_(PayoutRun.area_id == Statement.area_id,
                                 PayoutRun.id == Statement.run_id))
        .join(Area, Area.id == Statement.area_id)
        .where(condition)
        .limit(1)
    )  # fmt: skip
    found = session.execute(query).first()
    if found is None:
        return None
    statement, run, area = found
    return Genuine(
        area, statement.kind, run.month, run.kind, statement.issued_at, statement.pages,
        statement.chain_number, statement.file_digest, _has_later(session, statement, run),
    )  # fmt: skip


def _has_later(session: Session, statement: Statement, run: PayoutRun) -> bool:
    """Whether the month was settled again for the same person or provider, and approved."""
    table, column = (
        (PayoutResult, PayoutResult.person_id)
        if statement.kind is StatementKind.PERSON
        else (PayoutLine, PayoutLine.provider_id)
    )
    query: Rows = (
        sa.select(table.id)
        .join(PayoutRun, sa.and_(PayoutRun.area_id == table.area_id,
                                 PayoutRun.id == table.run_id))
        .where(
            table.area_id == run.area_id, column == statement.subject_id,
            PayoutRun.month == run.month, PayoutRun.status == RunStatus.APPROVED,
            PayoutRun.approved_at > run.approved_at,
        )
        .limit(1)
    )  # fmt: skip
    return session.execute(query).first() is not None
