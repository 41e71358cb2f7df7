"""What the page of a person shows: facts with both times and their earlier versions, in words."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from ltc import http
from ltc.rules.access import Actor, Permission, Reach
from ltc.rules.errors import Problem
from ltc.rules.insured import (
    LIFE_EVENT_NAMES,
    SCHEME_NAMES,
    SEX_NAMES,
    LifeEventKind,
    mask_account,
    mask_address,
    mask_number,
)
from ltc.rules.months import DayRange
from ltc.rules.payouts.results import Outcome
from ltc.rules.words import N_
from ltc.store.areas import get_area
from ltc.store.assessments import Conclusion
from ltc.store.insured import (
    Assistance,
    BankAccount,
    Enrolment,
    InsuredPerson,
    LifeEvent,
    PersonVersion,
)
from ltc.store.insured_questions import list_facts, list_known_facts
from ltc.store.payout_questions import list_results_of_person
from ltc.store.person_records import (
    LATEST_ROWS,
    find_provider_names,
    list_conclusions,
    list_latest_stays,
    list_latest_visits,
    list_plans,
)
from ltc.store.plans import CarePlan
from ltc.store.sealed_cells import Purpose, digest_of, open_cell
from ltc.web.fact_views import (
    Describe,
    FactView,
    ToldApart,
    build_views,
    days_text,
    load_record_history,
)
from ltc.web.formats import day, in_language, said
from ltc.web.forms.fields import last_day
from ltc.web.law_choices import category_name

# Outcome of a month → its name, the state that its tag shows.
OUTCOME_WORDS = {
    Outcome.PAID: (N_("paid"), "done"),
    Outcome.HELD: (N_("held"), "attention"),
    Outcome.ZERO: (N_("zero"), "neutral"),
}


def show_values(
    session: Session, actor: Actor, person: InsuredPerson, districts: dict[int, str]
) -> dict[str, Any]:
    """Return what the template of a person's page needs beside the person."""
    return {
        **_masked(session, person),
        "standing": _standing(session, actor, person),
        "history": load_record_history(person, _row_describer(session, districts)),
        "sees_accounts": actor.reach is Reach.AREA,
        "sex_names": SEX_NAMES,
        "enrolments": _facts(session, actor, person, Enrolment, _describe_enrolment),
        "assistances": _facts(session, actor, person, Assistance, _describe_assistance),
        "life_events": _facts(session, actor, person, LifeEvent, _describe_event),
        "accounts": _facts(session, actor, person, BankAccount, _describe_account),
        **_care(session, actor, person),
        "results": _results(session, actor, person),
        "outcome_words": OUTCOME_WORDS,
    }


def _results(session: Session, actor: Actor, person: InsuredPerson) -> list[Any]:
    """What the person was paid by month, the newest first, as far as the actor's role sees it."""
    if not actor.may(Permission.SEE_PAYOUTS):
        return []
    return list_results_of_person(session, actor, person.id)[:LATEST_ROWS]


def _row_describer(
    session: Session, districts: dict[int, str]
) -> Callable[[InsuredPerson | PersonVersion], ToldApart]:
    """Return how a version of a person is described: what can be corrected, numbers masked."""

    def describe(row: InsuredPerson | PersonVersion) -> ToldApart:
        masked = _masked(session, row)
        address = open_cell(session, row, "address_sealed") or ""
        return [
            (_("Name"), row.name),
            (_("District"), districts.get(row.district_id, "–")),
            (_("Community"), row.community or "–"),
            (_("Phone"), masked["phone"] or "–", row.phone_digest or ""),
            (_("Address"), masked["address"] or "–", digest_of(session, address, Purpose.ADDRESS)),
        ]

    return describe


def _masked(session: Session, person: InsuredPerson | PersonVersion) -> dict[str, str | None]:
    """The sealed columns, masked."""
    identity = open_cell(session, person, "identity_sealed")
    phone = open_cell(session, person, "phone_sealed")
    address = open_cell(session, person, "address_sealed")
    return {
        "identity": identity and mask_number(identity),
        "phone": phone and mask_number(phone),
        "address": address and mask_address(address),
    }


def _standing(session: Session, actor: Actor, person: InsuredPerson) -> dict[str, str]:
    """Where the person stands today, in a sentence."""
    today = http.context().today
    events = list_known_facts(session, actor.area_id, LifeEvent, person.id)
    for event in events:
        if event.kind is LifeEventKind.DEATH:
            return {"text": _("Died on %(day)s.", day=day(event.starts_on)), "state": "neutral"}
    enrolments = list_known_facts(session, actor.area_id, Enrolment, person.id)
    enrolled = [row for row in enrolments if _holds(row, today)]
    if not enrolled:
        return {"text": _("Not enrolled today."), "state": "attention"}
    scheme = _("Enrolled: %(scheme)s.", scheme=said(SCHEME_NAMES[enrolled[-1].scheme]))
    now = [said(LIFE_EVENT_NAMES[event.kind]) for event in events if _holds(event, today)]
    if now:
        text = _("%(scheme)s Today: %(events)s.", scheme=scheme, events=_(", ").join(now))
        return {"text": text, "state": "attention"}
    return {"text": scheme, "state": "done"}


def _holds(row: Enrolment | LifeEvent, today: date) -> bool:
    return today in DayRange(row.starts_on, row.ends_before)


def _care(session: Session, actor: Actor, person: InsuredPerson) -> dict[str, Any]:
    """What follows from the enrolment, as far as the actor's role sees it."""
    plans = list_plans(session, actor, person.id) if actor.may(Permission.SEE_PLANS) else []
    visits = (
        list_latest_visits(session, actor, person.id) if actor.may(Permission.SEE_VISITS) else []
    )
    stays = list_latest_stays(session, actor, person.id) if actor.may(Permission.SEE_STAYS) else []
    conclusions = (
        list_conclusions(session, actor, person.id) if actor.may(Permission.SEE_ASSESSMENTS) else []
    )
    given: list[Any] = [*plans, *visits, *stays]
    ids = {row.provider_id for row in given if row.provider_id is not None}
    providers = find_provider_names(session, actor.area_id, ids)
    return {
        "conclusions": build_views(session, actor, conclusions, _describe_conclusion),
        "plans": build_views(session, actor, plans, _plan_describer(session, actor, providers)),
        "visits": visits,
        "stays": stays,
        "last_day": last_day,
        "providers": providers,
    }


def _facts(
    session: Session, actor: Actor, person: InsuredPerson, table: Any, describe: Describe
) -> list[FactView]:
    rows = list_facts(session, actor, table, person.id)
    return build_views(session, actor, rows, describe, _masked_account)


def _masked_account(row: Any) -> str:
    return mask_account(row.account_last4) if isinstance(row, BankAccount) else ""


def _describe_enrolment(row: Enrolment) -> tuple[str, str]:
    years = ngettext(
        "%(num)s contribution year", "%(num)s contribution years", row.contribution_years
    )
    if row.topped_up_on is not None:
        years += " · " + _("missing years paid on %(day)s", day=day(row.topped_up_on))
    return said(SCHEME_NAMES[row.scheme]), f"{days_text(row)} · {years}"


def _describe_assistance(row: Assistance) -> tuple[str, str]:
    return category_name(row.category, row.starts_on), days_text(row)


def _describe_event(row: LifeEvent) -> tuple[str, str]:
    days = day(row.starts_on) if row.kind is LifeEventKind.DEATH else days_text(row)
    return said(LIFE_EVENT_NAMES[row.kind]), f"{days} · {row.note}" if row.note else days


def _describe_account(row: BankAccount) -> tuple[str, str]:
    return row.bank_name, f"{row.holder_name} · {days_text(row)}"


def grade_name(row: Conclusion) -> str:
    """Return what the grade of a conclusion is called in its standard; its code in an unknown one."""
    standard = http.house().policies.standards.get(row.standard)
    names = {grade.code: grade.name for grade in standard.grades} if standard else {}
    return in_language(names[row.grade]) if row.grade in names else row.grade


def _describe_conclusion(row: Conclusion) -> tuple[str, str]:
    text = _("concluded on %(day)s", day=day(row.concluded_on))
    if row.valid_before is not None:
        text += " · " + _("valid to %(day)s", day=day(last_day(row.valid_before)))
    return grade_name(row), text


def _plan_describer(session: Session, actor: Actor, providers: dict[int, str]) -> Describe:
    """Return how a plan is described: the mode by its name in the law of the plan's first day."""
    area = get_area(session, actor.area_id)

    def describe(row: CarePlan) -> tuple[str, str]:
        try:
            policy = http.house().policies.of(area.policy_area).on(row.starts_on)
            mode = in_language(policy.modes[row.mode].name)
        except (Problem, KeyError):
            mode = row.mode
        provider = providers.get(row.provider_id or 0, "")
        return f"{mode} {provider}".strip(), f"{row.number} · {days_text(row)}"

    return describe
