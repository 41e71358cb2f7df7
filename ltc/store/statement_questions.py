"""What pages ask about statements, all through the scope: lists, one, the files of a provider."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.statements import StatementKind
from ltc.store.areas import District
from ltc.store.insured import InsuredPerson
from ltc.store.paging import Page, page
from ltc.store.payouts import PayoutLine, PayoutResult, PayoutRun
from ltc.store.provider_questions import SORTS as PROVIDER_SORTS
from ltc.store.provider_questions import ProviderFilter, select_providers
from ltc.store.providers import Provider
from ltc.store.scope import visible
from ltc.store.statements import Statement

Rows = sa.Select[*tuple[Any, ...]]


class StatementNotFound(NotFound):
    """There is no such statement, or it is not yours to see."""


class NothingToState(NotFound):
    """The run has no result to state here, or it is not yours to see."""


class Issued(NamedTuple):
    """The statement of somebody in a run; None where it is not issued yet."""

    statement: Statement | None


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """What a list of statements is narrowed to; empty or None: everything."""

    month: str = ""
    kind: StatementKind | None = None
    provider_id: int | None = None
    text: str = ""

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return bool(self.month or self.kind or self.provider_id or self.text)


def list_statements(
    session: Session, actor: Actor, chosen: StatementFilter, cursor: str | None
) -> Page[Any]:
    """Return a page of (statement, month, name), the newest run first: numbers begin with it."""
    order = (Statement.number, Statement.id)
    return page(session, _select(actor, chosen), order, cursor, descending=True)


def _select(actor: Actor, chosen: StatementFilter) -> Rows:
    name = sa.func.coalesce(InsuredPerson.name, Provider.name, "").label("name")
    query: Rows = (
        sa.select(Statement, PayoutRun.month, name)
        .join(PayoutRun, sa.and_(PayoutRun.area_id == Statement.area_id,
                                 PayoutRun.id == Statement.run_id))
        .outerjoin(InsuredPerson, sa.and_(InsuredPerson.area_id == Statement.area_id,
                                          InsuredPerson.id == Statement.subject_id,
                                          Statement.kind == StatementKind.PERSON))
        .outerjoin(Provider, sa.and_(Provider.area_id == Statement.area_id,
                                     Provider.id == Statement.subject_id,
                                     Statement.kind == StatementKind.PROVIDER))
    )  # fmt: skip
    for column, value in (
        (PayoutRun.month, chosen.month), (Statement.kind, chosen.kind),
        (Statement.provider_id, chosen.provider_id),
    ):  # fmt: skip
        if value:
            query = query.where(column == value)
    if chosen.text:
        begins = Statement.number.contains(chosen.text, autoescape=True)
        query = query.where(sa.or_(begins, name.contains(chosen.text, autoescape=True)))
    return visible(query, actor, Statement)


def get_statement(session: Session, actor: Actor, statement_id: int) -> Statement:
    """Return a statement that the actor may see; raises StatementNotFound."""
    query = visible(sa.select(Statement).where(Statement.id == statement_id), actor)
    found: Statement | None = session.scalar(query)
    if found is None:
        raise StatementNotFound()
    return found


def find_visible_statement(
    session: Session, actor: Actor, run: PayoutRun, kind: StatementKind, subject_id: int
) -> Statement | None:
    """Return what was issued to a person or provider for a run, None where the actor sees none."""
    query = sa.select(Statement).where(
        Statement.run_id == run.id, Statement.kind == kind, Statement.subject_id == subject_id
    )
    found: Statement | None = session.scalar(visible(query, actor))
    return found


def find_statement_of(
    session: Session, actor: Actor, run: PayoutRun, kind: StatementKind, subject_id: int
) -> Issued:
    """Return the statement of a person or provider in a run; raises NothingToState."""
    table, column = (
        (PayoutResult, PayoutResult.person_id)
        if kind is StatementKind.PERSON
        else (PayoutLine, PayoutLine.provider_id)
    )
    has_result: Rows = sa.select(column).where(table.run_id == run.id, column == subject_id)
    if session.execute(visible(has_result.limit(1), actor, table)).first() is None:
        raise NothingToState()
    query = sa.select(Statement).where(
        Statement.area_id == run.area_id, Statement.run_id == run.id, Statement.kind == kind,
        Statement.subject_id == subject_id,
    )  # fmt: skip
    return Issued(session.scalar(query))


def list_approved_runs(session: Session, actor: Actor, limit: int = 24) -> list[PayoutRun]:
    """Return the approved runs that the actor may see, the latest month first."""
    query = sa.select(PayoutRun).where(PayoutRun.status == RunStatus.APPROVED)
    order = (PayoutRun.month.desc(), PayoutRun.sequence.desc())
    return list(session.scalars(visible(query, actor).order_by(*order).limit(limit)))


def count_by_run(session: Session, actor: Actor, run_ids: Collection[int]) -> dict[int, int]:
    """Return how many statements each of some runs has, of those that the actor may see."""
    query: Rows = (
        sa.select(Statement.run_id, sa.func.count())
        .where(Statement.run_id.in_(run_ids))
        .group_by(Statement.run_id)
    )
    return dict(session.execute(visible(query, actor, Statement)).all())


def count_waiting(session: Session, actor: Actor, run: PayoutRun) -> int:
    """Return how many statements of a run are not issued yet, of those that the actor may see."""

    def issued(kind: StatementKind) -> sa.Select[Any]:
        return sa.select(Statement.subject_id).where(
            Statement.area_id == run.area_id, Statement.run_id == run.id, Statement.kind == kind
        )

    people: Rows = sa.select(sa.func.count()).where(
        PayoutResult.run_id == run.id, PayoutResult.person_id.not_in(issued(StatementKind.PERSON))
    )
    paid = sa.select(PayoutLine.provider_id).where(
        PayoutLine.area_id == run.area_id, PayoutLine.run_id == run.id,
        PayoutLine.provider_id.is_not(None),
    )  # fmt: skip
    providers: Rows = sa.select(sa.func.count()).where(
        Provider.id.in_(paid), Provider.id.not_in(issued(StatementKind.PROVIDER))
    )
    queries = (visible(people, actor, PayoutResult), visible(providers, actor, Provider))
    return sum(session.scalar(query) or 0 for query in queries)


def count_waiting_by_provider(session: Session, actor: Actor, run: PayoutRun) -> dict[int, int]:
    """Return how many people of each provider wait for their statement in a run."""
    issued = sa.select(Statement.subject_id).where(
        Statement.area_id == run.area_id, Statement.run_id == run.id,
        Statement.kind == StatementKind.PERSON,
    )  # fmt: skip
    query: Rows = (
        sa.select(PayoutResult.provider_id, sa.func.count())
        .where(PayoutResult.run_id == run.id, PayoutResult.provider_id.is_not(None),
               PayoutResult.person_id.not_in(issued))
        .group_by(PayoutResult.provider_id)
    )  # fmt: skip
    return dict(session.execute(visible(query, actor, PayoutResult)).all())


def list_providers_of_run(
    session: Session,
    actor: Actor,
    run: PayoutRun,
    chosen: ProviderFilter,
    waiting_ids: Collection[int],
    today: date,
    cursor: str | None,
) -> Page[Provider]:
    """Return a page of the providers with statements in a run, and of those that wait, by name."""
    issued: Rows = sa.select(Statement.id).where(
        Statement.run_id == run.id, Statement.provider_id == Provider.id
    )
    has_statements = visible(issued, actor, Statement).exists()
    query = select_providers(actor, chosen, today)
    query = query.where(sa.or_(has_statements, Provider.id.in_(waiting_ids)))
    return page(session, query, PROVIDER_SORTS["name"], cursor)


def count_by_provider(
    session: Session, actor: Actor, run_id: int, ids: Collection[int]
) -> dict[int, int]:
    """Return how many statements each of some providers has in a run."""
    query: Rows = (
        sa.select(Statement.provider_id, sa.func.count())
        .where(Statement.run_id == run_id, Statement.provider_id.in_(ids))
        .group_by(Statement.provider_id)
    )
    return dict(session.execute(visible(query, actor, Statement)).all())


def load_providers_of_run(
    session: Session, actor: Actor, run_id: int
) -> list[tuple[int, str, int]]:
    """Return (id, name, statements) of all providers with statements in a run, by name."""
    query: Rows = (
        sa.select(Provider.id, Provider.name, sa.func.count())
        .join(Statement, sa.and_(Statement.area_id == Provider.area_id,
                                 Statement.provider_id == Provider.id))
        .where(Statement.run_id == run_id)
        .group_by(Provider.id, Provider.name)
        .order_by(Provider.name, Provider.id)
    )  # fmt: skip
    return [tuple(row) for row in session.execute(visible(query, actor, Statement))]


def list_districts_of_run(session: Session, actor: Actor, run_id: int) -> list[Any]:
    """Return (id, Chinese name, English name, people's statements) of the districts of a run."""
    query: Rows = (
        sa.select(District.id, District.name_zh, District.name_en, sa.func.count())
        .join(Statement, sa.and_(Statement.area_id == District.area_id,
                                 Statement.district_id == District.id))
        .where(Statement.run_id == run_id, Statement.kind == StatementKind.PERSON)
        .group_by(District.id, District.name_zh, District.name_en, District.code)
        .order_by(District.code, District.id)
    )  # fmt: skip
    return list(session.execute(visible(query, actor, Statement)))


def load_statements_of_district(
    session: Session, actor: Actor, run_id: int, district_id: int
) -> Iterator[tuple[Statement, str, str]]:
    """Yield (statement, case number, community) of a district's people, in order of printing.

    That is by community, then by case number, so that a bundle is handed to one courier.
    """
    query: Rows = (
        sa.select(Statement, InsuredPerson.case_number, InsuredPerson.community)
        .join(InsuredPerson, sa.and_(InsuredPerson.area_id == Statement.area_id,
                                     InsuredPerson.id == Statement.subject_id))
        .where(Statement.run_id == run_id, Statement.district_id == district_id,
               Statement.kind == StatementKind.PERSON)
        .order_by(InsuredPerson.community, InsuredPerson.case_number, Statement.id)
    )  # fmt: skip
    yield from session.execute(visible(query, actor, Statement).execution_options(yield_per=500))


def load_statements_of_provider(
    session: Session, actor: Actor, run_id: int, provider_id: int
) -> Iterator[tuple[Statement, str]]:
    """Yield (statement, case number or empty) of a provider in a run, the provider's own first."""
    case_number = sa.func.coalesce(InsuredPerson.case_number, "")
    query: Rows = (
        sa.select(Statement, case_number)
        .outerjoin(InsuredPerson, sa.and_(InsuredPerson.area_id == Statement.area_id,
                                          InsuredPerson.id == Statement.subject_id,
                                          Statement.kind == StatementKind.PERSON))
        .where(Statement.run_id == run_id, Statement.provider_id == provider_id)
        .order_by(case_number, Statement.number)
    )  # fmt: skip
    rows = session.execute(visible(query, actor, Statement).execution_options(yield_per=500))
    yield from rows
