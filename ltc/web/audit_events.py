"""Events of the audit log as a page shows them: words for codes, values by locale, links to records.

Somebody may have changed the log by hand. Nothing in it is trusted here: what cannot be read is said
to be so in its place, and an event that does not fit its own digest is marked.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.access import ROLE_NAMES
from ltc.rules.audit_words import ACTION_NAMES, DOOR_NAMES, FIELD_NAMES, RECORD_NAMES, find_member
from ltc.rules.months import Month, NotAMonth
from ltc.rules.words import N_
from ltc.services.audit import is_whole
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_questions import find_actor_names, find_case_numbers, find_shown
from ltc.store.instruments import list_instruments
from ltc.web import formats
from ltc.web.law_choices import item_name, mode_name

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
USER_FIELDS = {"assessor_id", "expert_id"}
DIGEST_LENGTH = 64
SHOWN_DIGITS = 12
SUFFIXES: Mapping[str, Callable[[int], str]] = {
    "_fen": formats.yuan,
    "_bp": formats.share,
    "minutes": formats.minutes,
}


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One field of an event; ``is_change`` where it says what was before, too."""

    label: str
    before: str
    after: str
    is_change: bool


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


@dataclass(frozen=True, slots=True)
class _Names:
    """What the ids of a page's events are called."""

    users: Mapping[int, str]
    cases: Mapping[int, str]
    providers: Mapping[int, str]


def say(value: Any, words: Callable[[Any], Any] = lambda value: value) -> Any:
    """Return a stored value in words; that it cannot be read where somebody spoilt it."""
    return _(SPOILT) if value is UNREADABLE else words(value)


def is_spoilt(row: sa.Row[Any] | None) -> bool:
    """Whether a value of a stored row cannot be read."""
    return row is not None and UNREADABLE in row


def show_events(events: Sequence[sa.Row[Any]]) -> list[ShownEvent]:
    """Return events as the page shows them; a few queries for all of them."""
    names, records = _find_names(events), _find_records(events)
    return [_show_event(event, names, records) for event in events]


def _show_event(
    event: sa.Row[Any], names: _Names, records: Mapping[tuple[str, int], Any]
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


def is_readable(changes: Any) -> bool:
    """Whether the changes of an event are fields with values, as every event has them."""
    return isinstance(changes, dict)


def _how(event: sa.Row[Any]) -> str:
    """Return as what somebody acted, and through which door."""
    door = str(say(event.door, lambda code: _(DOOR_NAMES.get(code, code))))
    if event.actor_id is None:
        return door
    return f"{say(event.actor_role, lambda code: _(ROLE_NAMES.get(code, code)))} · {door}"


def _who(event: sa.Row[Any], names: _Names) -> str:
    """Return who did it; at a page without a user somebody was not signed in yet."""
    if event.actor_id is not None:
        return names.users.get(event.actor_id, str(event.actor_id))
    return str(_("Nobody signed in") if event.door == "page" else _("The machine"))


def _name_record(row: Any) -> str:
    """Return the number, month or name under which people know a record; empty where it has none."""
    called = (getattr(row, name, None) for name in ("case_number", "number", "month", "name"))
    return next((str(text) for text in called if text), "")


def action_words(action: str) -> str:
    """Return what was done in words; the code of an action that no use-case knows any more."""
    return str(_(ACTION_NAMES[action])) if action in ACTION_NAMES else action


def record_words(record_type: str) -> str:
    """Return a kind of record in words."""
    return str(_(RECORD_NAMES[record_type])) if record_type in RECORD_NAMES else record_type


def show_changes(event: sa.Row[Any], names: _Names) -> list[ShownChange]:
    """Return every field of an event with its values; a field without any is left out."""
    shown = []
    for field, change in event.changes.items():
        before, after, is_change = _split(change)
        if before is None and after in (None, "", [], {}):
            continue
        shown.append(
            ShownChange(
                _field_words(field),
                _value_text(event.record_type, field, before, names),
                _value_text(event.record_type, field, after, names),
                is_change,
            )
        )
    return shown


def _split(change: Any) -> tuple[Any, Any, bool]:
    """Return before, after, and whether there was a before at all."""
    if isinstance(change, list) and len(change) == 2:
        return change[0], change[1], change[0] is not None
    if isinstance(change, list) and len(change) > 2:
        return change[0], change[1:], change[0] is not None
    return None, change, False


def _field_words(field: str) -> str:
    if field in FIELD_NAMES:
        return str(_(FIELD_NAMES[field]))
    for instrument in list_instruments():
        if field in instrument.items:
            return formats.in_language(instrument.items[field].name)
    return field


def _value_text(record_type: str, field: str, value: Any, names: _Names) -> str:
    """Return a value as its field says: name, word, amount, day, instant, or as it is."""
    if isinstance(value, float):  # which no use-case records
        return str(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return str(_(", ")).join(f"{_key_text(field, key)} {inner}" for key, inner in value.items())
    if isinstance(value, list):
        return str(_(", ")).join(_value_text(record_type, field, inner, names) for inner in value)
    if isinstance(value, int):
        return _number_text(field, value, names)
    return _text_text(record_type, field, value)


def _key_text(field: str, key: str) -> str:
    return item_name(key) if field == "items" else key


def _number_text(field: str, value: int, names: _Names) -> str:
    tables = {"person_id": names.cases, "provider_id": names.providers}
    table = names.users if field in USER_FIELDS else tables.get(field, {})
    if value in table:
        return table[value]
    for suffix, write in SUFFIXES.items():
        if field.endswith(suffix):
            return write(value)
    return str(value)


def _text_text(record_type: str, field: str, value: str) -> str:
    member = find_member(record_type, field, value)
    if member is not None:
        return str(formats.spoken(member))
    if field == "mode":
        return mode_name(value, clock.today(formats.area_zone().key))
    if len(value) == DIGEST_LENGTH and value.isalnum():
        return f"{value[:SHOWN_DIGITS]}…"
    return _moment_text(field, value)


def _moment_text(field: str, value: str) -> str:
    """Return an instant, a day or a month as the reader writes it; other texts as they are."""
    try:
        if field.endswith(("_at", "_until")):
            return formats.instant(datetime.fromisoformat(value))
        if field.endswith(("_on", "_before")):
            return formats.day(date.fromisoformat(value))
        return formats.month(Month.parse(value)) if field == "month" else value
    except (ValueError, OverflowError, NotAMonth):
        return value


def _find_names(events: Sequence[sa.Row[Any]]) -> _Names:
    session, actor = http.database(), http.current_actor()
    users = keep_ids(event.actor_id for event in events)
    users |= _ids_in(events, USER_FIELDS)
    providers = find_shown(session, actor, "provider", _ids_in(events, {"provider_id"}))
    return _Names(
        find_actor_names(session, actor, users),
        find_case_numbers(session, actor, _ids_in(events, {"person_id"})),
        {id_: row.name for id_, row in providers.items()},
    )


def _ids_in(events: Iterable[sa.Row[Any]], fields: set[str]) -> set[int]:
    """Return the ids that stand in some fields of events, before or after."""
    changes = [event.changes for event in events if is_readable(event.changes)]
    found = [change[field] for change in changes for field in fields & set(change)]
    return keep_ids(v for value in found for v in (value if isinstance(value, list) else [value]))


def keep_ids(values: Iterable[Any]) -> set[int]:
    """Return the values that can be ids of records; 0 stands for no record, or for a whole list."""
    return {v for v in values if isinstance(v, int) and 0 < v <= http.LARGEST_ID}


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
