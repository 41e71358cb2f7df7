"""Visits in words: the six elements, the findings, and the next visit of a carer."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from ltc import http
from ltc.rules.checks import CLEARER_NAMES, EFFECT_NAMES, Finding
from ltc.rules.visits import DATUM_NAMES, SOURCE_NAMES, Client, Datum, order_clients, week_of
from ltc.services.distances import Position, measure_metres
from ltc.store.carer_questions import find_carers
from ltc.store.insured import InsuredPerson
from ltc.store.person_records import find_people
from ltc.store.plan_questions import find_items, find_plan_on
from ltc.store.provider_questions import find_providers
from ltc.store.visit_questions import Listed, list_of_carer
from ltc.store.visits import Visit
from ltc.web.fact_views import Rows
from ltc.web.formats import day, instant, minutes, said, whole, yuan
from ltc.web.law_choices import item_name

MICRO = 1_000_000
LOOK_BACK = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as the page shows it."""

    number: int
    text: str
    effect: str
    clearer: str
    visit_id: int | None


@dataclass(frozen=True, slots=True)
class NextVisit:
    """Whom a carer visits next, and how the week stands."""

    person: InsuredPerson
    client: Client


def describe(visit: Visit) -> Rows:
    """Return the elements of a visit, label by label."""
    session, area_id = http.database(), visit.area_id
    person = find_people(session, area_id, [visit.person_id])[visit.person_id]
    carer = find_carers(session, area_id, [visit.carer_id])[visit.carer_id]
    provider = find_providers(session, area_id, [visit.provider_id])[visit.provider_id]
    return [
        (_("Insured person"), f"{person.name} ({person.case_number})"),
        (_("Carer"), f"{carer.name} ({carer.code})"),
        (_("Provider"), f"{provider.name} ({provider.code})"),
        (
            _("Services given"),
            str(_("; ")).join(item_name(code) for code in visit.items.split()) or "–",
        ),
        (_("Begin"), instant(visit.begins_at)),
        (_("End"), instant(visit.ends_at)),
        (_("Length"), minutes(visit.ends_min - visit.begins_min)),
        (_("Place"), place_text(visit)),
        (_("Distance from home"), distance_text(visit, person)),
        (_("Price of the visit"), yuan(visit.price_fen)),
        (_("Entered by"), said(SOURCE_NAMES[visit.source])),
        (_("Check"), refusal_text(visit)),
    ]


def place_text(visit: Visit) -> str:
    """Return where a visit was, as recorded."""
    if visit.latitude_e6 is None or visit.longitude_e6 is None:
        return str(_("not recorded"))
    datum = said(DATUM_NAMES[visit.datum]) if visit.datum else ""
    return f"{_degrees(visit.latitude_e6)}, {_degrees(visit.longitude_e6)} {datum}".strip()


def distance_text(visit: Visit, person: InsuredPerson) -> str:
    """Return how far from the person's home a visit was; why it cannot be said, where it cannot.

    Positions of homes are those of satellites; Chinese maps are some hundred metres off them.
    """
    here, home = _position(visit, ""), _position(person, "home_")
    if here is None:
        return str(_("not known: the visit has no place"))
    if home is None:
        return str(_("not known: the position of the home is not recorded"))
    metres = whole(measure_metres(here, home))
    if visit.datum is Datum.GCJ02:
        return str(_("about %(metres)s m; maps in China are up to 700 m off", metres=metres))
    return str(_("%(metres)s m", metres=metres))


def _position(row: Visit | InsuredPerson, prefix: str) -> Position | None:
    latitude, longitude = (
        getattr(row, f"{prefix}{name}") for name in ("latitude_e6", "longitude_e6")
    )
    return None if latitude is None or longitude is None else (latitude, longitude)


def refusal_text(visit: Visit) -> str:
    """Return whether a visit was refused at the check, and why."""
    if visit.refused is None:
        return str(_("not refused"))
    return str(_("refused: %(reason)s", reason=visit.refused))


def view_findings(findings: list[Finding]) -> list[FindingView]:
    """Return findings in the reader's language."""
    return [
        FindingView(
            finding.number,
            said(finding.text, **{name: _shown(value) for name, value in finding.values}),
            said(EFFECT_NAMES[finding.effect]),
            said(CLEARER_NAMES[finding.clearer]),
            finding.visit_id,
        )
        for finding in findings
    ]


def own_visits() -> dict[str, Any]:
    """Return what the page of a carer shows: whom to visit next, today, and the days before."""
    session, actor, today = http.database(), http.current_actor(), http.context().today
    visits = list_of_carer(session, actor, today - LOOK_BACK, today + timedelta(days=1))
    people = {person.id: person for _visit, person, _carer in visits}
    clients = order_clients(_client(visits, person_id, today) for person_id in people)
    waiting = [NextVisit(people[client.person_id], client) for client in clients]
    return {
        "waiting": waiting,
        "visits_today": [row for row in visits if row[0].service_on == today],
        "visits_before": [row for row in visits if row[0].service_on < today],
    }


def _client(visits: list[Listed], person_id: int, today: date) -> Client:
    """Return how the week of a person stands with the carer whose visits are given."""
    own = [visit for visit, person, _carer in visits if person.id == person_id]
    week = week_of(today)
    return Client(
        person_id,
        _planned(own[0], today),
        sum(visit.service_on in week for visit in own),
        max(visit.service_on for visit in own),
    )


def _planned(visit: Visit, today: date) -> int:
    """Return how often a week the plan in force sends somebody: as often as its commonest item."""
    session, area_id = http.database(), visit.area_id
    plan = find_plan_on(session, area_id, visit.person_id, visit.provider_id, today)
    if plan is None:
        return 0
    return max(find_items(session, area_id, [plan.id])[plan.id].values(), default=0)


def _shown(value: object) -> str:
    """Return a value of a finding in the reader's language."""
    return day(value) if isinstance(value, date) else said(str(value))


def _degrees(millionths: int) -> str:
    sign = "-" if millionths < 0 else ""
    whole, rest = divmod(abs(millionths), MICRO)
    return f"{sign}{whole}.{rest:06d}"
