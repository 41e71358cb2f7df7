"""What the form of a visit asks and offers: by who logs it, for whom, and by the plan of the day."""

from datetime import date
from typing import Any

from ltc import http
from ltc.rules.access import Role
from ltc.rules.errors import Problem
from ltc.rules.plans import days_of_covering_fees, is_home, needs_price
from ltc.rules.policies import Policy
from ltc.rules.visits import VisitSource, wall_of
from ltc.services.visits import VisitFacts
from ltc.store.carer_questions import find_carers
from ltc.store.catalogues import get_catalogue
from ltc.store.person_records import find_people
from ltc.store.plan_questions import find_items, find_plan_on, find_visible_plan
from ltc.store.plans import CarePlan
from ltc.store.stay_questions import has_fee
from ltc.store.visits import Visit
from ltc.web.chosen import carer_id_of, person_id_of, suggest
from ltc.web.formats import area_zone
from ltc.web.forms.visits import VisitFields
from ltc.web.law_choices import policy_on
from ltc.web.visit_words import own_visits


def prepare(form: VisitFields) -> None:
    """Offer the items, those of the plan first; ask for nothing that is known or not needed.

    A carer logs own visits only. A price is asked for where the fund shares in costs.
    """
    person_id, on = _find_person_id(form), form.on.data or http.context().today
    plan = _plan_of(person_id, on) if person_id else None
    if person_id:
        form.person.description = _name_of(person_id)
    items = find_items(http.database(), plan.area_id, [plan.id])[plan.id] if plan else {}
    form.offer(get_catalogue(), items)
    if http.current_actor().role is Role.CARER:
        del form.carer
    if not _asks_for_price(plan, on):
        del form.price


def read_facts(form: VisitFields, source: VisitSource, old: Visit | None = None) -> VisitFacts:
    """Return what was entered; what the form did not ask for stays as it was."""
    own = http.current_actor().carer_id
    carer_id = carer_id_of(form.carer.data) if "carer" in form else own or 0
    kept_fen = None if old is None else old.price_fen
    price_fen = form.price.data if "price" in form else kept_fen
    return form.visit_facts(person_id_of(form.person.data), carer_id, source, price_fen)


def form_data(visit: Visit) -> dict[str, Any]:
    """Return a visit as its form shows it."""
    session, area_id = http.database(), visit.area_id
    begin, end = wall_of(visit.begins_at, area_zone()), wall_of(visit.ends_at, area_zone())
    return {
        "person": find_people(session, area_id, [visit.person_id])[visit.person_id].case_number,
        "carer": find_carers(session, area_id, [visit.carer_id])[visit.carer_id].code,
        "on": begin.date(),
        "begins_time": begin.time(),
        "ends_time": end.time(),
        "ends_next_day": end.date() > begin.date(),
        "items": visit.items.split(),
        "latitude": visit.latitude_e6,
        "longitude": visit.longitude_e6,
        "datum": visit.datum,
        "reference": visit.reference,
        "price": visit.price_fen,
    }


def suggestions() -> dict[str, list[tuple[str, str]]]:
    """Suggest carers, and to a carer the people of the own visits."""
    actor = http.current_actor()
    if actor.role is not Role.CARER:
        return suggest("carer")
    waiting = own_visits()["waiting"]
    return {"people": [(each.person.case_number, each.person.name) for each in waiting]}


def may_need_price(on: date | None = None) -> bool:
    """Whether the law of a day (None: today) shares in the costs of any care at home."""
    policy = policy_on(on or http.context().today)
    return policy is not None and any(
        is_home(mode) and needs_price(mode) for mode in policy.modes.values()
    )


def is_unpriced(visit: Visit) -> bool:
    """Whether a visit lacks the price that its mode needs by the law of its day, and any fee.

    Whether a fee really covers it the settlement says.
    """
    if visit.price_fen is not None or visit.refused or visit.withdrawn:
        return False
    plan = _plan_of(visit.person_id, visit.service_on)
    policy = policy_on(visit.service_on)
    if plan is None or policy is None or not _needs_price(plan, policy):
        return False
    first_on, last_on = days_of_covering_fees(policy.modes[plan.mode], visit.service_on)
    return not has_fee(http.database(), visit, first_on, last_on)


def _find_person_id(form: VisitFields) -> int | None:
    """Return whom the form names so far, None where it names nobody."""
    try:
        return person_id_of(form.person.data or "")
    except Problem:
        return None


def _name_of(person_id: int) -> str:
    """Return whose case number it is, so that nobody logs a visit to somebody else."""
    area_id = http.current_actor().area_id
    return find_people(http.database(), area_id, [person_id])[person_id].name


def _plan_of(person_id: int, on: date) -> CarePlan | None:
    """Return the plan of a person on a day; a carer is shown that of the own employer only."""
    session, actor = http.database(), http.current_actor()
    if actor.role is not Role.CARER:
        return find_visible_plan(session, actor, person_id, on)
    return find_plan_on(session, actor.area_id, person_id, actor.organisation_id or 0, on)


def _asks_for_price(plan: CarePlan | None, on: date) -> bool:
    """Whether the form asks for a price; as long as no plan says, whether it may be needed."""
    policy = policy_on(on)
    if plan is None or policy is None:
        return may_need_price(on)
    return _needs_price(plan, policy)


def _needs_price(plan: CarePlan, policy: Policy) -> bool:
    mode = policy.modes.get(plan.mode)
    return mode is not None and needs_price(mode)
