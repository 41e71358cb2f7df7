from datetime import date
from enum import StrEnum

import pytest

from ltc.rules.policies import (
    CapOrder,
    Payee,
    Per,
    Policy,
    Proration,
    Standing,
    StartMode,
    Text,
    Value,
)
from ltc.rules.policy_labels import (
    CHOICES,
    GROUPS,
    Label,
    Unit,
    Words,
    build_label,
    build_names,
    group_values,
    unit_of,
)
from ltc.store.policies import LAW_FOLDER, read_law

BOOK = read_law(LAW_FOLDER)
POLICIES = [policy for law in BOOK.laws.values() for policy in law.policies]


def label(area: str, day: date, key: str) -> Label:
    return build_label(BOOK.of(area).on(day), BOOK.standards, key)


def english(parts: tuple[Words | Text, ...]) -> list[str]:
    return [part.en if isinstance(part, Text) else part.msgid for part in parts]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: f"{policy.area}-{policy.starts_on}")
def test_no_two_values_of_a_policy_have_the_same_words(policy: Policy) -> None:
    labels = [build_label(policy, BOOK.standards, value.key) for value in policy.values]
    assert len(set(labels)) == len(labels)
    assert {entry.group for entry in labels} <= set(GROUPS)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: f"{policy.area}-{policy.starts_on}")
def test_every_value_has_a_unit_and_every_name_has_words(policy: Policy) -> None:
    for value in policy.values:
        unit = unit_of(value)
        assert (unit is Unit.UNKNOWN) == (value.value is None)
        if unit is Unit.NAME:
            assert all(english(build_names(policy, value)))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: f"{policy.area}-{policy.starts_on}")
def test_grouping_keeps_every_value(policy: Policy) -> None:
    grouped = [value for values in group_values(policy).values() for value in values]
    assert sorted(value.key for value in grouped) == sorted(value.key for value in policy.values)


def test_a_mode_leads_to_its_value_in_the_words_of_the_law() -> None:
    found = label(
        "shanghai",
        date(2021, 2, 1),
        "modes.home_visits.forms.home_hours.bonus.grade_5[1].cash_fen_per_month",
    )
    assert found.group == "modes"
    assert english(found.parts) == [
        "Care at home",
        "Bonus for continuous care at home",
        "Care grade 5",
        "from month %(month)d",
        "Cash a month instead",
    ]
    assert found.parts[3] == Words("from month %(month)d", (("month", 7),))


def test_two_forms_of_a_mode_are_told_apart_by_kind_and_component() -> None:
    day, mode = date(2019, 4, 1), "modes.home_visits.forms.home_visits"
    daily = label("qingdao", day, f"{mode}_daily.share_bp")
    medical = label("qingdao", day, f"{mode}_medical.share_bp")
    assert english(daily.parts)[2] == "Daily care"
    assert english(medical.parts)[2] == "Medical care"


@pytest.mark.parametrize(
    ("key", "content", "unit"),
    [
        ("modes.a.forms.b.rate_fen.severe", 5000, Unit.MONEY),
        ("modes.a.forms.b.price_fen_per_hour", 6500, Unit.MONEY),
        ("modes.a.forms.b.cap_minutes.severe", 180, Unit.MINUTES),
        ("modes.a.forms.b.share_bp", 9000, Unit.SHARE),
        ("modes.home_days.forms.b_fen.share_bp", 9000, Unit.SHARE),
        ("conclusion_months", 24, Unit.MONTHS),
        ("contribution.years", 15, Unit.YEARS),
        ("settings.acceptance_working_days", 5, Unit.DAYS),
        ("facts.insured_people", 477000, Unit.COUNT),
        ("facts.premium_fen", 9000, Unit.MONEY),
        ("conventions.death_day_paid", True, Unit.TRUTH),
        ("starts_on", date(2022, 1, 1), Unit.DAY),
        ("start", "month_after", Unit.NAME),
        ("start", None, Unit.UNKNOWN),
    ],
)
def test_units_follow_the_key(key: str, content: object, unit: Unit) -> None:
    assert unit_of(Value("x", key, content, Standing.SEEN)) is unit


@pytest.mark.parametrize("kind", [StartMode, Payee, CapOrder, Per, Proration])
def test_every_choice_of_the_schema_has_words(kind: type[StrEnum]) -> None:
    assert set(kind) <= set(CHOICES)
