"""Stays in a bed and fees: recorded, corrected, withdrawn."""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from ltc.rules.access import Permission
from ltc.rules.months import DayRange
from ltc.rules.stays import FeeKind, FeeRecorded, ReferenceTaken, check_fee, check_stay
from ltc.services.context import Context
from ltc.services.facts import (
    correct_fact,
    flush_or_raise,
    record_change,
    record_fact,
    withdraw_recorded,
)
from ltc.services.insured import lock_person
from ltc.store.fact_versions import get_fact
from ltc.store.number_series import take_numbers
from ltc.store.provider_questions import get_provider
from ltc.store.stay_questions import find_same_fee, list_known_stays
from ltc.store.visits import BedStay, Fee

T = TypeVar("T", BedStay, Fee)

REFERENCE_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class StayFacts:
    """A stay with its price a bed-day, in fen; ``ends_before`` None: still there.

    ``reference`` is the provider's own number, empty: one is given.
    """

    person_id: int
    provider_id: int
    starts_on: date
    ends_before: date | None
    price_fen: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class FeeFacts:
    """A fee for care given on a day, in fen."""

    person_id: int
    provider_id: int
    charged_on: date
    amount_fen: int
    kind: FeeKind
    reference: str = ""


def record(ctx: Context, *, facts: StayFacts) -> BedStay:
    """Record a stay; raises BedTaken, LastDayBeforeFirst, StayAhead, PriceWrong, ReferenceTaken."""
    ctx.require(Permission.CHANGE_STAYS)
    with ctx.transaction():
        values = _stay_values(ctx, facts)
        row = _add(ctx, BedStay, values, facts.reference, "ZC")
        record_change(ctx, "stay.recorded", row)
    return row


def correct(ctx: Context, *, stay_id: int, facts: StayFacts, reason: str) -> BedStay:
    """Replace a stay by a corrected one."""
    ctx.require(Permission.CHANGE_STAYS)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, BedStay, stay_id)
        values = _stay_values(ctx, facts, besides=old.id)
        row = _replace(ctx, old, reason, values, facts.reference)
        record_change(ctx, "stay.corrected", row, old)
    return row


def withdraw(ctx: Context, *, stay_id: int, reason: str) -> BedStay:
    """Say that a stay never was."""
    return withdraw_recorded(
        ctx, Permission.CHANGE_STAYS, BedStay, stay_id, reason, "stay.withdrawn"
    )


def record_fee(ctx: Context, *, facts: FeeFacts) -> Fee:
    """Record a fee; raises ChargedAhead, PriceWrong, ReferenceTaken, FeeRecorded.

    The same amount for the same care on the same day is another fee only under a number of its own.
    """
    ctx.require(Permission.CHANGE_STAYS)
    with ctx.transaction():
        values = _fee_values(ctx, facts)
        same = None if facts.reference.strip() else find_same_fee(ctx.session, ctx.area_id, values)
        if same is not None:
            raise FeeRecorded(field="reference", reference=same.reference)
        row = _add(ctx, Fee, values, facts.reference, "FY")
        record_change(ctx, "fee.recorded", row)
    return row


def correct_fee(ctx: Context, *, fee_id: int, facts: FeeFacts, reason: str) -> Fee:
    """Replace a fee by a corrected one."""
    ctx.require(Permission.CHANGE_STAYS)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, Fee, fee_id)
        values = _fee_values(ctx, facts)
        row = _replace(ctx, old, reason, values, facts.reference)
        record_change(ctx, "fee.corrected", row, old)
    return row


def withdraw_fee(ctx: Context, *, fee_id: int, reason: str) -> Fee:
    """Say that a fee never was charged."""
    return withdraw_recorded(ctx, Permission.CHANGE_STAYS, Fee, fee_id, reason, "fee.withdrawn")


def _stay_values(ctx: Context, facts: StayFacts, besides: int | None = None) -> dict[str, Any]:
    person = lock_person(ctx, facts.person_id)
    others = [
        DayRange(row.starts_on, row.ends_before)
        for row in list_known_stays(ctx.session, ctx.area_id, person.id)
        if row.id != besides
    ]
    days = DayRange(facts.starts_on, facts.ends_before)
    check_stay(days, facts.price_fen, ctx.today, others)
    return {
        "person_id": person.id,
        "provider_id": get_provider(ctx.session, ctx.actor, facts.provider_id).id,
        "starts_on": facts.starts_on,
        "ends_before": facts.ends_before,
        "price_fen": facts.price_fen,
    }


def _fee_values(ctx: Context, facts: FeeFacts) -> dict[str, Any]:
    person = lock_person(ctx, facts.person_id)
    check_fee(facts.charged_on, facts.amount_fen, ctx.today)
    return {
        "person_id": person.id,
        "provider_id": get_provider(ctx.session, ctx.actor, facts.provider_id).id,
        "charged_on": facts.charged_on,
        "amount_fen": facts.amount_fen,
        "kind": facts.kind.value,
    }


def _add(ctx: Context, table: type[T], values: dict[str, Any], reference: str, letters: str) -> T:
    """Add a stay or a fee under the provider's own number, or one of ours; raises ReferenceTaken."""
    number = " ".join(reference.split())[:REFERENCE_LENGTH_MAX] or _take(ctx, letters)
    row = record_fact(ctx, table, **values, reference=number)
    flush_or_raise(ctx, ReferenceTaken(field="reference", reference=number))
    return row


def _replace(ctx: Context, old: T, reason: str, values: dict[str, Any], reference: str) -> T:
    number = " ".join(reference.split())[:REFERENCE_LENGTH_MAX] or old.reference
    row = correct_fact(ctx, old, reason, **values, reference=number)
    flush_or_raise(ctx, ReferenceTaken(field="reference", reference=number))
    return row


def _take(ctx: Context, letters: str) -> str:
    year = ctx.today.year
    (number,) = take_numbers(ctx.session, ctx.area_id, f"{letters}:{year}")
    return f"{letters}{year}{number:07d}"
