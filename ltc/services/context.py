"""What a use-case is told: the session, who acts, the time and the law.

Only ``Context.transaction`` commits. It refuses to nest, and it refuses to commit a change that
nobody recorded: every use-case says what it did with ``record``, in the same transaction.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Permission, check_may
from ltc.rules.policies import Law
from ltc.store.audit_log import AuditEvent
from ltc.store.base import new_id


class Policies(Protocol):
    """The law of every area, as loaded at the start."""

    def of(self, area: str) -> Law:
        """Return the law of one area."""


class NestedTransaction(RuntimeError):
    """A use-case began inside another; let one of them be a plain function."""


class UnrecordedChange(RuntimeError):
    """A transaction ended without an audit event; nothing was saved."""


@dataclass
class Context:
    """Session, actor, time and law of one use-case. ``now`` is an instant in UTC."""

    session: Session
    actor: Actor
    now: datetime
    policies: Policies
    time_zone: str = "Asia/Shanghai"
    _open: bool = field(default=False, init=False)
    _events: int = field(default=0, init=False)

    @property
    def area_id(self) -> int:
        """Number of the area that the actor works for."""
        return self.actor.area_id

    @property
    def today(self) -> date:
        """The calendar day in the area's time zone."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()

    def require(self, permission: Permission) -> None:
        """Raise RoleLacksPermission unless the actor's role includes the permission."""
        check_may(self.actor, permission)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit what happens inside, with its audit event; roll back on any exception."""
        if self._open:
            raise NestedTransaction
        self._open, self._events = True, 0
        self._begin_writing()
        try:
            yield self.session
            self.session.flush()
            if not self._events:
                raise UnrecordedChange
            self.session.commit()
        except BaseException:
            self.session.rollback()
            raise
        finally:
            self._open = False

    def record(
        self,
        action: str,
        record_type: str,
        record_id: int,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the audit event of a change, such as ``provider.registered``.

        ``changes`` maps fields to ``[before, after]``; personal data only as ids or digests.
        """
        event = AuditEvent(
            area_id=self.area_id,
            id=new_id(),
            at=self.now,
            actor_id=self.actor.user_id,
            actor_role=self.actor.role.value,
            door=self.actor.door,
            action=action,
            record_type=record_type,
            record_id=record_id,
            changes=dict(changes or {}),
        )
        event.digest = event_digest(event)
        self.session.add(event)
        self._events += 1

    def _begin_writing(self) -> None:
        """Let SQLite take its write lock at once, where the session has not begun yet."""
        if not self.session.in_transaction():
            self.session.connection(execution_options={"sqlite_immediate": True})


def event_digest(event: AuditEvent) -> str:
    """Return the SHA-256 over an event's canonical JSON (64 hex characters)."""
    body = {
        "area": event.area_id,
        "id": event.id,
        "at": event.at.isoformat(),
        "actor": event.actor_id,
        "role": event.actor_role,
        "door": event.door,
        "action": event.action,
        "record": [event.record_type, event.record_id],
        "changes": event.changes,
    }
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
