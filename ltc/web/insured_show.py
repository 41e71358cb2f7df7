"""What the page of a person shows: facts with both times and their earlier versions, in words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
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
from ltc.rules.policies import Text
from ltc.store.areas import get_area
from ltc.store.assessments import Conclusion
from ltc.store.fact_versions import find_recorders
from ltc.store.insured import BankAccount, Enrolment, InsuredPerson, LifeEvent
from ltc.store.insured_questions import list_facts, list_known_facts
from ltc.store.person_records import (
    find_provider_names,
    list_conclusions,
    list_latest_stays,
    list_latest_visits,
    list_plans,
)
from ltc.store.plans import CarePlan
from ltc.store.sealed_cells import open_cell
from ltc.web.formats import day, said
from ltc.web.forms.insured import last_day


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


def show_values(session: Session, actor: Actor, person: InsuredPerson) -> dict[str, Any]:
    """Return what the template of a person's page needs beside the person."""
    return {
        **_masked(session, person),
        "standing": _standing(session, actor, person),
        "sees_accounts": actor.reach is Reach.AREA,
        "sex_names": SEX_NAMES,
        "enrolments": _facts(session, actor, person, Enrolment, _describe_enrolment),
        "life_events": _facts(session, actor, person, LifeEvent, _describe_event),
        "accounts": _facts(session, actor, person, BankAccount, _describe_account),
        **_care(session, actor, person),
    }


def _masked(session: Session, person: InsuredPerson) -> dict[str, str | None]:
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
        return {"text": f"{scheme} {_('Today:')} {', '.join(now)}", "state": "attention"}
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
        "conclusions": _views(session, actor, conclusions, _describe_conclusion),
        "plans": _views(session, actor, plans, _plan_describer(session, actor, providers)),
        "visits": visits,
        "stays": stays,
        "providers": providers,
    }


def _facts(
    session: Session, actor: Actor, person: InsuredPerson, table: Any, describe: Describe
) -> list[FactView]:
    return _views(session, actor, list_facts(session, actor, table, person.id), describe)


def _views(
    session: Session, actor: Actor, rows: Sequence[Any], describe: Describe
) -> list[FactView]:
    """Group versions by what replaced what; what is believed now comes first in each."""
    names = find_recorders(session, actor.area_id, {row.recorded_by_id for row in rows})
    by_id = {row.id: row for row in rows}
    return [
        FactView(
            _version(row, describe, names),
            tuple(_version(old, describe, names) for old in _earlier(row, by_id)),
        )
        for row in rows
        if row.superseded_at is None
    ]


def _earlier(row: Any, by_id: dict[int, Any]) -> Iterable[Any]:
    while (row := by_id.get(row.replaces_id)) is not None:
        yield row


def _version(row: Any, describe: Describe, names: dict[int, str]) -> Version:
    title, text = describe(row)
    who = names.get(row.recorded_by_id) or _("the machine")
    return Version(
        row.id, title, text, row.recorded_at, who, _(row.reason) if row.reason else "",
        row.withdrawn, mask_account(row.account_last4) if isinstance(row, BankAccount) else "",
    )  # fmt: skip


def _days(row: Any) -> str:
    first = day(row.starts_on)
    if row.ends_before is None:
        return str(_("from %(day)s", day=first))
    return str(_("%(first)s to %(last)s", first=first, last=day(last_day(row.ends_before))))


def _describe_enrolment(row: Enrolment) -> tuple[str, str]:
    years = _("%(count)s contribution years", count=row.contribution_years)
    if row.topped_up_on is not None:
        years += " · " + _("missing years paid on %(day)s", day=day(row.topped_up_on))
    return said(SCHEME_NAMES[row.scheme]), f"{_days(row)} · {years}"


def _describe_event(row: LifeEvent) -> tuple[str, str]:
    days = day(row.starts_on) if row.kind is LifeEventKind.DEATH else _days(row)
    return said(LIFE_EVENT_NAMES[row.kind]), f"{days} · {row.note}" if row.note else days


def _describe_account(row: BankAccount) -> tuple[str, str]:
    return row.bank_name, f"{row.holder_name} · {_days(row)}"


def _describe_conclusion(row: Conclusion) -> tuple[str, str]:
    standard = http.house().policies.standards.get(row.standard)
    names = {grade.code: grade.name for grade in standard.grades} if standard else {}
    title = in_language(names[row.grade]) if row.grade in names else row.grade
    text = _("concluded on %(day)s", day=day(row.concluded_on))
    if row.valid_before is not None:
        text += " · " + _("valid to %(day)s", day=day(last_day(row.valid_before)))
    return title, text


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
        return f"{mode} {provider}".strip(), f"{row.number} · {_days(row)}"

    return describe


def in_language(text: Text) -> str:
    """Return a text of the law in the reader's language."""
    shown: str = text.zh if str(get_locale()).startswith("zh") else text.en
    return shown
