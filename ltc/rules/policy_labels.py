"""What the keys of a policy are called, for the page of the law; the doors translate the words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ltc.rules.policies import (
    DailyCap,
    DailyFixed,
    Form,
    Hourly,
    MonthlyCap,
    MonthlyFixed,
    Policy,
    Standard,
    Text,
    Value,
)
from ltc.rules.words import N_

# Settings of local procedure: each policy names all of them.
SETTINGS: Mapping[str, str] = {
    "duration_months": N_("Months the state must have lasted"),
    "acceptance_working_days": N_("Working days to accept or refuse an application"),
    "delivery_working_days": N_("Working days from acceptance to the delivered conclusion"),
    "publicity_days": N_("Days a conclusion is published for objections"),
    "dispute_working_days": N_("Working days to dispute a conclusion"),
    "reassessment_months": N_("Months before a reassessment at the earliest"),
    "sampling_share_bp": N_("Share of visits drawn for inspection"),
    "deposit_share_bp": N_("Quality deposit held back from a provider"),
}
# Settings that a policy may leave out: then they are not known.
OPTIONAL_SETTINGS: Mapping[str, str] = {
    "objection_days": N_("Days to object to a statement, from the day it is issued"),
}

WORDS: Mapping[str, str] = {
    **SETTINGS,
    **OPTIONAL_SETTINGS,
    "starts_on": N_("First day"),
    "ends_before": N_("Ends before"),
    "start": N_("Start of the benefit after the conclusion"),
    "conclusion_months": N_("Months a conclusion is valid"),
    "contribution": N_("Contribution years"),
    "years": N_("Years that must have been paid in"),
    "premium_fen": N_("Premium of a missing year"),
    "start_after_payment": N_("Start of the benefit after the one-off payment"),
    "self_assessment": N_("The self-assessment form decides who may apply"),
    "admission_day_paid": N_("Day of admission to hospital is paid"),
    "discharge_day_paid": N_("Day of discharge from hospital is paid"),
    "death_day_paid": N_("Day of death is paid"),
    "monthly_proration": N_("Monthly sums in a part of a month"),
    "mode_changes_next_month": N_("A change of mode counts from the next month"),
    "assistance": N_("Medical assistance"),
    "payee": N_("Who is paid"),
    "needs_visit": N_("Paid only on days with an accepted visit"),
    "rate_fen": N_("Rate a day"),
    "cap_fen": N_("Limit"),
    "share_bp": N_("Share that the fund pays"),
    "order": N_("What the limit bounds"),
    "daily_care_limit_bp": N_("Largest share of the limit for daily care"),
    "amount_fen": N_("Sum a month"),
    "price_fen_per_hour": N_("Price an hour"),
    "cap_minutes": N_("Hours at most"),
    "cap_per": N_("Period of the limit of hours"),
    "bonus": N_("Bonus for continuous care at home"),
    "extra_minutes_per_month": N_("Extra time a month"),
    "cash_fen_per_month": N_("Cash a month instead"),
}

CHOICES: Mapping[str, str] = {
    "same_day": N_("the same day"),
    "day_after": N_("the day after"),
    "month_after": N_("the first day of the next month"),
    "provider": N_("the provider"),
    "person": N_("the insured person"),
    "relative": N_("the relative who cares"),
    "bounds_payment": N_("the payment (A)"),
    "bounds_cost": N_("the cost, before the share (B)"),
    "week": N_("week"),
    "month": N_("month"),
    "by_days": N_("by the days that count"),
    "whole_month": N_("in full"),
    "none": N_("none"),
}

# What “none” says of a value that is no benefit of a level.
NONE: Mapping[str, str] = {
    "ends_before": N_("without a known end"),
    "contribution": N_("no years are asked for"),
    "assistance": N_("no share is borne"),
}

FORMS: Mapping[type[Form], str] = {
    DailyFixed: N_("a rate a day"),
    DailyCap: N_("the cost of a day"),
    MonthlyCap: N_("the fees of a month"),
    MonthlyFixed: N_("a sum a month"),
    Hourly: N_("hours"),
}

FROM_MONTH = N_("from month %(month)d")

GENERAL = "general"
GROUPS: Mapping[str, str] = {
    GENERAL: N_("In general"),
    "modes": N_("Ways of receiving care"),
    "grade_map": N_("Benefit level of each grade"),
    "schemes": N_("Schemes"),
    "contribution": N_("Contribution years"),
    "conventions": N_("How days count"),
    "assistance": N_("Medical assistance"),
    "settings": N_("Local procedure"),
    "facts": N_("Also said by the law"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """A msgid that the door translates and then fills with the values."""

    msgid: str
    values: tuple[tuple[str, int], ...] = ()


Part = Words | Text  # Text: the law's own words, in both languages


@dataclass(frozen=True, slots=True)
class Label:
    """The words for a key: ``group`` is the section of the page, ``parts`` lead to the value."""

    group: str
    parts: tuple[Part, ...]


def build_label(policy: Policy, standards: Mapping[str, Standard], key: str) -> Label:
    """Return the words for a key of a policy, such as ``modes.home_visits.forms.….share_bp``."""
    group, _, rest = key.partition(".")
    if group not in GROUPS or not rest:
        return Label(group if group in GROUPS else GENERAL, (Words(WORDS[group]),))
    builders: Mapping[str, Callable[[], tuple[Part, ...]]] = {
        "grade_map": lambda: _grade_parts(standards, rest),
        "schemes": lambda: (policy.schemes[rest.partition(".")[0]].name,),
        "assistance": lambda: (policy.assistance[rest.partition(".")[0]].name,),
        "modes": lambda: _mode_parts(policy, rest),
        "facts": lambda: (policy.facts[rest].label,),
    }
    return Label(group, builders[group]() if group in builders else (Words(WORDS[rest]),))


def _grade_parts(standards: Mapping[str, Standard], rest: str) -> tuple[Part, ...]:
    code, _, grade = rest.partition(".")
    standard = standards[code]
    return (standard.name, next(step.name for step in standard.grades if step.code == grade))


def _mode_parts(policy: Policy, rest: str) -> tuple[Part, ...]:
    """Lead from the mode to the value; kind and component tell two forms of a mode apart."""
    code, _, form_code, field, *below = rest.split(".")
    mode = policy.modes[code]
    form = next(form for form in mode.forms if form.code == form_code)
    several = (Words(FORMS[type(form)]), policy.components[form.component].name)
    levels = {level.code: level.name for level in policy.levels}
    tail = _bonus_parts(form, levels, below) if field == "bonus" else _level_parts(levels, below)
    return (mode.name, *(several if len(mode.forms) > 1 else ()), Words(WORDS[field]), *tail)


def _level_parts(levels: Mapping[str, Text], below: Sequence[str]) -> tuple[Part, ...]:
    """Name the level, unless the area knows only one."""
    return tuple(levels[code] for code in below if len(levels) > 1)


def _bonus_parts(form: Form, levels: Mapping[str, Text], below: Sequence[str]) -> tuple[Part, ...]:
    level, _, place = below[0].rstrip("]").partition("[")
    steps = form.bonus[level] if isinstance(form, Hourly) else ()
    months = Words(FROM_MONTH, (("month", steps[int(place)].from_months),))
    return (levels[level], months, Words(WORDS[below[1]]))


class Unit(StrEnum):
    """What a value is, so that a door can write it for a reader."""

    MONEY = "money"
    SHARE = "share"
    MINUTES = "minutes"
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"
    COUNT = "count"
    DAY = "day"
    TRUTH = "truth"
    NAME = "name"  # a choice, a level or components: words stand in CHOICES or in the policy
    UNKNOWN = "unknown"


_UNITS = (
    ("_fen", Unit.MONEY),
    ("_bp", Unit.SHARE),
    ("minutes", Unit.MINUTES),
    ("_days", Unit.DAYS),
    ("months", Unit.MONTHS),
    ("years", Unit.YEARS),
)


def unit_of(value: Value[object]) -> Unit:
    """Return the unit of a value, from its kind and the name of its key."""
    match value.value:
        case None:
            return Unit.UNKNOWN
        case bool():
            return Unit.TRUTH
        case date():
            return Unit.DAY
        case int():
            return _unit_of_number(value.key)
    return Unit.NAME


def _unit_of_number(key: str) -> Unit:
    group, *parts = key.split(".")
    named = parts if group == "facts" else [part for part in (group, *parts) if part in WORDS]
    field = named[-1] if named else group
    return next((unit for ending, unit in _UNITS if ending in field), Unit.COUNT)


def build_names(policy: Policy, value: Value[object]) -> tuple[Part, ...]:
    """Return the words for a value of Unit.NAME: levels, components or a choice of the schema."""
    codes = value.value if isinstance(value.value, tuple) else (value.value,)
    if codes == ("none",) and value.key in NONE:
        return (Words(NONE[value.key]),)
    names: Mapping[object, Text] = {
        **{level.code: level.name for level in policy.levels},
        **{code: component.name for code, component in policy.components.items()},
    }
    return tuple(names[code] if code in names else Words(CHOICES[code]) for code in codes)


def group_values(policy: Policy) -> Mapping[str, tuple[Value[object], ...]]:
    """Return the values of a policy by the section of the page that they stand in."""
    groups: dict[str, list[Value[object]]] = {group: [] for group in GROUPS}
    for value in policy.values:
        group = value.key.partition(".")[0]
        groups[group if group in GROUPS else GENERAL].append(value)
    return {group: tuple(values) for group, values in groups.items() if values}
