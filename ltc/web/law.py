"""The pages of the law: what holds on a day, what changed, the standard, the services, the days."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, render_template

from ltc import clock, http
from ltc.rules.access import Permission
from ltc.rules.errors import NotFound
from ltc.rules.months import ONE_DAY, DayRange, Month
from ltc.rules.payouts.worked_cases import compute_fen
from ltc.rules.policies import Law, LawBook, NoPolicyInForce, Policy, Standing, WorkedCase
from ltc.rules.policy_changes import build_changes
from ltc.rules.working_days import WorkingDays
from ltc.store.catalogues import get_catalogue, list_codes
from ltc.store.instruments import get_instrument, list_instruments
from ltc.store.working_days import load_working_days
from ltc.web.formats import plain_day
from ltc.web.law_words import list_groups, own_words, show_change
from ltc.web.lists import read_day, read_number

blueprint = Blueprint("law", __name__, url_prefix="/law")
blueprint.add_app_template_filter(own_words)
TIME_ZONE = "Asia/Shanghai"
MONTHS_PER_YEAR = 12
# How the library of the days off writes days inside of their names: in Chinese, in English.
DAYS_IN_NAMES = {" %Y-%m-%d ": r" \d{4}-\d\d-\d\d ", "%m/%d/%Y": r"\d\d/\d\d/\d{4}"}


class NoWorkingDaysOfYear(NotFound):
    """The working days of {year} are not in the table. It has the years {first} to {last}."""

    helper = ""


@dataclass(frozen=True, slots=True)
class ShownExample:
    """A worked case: what the text says it comes to, and what settlement makes of it."""

    title: str
    said_fen: int
    computed_fen: int


@blueprint.get("")
@http.requires(Permission.SEE_LAW)
def index() -> Any:
    """List the areas with what holds today, and the other tables of the law."""
    book = _book()
    return render_template(
        "law/index.html",
        rows=[_area_row(law) for law in book.laws.values()],
        instruments=list_instruments(),
        catalogues=[get_catalogue(code) for code in list_codes()],
        year=clock.today(TIME_ZONE).year,
    )


@blueprint.get("/<area>")
@http.requires(Permission.SEE_LAW)
def show(area: str) -> Any:
    """Show what holds in an area on a day, each value with its source and how sure it is."""
    book = _book()
    law = book.of(area)
    asked = read_day("on")
    day = asked or _default_day(law)
    policy = _find(law, day)
    values = policy.values if policy else ()
    return render_template(
        "law/show.html",
        law=law,
        name=own_words(law.policies[-1].name),
        day=day,
        is_today=asked is None and day == _today(law),
        policy=policy,
        groups=list_groups(book, policy) if policy else [],
        counts={mark: sum(v.standing is mark for v in values) for mark in Standing},
        examples=[_work_out(law, policy, e) for e in policy.worked_cases] if policy else [],
        earlier=_find(law, policy.starts_on - ONE_DAY) if policy else None,
    )


@blueprint.get("/<area>/changes")
@http.requires(Permission.SEE_LAW)
def changes(area: str) -> Any:
    """Show the difference between two days, in colour and in words."""
    book = _book()
    law = book.of(area)
    first_day, second_day = law.policies[0].starts_on, _default_day(law)
    days = (read_day("before") or first_day, read_day("after") or second_day)
    before, after = (_find(law, day) for day in days)
    return render_template(
        "law/changes.html",
        law=law,
        name=own_words(law.policies[-1].name),
        days=days,
        before=before,
        after=after,
        changes=[show_change(book, before, after, c) for c in build_changes(before, after)]
        if before and after
        else [],
        is_known=before is not None and after is not None,
    )


@blueprint.get("/instruments/<code>")
@http.requires(Permission.SEE_LAW)
def instrument(code: str) -> Any:
    """Show an assessment standard: items, options, bands, table and what is not verified."""
    found = get_instrument(code)
    columns = [own_words(found.dimension_by_code[name].name) for name in found.table.columns]
    return render_template("law/instrument.html", instrument=found, column_names=columns)


@blueprint.get("/catalogues/<code>")
@http.requires(Permission.SEE_LAW)
def catalogue(code: str) -> Any:
    """Show a catalogue of services."""
    return render_template("law/catalogue.html", catalogue=get_catalogue(code))


@blueprint.get("/working-days")
@http.requires(Permission.SEE_LAW)
def working_days() -> Any:
    """Show the working days of a year, and whether they are announced."""
    table = load_working_days()
    year = read_number("year") or clock.today(TIME_ZONE).year
    years = _years(table)
    if year not in years:
        raise NoWorkingDaysOfYear(year=year, first=years[0], last=years[-1])
    return render_template(
        "law/working_days.html",
        year=year,
        year_options=[(entry, str(entry)) for entry in reversed(years)],
        is_announced=year in table.announced_years,
        announced_until=max(table.announced_years),
        months=[_count_month(table, Month(year, n)) for n in range(1, MONTHS_PER_YEAR + 1)],
        exceptions=_list_exceptions(table, year),
    )


def _book() -> LawBook:
    book: LawBook = http.house().policies
    return book


def _today(law: Law) -> date:
    return clock.today(law.policies[-1].time_zone)


def _find(law: Law, day: date) -> Policy | None:
    """Return the policy in force on a day, None where there is none."""
    try:
        return law.on(day)
    except NoPolicyInForce:
        return None


def _default_day(law: Law) -> date:
    """Return today, or the last day of the last policy where that has ended already."""
    today, last = _today(law), law.policies[-1]
    ended = last.ends_before is not None and last.ends_before <= today
    return last.ends_before - ONE_DAY if ended and last.ends_before else today


def _area_row(law: Law) -> dict[str, Any]:
    policy = _find(law, _default_day(law)) or law.policies[-1]
    today = _today(law)
    return {
        "area": law.area,
        "name": own_words(policy.name),
        "policy": policy,
        "is_in_force": today in DayRange(policy.starts_on, policy.ends_before),
        "versions": len(law.policies),
        "unknown": sum(value.standing is Standing.UNKNOWN for value in policy.values),
    }


def _work_out(law: Law, policy: Policy, example: WorkedCase) -> ShownExample:
    computed_fen = compute_fen(law, policy, example)
    return ShownExample(own_words(example.title), example.amount_fen, computed_fen)


def _years(table: WorkingDays) -> list[int]:
    return sorted({day.year for day in table.exceptions})


def _count_month(table: WorkingDays, month: Month) -> dict[str, Any]:
    days = (month.starts_on + index * ONE_DAY for index in range(month.day_count))
    return {"month": month, "count": sum(table.is_working_day(day) for day in days)}


def _say_days(name: str) -> str:
    """Return the name of a day off, with the worked day that it is taken for as all days are said."""
    for written, shape in DAYS_IN_NAMES.items():
        if found := re.search(shape, name):
            day = datetime.strptime(found[0], written).date()  # noqa: DTZ007 (a day has no zone)
            name = name.replace(found[0], plain_day(day))
    return name


def _list_exceptions(table: WorkingDays, year: int) -> list[dict[str, Any]]:
    """Return the days of a year that are worked or off unlike the plain week."""
    return [
        {
            "day": day,
            "worked": table.is_working_day(day),
            "name": _say_days(own_words(table.names[day])) if day in table.names else None,
        }
        for day in sorted(table.exceptions)
        if day.year == year
    ]
