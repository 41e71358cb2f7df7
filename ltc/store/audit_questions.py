"""What is asked about the audit log; all of it within what the actor may see."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from ltc.rules.access import Actor
from ltc.store.as_stored import is_number
from ltc.store.assessments import Application, Conclusion, Evaluation
from ltc.store.audit_log import AuditEvent, select_events
from ltc.store.imports import ImportFile
from ltc.store.insured import Assistance, BankAccount, Enrolment, InsuredPerson, LifeEvent
from ltc.store.job_runs import JobRun
from ltc.store.paging import Page, RowEdge, page
from ltc.store.payouts import PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.scope import visible
from ltc.store.statements import Statement
from ltc.store.users import User
from ltc.store.visits import BedStay, Fee, Visit
from ltc.store.whole_lists import WholeList

# Kinds of records to their tables: for what belongs to whom, and whether a page can show it.
TABLES: Mapping[str, Any] = {
    "account": BankAccount,
    "agreement": Agreement,
    "application": Application,
    "assistance": Assistance,
    "carer": Carer,
    "conclusion": Conclusion,
    "enrolment": Enrolment,
    "evaluation": Evaluation,
    "fee": Fee,
    "import_file": ImportFile,
    "insured_person": InsuredPerson,
    "job_run": JobRun,
    "life_event": LifeEvent,
    "payout_run": PayoutRun,
    "plan": CarePlan,
    "provider": Provider,
    "statement": Statement,
    "stay": BedStay,
    "user": User,
    "visit": Visit,
}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a list of events is narrowed to; instants are half-open.

    ``who`` is a part of a name, ``actor_id`` one user; ``about`` a case number, a provider's code or
    a month.
    """

    action: str = ""
    record_type: str = ""
    record_id: int | None = None
    actor_id: int | None = None
    who: str = ""
    about: str = ""
    begins_at: datetime | None = None
    ends_before: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed at all."""
        return self != EventFilter()


def list_events(
    session: Session, actor: Actor, chosen: EventFilter, cursor: str | None
) -> Page[sa.Row[Any]]:
    """Return one page of events as they are stored, the newest first."""
    query, order = _select(session, actor, chosen), (AuditEvent.at, AuditEvent.id)
    edge = RowEdge(AuditEvent.id, partial(_find_place, actor.area_id))
    return page(session, query, order, cursor, descending=True, edge=edge)


def _find_place(area_id: int, id_: int) -> tuple[Any, Any]:
    """Return where an event stands in the order of time, whatever its time was made into."""
    at_edge = aliased(AuditEvent)
    at = sa.select(at_edge.at).where(at_edge.area_id == area_id, at_edge.id == id_)
    return at.scalar_subquery(), sa.literal(id_, sa.BigInteger)


def load_events(session: Session, actor: Actor, chosen: EventFilter) -> WholeList[sa.Row[Any]]:
    """Return all events of a filter as they are stored, the newest first, for a file."""
    query = _select(session, actor, chosen)
    return WholeList(session, query, AuditEvent.at.desc(), AuditEvent.id.desc())


def find_actor_names(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, str]:
    """Return the names of users by id."""
    if not ids:
        return {}
    query = visible(sa.select(User.id, User.name), actor, User).where(User.id.in_(ids))
    return {found.id: found.name for found in session.execute(query)}


def find_shown(
    session: Session, actor: Actor, record_type: str, ids: Collection[int]
) -> dict[int, Any]:
    """Return the records of a kind that the actor may see, by id; none of a kind without table."""
    table = TABLES.get(record_type)
    if table is None or not ids:
        return {}
    query = visible(sa.select(table), actor).where(table.id.in_(ids))
    return {row.id: row for row in session.scalars(query)}


def _select(session: Session, actor: Actor, chosen: EventFilter) -> sa.Select[Any]:
    """Return the select of events; spoilt values are UNREADABLE.

    An event whose very id was spoilt cannot be shown: verification names its place.
    """
    query = visible(select_events(session), actor, AuditEvent).where(is_number(AuditEvent.id))
    query = query.where(*_conditions(chosen))
    if chosen.who:
        query = query.where(AuditEvent.actor_id.in_(_select_people(actor, chosen.who)))
    return _keep_about(session, actor, query, chosen.about) if chosen.about else query


def _conditions(chosen: EventFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if chosen.action:
        conditions.append(AuditEvent.action == chosen.action)
    if chosen.record_type:
        conditions.append(AuditEvent.record_type == chosen.record_type)
    if chosen.record_id is not None:
        conditions.append(AuditEvent.record_id == chosen.record_id)
    if chosen.actor_id is not None:
        conditions.append(AuditEvent.actor_id == chosen.actor_id)
    if chosen.begins_at is not None:
        conditions.append(AuditEvent.at >= chosen.begins_at)
    if chosen.ends_before is not None:
        conditions.append(AuditEvent.at < chosen.ends_before)
    return conditions


def _select_people(actor: Actor, text: str) -> sa.Select[Any]:
    """Return the select of the users whose name or sign-in name has this text."""
    named = User.name.contains(text, autoescape=True)
    signed = User.sign_in_name.contains(text.lower(), autoescape=True)
    return visible(sa.select(User.id), actor).where(sa.or_(named, signed))


def _keep_about(session: Session, actor: Actor, query: sa.Select[Any], text: str) -> sa.Select[Any]:
    """Keep the events about a person, a provider or the runs of a month."""
    persons = visible(sa.select(InsuredPerson.id), actor).where(InsuredPerson.case_number == text)
    if (person_id := session.scalar(persons)) is not None:
        return _keep_of(query, actor.area_id, "insured_person", "person_id", person_id)
    providers = visible(sa.select(Provider.id), actor).where(Provider.code == text)
    if (provider_id := session.scalar(providers)) is not None:
        kinds = ("agreement", "carer")
        return _keep_of(query, actor.area_id, "provider", "provider_id", provider_id, kinds)
    runs = list(
        session.scalars(visible(sa.select(PayoutRun.id), actor).where(PayoutRun.month == text))
    )
    return query.where(AuditEvent.record_type == "payout_run", AuditEvent.record_id.in_(runs))


def _keep_of(
    query: sa.Select[Any], area_id: int, owner: str, column: str, owner_id: int,
    kinds: Collection[str] | None = None,
) -> sa.Select[Any]:  # fmt: skip
    """Keep the events about an owner, or about a record that names the owner.

    Events are looked up record by record: alternatives joined by OR would make the database read
    the whole log.
    """
    own = sa.literal(owner_id, sa.BigInteger).label("id")
    pairs = [sa.select(_named(owner), own)]
    for kind in kinds or TABLES:
        table = TABLES[kind]
        if hasattr(table, column):
            is_own = (table.area_id == area_id, getattr(table, column) == owner_id)
            pairs.append(sa.select(_named(kind), table.id).where(*is_own))
    is_own = (Statement.area_id == area_id, Statement.subject_id == owner_id)
    pairs.append(sa.select(_named("statement"), Statement.id).where(*is_own))
    if owner == "insured_person":
        pairs.append(_select_evaluations(area_id, owner_id))
    records = sa.union_all(*pairs).subquery()
    is_about = sa.and_(
        AuditEvent.record_type == records.c.kind, AuditEvent.record_id == records.c.id
    )
    return query.join(records, is_about)


def _select_evaluations(area_id: int, person_id: int) -> sa.Select[str, int]:
    """Return the select of a person's evaluations, which name their application only."""
    is_of = sa.and_(
        Application.area_id == Evaluation.area_id, Application.id == Evaluation.application_id
    )
    is_own = (Application.area_id == area_id, Application.person_id == person_id)
    return sa.select(_named("evaluation"), Evaluation.id).join(Application, is_of).where(*is_own)


def _named(kind: str) -> sa.Label[str]:
    return sa.literal(kind, sa.String).label("kind")
