"""The page docs/add-a-city.md, followed to the letter by somebody who knows nothing else."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from ltc.commands.law import law_group
from ltc.rules.months import Month
from ltc.rules.payouts.cases import (
    AgreementPeriod,
    AssistancePeriod,
    BedDays,
    Case,
    Conclusion,
    Enrolment,
    PlanPeriod,
    Visit,
)
from ltc.rules.payouts.results import Outcome
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.worked_cases import build_case
from ltc.rules.policies import LawBook
from ltc.store.policies import LAW_FOLDER, load_law, read_law
from ltc.store.policy_seals import SealMismatch

PAGE = Path(__file__).parents[2] / "docs" / "add-a-city.md"
EPOCH = date(1970, 1, 1)
BEGUN = date(2025, 2, 10)
POOR = (AssistancePeriod(5, "minimum_income", BEGUN),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The installed law with the file of the page, saved where the page says."""
    text = PAGE.read_text("utf-8")
    name = re.search(r"Save this as `ltc/policy/(\S+\.yaml)`", text)
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert name is not None
    assert block is not None
    copy = Path(shutil.copytree(LAW_FOLDER, tmp_path / "policy"))
    file = copy / name[1]
    file.parent.mkdir()
    file.write_text(block[1], "utf-8")
    return copy


@pytest.fixture
def book(folder: Path) -> LawBook:
    return read_law(folder)


def case_of(mode: str, grade: str, years: int = 12, **facts: object) -> Case:
    return Case(
        person="A1",
        month=Month(2025, 3),
        enrolments=(Enrolment(1, "employee", years, date(2020, 1, 1)),),
        conclusions=(Conclusion(2, "cn-2021", grade, BEGUN),),
        plans=(PlanPeriod(3, mode, 1, BEGUN),),
        agreements=(AgreementPeriod(4, 1, BEGUN),),
        **facts,  # type: ignore[arg-type]
    )


def visits_of(hours: int) -> tuple[Visit, ...]:
    starts = [((date(2025, 3, 1 + n) - EPOCH).days * 1440 + 540) for n in range(hours)]
    return tuple(Visit(10 + n, 1, 1, start, start + 60) for n, start in enumerate(starts))


def test_the_city_asks_for_the_self_assessment(book: LawBook) -> None:
    policies = {area: law.policies for area, law in book.laws.items()}
    asking = [
        area for area, found in policies.items() if any(p.asks_self_assessment for p in found)
    ]
    assert asking == ["springfield"]


def test_the_city_of_the_page_is_sealed_with_the_command_of_the_page(folder: Path) -> None:
    with pytest.raises(SealMismatch, match=r"springfield/2025-01-01.yaml is not sealed yet"):
        load_law(folder)
    sealed = CliRunner().invoke(law_group, ["seal", "--folder", str(folder)])
    assert sealed.output == "sealed springfield/2025-01-01.yaml\n"
    assert load_law(folder).of("springfield").on(date(2025, 3, 1)).name.en == "Springfield"


def test_a_month_of_home_visits_is_settled(book: LawBook) -> None:
    settlement = settle(book.of("springfield"), case_of("home_visits", "4", visits=visits_of(20)))
    (line,) = settlement.lines
    # 20 hours at 60.00 are 1,200.00, of which the fund pays 80 %.
    assert (line.eligible_fen, line.fund_fen, line.person_fen) == (120_000, 96_000, 24_000)
    assert settlement.outcome is Outcome.PAID


def test_the_cap_of_the_lighter_level_counts(book: LawBook) -> None:
    settlement = settle(book.of("springfield"), case_of("home_visits", "2", visits=visits_of(20)))
    assert [line.minutes for line in settlement.lines] == [720]


def test_medical_assistance_adds_half_of_the_persons_part(book: LawBook) -> None:
    case = case_of("home_visits", "4", visits=visits_of(20), assistance=POOR)
    (line,) = settle(book.of("springfield"), case).lines
    assert (line.fund_fen, line.assistance_fen, line.person_fen) == (96_000, 12_000, 12_000)


def test_the_limit_that_is_not_known_is_held_by_name(book: LawBook) -> None:
    stay = BedDays(7, 1, date(2025, 3, 1), date(2025, 4, 1), 9_000)
    known = settle(book.of("springfield"), case_of("residential", "5", bed_days=(stay,)))
    assert [line.fund_fen for line in known.lines] == [31 * 5_600]
    unknown = settle(book.of("springfield"), case_of("residential", "2", bed_days=(stay,)))
    assert (unknown.outcome, unknown.lines) == (Outcome.HELD, ())
    (hold,) = unknown.holds
    assert "modes.residential.forms.residential_day.cap_fen.moderate" in dict(hold.values)["key"]


def test_missing_years_are_held(book: LawBook) -> None:
    case = case_of("home_visits", "4", years=9, visits=visits_of(20))
    assert settle(book.of("springfield"), case).outcome is Outcome.HELD


def test_the_worked_case_of_the_page_comes_to_its_amount(book: LawBook) -> None:
    law = book.of("springfield")
    (example,) = law.policies[0].worked_cases
    settlement = settle(law, build_case(law.policies[0], example))
    assert sum(line.fund_fen for line in settlement.lines) == example.amount_fen


def test_the_commands_of_the_page_show_the_city(folder: Path) -> None:
    shown = CliRunner().invoke(
        law_group, ["show", "springfield", "--on", "2025-03-01", "--folder", str(folder)]
    )
    assert shown.exit_code == 0
    assert "Care in an institution · Limit · Moderate: not known [unknown]" in shown.output
    assert "Premium a year: 120.00 yuan [seen]" in shown.output
