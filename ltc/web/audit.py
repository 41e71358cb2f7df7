"""Pages of the audit log: its events, and the proof of its chain."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, g, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ltc import clock, http
from ltc.rules.access import ROLE_NAMES, Permission
from ltc.rules.audit import ChainState, Fault, KeptHead, NotAHead, build_head, parse_head
from ltc.rules.audit_words import ACTION_NAMES, DOOR_NAMES, RECORD_NAMES
from ltc.rules.exports import ALL_RECORDS
from ltc.rules.months import ONE_DAY
from ltc.services.audit import is_kept
from ltc.services.audit import verify as verify_chain
from ltc.services.table_files import Coded
from ltc.store.areas import get_area
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_log import count_unsealed, find_head, find_last_number
from ltc.store.audit_questions import EventFilter, find_actor_names, list_events, load_events
from ltc.store.job_questions import list_recent
from ltc.store.job_runs import JobStatus
from ltc.web.audit_events import (
    SPOILT,
    is_spoilt,
    say,
    show_events,
)
from ltc.web.audit_values import action_words, keep_ids, record_words
from ltc.web.formats import problem_text
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import (
    choices_of,
    read_cursor,
    read_day,
    read_number,
    read_text,
)

EXPORTED_MOST = 50_000
BLOCKS_ON_A_PAGE = 100  # a hundred thousand events take some seconds to recalculate
CHECK, ENDS = "audit_check", (JobStatus.DONE, JobStatus.FAILED)
COLUMNS = (
    "time", "who", "role", "door", "done", "action", "about", "record_type", "record_id",
    "changes", "block", "position", "digest",
)  # fmt: skip
blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@blueprint.get("")
@http.requires(Permission.SEE_AUDIT)
def index() -> Any:
    """List events, filtered, the newest first, under the state of the chain."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    found = list_events(session, actor, chosen, read_cursor())
    head = find_head(session, actor.area_id)
    return render_template(
        "audit/index.html",
        page=found,
        shown=show_events(found.rows),
        chosen=chosen,
        days=(read_day("from"), read_day("until")),
        actions=_choices(ACTION_NAMES),
        record_types=_choices(RECORD_NAMES),
        head=head,
        is_head_spoilt=is_spoilt(head),
        spoilt=SPOILT,
        narrowed=_say_narrowed(chosen),
        exported_most=EXPORTED_MOST,
        waiting=count_unsealed(session, actor.area_id),
    )


def _say_narrowed(chosen: EventFilter) -> list[str]:
    """Say to what the list is narrowed by links of its rows, which no field of the filter shows."""
    said = []
    if chosen.record_id == ALL_RECORDS:
        said.append(_("Only events about no single record are shown, such as lists taken away."))
    elif chosen.record_id is not None:
        kind, number = record_words(chosen.record_type), chosen.record_id
        said.append(_("Only the events of one record are shown: %(kind)s, number %(number)s.",
                      kind=kind, number=number))  # fmt: skip
    if chosen.actor_id is not None:
        names = find_actor_names(http.database(), http.current_actor(), {chosen.actor_id})
        who = names.get(chosen.actor_id, chosen.actor_id)
        said.append(_("Only what %(who)s did is shown.", who=who))
    return said


@blueprint.get(f"/events.{LIST_SUFFIX}")
@http.requires(Permission.SEE_AUDIT)
def export(suffix: str) -> Any:
    """Give all events of the filter as a file, with codes and words; never only some of them."""
    found = load_events(http.database(), http.current_actor(), _read_filter())
    title = _("Audit log")
    return give_list(suffix, "audit", title, COLUMNS, found, _rows, rows_most=EXPORTED_MOST)


def _rows(events: Sequence[sa.Row[Any]]) -> Iterator[list[Any]]:
    ids = keep_ids(event.actor_id for event in events)
    names = find_actor_names(http.database(), http.current_actor(), ids)
    return (_row(event, names) for event in events)


def _row(event: sa.Row[Any], names: Mapping[int, str]) -> list[Any]:
    return [
        say(event.at), say(event.actor_id, lambda id_: names.get(id_, "")),
        say(event.actor_role, partial(_coded, ROLE_NAMES)), say(event.door, partial(_coded, DOOR_NAMES)),
        say(event.action, action_words), say(event.action),
        say(event.record_type, record_words), say(event.record_type), say(event.record_id),
        say(event.changes, _write_changes), say(event.block_number), say(event.position),
        say(event.digest),
    ]  # fmt: skip


def _write_changes(changes: Any) -> str:
    return json.dumps(changes, ensure_ascii=False, sort_keys=True)


def _coded(names: Mapping[Any, str], code: str) -> Coded:
    return Coded(code, _(names.get(code, code)))


def _choices(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return codes with their words, in the order in which the reader looks for words."""
    return sorted(choices_of(names), key=lambda choice: choice[1])


@blueprint.get("/verify")
@http.requires(Permission.VERIFY_AUDIT)
def verify() -> Any:
    """Check the whole chain now, with a digest kept elsewhere if one is entered.

    Of a long chain it tells what the last night found: a page must not grow slow.
    """
    session, area_id, entered = http.database(), http.current_actor().area_id, read_text("head")
    kept, refusal = _read_kept(entered)
    blocks = find_last_number(session, area_id)
    if blocks > BLOCKS_ON_A_PAGE:
        return _tell_of_last_check(blocks, entered, kept, refusal)
    state = verify_chain(session, area_id, now=clock.now(), kept=kept)
    return render_template(
        "audit/verify.html",
        state=state,
        sentence=_sentence(state),
        now=clock.now(),
        entered=entered,
        refusal=refusal,
        line="" if state.broken else _line_to_keep(session, area_id),
    )


def _tell_of_last_check(blocks: int, entered: str, kept: Sequence[KeptHead], refusal: str) -> str:
    session, actor = http.database(), http.current_actor()
    return render_template(
        "audit/verify_later.html",
        blocks=blocks,
        last=next((job for job in list_recent(session, actor, CHECK) if job.status in ENDS), None),
        in_chain=all(is_kept(session, actor.area_id, head) for head in kept) if kept else None,
        now=clock.now(),
        entered=entered,
        refusal=refusal,
        line=_line_to_keep(session, actor.area_id),
    )


def _line_to_keep(session: Session, area_id: int) -> str:
    """Return the head of a whole chain in one line, empty where nothing is sealed yet."""
    head, area = find_head(session, area_id), get_area(session, area_id).code
    if head is None or UNREADABLE in head:
        return ""
    return build_head(area, head.number, head.sealed_at, head.digest)


def _read_kept(entered: str) -> tuple[list[KeptHead], str]:
    """Return the head that was entered, and what is wrong with it (empty: nothing)."""
    if not entered:
        return [], ""
    try:
        return [parse_head(entered)], ""
    except NotAHead as problem:
        return [], problem_text(problem)


def _sentence(state: ChainState) -> str:
    """Say what is wrong at the first break; empty where the chain is whole."""
    broken = state.broken
    if broken is None:
        return ""
    if broken.block_number is None:
        return str(_("Event %(id)s, not sealed yet, was changed.", id=broken.event_id))
    if broken.position is None:
        return _say_block(broken.fault, broken.block_number)
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


def _say_block(fault: Fault, block: int) -> str:
    """Say what is wrong with a block as such."""
    texts = {
        Fault.CHANGED: _("Block %(block)s was changed.", block=block),
        Fault.MISSING: _("Block %(block)s is missing.", block=block),
        Fault.CUT: _("The kept digest is not in the chain: from block %(block)s on it is missing.",
                     block=block),
        Fault.REPLACED: _("Block %(block)s is not the one whose digest was kept: it was replaced.",
                          block=block),
    }  # fmt: skip
    return str(texts[fault])


def _read_filter() -> EventFilter:
    first, last = read_day("from"), read_day("until")
    return EventFilter(
        action=read_text("action"),
        record_type=read_text("record_type"),
        record_id=read_number("record_id"),
        actor_id=read_number("actor"),
        who=read_text("who"),
        about=read_text("about"),
        begins_at=_start_of(first) if first else None,
        ends_before=_start_of(last + ONE_DAY) if last else None,
    )


def _start_of(day: date) -> datetime:
    """Return the instant at which a day begins in the area."""
    return datetime.combine(day, time(), ZoneInfo(g.time_zone)).astimezone(UTC)
