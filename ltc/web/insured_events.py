"""The list of life events of all people, as a page and as a file."""

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.insured import LIFE_EVENT_NAMES, LifeEventKind
from ltc.store.fact_versions import find_recorders
from ltc.store.insured import InsuredPerson, LifeEvent
from ltc.store.life_event_questions import (
    SORTS,
    LifeEventFilter,
    list_life_events,
    load_life_events,
)
from ltc.web.districts import district_choices, district_names
from ltc.web.fact_views import days_text
from ltc.web.formats import day
from ltc.web.forms.fields import last_day
from ltc.web.list_files import LIST_SUFFIX, each, give_list
from ltc.web.lists import (
    choices_of,
    read_choice,
    read_cursor,
    read_day,
    read_number,
    read_sort,
    read_text,
)

blueprint = Blueprint("events", __name__, url_prefix="/life-events")

WITHDRAWN = "withdrawn"
COLUMNS = (
    "case_number", "name", "kind", "first_day", "last_day", "note", "district", "recorded_at",
    "withdrawn",
)  # fmt: skip


@blueprint.get("/")
@http.requires(Permission.SEE_PEOPLE)
def index() -> Any:
    """List life events with both times, filtered and sorted, page by page."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    sort = read_sort(SORTS, "starts_on", "descending")
    found = list_life_events(
        session, actor, chosen, sort.columns, read_cursor(), descending=sort.descending
    )
    recorders = {event.recorded_by_id for event, _person in found.rows}
    return render_template(
        "insured/events.html",
        page=found,
        sort=sort,
        chosen=chosen,
        kinds=choices_of(LIFE_EVENT_NAMES),
        kind_names=LIFE_EVENT_NAMES,
        states=[(WITHDRAWN, _("withdrawn"))],
        state=WITHDRAWN if chosen.withdrawn else "",
        districts=district_choices(),
        district_names=district_names(),
        recorders=find_recorders(session, actor.area_id, recorders),
        days_of=_days_of,
    )


@blueprint.get(f"/list.{LIST_SUFFIX}")
@http.requires(Permission.SEE_PEOPLE)
def export(suffix: str) -> Any:
    """Give the whole filtered list as a file."""
    names = district_names()
    found = load_life_events(http.database(), http.current_actor(), _read_filter())
    build = each(lambda event, person: _cells(event, person, names))
    return give_list(suffix, "life-events", _("Life events"), COLUMNS, found, build)


def _cells(event: LifeEvent, person: InsuredPerson, districts: dict[int, str]) -> list[Any]:
    return [
        person.case_number, person.name, event.kind, event.starts_on,
        last_day(event.ends_before), event.note, districts.get(person.district_id, ""),
        event.recorded_at, event.withdrawn,
    ]  # fmt: skip


def _days_of(event: LifeEvent) -> str:
    """The days of an event in words; a death has only its own."""
    is_death = event.kind is LifeEventKind.DEATH
    return day(event.starts_on) if is_death else days_text(event)


def _read_filter() -> LifeEventFilter:
    return LifeEventFilter(
        read_text("q"), read_choice("kind", LifeEventKind), read_number("district"),
        read_day("from"), read_day("to"), read_text("state") == WITHDRAWN,
    )  # fmt: skip
