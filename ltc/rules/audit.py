"""How the audit log proves itself: digests of events, their links, and the blocks of the chain.

An event carries a digest of its own content. When it is sealed, a link covers its digest and the
link of the event before it in the block; the block's digest covers its last link and the digest of
the block before. So a changed event is named by its own digest or by its link, and whoever changed
all of a block's events consistently still meets the block's digest, and every block after it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from ltc.rules.errors import Invalid
from ltc.rules.words import N_

FIRST_DIGEST = "0" * 64
EVENTS_PER_BLOCK = 1_000
# Five rounds of the sealer that runs beside the pages: a busy machine is not called a broken one.
OVERDUE_SECONDS = 300
CANONICAL_TYPES = frozenset({type(None), bool, int, str})
CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
HEAD_SHAPE = re.compile(r"(?:(\S+) (\d{1,18}) \S+ )?([0-9a-f]{16,64})")


class NotRecordable(TypeError):
    """A value cannot stand in an audit event; use texts, whole numbers, days and instants."""


class NotAHead(Invalid):
    """“{text}” is no head of a chain. Enter a block's digest, or a line of “flask audit head”."""


class Fault(StrEnum):
    """What is wrong at the first place where the chain breaks."""

    CHANGED = "changed"
    MISSING = "missing"
    FOREIGN = "foreign"
    CUT = "cut"
    REPLACED = "replaced"


FAULT_NAMES: Mapping[Fault, str] = {
    Fault.CHANGED: N_("changed afterwards"),
    Fault.MISSING: N_("missing from the log"),
    Fault.FOREIGN: N_("put in from elsewhere"),
    Fault.CUT: N_("cut off"),
    Fault.REPLACED: N_("replaced by another"),
}


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain breaks; ``event_id`` None means the block itself."""

    fault: Fault
    block_number: int | None
    position: int | None = None
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class KeptHead:
    """The head of a chain as somebody kept it elsewhere: a digest, or at least how it begins.

    Area and number are known where the whole line of ``build_head`` was kept.
    """

    digest: str
    area: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ChainState:
    """What a verification saw: how much was checked, the newest block, and the first break.

    ``overdue`` events wait for a block since ``overdue_since``, longer than any sealer takes: they
    are as they were written, but nothing protects their order yet. ``kept`` counts the heads kept
    elsewhere that were found in the chain.
    """

    blocks: int
    events: int
    waiting: int
    head_number: int
    head_digest: str
    broken: Break | None = None
    overdue: int = 0
    overdue_since: datetime | None = None
    kept: int = 0


def build_head(area: str, number: int, sealed_at: datetime, digest: str) -> str:
    """Return the head of an area's chain in one line, to be kept elsewhere."""
    return f"{area} {number} {sealed_at.astimezone(UTC).isoformat(timespec='seconds')} {digest}"


def parse_head(text: str) -> KeptHead:
    """Read a digest (16 characters of it at least), or a line of ``build_head``; raises NotAHead."""
    found = HEAD_SHAPE.fullmatch(" ".join(text.split()))
    if found is None:
        raise NotAHead(field="head", text=text[:80])
    area, number, digest = found.groups()
    return KeptHead(digest, area, int(number) if number else None)


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it, the same before and after a database; no floats.

    Raises NotRecordable.
    """
    if type(value) in CANONICAL_TYPES or isinstance(value, int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    raise NotRecordable(type(value).__name__)


def event_digest(event: Mapping[str, Any]) -> str:
    """Return the SHA-256 over an event's canonical JSON (64 hex characters).

    ``event`` has the columns of the audit log but for digest, block, position and link.
    """
    body = {
        "area": event["area_id"],
        "id": event["id"],
        "at": event["at"].astimezone(UTC).isoformat(),
        "actor": event["actor_id"],
        "role": event["actor_role"],
        "door": event["door"],
        "action": event["action"],
        "record": [event["record_type"], event["record_id"]],
        "changes": event["changes"],
    }
    return _digest(body)


def link_digest(previous_link: str, digest: str, position: int) -> str:
    """Return the link of an event: over the one before it, its own digest and its position."""
    return _digest([previous_link, digest, position])


def block_digest(
    area_id: int,
    number: int,
    events: int,
    previous_digest: str,
    last_link: str,
    sealed_at: datetime,
) -> str:
    """Return the digest of a block over all of its columns and its last event's link."""
    return _digest(
        [area_id, number, events, previous_digest, last_link, sealed_at.astimezone(UTC).isoformat()]
    )


def _digest(body: Any) -> str:
    return hashlib.sha256(CANONICAL.encode(body).encode("utf-8", "surrogatepass")).hexdigest()
