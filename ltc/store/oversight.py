"""What auditors and administrators look at first: what was done lately, and how much room is left."""

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.audit_log import AuditEvent
from ltc.store.counting import count_each, count_up_to
from ltc.store.scope import visible


class Disk(NamedTuple):
    """Bytes of the disk on which a folder lies."""

    total: int
    free: int


def count_actions_since(
    session: Session, actor: Actor, since: datetime, actions: Iterable[str]
) -> dict[str, int]:
    """Return how often each of some actions was recorded since an instant, if it was."""
    lately = _select_since(actor, since)
    counts = count_each(
        session, {action: lately.where(AuditEvent.action == action) for action in actions}
    )
    return {action: count for action, count in counts.items() if count}


def count_events_since(session: Session, actor: Actor, since: datetime) -> int:
    """Return how many events were recorded since an instant."""
    return count_up_to(session, _select_since(actor, since))


def _select_since(actor: Actor, since: datetime) -> sa.Select[Any]:
    return visible(sa.select(AuditEvent.id), actor).where(AuditEvent.at > since)


def measure_disks(folders: Iterable[Path]) -> dict[Path, Disk]:
    """Return the disk under each folder; of one that is not there yet, of the nearest above it."""
    return {folder: _measure_disk(folder) for folder in folders}


def _measure_disk(folder: Path) -> Disk:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    usage = shutil.disk_usage(there)
    return Disk(usage.total, usage.free)


def measure_database(session: Session) -> int:
    """Return the bytes that the database takes."""
    if session.get_bind().dialect.name == "postgresql":
        size = session.scalar(sa.text("SELECT pg_database_size(current_database())"))
    else:
        size = session.scalar(
            sa.text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        )
    return int(size or 0)
