"""Care plans: drawn up, confirmed by the person, corrected, changed to another mode, withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ltc.rules.access import Permission
from ltc.rules.insured import clean_name
from ltc.rules.months import DayRange
from ltc.rules.plans import (
    AlreadyConfirmed,
    BonusChoice,
    ConfirmationDayWrong,
    PlanEnded,
    SameMode,
    check_authorised,
    check_plan_days,
    check_plan_items,
    check_provider,
    find_mode,
    mode_changes_on,
)
from ltc.rules.policies import Policy
from ltc.rules.words import N_
from ltc.services.context import Context
from ltc.services.facts import (
    NothingChanged,
    read_values,
    record_change,
    record_fact,
    replace_fact,
    withdraw_fact,
    withdraw_recorded,
)
from ltc.services.insured import lock_person
from ltc.store.areas import get_area
from ltc.store.catalogues import get_catalogue
from ltc.store.fact_versions import get_fact
from ltc.store.number_series import take_numbers
from ltc.store.plan_questions import find_items, list_known_plans
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.provider_questions import get_provider

CONFIRMED = N_("Confirmed before the first service.")


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan says; ``items`` are times a week by the code of the catalogue.

    ``authorised_minutes_per_month`` None: the plan sets no limit of its own.
    """

    mode: str
    starts_on: date
    ends_before: date | None = None
    provider_id: int | None = None
    items: Mapping[str, int] = field(default_factory=dict)
    authorised_minutes_per_month: int | None = None
    bonus_choice: BonusChoice | None = None
    home_care_since: date | None = None


def draw_up(ctx: Context, *, person_id: int, facts: PlanFacts) -> CarePlan:
    """Draw up a plan, which pays nothing before it is confirmed.

    Raises PlanOverlaps, ModeUnknown, ProviderNeeded and what the items are refused for.
    """
    ctx.require(Permission.CHANGE_PLANS)
    with ctx.transaction():
        person = lock_person(ctx, person_id)
        _check(ctx, person.id, facts)
        plan = _add(ctx, person.id, facts)
        record_change(ctx, "plan.drawn_up", plan, items=dict(facts.items))
    return plan


def confirm(ctx: Context, *, plan_id: int, confirmed_on: date, confirmed_by: str) -> CarePlan:
    """Record that the person or the guardian has confirmed a plan, on which day."""
    ctx.require(Permission.CHANGE_PLANS)
    name = clean_name(confirmed_by, "confirmed_by")
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, CarePlan, plan_id)
        if old.confirmed_on is not None:
            raise AlreadyConfirmed(day=old.confirmed_on)
        if confirmed_on > ctx.today:
            raise ConfirmationDayWrong(field="confirmed_on")
        values = {"confirmed_on": confirmed_on, "confirmed_by": name}
        plan = _replace(ctx, old, CONFIRMED, values)
        record_change(ctx, "plan.confirmed", plan, old)
    return plan


def correct(ctx: Context, *, plan_id: int, facts: PlanFacts, reason: str) -> CarePlan:
    """Replace a plan by a corrected one; what the person confirmed stays confirmed."""
    ctx.require(Permission.CHANGE_PLANS)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, CarePlan, plan_id)
        lock_person(ctx, old.person_id)
        _check(ctx, old.person_id, facts, besides=old.id)
        before = _items_of(ctx, old)
        values, known = _values(facts), read_values(old)
        if before == facts.items and all(known[name] == values[name] for name in values):
            raise NothingChanged
        plan = _replace(ctx, old, reason, values, facts.items)
        items: dict[str, Any] = {}
        if before != facts.items:
            items["items"] = [dict(before), dict(facts.items)]
        record_change(ctx, "plan.corrected", plan, old, **items)
    return plan


def change_mode(ctx: Context, *, plan_id: int, facts: PlanFacts, reason: str) -> CarePlan:
    """End a plan and draw up the one that follows, in another mode or with another provider.

    The first day follows from the law (``starts_on`` of the facts is not looked at); the new plan
    is confirmed like every other. Raises SameMode, PlanEnded, ValueUnknown.
    """
    ctx.require(Permission.CHANGE_PLANS)
    with ctx.transaction():
        old = get_fact(ctx.session, ctx.actor, CarePlan, plan_id)
        lock_person(ctx, old.person_id)
        facts = replace(facts, starts_on=first_day_of_change(ctx), ends_before=old.ends_before)
        if (facts.mode, facts.provider_id) == (old.mode, old.provider_id):
            raise SameMode(field="mode")
        if old.ends_before is not None and old.ends_before <= facts.starts_on:
            raise PlanEnded(day=facts.starts_on)
        _check(ctx, old.person_id, facts, besides=old.id)
        if old.starts_on < facts.starts_on:
            ended = _replace(ctx, old, reason, {"ends_before": facts.starts_on})
            record_change(ctx, "plan.ended", ended, old)
        else:
            gone = withdraw_fact(ctx, old, reason)
            record_change(ctx, "plan.withdrawn", gone, old)
        plan = _add(ctx, old.person_id, facts)
        record_change(ctx, "plan.drawn_up", plan, items=dict(facts.items))
    return plan


def withdraw(ctx: Context, *, plan_id: int, reason: str) -> CarePlan:
    """Say that a plan never was."""
    return withdraw_recorded(
        ctx, Permission.CHANGE_PLANS, CarePlan, plan_id, reason, "plan.withdrawn"
    )


def first_day_of_change(ctx: Context) -> date:
    """Return the day from which a changed mode holds, by the law of today."""
    return mode_changes_on(policy_on(ctx, ctx.today), ctx.today)


def policy_on(ctx: Context, day: date) -> Policy:
    """Return the policy of the actor's area in force on a day; raises NoPolicyInForce."""
    area = get_area(ctx.session, ctx.area_id)
    return ctx.policies.of(area.policy_area).on(day)


def _check(ctx: Context, person_id: int, facts: PlanFacts, besides: int | None = None) -> None:
    """Raise where a plan is none by the law, or does not go together with the person's others."""
    mode = find_mode(policy_on(ctx, facts.starts_on), facts.mode, facts.starts_on)
    check_provider(mode, facts.provider_id)
    if facts.provider_id is not None:
        get_provider(ctx.session, ctx.actor, facts.provider_id)
    check_plan_items(get_catalogue(), facts.items)
    check_authorised(facts.authorised_minutes_per_month)
    others = [
        (plan.number, DayRange(plan.starts_on, plan.ends_before))
        for plan in list_known_plans(ctx.session, ctx.area_id, person_id)
        if plan.id != besides
    ]
    check_plan_days(DayRange(facts.starts_on, facts.ends_before), others)


def _add(ctx: Context, person_id: int, facts: PlanFacts) -> CarePlan:
    year = ctx.today.year
    (number,) = take_numbers(ctx.session, ctx.area_id, f"plan:{year}")
    plan = record_fact(
        ctx, CarePlan, person_id=person_id, number=f"JH{year}{number:06d}", **_values(facts)
    )
    ctx.session.flush()
    _add_items(ctx, plan, facts.items)
    return plan


def _replace(
    ctx: Context,
    old: CarePlan,
    reason: str,
    values: dict[str, Any],
    items: Mapping[str, int] | None = None,
) -> CarePlan:
    """Replace a plan by a new row with its items, which are the old ones unless given."""
    kept = _items_of(ctx, old) if items is None else items
    plan = replace_fact(ctx, old, reason, **values)
    ctx.session.flush()
    _add_items(ctx, plan, kept)
    return plan


def _items_of(ctx: Context, plan: CarePlan) -> dict[str, int]:
    return find_items(ctx.session, ctx.area_id, [plan.id])[plan.id]


def _add_items(ctx: Context, plan: CarePlan, items: Mapping[str, int]) -> None:
    ctx.session.add_all(
        PlanItem(area_id=ctx.area_id, plan_id=plan.id, item_code=code, times_per_week=times)
        for code, times in items.items()
    )


def _values(facts: PlanFacts) -> dict[str, Any]:
    return {
        "mode": facts.mode,
        "provider_id": facts.provider_id,
        "starts_on": facts.starts_on,
        "ends_before": facts.ends_before,
        "authorised_minutes_per_month": facts.authorised_minutes_per_month,
        "bonus_choice": facts.bonus_choice,
        "home_care_since": facts.home_care_since,
    }
