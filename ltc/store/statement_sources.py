"""What statements are made from, read set by set: results with their traces, people, providers."""

import hashlib
import zlib
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.errors import Conflict
from ltc.rules.payouts.results import Settlement
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.payouts.trace import from_json
from ltc.rules.statements import StatementKind
from ltc.store.insured import InsuredPerson
from ltc.store.payout_runs import RunKey
from ltc.store.payouts import PayoutLine, PayoutResult, PayoutRun
from ltc.store.providers import Provider
from ltc.store.statements import Statement


class TraceDiffers(Conflict):
    """The stored calculation of {case_number} is no longer the one that was approved. Report it."""


class PersonRow(NamedTuple):
    """A person as far as a statement names them."""

    id: int
    case_number: str
    name: str
    identity_last4: str
    district_id: int


class ResultRow(NamedTuple):
    """A person's result with its settlement; ``provider_id`` None: of several providers or none."""

    person_id: int
    case_number: str
    district_id: int
    provider_id: int | None
    settlement: Settlement


def load_results(session: Session, run: RunKey, people: Collection[int]) -> dict[int, ResultRow]:
    """Return the results of some people in a run; raises TraceDiffers."""
    p = PayoutResult
    query = sa.select(
        p.person_id, p.case_number, p.district_id, p.provider_id, p.trace, p.trace_digest
    ).where(p.area_id == run.area_id, p.run_id == run.id, p.person_id.in_(people))
    return {
        row.person_id: ResultRow(*row[:4], _open(row.case_number, row.trace, row.trace_digest))
        for row in session.execute(query)
    }


def _open(case_number: str, trace: bytes, digest: str) -> Settlement:
    """Return the settlement of a trace after holding it against its digest."""
    text = zlib.decompress(trace)
    if hashlib.sha256(text).hexdigest() != digest:
        raise TraceDiffers(case_number=case_number)
    return from_json(text)


def load_people(session: Session, area_id: int, ids: Collection[int]) -> dict[int, PersonRow]:
    """Return some people by id."""
    p = InsuredPerson
    query = sa.select(p.id, p.case_number, p.name, p.identity_last4, p.district_id).where(
        p.area_id == area_id, p.id.in_(ids)
    )
    return {row.id: PersonRow(*row) for row in session.execute(query)}


def load_provider_names(session: Session, area_id: int) -> dict[int, str]:
    """Return the names of all providers of an area by id."""
    query = sa.select(Provider.id, Provider.name).where(Provider.area_id == area_id)
    return dict(session.execute(query).all())


def list_people_of_provider(
    session: Session, runs: Sequence[RunKey], provider_id: int
) -> list[int]:
    """Return the ids of everybody with a line or a result of a provider in the runs, by case."""
    found: set[int] = set()
    for run in runs:
        for table in (PayoutLine, PayoutResult):
            query: sa.Select[Any] = sa.select(table.person_id).where(
                table.area_id == run.area_id, table.run_id == run.id,
                table.provider_id == provider_id,
            )  # fmt: skip
            found |= set(session.scalars(query))
    area_id = runs[0].area_id
    people = load_people(session, area_id, found)
    return sorted(found, key=lambda person: people[person].case_number)


def find_approved_before(session: Session, run: PayoutRun, month: str) -> RunKey | None:
    """Return the approved run of an earlier month that a run is compared with; None without one."""
    query = (
        sa.select(PayoutRun.id)
        .where(
            PayoutRun.area_id == run.area_id, PayoutRun.month == month, PayoutRun.kind == run.kind,
            PayoutRun.status == RunStatus.APPROVED,
        )
        .order_by(PayoutRun.sequence.desc())
        .limit(1)
    )  # fmt: skip
    found = session.scalar(query)
    return None if found is None else RunKey(run.area_id, found)


def list_waiting_people(session: Session, run: RunKey, provider_id: int | None = None) -> list[int]:
    """Return the ids of everybody in a run without a statement, in order of case number.

    ``provider_id``: of those who are with this provider alone.
    """
    p = PayoutResult
    query = (
        sa.select(p.person_id)
        .where(
            p.area_id == run.area_id, p.run_id == run.id,
            p.person_id.not_in(_select_issued(run, StatementKind.PERSON)),
        )
        .order_by(p.case_number)
    )  # fmt: skip
    if provider_id is not None:
        query = query.where(p.provider_id == provider_id)
    return list(session.scalars(query))


def list_waiting_providers(
    session: Session, run: RunKey, provider_id: int | None = None
) -> list[int]:
    """Return the ids of the providers with lines in a run and no statement, in order of code."""
    paid = sa.select(PayoutLine.provider_id).where(
        PayoutLine.area_id == run.area_id, PayoutLine.run_id == run.id,
        PayoutLine.provider_id.is_not(None),
    )  # fmt: skip
    query = (
        sa.select(Provider.id)
        .where(
            Provider.area_id == run.area_id, Provider.id.in_(paid),
            Provider.id.not_in(_select_issued(run, StatementKind.PROVIDER)),
        )
        .order_by(Provider.code)
    )  # fmt: skip
    if provider_id is not None:
        query = query.where(Provider.id == provider_id)
    return list(session.scalars(query))


def _select_issued(run: RunKey, kind: StatementKind) -> sa.Select[Any]:
    return sa.select(Statement.subject_id).where(
        Statement.area_id == run.area_id, Statement.run_id == run.id, Statement.kind == kind
    )


def count_statements(session: Session, run: RunKey) -> int:
    """Return how many statements of a run have been issued."""
    query = sa.select(sa.func.count()).where(
        Statement.area_id == run.area_id, Statement.run_id == run.id
    )
    return session.scalar(query) or 0


def load_codes(
    session: Session, area_id: int, subjects: Collection[tuple[StatementKind, int]]
) -> dict[tuple[StatementKind, int], str]:
    """Return the case numbers of people and the codes of providers."""
    if not subjects:
        return {}
    ids = {subject_id for _, subject_id in subjects}
    people = load_people(session, area_id, ids)
    codes = {(StatementKind.PERSON, person.id): person.case_number for person in people.values()}
    query = sa.select(Provider.id, Provider.code).where(
        Provider.area_id == area_id, Provider.id.in_(ids)
    )
    return codes | {(StatementKind.PROVIDER, row.id): row.code for row in session.execute(query)}
