"""Files of care plans with their service items; a plan is found again by its number."""

from collections.abc import Mapping, Sequence
from functools import partial

import sqlalchemy as sa

from ltc.rules.catalogues import Catalogue
from ltc.rules.imports import (
    ImportKind,
    ItemTimesWrong,
    Outcome,
    ReferenceOfAnother,
    check_order,
    parse_choice,
    parse_day,
    parse_whole,
    shorten,
)
from ltc.rules.insured import NAME_LENGTH_MAX, DayAhead
from ltc.rules.months import ONE_DAY, DayRange
from ltc.rules.plans import (
    MINUTES_PER_MONTH_MAX,
    BonusChoice,
    check_plan_days,
    check_plan_items,
    check_provider,
    find_mode,
)
from ltc.rules.policies import Law
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.services.import_facts import Values, check_facts, write_facts
from ltc.services.import_rows import Checked, Known, Spec, cell, need, optional, optional_text
from ltc.store.areas import get_area
from ltc.store.base import new_ids
from ltc.store.bulk import insert_tuples, is_any_of
from ltc.store.catalogues import get_catalogue
from ltc.store.import_lookups import load_of_people
from ltc.store.plans import CarePlan, PlanItem

KEY = ("number",)
NUMBER_LENGTH_MAX = 30
Items = dict[str, int]


def check_plans(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk of plans."""
    known = Known.load(ctx, rows)
    law = ctx.policies.of(get_area(ctx.session, ctx.area_id).policy_area)
    catalogue = get_catalogue()
    items: dict[int, Items] = {}

    def read(row: Row) -> Values:
        items[row.number] = _read_items(row, catalogue)
        return _read(ctx, row, known, law)

    people = {person.id for person in known.people.values()}
    others = _days_of_plans(ctx, people)
    checked = check_facts(ctx, rows, CarePlan, KEY, read, partial(_judge, others))
    _compare_items(ctx, checked, items)
    return checked


def _read(ctx: Context, row: Row, known: Known, law: Law) -> Values:
    person = known.person(row)
    first = parse_day(cell(row, "first_day"), "first_day")
    last = optional(row, "last_day", parse_day)
    check_order(first, last, "last_day")
    confirmed_on = optional(row, "confirmed_on", parse_day)
    if confirmed_on is not None and confirmed_on > ctx.today:
        raise DayAhead(field="confirmed_on")
    mode = find_mode(law.on(first), need(row, "mode"), first)
    provider_id = known.named_provider(row) if cell(row, "provider_code") else None
    check_provider(mode, provider_id)
    minutes = partial(parse_whole, least=1, most=MINUTES_PER_MONTH_MAX)
    return {
        "number": need(row, "number", NUMBER_LENGTH_MAX),
        "person_id": person.id,
        "provider_id": provider_id,
        "mode": mode.code,
        "starts_on": first,
        "ends_before": last and last + ONE_DAY,
        "confirmed_on": confirmed_on,
        "confirmed_by": optional_text(row, "confirmed_by", NAME_LENGTH_MAX),
        "authorised_minutes_per_month": optional(row, "minutes_per_month", minutes),
        "bonus_choice": optional(row, "bonus_choice", partial(parse_choice, kind=BonusChoice)),
        "home_care_since": optional(row, "home_care_since", parse_day),
    }


def _read_items(row: Row, catalogue: Catalogue) -> Items:
    """Read ``D01:3 D07:7``: codes with their times a week."""
    items: Items = {}
    for part in cell(row, "items").split():
        code, _, times = part.partition(":")
        if not (times.isascii() and times.isdigit()) or code in items:
            raise ItemTimesWrong(field="items", text=shorten(part))
        items[code] = int(times)
    check_plan_items(catalogue, items)
    return items


def _days_of_plans(ctx: Context, people: set[int]) -> dict[int, dict[str, DayRange]]:
    """Return the days of the plans that are recorded of some people, by person and number."""
    return {
        person_id: {row.number: DayRange(row.starts_on, row.ends_before) for row in plans}
        for person_id, plans in load_of_people(ctx.session, ctx.area_id, CarePlan, people).items()
    }


def _judge(others: dict[int, dict[str, DayRange]], one: Checked) -> None:
    """Raise where the plan shares days with another one of the person, or is another person's."""
    values, old = one.write
    if old is not None and old.person_id != values["person_id"]:
        raise ReferenceOfAnother(field="number")
    plans = others.setdefault(values["person_id"], {})
    days = DayRange(values["starts_on"], values["ends_before"])
    number = values["number"]
    check_plan_days(days, [(key, each) for key, each in plans.items() if key != number])
    plans[number] = days


def _compare_items(ctx: Context, checked: list[Checked], given: Mapping[int, Items]) -> None:
    """Keep the items with each row; a plan whose items differ is changed."""
    fine = [one for one in checked if one.problem is None]
    ids = [one.write.old.id for one in fine if one.write.old is not None]
    recorded: dict[int, Items] = {}
    query = sa.select(PlanItem.plan_id, PlanItem.item_code, PlanItem.times_per_week)
    query = query.where(
        PlanItem.area_id == ctx.area_id, is_any_of(ctx.session, PlanItem.plan_id, ids)
    )
    for plan_id, code, times in ctx.session.execute(query):
        recorded.setdefault(plan_id, {})[code] = times
    for one in fine:
        items, old = given[one.row.number], one.write.old
        if one.outcome is Outcome.SAME and recorded.get(old.id, {}) != items:
            one.outcome = Outcome.CHANGED
        one.write = (one.write, items)


def _carry_out(ctx: Context, rows: Sequence[Checked], reason: str) -> None:
    plans = write_facts(ctx, CarePlan, [one.write[0] for one in rows], reason)
    items = [
        (plan["id"], code, times)
        for plan, one in zip(plans, rows, strict=True)
        for code, times in one.write[1].items()
    ]
    if items:
        ids = new_ids(len(items))
        columns = ("area_id", "id", "plan_id", "item_code", "times_per_week")
        values = [(ctx.area_id, row_id, *item) for row_id, item in zip(ids, items, strict=True)]
        insert_tuples(ctx.session, PlanItem.__table__, columns, values)


PLANS = Spec(
    ImportKind.PLANS,
    ("number", "case_number", "mode", "first_day"),
    ("provider_code", "last_day", "confirmed_on", "confirmed_by", "minutes_per_month",
     "bonus_choice", "home_care_since", "items"),
    check_plans,
    _carry_out,
)  # fmt: skip
