"""What is asked about the audit log; all of it within what the actor may see."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.audit_log import AuditEvent
from ltc.store.paging import Page, page
from ltc.store.scope import visible
from ltc.store.users import User


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a list of events is narrowed to; instants are half-open."""

    action: str = ""
    record_type: str = ""
    record_id: int | None = None
    actor_id: int | None = None
    begins_at: datetime | None = None
    ends_before: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed at all."""
        return self != EventFilter()


def list_events(
    session: Session, actor: Actor, chosen: EventFilter, cursor: str | None
) -> Page[AuditEvent]:
    """Return one page of events, the newest first."""
    query = visible(sa.select(AuditEvent), actor).where(*_conditions(chosen))
    return page(session, query, (AuditEvent.at, AuditEvent.id), cursor, descending=True)


def list_record_types(session: Session, actor: Actor) -> list[str]:
    """Return the kinds of records that have events."""
    query = visible(sa.select(AuditEvent.record_type).distinct(), actor, AuditEvent)
    return list(session.scalars(query.order_by(AuditEvent.record_type)))


def find_actor_names(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, str]:
    """Return the names of users by id."""
    query = visible(sa.select(User.id, User.name), actor, User).where(User.id.in_(ids))
    return {found.id: found.name for found in session.execute(query)}


def _conditions(chosen: EventFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if chosen.action:
        conditions.append(AuditEvent.action.contains(chosen.action, autoescape=True))
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
