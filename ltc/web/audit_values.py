"""The fields of an audit event in the reader's language: names for numbers, words for codes.

Nothing is trusted that stands there: what is of an unknown kind is told as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.audit_words import ACTION_NAMES, FIELD_NAMES, RECORD_NAMES, find_member
from ltc.rules.exports import FILTER_NAMES, FILTER_WORDS
from ltc.rules.months import Month, NotAMonth
from ltc.store.audit_questions import find_actor_names, find_shown
from ltc.store.instruments import list_instruments
from ltc.web import formats
from ltc.web.districts import district_names
from ltc.web.law_choices import item_name, mode_name

USER_FIELDS = {"assessor_id", "expert_id", "proposed_by_id"}
# Field → the kind of record whose id it holds, and the column by which people know such a record.
RECORD_FIELDS: Mapping[str, tuple[str, str]] = {
    "application_id": ("application", "number"),
    "carer_id": ("carer", "name"),
    "person_id": ("insured_person", "case_number"),
    "provider_id": ("provider", "name"),
    "run": ("payout_run", "month"),
}
COUNT_FIELDS = {"count", "files", "people", "rows", "statements"}
FILTER_DAYS = {"from", "on", "to", "until"}
DIGEST_LENGTH = 64
ID_DIGITS = 19
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
class Names:
    """What the ids of a page's events are called."""

    users: Mapping[int, str]
    districts: Mapping[int, str]
    records: Mapping[str, Mapping[int, str]]  # by the field that holds the id


def action_words(action: str) -> str:
    """Return what was done in words; the code of an action that no use-case knows any more."""
    return str(_(ACTION_NAMES[action])) if action in ACTION_NAMES else action


def record_words(record_type: str) -> str:
    """Return a kind of record in words."""
    return str(_(RECORD_NAMES[record_type])) if record_type in RECORD_NAMES else record_type


def is_readable(changes: Any) -> bool:
    """Whether the changes of an event are fields with values, as every event has them."""
    return isinstance(changes, dict)


def show_changes(event: sa.Row[Any], names: Names) -> list[ShownChange]:
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


def _value_text(record_type: str, field: str, value: Any, names: Names) -> str:
    """Return a value as its field says: name, word, amount, day, instant, or as it is."""
    if isinstance(value, float):  # which no use-case records
        return str(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return str(_(", ")).join(_inner_texts(record_type, field, value, names))
    if isinstance(value, list):
        return str(_(", ")).join(_value_text(record_type, field, inner, names) for inner in value)
    if isinstance(value, int):
        return _number_text(field, value, names)
    return _text_text(record_type, field, value)


def _inner_texts(record_type: str, field: str, value: Mapping[str, Any], names: Names) -> list[str]:
    """Return what stands in a field that holds several values, each with its own words."""
    if field == "filters":
        colon = str(_(": "))
        return [
            f"{_(FILTER_NAMES.get(key, key))}{colon}{_filter_text(record_type, key, inner, names)}"
            for key, inner in value.items()
        ]
    say_key = item_name if field == "items" else str
    return [f"{say_key(key)} {inner}" for key, inner in value.items()]


def _filter_text(record_type: str, name: str, value: Any, names: Names) -> str:
    """Return in words what a list was narrowed to; what was searched for is a digest."""
    if not isinstance(value, str):
        return str(value)
    if (name, value) in FILTER_WORDS:
        return str(_(FILTER_WORDS[name, value]))
    if name in FILTER_DAYS:
        return _moment_text(f"{name}_on", value)
    say: Mapping[str, Callable[[str], str]] = {
        "action": action_words,
        "record_type": record_words,
        "district": lambda text: names.districts.get(_read_id(text), text),
    }
    return say[name](value) if name in say else _text_text(record_type, name, value)


def _read_id(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= ID_DIGITS else 0


def _number_text(field: str, value: int, names: Names) -> str:
    if field in USER_FIELDS | set(RECORD_FIELDS) | {"district_id"}:
        return _find_called(field, names).get(value, str(value))
    if field in COUNT_FIELDS:
        return formats.whole(value)
    for suffix, write in SUFFIXES.items():
        if field.endswith(suffix):
            return write(value)
    return str(value)


def _find_called(field: str, names: Names) -> Mapping[int, str]:
    """Return what the numbers in a field are called."""
    if field in USER_FIELDS:
        return names.users
    return names.districts if field == "district_id" else names.records[field]


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


def find_names(events: Sequence[sa.Row[Any]]) -> Names:
    """Return what the ids in events are called; a query for each kind that is among them."""
    session, actor = http.database(), http.current_actor()
    users = keep_ids(event.actor_id for event in events) | _ids_in(events, USER_FIELDS)
    has_districts = any({"district_id", "filters"} & set(changes) for changes in _fields_of(events))
    return Names(
        find_actor_names(session, actor, users),
        district_names() if has_districts else {},
        {
            field: {id_: str(getattr(row, column)) for id_, row in
                    find_shown(session, actor, kind, _ids_in(events, {field})).items()}
            for field, (kind, column) in RECORD_FIELDS.items()
        },
    )  # fmt: skip


def _fields_of(events: Iterable[sa.Row[Any]]) -> list[dict[str, Any]]:
    return [event.changes for event in events if is_readable(event.changes)]


def _ids_in(events: Iterable[sa.Row[Any]], fields: set[str]) -> set[int]:
    """Return the ids that stand in some fields of events, before or after."""
    found = [change[field] for change in _fields_of(events) for field in fields & set(change)]
    return keep_ids(v for value in found for v in (value if isinstance(value, list) else [value]))


def keep_ids(values: Iterable[Any]) -> set[int]:
    """Return the values that can be ids of records; 0 stands for no record, or for a whole list."""
    return {v for v in values if isinstance(v, int) and 0 < v <= http.LARGEST_ID}
