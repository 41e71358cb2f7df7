"""What a use-case is told: the session, who acts, the time and the law.

Only ``Context.transaction`` commits a change. It refuses to nest, and it refuses to commit a change
that nobody recorded: every use-case says what it did with ``record``, in the same transaction.
A form's one-time token is spent in that transaction, too: a double click meets it and changes
nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Permission, check_may
from ltc.rules.audit import event_digest, plain
from ltc.rules.errors import Conflict
from ltc.rules.policies import Law
from ltc.store.audit_log import insert_events
from ltc.store.base import new_id
from ltc.store.imports import FormToken
from ltc.store.turns import next_instant, share_turn

# Rows are inserted as such: as objects they would cost several times as much.
TOKENS = FormToken.metadata.tables[FormToken.__tablename__]


class Policies(Protocol):
    """The law of every area, as loaded at the start."""

    def of(self, area: str) -> Law:
        """Return the law of one area."""


class NestedTransaction(RuntimeError):
    """A use-case began inside another; let one of them be a plain function."""


class UnrecordedChange(RuntimeError):
    """A transaction ended without an audit event; nothing was saved."""


class ChangedOutside(RuntimeError):
    """Something was changed before the transaction began; change records inside of it only."""


class AlreadyDone(Conflict):
    """It was already done a moment ago; nothing was done twice."""


@dataclass
class Context:
    """Session, actor, time and law of one use-case. ``now`` is an instant in UTC.

    ``form_token`` is the one-time token of the form that asked, None where there was none.
    """

    session: Session
    actor: Actor
    now: datetime
    policies: Policies
    time_zone: str = "Asia/Shanghai"
    form_token: str | None = None
    is_token_spent: bool = field(default=False, init=False)
    is_already_done: bool = field(default=False, init=False)
    _open: bool = field(default=False, init=False)
    _is_learning: bool = field(default=False, init=False)
    _events: list[dict[str, Any]] = field(default_factory=list, init=False)

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

    def rest(self) -> None:
        """End the reading, and give its connection back; what was read stays readable.

        Before something long that needs no database: others wait for connections.
        Raises ChangedOutside.
        """
        if self.session.new or self.session.deleted or self._is_dirty():
            raise ChangedOutside
        if self.session.in_transaction():
            self.session.commit()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit what happens inside, with its audit events; roll back on any exception.

        Raises AlreadyDone where the form's token was spent before.
        """
        with self._writing():
            self._spend_token()
            yield self.session
            self.session.flush()
            if not self._events:
                raise UnrecordedChange
            self._write_events()
        self.is_token_spent = self.form_token is not None

    @contextmanager
    def bookkeeping(self) -> Iterator[Session]:
        """Commit what changes no record and needs no event: a session seen, a block sealed.

        ``tests/house/test_access.py`` lists the services that may use it.
        """
        with self._writing():
            yield self.session
            if self._events:
                raise NestedTransaction

    def learn(self) -> datetime:
        """Return the instant at which the facts of the open transaction are learned.

        That is now; but where a run knows the facts of this instant already, right after what it
        knows: it was told the time later, by another clock or while this transaction waited.
        """
        if not self._is_learning:
            share_turn(self.session, self.area_id)
            self.now = next_instant(self.session, self.area_id, self.now)
            self._is_learning = True
        return self.now

    def record(
        self,
        action: str,
        record_type: str,
        record_id: int,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the audit event of a change, such as ``provider.registered``.

        ``changes`` maps fields to ``[before, after]``; personal data only as ids or digests.
        Texts, whole numbers, days and instants may stand in it; raises NotRecordable.
        """
        event = {
            "area_id": self.area_id,
            "id": new_id(),
            "at": self.now,
            "actor_id": self.actor.user_id,
            "actor_role": self.actor.role.value,
            "door": self.actor.door,
            "action": action,
            "record_type": record_type,
            "record_id": record_id,
            "changes": plain(changes or {}),
        }
        self._events.append({**event, "digest": event_digest(event)})

    def _write_events(self) -> None:
        """Insert the events; tests meet two writers here."""
        insert_events(self.session, self._events)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Open the session for writing, commit at the end, roll back on any exception."""
        if self._open:
            raise NestedTransaction
        self._open, self._is_learning, self._events = True, False, []
        try:
            self._begin_writing()
            yield
            self.session.commit()
        except BaseException:
            self.session.rollback()
            raise
        finally:
            self._open = False

    def _begin_writing(self) -> None:
        """End the reading before, and let SQLite take its write lock at once.

        A reader that turns into a writer half-way would be refused by SQLite whenever somebody
        else wrote in between, without waiting.
        """
        self.rest()
        self.session.connection(execution_options={"sqlite_immediate": True})

    def _is_dirty(self) -> bool:
        return any(self.session.is_modified(row) for row in self.session.dirty)

    def _spend_token(self) -> None:
        """Insert the form's token; a second use waits for the first to commit, and is refused."""
        if self.form_token is None or self.is_token_spent:
            return
        token = {
            "token": self.form_token,
            "area_id": self.area_id,
            "user_id": self.actor.user_id,
            "used_at": self.now,
            "receipt_path": "",
        }
        try:
            self.session.execute(sa.insert(TOKENS), [token])
        except IntegrityError:
            self.is_already_done = True
            raise AlreadyDone from None
