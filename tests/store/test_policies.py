import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from ltc.rules.errors import NotFound
from ltc.rules.policies import DailyCap, Hourly, MonthlyCap, Standing, StartMode, ValueUnknown
from ltc.store.instruments import get_instrument
from ltc.store.policies import LAW_FOLDER, read_law
from ltc.store.yaml_reader import LawFileError

AREAS = {"chongqing", "hangzhou", "qingdao", "shanghai", "tengzhou", "tianjin", "wencheng"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the installed law that a test may spoil."""
    return Path(shutil.copytree(LAW_FOLDER, tmp_path / "policy"))


# --- what is installed ---------------------------------------------------------------------------


def test_every_area_is_installed() -> None:
    assert set(read_law(LAW_FOLDER).laws) == AREAS


def test_every_value_says_how_sure_it_is_and_why() -> None:
    for law in read_law(LAW_FOLDER).laws.values():
        for value in (value for policy in law.policies for value in policy.values):
            assert (value.value is None) == (value.standing is Standing.UNKNOWN), value.key
            assert value.source if value.standing is Standing.SEEN else value.note, value.key


@pytest.mark.parametrize(
    ("day", "own_carer_fen", "home_visits_fen"),
    [
        (date(2019, 11, 1), 5000, 5000),
        (date(2021, 12, 31), 5000, 5000),
        (date(2022, 1, 1), 4000, 5000),
        (date(2024, 2, 29), 4000, 5000),
    ],
)
def test_chongqing_pays_by_the_day(day: date, own_carer_fen: int, home_visits_fen: int) -> None:
    policy = read_law(LAW_FOLDER).of("chongqing").on(day)
    rates = {
        code: [form.rate_fen["severe"].get() for form in mode.forms]  # type: ignore[union-attr]
        for code, mode in policy.modes.items()
    }
    assert rates["own_carer"] == [own_carer_fen]
    assert rates["home_visits"] == rates["residential"] == [home_visits_fen]
    assert policy.start.get() is StartMode.MONTH_AFTER


@pytest.mark.parametrize("day", [date(2018, 12, 31), date(2024, 3, 1)])
def test_chongqing_has_no_policy_outside_of_its_days(day: date) -> None:
    with pytest.raises(NotFound):
        read_law(LAW_FOLDER).of("chongqing").on(day)


def test_an_area_that_is_not_installed_is_named() -> None:
    with pytest.raises(NotFound, match=r"“atlantis”.*chongqing"):
        read_law(LAW_FOLDER).of("atlantis")


def test_chongqing_asks_for_fifteen_years_of_contributions() -> None:
    rule = read_law(LAW_FOLDER).of("chongqing").on(date(2022, 5, 1)).contribution
    assert rule is not None
    assert (rule.years.get(), rule.premium_fen.get()) == (15, 15000)


def test_wencheng_maps_the_heaviest_grade_to_level_one() -> None:
    policy = read_law(LAW_FOLDER).of("wencheng").on(date(2022, 5, 1))
    assert policy.grade_map["cn-2021"]["5"] == policy.grade_map["wencheng"]["one"] == "severe_one"
    assert policy.levels[-1].code == "severe_one"
    form = policy.modes["home_visits"].forms[0]
    assert isinstance(form, MonthlyCap)
    assert [form.cap_fen[level.code].get() for level in policy.levels] == [178800, 238400, 298000]


def test_tianjin_bounds_the_cost_and_tengzhou_the_payment() -> None:
    book, day = read_law(LAW_FOLDER), date(2023, 5, 1)
    orders = []
    for area in ("tianjin", "tengzhou"):
        form = book.of(area).on(day).modes["residential"].forms[0]
        assert isinstance(form, DailyCap)
        orders.append((form.order.get(), form.order.standing))
    assert orders == [("bounds_cost", "seen"), ("bounds_payment", "assumed")]


def test_shanghai_gives_more_hours_and_a_bonus_to_heavier_grades() -> None:
    policy = read_law(LAW_FOLDER).of("shanghai").on(date(2021, 2, 1))
    form = policy.modes["home_visits"].forms[0]
    assert isinstance(form, Hourly)
    assert [form.cap_minutes[level.code].get() for level in policy.levels] == [
        180, 180, 300, 420, 420,
    ]  # fmt: skip
    assert set(form.bonus) == {"grade_5", "grade_6"}
    assert policy.grade_map["shanghai"]["1"] is None


def test_qingdao_names_what_is_not_known() -> None:
    policy = read_law(LAW_FOLDER).of("qingdao").on(date(2019, 4, 1))
    form = policy.modes["home_visits"].forms[0]
    assert isinstance(form, MonthlyCap)
    with pytest.raises(ValueUnknown, match=r"qingdao.*modes.home_visits.*share_bp"):
        form.share_bp.get()
    assert policy.schemes["resident"].components == {"medical_care"}


@pytest.mark.parametrize(
    ("line", "days", "standing"),
    [
        ("{value: 30, standing: seen, source: rules-2023}", 30, Standing.SEEN),
        ("{standing: unknown, note: silent}", None, Standing.UNKNOWN),
    ],
)
def test_a_city_that_knows_its_window_for_objections_says_it(
    folder: Path, line: str, days: int | None, standing: Standing
) -> None:
    assert "objection_days" not in read_law(folder).of("tianjin").on(date(2023, 5, 1)).settings
    path = folder / "tianjin/2023-01-01.yaml"
    text = path.read_text("utf-8").replace("settings:\n", f"settings:\n  objection_days: {line}\n")
    path.write_text(text, "utf-8")
    setting = read_law(folder).of("tianjin").on(date(2023, 5, 1)).settings["objection_days"]
    assert (setting.value, setting.standing) == (days, standing)


def test_standards_agree_with_the_national_instrument() -> None:
    grades = read_law(LAW_FOLDER).standards["cn-2021"].grades
    instrument = get_instrument("cn-2021")
    assert [step.code for step in grades] == [str(grade.grade) for grade in instrument.grades]
    assert [step.name.zh for step in grades] == [grade.name.zh for grade in instrument.grades]


# --- every mistake -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A change to a file, the words of the line that the error must name, and what it says."""

    name: str
    old: str
    new: str
    at: str
    key: str
    says: str
    file: str = "tianjin/2023-01-01.yaml"


CAP = "          severe: {value: 7000, standing: seen, source: rules-2023}"
SHARE = "        share_bp: {value: 7000, standing: seen, source: rules-2023}"
FORM = "modes.residential.forms.residential_day"
START = "start: {value: month_after, standing: seen, source: rules-2023}"
GRADES = '"3": severe, "4": severe, "5": severe}'

MISTAKES = [
    Mistake("unknown key at the top", START, f"{START}\nsurprise: 1", "surprise", "surprise",
            "not a known key"),
    Mistake("unknown key in a form", SHARE, f"{SHARE}\n        ratio_bp: 1", "ratio_bp",
            f"{FORM}.ratio_bp", "not a known key"),
    Mistake("unknown key in a value", START, START.replace("}", ", unit: day}"), "unit: day",
            "start.unit", "not a known key"),
    Mistake("missing key", START, "", "area: tianjin", "start", "is missing"),
    Mistake("missing value", "start: {value: month_after, ", "start: {", "start:", "start.value",
            "is missing"),
    Mistake("missing standing", "start: {value: month_after, standing: seen, ",
            "start: {value: month_after, ", "start:", "start.standing", "is missing"),
    Mistake("empty value", SHARE, SHARE.replace("7000", '""'), 'value: ""',
            f"{FORM}.share_bp.value", "is empty"),
    Mistake("share above 100 %", SHARE, SHARE.replace("7000", "10001"), "10001",
            f"{FORM}.share_bp.value", "above 100 %"),
    Mistake("negative money", CAP, CAP.replace("7000", "-1"), "value: -1",
            f"{FORM}.cap_fen.severe.value", "negative"),
    Mistake("money beyond reason", CAP, CAP.replace("7000", "9" * 20), "value: 999",
            f"{FORM}.cap_fen.severe.value", "beyond reason"),
    Mistake("fraction of a fen", CAP, CAP.replace("7000", "70.5"), "70.5",
            f"{FORM}.cap_fen.severe.value", "whole number"),
    Mistake("number as text", CAP, CAP.replace("7000", '"7000"'), '"7000"',
            f"{FORM}.cap_fen.severe.value", "whole number"),
    Mistake("yes instead of true", "death_day_paid: {value: true", "death_day_paid: {value: yes",
            "value: yes", "conventions.death_day_paid.value", "true or false"),
    Mistake("a choice that does not exist", START, START.replace("month_after", "next_week"),
            "next_week", "start.value", "not one of same_day, day_after, month_after"),
    Mistake("a day that does not exist", "starts_on: {value: 2023-01-01",
            "starts_on: {value: 2023-02-30", "2023-02-30", "starts_on.value", "must be a day"),
    Mistake("first day unlike the name of the file", "starts_on: {value: 2023-01-01",
            "starts_on: {value: 2023-01-02", "2023-01-02", "starts_on", "name of the file"),
    Mistake("last day before the first", "ends_before: {value: none",
            "ends_before: {value: 2022-12-31", "2022-12-31", "ends_before", "after the first day"),
    Mistake("unknown level", "          severe: {value: 7000", "          light: {value: 7000",
            "light:", f"{FORM}.cap_fen.severe", "is missing"),
    Mistake("a level too many", CAP, f"{CAP}\n{CAP.replace('severe', 'light')}", "light:",
            f"{FORM}.cap_fen.light", "not a known key"),
    Mistake("unknown level in the grade map", GRADES, GRADES.replace('"5": severe', '"5": grave'),
            '"5": grave', "grade_map.cn-2021.grades.5", "“grave” is not known"),
    Mistake("grade left out", GRADES, GRADES.replace('"4": severe, ', ""), '"5": severe',
            "grade_map.cn-2021.grades.4", "is missing"),
    Mistake("unknown standard", "  cn-2021:", "  cn-1999:", "cn-1999", "grade_map.cn-1999",
            "is not known here (there are: cn-2021"),
    Mistake("level called none", "  severe: {name:", "  none: {name:", "  none: {name:",
            "levels.none", "means no benefit"),
    Mistake("unknown component", "        component: daily_care", "        component: fun",
            "component: fun", f"{FORM}.component", "“fun” is not known"),
    Mistake("unknown component of a scheme", "components: [daily_care, medical_care]",
            "components: [daily_care, fun]", "daily_care, fun", "schemes.employee.components",
            "“fun” is not known"),
    Mistake("unknown source", START, START.replace("rules-2023", "rumour"), "rumour",
            "start.source", "“rumour” is not known here (there are: rules-2023"),
    Mistake("unknown note", "monthly_proration: {value: by_days, standing: assumed, note: silent}",
            "monthly_proration: {value: by_days, standing: assumed, note: loud}", "note: loud",
            "conventions.monthly_proration.note", "“loud” is not known"),
    Mistake("seen without a source", START, "start: {value: month_after, standing: seen}",
            "start:", "start.source", "names its source"),
    Mistake("assumed without a reason", START, "start: {value: month_after, standing: assumed}",
            "start:", "start.note", "says why"),
    Mistake("unknown with a value", START,
            "start: {value: month_after, standing: unknown, note: silent}", "start:",
            "start.value", "has no value"),
    Mistake("unknown payee", "payee: {value: relative, standing: seen, source: rules-2023}",
            "payee: {standing: unknown, note: silent}", "payee: {standing: unknown",
            "modes.relative.forms.relative_month.payee", "cannot be unknown"),
    Mistake("unknown form", "form: daily_cap", "form: daily_gift", "daily_gift", f"{FORM}.form",
            "“daily_gift” is not known here (there are: daily_fixed, daily_cap"),
    Mistake("no rule of contributions", "contribution: {value: none", "contribution: {value: some",
            "contribution:", "contribution", "must be a rule"),
    Mistake("unknown time zone", "time_zone: Asia/Shanghai", "time_zone: Asia/Atlantis",
            "Atlantis", "time_zone", "write Asia/Shanghai"),
    Mistake("area unlike the folder", "area: tianjin", "area: beijing", "beijing", "area",
            "name of the folder, “tianjin”"),
    Mistake("key twice", START, f"{START}\n{START}", START, "start", "stands twice"),
    Mistake("one language only", "name: {zh: 天津市, en: Tianjin}", "name: {zh: 天津市}",
            "name: {zh: 天津市}", "name.en", "is missing"),
    Mistake("setting that nobody knows", "  publicity_days:", "  public_days:", "duration_months",
            "settings.publicity_days", "is missing"),
    Mistake("month that does not exist", "month: 2023-04", "month: 2023-13", "2023-13",
            "worked_cases[0].month", "write it like 2019-11"),
    Mistake("worked case of an unknown mode", "    mode: residential", "    mode: hotel",
            "mode: hotel", "worked_cases[0].mode", "“hotel” is not known"),
    Mistake("bonus that does not rise", "from_months: 7", "from_months: 1",
            "from_months: 1", "modes.home_visits.forms.home_hours.bonus.grade_5[1].from_months",
            "rise from step to step", "shanghai/2018-01-01.yaml"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_named_with_file_line_and_key(folder: Path, mistake: Mistake) -> None:
    path = folder / mistake.file
    text = path.read_text("utf-8")
    assert mistake.old in text
    path.write_text(text.replace(mistake.old, mistake.new, 1), "utf-8")
    with pytest.raises(LawFileError) as caught:
        read_law(folder)
    assert caught.value.file == path
    assert caught.value.key == mistake.key
    assert mistake.says in caught.value.reason
    lines = path.read_text("utf-8").splitlines()
    assert mistake.at in lines[caught.value.line - 1]


@pytest.mark.parametrize(
    ("end", "says"),
    [("2022-01-02", "overlaps"), ("none", "overlaps"), ("2021-12-31", "leaves a gap")],
)
def test_days_with_two_policies_or_none_are_refused(folder: Path, end: str, says: str) -> None:
    earlier = folder / "chongqing" / "2019-01-01.yaml"
    text = earlier.read_text("utf-8")
    assert "  value: 2022-01-01" in text
    earlier.write_text(text.replace("  value: 2022-01-01", f"  value: {end}"), "utf-8")
    with pytest.raises(LawFileError) as caught:
        read_law(folder)
    assert caught.value.file == folder / "chongqing" / "2022-01-01.yaml"
    assert caught.value.key == "starts_on"
    assert says in caught.value.reason
    assert "set its ends_before to 2022-01-01" in caught.value.reason


def test_a_file_that_is_not_named_for_a_day_is_refused(folder: Path) -> None:
    (folder / "tianjin" / "next.yaml").write_text("area: tianjin\n", "utf-8")
    with pytest.raises(LawFileError, match="not named for a first day"):
        read_law(folder)


def test_a_standard_with_a_grade_twice_is_refused(folder: Path) -> None:
    path = folder / "standards.yaml"
    path.write_text(path.read_text("utf-8").replace('code: "4"', 'code: "3"', 1), "utf-8")
    with pytest.raises(LawFileError, match=r"cn-2021.grades\[4\].code: “3” stands twice"):
        read_law(folder)
