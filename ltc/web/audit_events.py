"""Events of the audit log as a page shows them: words for codes, values by locale, links to records.

Somebody may have changed the log by hand. Nothing in it is trusted here: what cannot be read is said
to be so in its place, and an event that does not fit its own digest is marked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import ROLE_NAMES
from ltc.rules.audit_words import DOOR_NAMES
from ltc.rules.words import N_
from ltc.services.audit import is_whole
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_questions import find_shown
from ltc.web import formats
from ltc.web.audit_values import (
    Names,
    ShownChange,
    action_words,
    find_names,
    is_readable,
    keep_ids,
    record_words,
    show_changes,
)

# Kind of record → the page that shows it, and what the page's address is made of.
PAGES: Mapping[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "account": ("insured.show", lambda row: {"person_id": row.person_id}),
    "agreement": ("providers.show", lambda row: {"provider_id": row.provider_id}),
    "application": ("assessments.show", lambda row: {"application_id": row.id}),
    "assistance": ("insured.show", lambda row: {"person_id": row.person_id}),
    "carer": ("providers.carers.show", lambda row: {"carer_id": row.id}),
    "conclusion": ("insured.show", lambda row: {"person_id": row.person_id}),
    "enrolment": ("insured.show", lambda row: {"person_id": row.person_id}),
    "evaluation": ("assessments.show", lambda row: {"application_id": row.application_id}),
    "fee": ("stays.show", lambda row: {"kind": "fees", "row_id": row.id}),
    "import_file": ("imports.show", lambda row: {"import_id": row.id}),
    "insured_person": ("insured.show", lambda row: {"person_id": row.id}),
    "life_event": ("insured.show", lambda row: {"person_id": row.person_id}),
    "payout_run": ("payouts.show", lambda row: {"run_id": row.id}),
    "plan": ("plans.show", lambda row: {"plan_id": row.id}),
    "provider": ("providers.show", lambda row: {"provider_id": row.id}),
    "statement": ("statements.run", lambda row: {"run_id": row.run_id}),
    "stay": ("stays.show", lambda row: {"kind": "beds", "row_id": row.id}),
    "user": ("users.show", lambda row: {"user_id": row.id}),
    "visit": ("visits.show", lambda row: {"visit_id": row.id}),
}
SPOILT = N_("cannot be read: the log was changed by hand")


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """One event in the reader's language; ``href`` None where no page shows its record.

    ``who`` is a name, the machine, or nobody yet; ``subject`` is what the record itself is called.
    What cannot be read says so; ``is_whole`` is whether the event is still what was recorded.
    """

    event: sa.Row[Any]
    is_whole: bool
    time: str
    who: str
    note: str
    action: str
    record: str
    subject: str
    href: str | None
    changes: list[ShownChange] | None


def say(value: Any, words: Callable[[Any], Any] = lambda value: value) -> Any:
    """Return a stored value in words; that it cannot be read where somebody spoilt it."""
    return _(SPOILT) if value is UNREADABLE else words(value)


def is_spoilt(row: sa.Row[Any] | None) -> bool:
    """Whether a value of a stored row cannot be read."""
    return row is not None and UNREADABLE in row


def show_events(events: Sequence[sa.Row[Any]]) -> list[ShownEvent]:
    """Return events as the page shows them; a few queries for all of them."""
    names, records = find_names(events), _find_records(events)
    return [_show_event(event, names, records) for event in events]


def _show_event(
    event: sa.Row[Any], names: Names, records: Mapping[tuple[str, int], Any]
) -> ShownEvent:
    row = records.get((event.record_type, event.record_id))
    return ShownEvent(
        event,
        is_whole(event),
        say(event.at, formats.instant),
        say(event.actor_id, lambda _id: _who(event, names)),
        _how(event),
        say(event.action, action_words),
        say(event.record_type, record_words),
        _name_record(row),
        None if row is None else _find_address(event.record_type, row),
        show_changes(event, names) if is_readable(event.changes) else None,
    )


def _how(event: sa.Row[Any]) -> str:
    """Return as what somebody acted, and through which door."""
    door = str(say(event.door, lambda code: _(DOOR_NAMES.get(code, code))))
    if event.actor_id is None:
        return door
    return f"{say(event.actor_role, lambda code: _(ROLE_NAMES.get(code, code)))} · {door}"


def _who(event: sa.Row[Any], names: Names) -> str:
    """Return who did it; at a page without a user somebody was not signed in yet."""
    if event.actor_id is not None:
        return names.users.get(event.actor_id, str(event.actor_id))
    return str(_("Nobody signed in") if event.door == "page" else _("The machine"))


def _name_record(row: Any) -> str:
    """Return the number, month or name under which people know a record; empty where it has none."""
    called = (getattr(row, name, None) for name in ("case_number", "number", "month", "name"))
    return next((str(text) for text in called if text), "")


def _find_records(events: Sequence[sa.Row[Any]]) -> dict[tuple[str, int], Any]:
    """Return the records of events that the reader may see, a query for each kind."""
    session, actor = http.database(), http.current_actor()
    found: dict[tuple[str, int], Any] = {}
    for kind in {event.record_type for event in events}:
        ids = keep_ids(event.record_id for event in events if event.record_type == kind)
        rows = find_shown(session, actor, kind, ids)
        found |= {(kind, id_): row for id_, row in rows.items()}
    return found


def _find_address(kind: str, row: Any) -> str | None:
    """Return the address of a record's page, None where there is none that the reader may open."""
    if kind not in PAGES:
        return None
    endpoint, arguments = PAGES[kind]
    return url_for(endpoint, **arguments(row)) if may_open(endpoint) else None


def may_open(endpoint: str) -> bool:
    """Whether there is such a page, and the reader's role opens it."""
    view = current_app.view_functions.get(endpoint)
    return view is not None and http.current_actor().may(getattr(view, "__access__"))  # noqa: B009
