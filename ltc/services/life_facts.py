"""A person's enrolments, medical assistance, life events and accounts: recorded, corrected, withdrawn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

from ltc.rules.access import Permission
from ltc.rules.insured import (
    AccountBegins,
    EventDays,
    LifeEventKind,
    SchemeCode,
    check_assistance,
    check_days,
    check_enrolment,
    check_life_event,
    check_years,
    clean_account,
    clean_category,
    clean_name,
)
from ltc.rules.months import DayRange
from ltc.rules.words import N_
from ltc.services.context import Context
from ltc.services.facts import correct_fact, record_change, record_fact, withdraw_fact
from ltc.services.insured import lock_person
from ltc.store.base import new_id
from ltc.store.fact_versions import get_fact
from ltc.store.insured import Assistance, BankAccount, Enrolment, InsuredPerson, LifeEvent
from ltc.store.insured_questions import list_known_facts
from ltc.store.sealed_cells import Purpose, digest_of, seal_cell

T = TypeVar("T", Enrolment, Assistance, LifeEvent, BankAccount)

NOTE_LENGTH_MAX = 1_000
FOLLOWED = N_("Another account follows.")


@dataclass(frozen=True, slots=True)
class EnrolmentFacts:
    """Insured in a scheme over some days; ``topped_up_on``: when missing years were paid."""

    scheme: SchemeCode
    contribution_years: int
    starts_on: date
    ends_before: date | None = None
    topped_up_on: date | None = None


@dataclass(frozen=True, slots=True)
class AssistanceFacts:
    """A category of medical assistance over some days, by its code in the law."""

    category: str
    starts_on: date
    ends_before: date | None = None


@dataclass(frozen=True, slots=True)
class EventFacts:
    """A life event; ``ends_before`` is the day after the last, None: it goes on."""

    kind: LifeEventKind
    starts_on: date
    ends_before: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account that benefits go to; ``account`` None in a correction: left as it is."""

    holder_name: str
    bank_name: str
    account: str | None
    starts_on: date
    ends_before: date | None = None


def record_enrolment(ctx: Context, *, person_id: int, facts: EnrolmentFacts) -> Enrolment:
    """Record a further enrolment; raises EnrolmentOverlaps and what the days are refused for."""
    return _record(ctx, Enrolment, person_id, facts, "enrolment.recorded")


def correct_enrolment(
    ctx: Context, *, enrolment_id: int, facts: EnrolmentFacts, reason: str
) -> Enrolment:
    """Replace an enrolment by a corrected one."""
    return _correct_record(ctx, Enrolment, enrolment_id, facts, reason, "enrolment.corrected")


def withdraw_enrolment(ctx: Context, *, enrolment_id: int, reason: str) -> Enrolment:
    """Say that an enrolment never was."""
    return _withdraw_recorded(ctx, Enrolment, enrolment_id, reason, "enrolment.withdrawn")


def record_assistance(ctx: Context, *, person_id: int, facts: AssistanceFacts) -> Assistance:
    """Record that a person belongs to a category; raises AssistanceOverlaps, CategoryMissing."""
    return _record(ctx, Assistance, person_id, facts, "assistance.recorded")


def correct_assistance(
    ctx: Context, *, assistance_id: int, facts: AssistanceFacts, reason: str
) -> Assistance:
    """Replace a category or its days by corrected ones."""
    return _correct_record(ctx, Assistance, assistance_id, facts, reason, "assistance.corrected")


def withdraw_assistance(ctx: Context, *, assistance_id: int, reason: str) -> Assistance:
    """Say that a person never belonged to a category."""
    return _withdraw_recorded(ctx, Assistance, assistance_id, reason, "assistance.withdrawn")


def record_life_event(ctx: Context, *, person_id: int, facts: EventFacts) -> LifeEvent:
    """Record a hospital stay, death, move or suspension; raises what it is refused for."""
    return _record(ctx, LifeEvent, person_id, facts, "life_event.recorded")


def correct_life_event(ctx: Context, *, event_id: int, facts: EventFacts, reason: str) -> LifeEvent:
    """Replace a life event by a corrected one."""
    return _correct_record(ctx, LifeEvent, event_id, facts, reason, "life_event.corrected")


def withdraw_life_event(ctx: Context, *, event_id: int, reason: str) -> LifeEvent:
    """Say that a life event never was."""
    return _withdraw_recorded(ctx, LifeEvent, event_id, reason, "life_event.withdrawn")


def record_account(ctx: Context, *, person_id: int, facts: AccountFacts) -> BankAccount:
    """Record the account of a person; one that was valid on the same days ends the day before.

    Raises AccountBegins where one begins on the same day.
    """
    ctx.require(Permission.CHANGE_PEOPLE)
    with ctx.transaction():
        person = lock_person(ctx, person_id)
        check_days(DayRange(facts.starts_on, facts.ends_before), person.born_on)
        _end_account_before(ctx, person, facts.starts_on)
        row_id = new_id()
        values = _account_values(ctx, facts, row_id)
        row = record_fact(ctx, BankAccount, id=row_id, person_id=person.id, **values)
        record_change(ctx, "account.recorded", row)
    return row


def correct_account(
    ctx: Context, *, account_id: int, facts: AccountFacts, reason: str
) -> BankAccount:
    """Replace an account by a corrected one."""
    ctx.require(Permission.CHANGE_PEOPLE)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, BankAccount, account_id)
        person = lock_person(ctx, old.person_id)
        check_days(DayRange(facts.starts_on, facts.ends_before), person.born_on)
        row_id = new_id()
        values = _account_values(ctx, facts, row_id)
        if values.get("account_digest") == old.account_digest:
            del values["account_sealed"]  # sealed anew it looks different, and is the same
        row = correct_fact(ctx, old, reason, id=row_id, **values)
        record_change(ctx, "account.corrected", row, old)
    return row


def withdraw_account(ctx: Context, *, account_id: int, reason: str) -> BankAccount:
    """Say that an account never was the person's."""
    return _withdraw_recorded(ctx, BankAccount, account_id, reason, "account.withdrawn")


def check_enrolment_of(
    ctx: Context, person: InsuredPerson, facts: EnrolmentFacts, besides: int | None = None
) -> None:
    """Raise where an enrolment does not go together with the person's others."""
    check_years(facts.contribution_years)
    others = _other_days(ctx, Enrolment, person, besides)
    check_enrolment(DayRange(facts.starts_on, facts.ends_before), person.born_on, others)


def check_assistance_of(
    ctx: Context, person: InsuredPerson, facts: AssistanceFacts, besides: int | None = None
) -> None:
    """Raise where a category's days do not go together with the person's others."""
    others = _other_days(ctx, Assistance, person, besides)
    check_assistance(DayRange(facts.starts_on, facts.ends_before), person.born_on, others)


def _other_days(
    ctx: Context, table: type[Enrolment | Assistance], person: InsuredPerson, besides: int | None
) -> list[DayRange]:
    """Return the days of what is believed of a person, besides one row."""
    known: list[Any] = list_known_facts(ctx.session, ctx.area_id, table, person.id)
    return [DayRange(row.starts_on, row.ends_before) for row in known if row.id != besides]


def check_event_of(
    ctx: Context, person: InsuredPerson, facts: EventFacts, besides: int | None = None
) -> None:
    """Raise where a life event does not go together with what is known of the person."""
    known = list_known_facts(ctx.session, ctx.area_id, LifeEvent, person.id)
    others = [
        EventDays(row.kind, DayRange(row.starts_on, row.ends_before))
        for row in known
        if row.id != besides
    ]
    event = EventDays(facts.kind, DayRange(facts.starts_on, facts.ends_before))
    check_life_event(event, person.born_on, ctx.today, others)


def _record(ctx: Context, table: type[T], person_id: int, facts: Any, action: str) -> T:
    """Record a fact about a person where it goes together with what else is known of them."""
    ctx.require(Permission.CHANGE_PEOPLE)
    kind = _KINDS[table]
    with ctx.transaction():
        person = lock_person(ctx, person_id)
        kind.check(ctx, person, facts)
        row = record_fact(ctx, table, person_id=person.id, **kind.values(facts))
        record_change(ctx, action, row)
    return row


def _correct_record(
    ctx: Context, table: type[T], fact_id: int, facts: Any, reason: str, action: str
) -> T:
    """Replace a fact about a person by a corrected one, under the same conditions."""
    ctx.require(Permission.CHANGE_PEOPLE)
    kind = _KINDS[table]
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, table, fact_id)
        person = lock_person(ctx, old.person_id)
        kind.check(ctx, person, facts, besides=old.id)
        row = correct_fact(ctx, old, reason, **kind.values(facts))
        record_change(ctx, action, row, old)
    return row


def _withdraw_recorded(ctx: Context, table: type[T], fact_id: int, reason: str, action: str) -> T:
    ctx.require(Permission.CHANGE_PEOPLE)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, table, fact_id)
        lock_person(ctx, old.person_id)
        row = withdraw_fact(ctx, old, reason)
        record_change(ctx, action, row, old)
    return row


def _end_account_before(ctx: Context, person: InsuredPerson, day: date) -> None:
    """End the account that goes on beyond a day; one that begins later is left alone."""
    for old in list_known_facts(ctx.session, ctx.area_id, BankAccount, person.id):
        if old.starts_on == day:
            raise AccountBegins(field="starts_on", starts_on=day)
        if old.starts_on < day and (old.ends_before is None or old.ends_before > day):
            row = correct_fact(ctx, old, FOLLOWED, ends_before=day)
            record_change(ctx, "account.ended", row, old)


def _enrolment_values(facts: EnrolmentFacts) -> dict[str, Any]:
    return {
        "scheme": facts.scheme,
        "contribution_years": facts.contribution_years,
        "topped_up_on": facts.topped_up_on,
        "starts_on": facts.starts_on,
        "ends_before": facts.ends_before,
    }


def _assistance_values(facts: AssistanceFacts) -> dict[str, Any]:
    return {
        "category": clean_category(facts.category),
        "starts_on": facts.starts_on,
        "ends_before": facts.ends_before,
    }


def _event_values(facts: EventFacts) -> dict[str, Any]:
    """A death has no end."""
    is_death = facts.kind is LifeEventKind.DEATH
    return {
        "kind": facts.kind,
        "starts_on": facts.starts_on,
        "ends_before": None if is_death else facts.ends_before,
        "note": facts.note.strip()[:NOTE_LENGTH_MAX],
    }


def _account_values(ctx: Context, facts: AccountFacts, row_id: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "holder_name": clean_name(facts.holder_name, "holder_name"),
        "bank_name": clean_name(facts.bank_name, "bank_name"),
        "starts_on": facts.starts_on,
        "ends_before": facts.ends_before,
    }
    if facts.account is None:
        return values
    account = clean_account(facts.account)
    return {
        **values,
        "account_sealed": seal_cell(ctx.session, BankAccount, "account_sealed", row_id, account),
        "account_digest": digest_of(ctx.session, account, Purpose.ACCOUNT),
        "account_last4": account[-4:],
    }


class _Kind(NamedTuple):
    """What the facts of one table are checked against, and their columns."""

    check: Callable[..., None]
    values: Callable[[Any], dict[str, Any]]


_KINDS: dict[type[Any], _Kind] = {
    Enrolment: _Kind(check_enrolment_of, _enrolment_values),
    Assistance: _Kind(check_assistance_of, _assistance_values),
    LifeEvent: _Kind(check_event_of, _event_values),
}
