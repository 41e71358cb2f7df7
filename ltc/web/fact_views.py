"""Facts and records as pages show them: what is believed now, and every earlier version."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import abort, flash, redirect, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ltc import http
from ltc.rules.access import Actor
from ltc.store.fact_versions import find_recorders, get_fact, list_versions
from ltc.store.record_versions import list_record_versions
from ltc.web.formats import day
from ltc.web.forms.fields import last_day

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a fact: what it says, when we learned it and from whom, and why it changed."""

    id: int
    title: str
    text: str
    recorded_at: datetime
    recorded_by: str
    reason: str
    withdrawn: bool
    masked: str = ""


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact as it is believed now, with its earlier versions, newest first."""

    now: Version
    earlier: tuple[Version, ...]


Describe = Callable[[Any], tuple[str, str]]
Rows = list[tuple[str, str]]
# Label and text; what follows is never shown and tells versions apart whose masked texts are alike.
ToldApart = Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Column:
    """One version as a column: its texts in the order of the labels, and which of them changed."""

    recorded_at: datetime
    recorded_by: str
    reason: str
    withdrawn: bool
    texts: tuple[str, ...]
    changed: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A fact with all its versions side by side, newest first; ``now`` is the newest row."""

    now: Any
    labels: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def rows(self) -> Rows:
        """What is believed now, as labels and texts."""
        return list(zip(self.labels, self.columns[0].texts, strict=True))


def load_history(table: Any, fact_id: int, describe: Callable[[Any], Rows]) -> History:
    """Return the history of a fact from the id of any of its versions; raises FactNotFound."""
    session, actor = http.database(), http.current_actor()
    return _build_history(list_versions(session, actor, table, fact_id), describe)


def load_to_change(table: type[T], fact_id: int, page_of: Callable[[Any], str]) -> T:
    """Return a fact for a form that changes it; raises FactNotFound.

    Who opens the form of an earlier version, from a page of yesterday, is led to the newest one with
    a sentence: what they would type here could only be refused.
    """
    session, actor = http.database(), http.current_actor()
    fact: Any = get_fact(session, actor, table, fact_id)
    is_opened = request.method != "POST"
    if is_opened and (fact.withdrawn or fact.superseded_at is not None):
        newest: Any = list_versions(session, actor, table, fact_id)[0]
        flash(_tell_newest(newest), "attention")
        abort(redirect(page_of(newest)))
    return fact  # type: ignore[no-any-return]


def _tell_newest(newest: Any) -> str:
    if newest.withdrawn:
        return str(_("This was withdrawn meanwhile: nothing of it can be changed any more."))
    return str(_("This was changed meanwhile: here it is as it stands now. Change it from here."))


def load_record_history(record: Any, describe: Callable[[Any], ToldApart]) -> History:
    """Return the history of a record that is there once: the row now, and the versions before."""
    session, actor = http.database(), http.current_actor()
    return _build_history([record, *list_record_versions(session, actor, record)], describe)


def _build_history(versions: Sequence[Any], describe: Callable[[Any], ToldApart]) -> History:
    """Put versions side by side, newest first; each is compared with the one before it."""
    session, actor = http.database(), http.current_actor()
    names = find_recorders(session, actor.area_id, {row.recorded_by_id for row in versions})
    described = [describe(row) for row in versions]
    columns = [
        _column(row, names, texts, described[place + 1] if place + 1 < len(versions) else texts)
        for place, (row, texts) in enumerate(zip(versions, described, strict=True))
    ]
    labels = tuple(row[0] for row in described[0])
    return History(versions[0], labels, tuple(columns))


def _column(row: Any, names: dict[int, str], texts: ToldApart, before: ToldApart) -> Column:
    return Column(
        row.recorded_at,
        _recorder(row, names),
        _(row.reason) if row.reason else "",
        getattr(row, "withdrawn", False),
        tuple(told[1] for told in texts),
        tuple(now != then for now, then in zip(texts, before, strict=True)),
    )


def build_views(
    session: Session,
    actor: Actor,
    rows: Sequence[Any],
    describe: Describe,
    masked: Callable[[Any], str] = lambda _row: "",
) -> list[FactView]:
    """Group versions by what replaced what; what is believed now comes first in each."""
    names = find_recorders(session, actor.area_id, {row.recorded_by_id for row in rows})
    by_id = {row.id: row for row in rows}

    def version(row: Any) -> Version:
        title, text = describe(row)
        reason = _(row.reason) if row.reason else ""
        return Version(
            row.id, title, text, row.recorded_at, _recorder(row, names), reason, row.withdrawn,
            masked(row),
        )  # fmt: skip

    return [
        FactView(version(row), tuple(version(old) for old in _earlier(row, by_id)))
        for row in rows
        if row.superseded_at is None
    ]


def days_text(row: Any) -> str:
    """Return the days of a row in words: from when, or from when to when."""
    first = day(row.starts_on)
    if row.ends_before is None:
        return str(_("from %(day)s", day=first))
    return str(_("%(first)s to %(last)s", first=first, last=day(last_day(row.ends_before))))


def _recorder(row: Any, names: dict[int, str]) -> str:
    return names.get(row.recorded_by_id) or _("the machine")


def _earlier(row: Any, by_id: dict[int, Any]) -> Iterable[Any]:
    while (row := by_id.get(row.replaces_id)) is not None:
        yield row
