"""Visits: logged, corrected, withdrawn, refused at the check.

A phone logs visits on the spot; here they are entered on a page or from paper, with a reason.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ltc.rules.access import Permission
from ltc.rules.checks import Facts, Finding, Other, spot_all
from ltc.rules.errors import Conflict
from ltc.rules.insured import LifeEventKind, clean_reason
from ltc.rules.months import DayRange
from ltc.rules.stays import PRICE_FEN_MAX, ReferenceTaken, check_amount
from ltc.rules.visits import (
    LATER_SOURCES,
    Place,
    VisitSource,
    check_carer,
    check_items,
    check_place,
    check_times,
    instant_of,
    wall_minutes,
)
from ltc.services.context import Context
from ltc.services.facts import (
    correct_fact,
    flush_or_raise,
    record_change,
    record_fact,
    withdraw_recorded,
)
from ltc.services.insured import lock_person
from ltc.store.carer_questions import get_carer
from ltc.store.catalogues import get_catalogue
from ltc.store.fact_versions import get_fact
from ltc.store.insured import LifeEvent
from ltc.store.insured_questions import list_facts
from ltc.store.number_series import take_numbers
from ltc.store.plan_questions import find_plan_on
from ltc.store.provider_questions import list_agreed_days
from ltc.store.visit_questions import list_beside
from ltc.store.visits import Visit

REFERENCE_LENGTH_MAX = 60
REFUSAL_LENGTH_MAX = 200
# Where somebody was is personal; the minutes say again when the visit began and ended.
HIDDEN = ("latitude_e6", "longitude_e6", "begins_min", "ends_min")


class AlreadyRefused(Conflict):
    """The visit was refused already: {refusal}"""


class NotRefused(Conflict):
    """The visit was not refused, so there is nothing to take back."""


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """The six elements of a visit. Begin and end are what the clock on the wall said.

    The provider follows from the carer. ``reference`` is the provider's own number, empty: one is
    given. ``price_fen`` is what was charged for it, where the fund shares in costs.
    """

    person_id: int
    carer_id: int
    begins: datetime
    ends: datetime
    items: tuple[str, ...]
    source: VisitSource
    place: Place | None = None
    reference: str = ""
    price_fen: int | None = None


def log(ctx: Context, *, facts: VisitFacts, reason: str = "") -> Visit:
    """Log a visit; what is entered afterwards (page, paper) says why.

    Raises what its times, carer, items and place are refused for, ReferenceTaken, ReasonMissing.
    """
    ctx.require(Permission.LOG_VISITS)
    why = clean_reason(reason) if facts.source in LATER_SOURCES else None
    with ctx.transaction():
        person = lock_person(ctx, facts.person_id)
        values = _values(ctx, facts)
        values["reference"] = _clean_reference(facts.reference) or _take_reference(ctx)
        visit = record_fact(ctx, Visit, person_id=person.id, reason=why, **values)
        flush_or_raise(ctx, ReferenceTaken(field="reference", reference=values["reference"]))
        record_change(ctx, "visit.logged", visit, hidden=HIDDEN)
    return visit


def correct(ctx: Context, *, visit_id: int, facts: VisitFacts, reason: str) -> Visit:
    """Replace a visit by a corrected one; the original stays readable beside it."""
    ctx.require(Permission.LOG_VISITS)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, Visit, visit_id)
        person = lock_person(ctx, facts.person_id)
        values = _values(ctx, facts)
        values["reference"] = _clean_reference(facts.reference) or old.reference
        visit = correct_fact(ctx, old, reason, person_id=person.id, **values)
        flush_or_raise(ctx, ReferenceTaken(field="reference", reference=values["reference"]))
        record_change(ctx, "visit.corrected", visit, old, hidden=HIDDEN)
    return visit


def withdraw(ctx: Context, *, visit_id: int, reason: str) -> Visit:
    """Say that a visit never was."""
    return withdraw_recorded(ctx, Permission.LOG_VISITS, Visit, visit_id, reason, "visit.withdrawn")


def refuse(ctx: Context, *, visit_id: int, reason: str) -> Visit:
    """Refuse a visit at the check: it is not paid, with this reason on the line."""
    ctx.require(Permission.REFUSE_VISITS)
    refusal = clean_reason(reason)[:REFUSAL_LENGTH_MAX]
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, Visit, visit_id)
        if old.refused is not None:
            raise AlreadyRefused(refusal=old.refused)
        visit = correct_fact(ctx, old, refusal, refused=refusal)
        record_change(ctx, "visit.refused", visit, old)
    return visit


def take_back_refusal(ctx: Context, *, visit_id: int, reason: str) -> Visit:
    """Accept a visit after all, with the reason for it."""
    ctx.require(Permission.REFUSE_VISITS)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, Visit, visit_id)
        if old.refused is None:
            raise NotRefused
        visit = correct_fact(ctx, old, reason, refused=None)
        record_change(ctx, "visit.accepted", visit, old)
    return visit


def check(ctx: Context, visit: Visit) -> list[Finding]:
    """Return what does not go together with the rest that is known; changes nothing.

    Told are stays and deaths that the actor may see, and of other visits no more than they may.
    """
    session, actor, area_id = ctx.session, ctx.actor, ctx.area_id
    events = [
        event
        for event in list_facts(session, actor, LifeEvent, visit.person_id)
        if event.superseded_at is None and not event.withdrawn
    ]
    deaths = [event.starts_on for event in events if event.kind is LifeEventKind.DEATH]
    plan = find_plan_on(session, area_id, visit.person_id, visit.provider_id, visit.service_on)
    facts = Facts(
        on=visit.service_on,
        begins_min=visit.begins_min,
        ends_min=visit.ends_min,
        died_on=min(deaths, default=None),
        events=[
            (event.kind, DayRange(event.starts_on, event.ends_before))
            for event in events
            if event.kind is not LifeEventKind.DEATH
        ],
        agreements=list_agreed_days(session, area_id, visit.provider_id),
        of_carer=_others(list_beside(session, actor, visit, "carer_id")),
        of_person=_others(list_beside(session, actor, visit, "person_id")),
        is_planned=plan is not None,
        is_entered_later=visit.source in LATER_SOURCES,
    )
    return spot_all(facts)


def _others(visits: list[tuple[Visit, bool]]) -> list[Other]:
    return [
        Other(visit.id, visit.begins_min, visit.ends_min, is_shown) for visit, is_shown in visits
    ]


def _values(ctx: Context, facts: VisitFacts) -> dict[str, Any]:
    """Return the columns of a visit, checked; its day and minutes follow from the wall clock."""
    zone = ZoneInfo(ctx.time_zone)
    begins_at, ends_at = instant_of(facts.begins, zone), instant_of(facts.ends, zone)
    minutes = check_times(begins_at, ends_at, ctx.now)
    carer = get_carer(ctx.session, ctx.actor, facts.carer_id)
    on = facts.begins.date()
    check_carer(DayRange(carer.starts_on, carer.ends_before), carer.certificate_ends_before, on)
    check_items(get_catalogue(), facts.items, carer.kind, minutes)
    check_place(facts.place)
    if facts.price_fen is not None:
        check_amount(facts.price_fen, PRICE_FEN_MAX, "price")
    return {
        "provider_id": carer.provider_id,
        "carer_id": carer.id,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "service_on": on,
        "begins_min": wall_minutes(facts.begins),
        "ends_min": wall_minutes(facts.ends),
        "items": " ".join(sorted(set(facts.items))),
        "source": facts.source,
        "latitude_e6": facts.place and facts.place.latitude_e6,
        "longitude_e6": facts.place and facts.place.longitude_e6,
        "datum": facts.place and facts.place.datum,
        "price_fen": facts.price_fen,
    }


def _clean_reference(text: str) -> str:
    return " ".join(text.split())[:REFERENCE_LENGTH_MAX]


def _take_reference(ctx: Context) -> str:
    """Return a number for a visit that the provider has not numbered."""
    year = ctx.today.year
    (number,) = take_numbers(ctx.session, ctx.area_id, f"visit:{year}")
    return f"SM{year}{number:07d}"
