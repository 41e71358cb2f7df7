"""Files of life events: hospital stays, deaths, moves, suspensions."""

from collections.abc import Sequence
from functools import partial

from ltc.rules.imports import ImportKind, check_order, parse_choice, parse_day
from ltc.rules.insured import EventDays, LifeEventKind, check_life_event
from ltc.rules.months import ONE_DAY, DayRange
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.services.import_facts import Beside, Values, check_facts, write_facts
from ltc.services.import_rows import Checked, Known, Spec, cell, optional, optional_text
from ltc.services.life_facts import NOTE_LENGTH_MAX
from ltc.store.import_lookups import load_of_people
from ltc.store.insured import LifeEvent

KEY = ("person_id", "kind", "starts_on")


def check_life_events(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk; an event is found again by person, kind and first day."""
    known = Known.load(ctx, rows)
    born = {person.id: person.born_on for person in known.people.values()}
    recorded = load_of_people(ctx.session, ctx.area_id, LifeEvent, born)
    beside = Beside(
        recorded, lambda row: EventDays(row.kind, DayRange(row.starts_on, row.ends_before))
    )

    def judge(one: Checked) -> None:
        """Raise where the event contradicts what is known, or an earlier row of the file."""
        values = one.write.values
        event = EventDays(values["kind"], DayRange(values["starts_on"], values["ends_before"]))
        born_on = born[values["person_id"]]
        check_life_event(event, born_on, ctx.today, beside.list_others(one))
        beside.add(one, event)

    return check_facts(ctx, rows, LifeEvent, KEY, partial(_read, known), judge)


def _read(known: Known, row: Row) -> Values:
    kind = parse_choice(cell(row, "kind"), "kind", LifeEventKind)
    first = parse_day(cell(row, "first_day"), "first_day")
    last = optional(row, "last_day", parse_day)
    check_order(first, last, "last_day")
    return {
        "person_id": known.person(row).id,
        "kind": kind,
        "starts_on": first,
        "ends_before": None if last is None or kind is LifeEventKind.DEATH else last + ONE_DAY,
        "note": optional_text(row, "note", NOTE_LENGTH_MAX),
    }


def _carry_out(ctx: Context, rows: Sequence[Checked], reason: str) -> None:
    write_facts(ctx, LifeEvent, [one.write for one in rows], reason)


LIFE_EVENTS = Spec(
    ImportKind.LIFE_EVENTS,
    ("case_number", "kind", "first_day"),
    ("last_day", "note"),
    check_life_events,
    _carry_out,
)
