"""Pages of the audit log: its events, and the proof of its chain."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g, render_template
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.access import ROLE_NAMES, Permission, Role
from ltc.rules.audit import ChainState, Fault
from ltc.services.audit import verify as verify_chain
from ltc.store.audit_log import AuditEvent, count_events, find_head
from ltc.store.audit_questions import (
    EventFilter,
    find_actor_names,
    list_events,
    list_record_types,
)
from ltc.web.lists import read_cursor, read_day, read_number, read_text

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@blueprint.get("")
@http.requires(Permission.SEE_AUDIT)
def index() -> Any:
    """List events, filtered, the newest first, under the state of the chain."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    found = list_events(session, actor, chosen, read_cursor())
    ids = {event.actor_id for event in found.rows if event.actor_id is not None}
    return render_template(
        "audit/index.html",
        page=found,
        chosen=chosen,
        day=read_day("day"),
        record_types=[(kind, kind) for kind in list_record_types(session, actor)],
        names=find_actor_names(session, actor, ids),
        roles={role.value: name for role, name in ROLE_NAMES.items()},
        machine=ROLE_NAMES[Role.MACHINE],
        changes_of=_changes_of,
        head=find_head(session, actor.area_id),
        waiting=count_events(session, actor.area_id, is_sealed=False),
    )


@blueprint.get("/verify")
@http.requires(Permission.VERIFY_AUDIT)
def verify() -> Any:
    """Check the whole chain now and say what was found."""
    state = verify_chain(http.database(), http.current_actor().area_id)
    return render_template(
        "audit/verify.html", state=state, sentence=_sentence(state), now=clock.now()
    )


def _sentence(state: ChainState) -> str:
    """Say what is wrong at the first break; empty where the chain is whole."""
    broken = state.broken
    if broken is None:
        return ""
    if broken.block_number is None:
        return str(_("Event %(id)s, not sealed yet, was changed.", id=broken.event_id))
    texts = {
        Fault.CHANGED: _("Block %(block)s was changed.", block=broken.block_number),
        Fault.MISSING: _("Block %(block)s is missing.", block=broken.block_number),
    }
    if broken.position is None:
        return str(texts[broken.fault])
    where = {"id": broken.event_id, "position": broken.position, "block": broken.block_number}
    placed = {
        Fault.CHANGED: _("Event %(id)s at position %(position)s of block %(block)s was changed.",
                         **where),
        Fault.MISSING: _("The event at position %(position)s of block %(block)s is missing.",
                         **where),
        Fault.FOREIGN: _("Event %(id)s at position %(position)s of block %(block)s does not belong there.",
                         **where),
    }  # fmt: skip
    return str(placed[broken.fault])


def _read_filter() -> EventFilter:
    day = read_day("day")
    return EventFilter(
        action=read_text("action"),
        record_type=read_text("record_type"),
        record_id=read_number("record_id"),
        actor_id=read_number("actor_id"),
        begins_at=_start_of(day) if day else None,
        ends_before=_start_of(day + timedelta(days=1)) if day else None,
    )


def _start_of(day: date) -> datetime:
    """Return the instant at which a day begins in the area."""
    return datetime.combine(day, time(), ZoneInfo(g.time_zone)).astimezone(UTC)


def _changes_of(event: AuditEvent) -> list[tuple[str, str, str]]:
    """Return field, before and after of an event, as texts."""
    rows = []
    for field, change in event.changes.items():
        both = change if isinstance(change, list) and len(change) >= 2 else [None, change]
        rows.append((field, _text(both[0]), ", ".join(_text(value) for value in both[1:])))
    return rows


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
