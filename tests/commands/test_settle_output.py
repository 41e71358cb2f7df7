"""What ``flask settle --trace`` prints stays as docs/cases.md says: others read it by program."""

import re
from pathlib import Path

import pytest

from ltc.rules.payouts.explain import AMOUNTS, GROUNDS
from ltc.rules.payouts.holds import OWNERS, HoldKind
from ltc.rules.payouts.results import DayState, Reason
from ltc.services.case_trials import try_file
from ltc.store.policies import LAW_FOLDER, load_law

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "docs" / "cases.md").read_text("utf-8")
CASE_KEYS = {"name", "ok", "failed", "expected", "got", "person", "outcome", "lines", "holds",
             "exclusions", "days", "sentences", "steps"}  # fmt: skip
LINE_KEYS = {"scheme", "component", "payee_kind", "payee", "mode", "form", "grade", "level", "starts_on",
             "ends_before", "days", "minutes", "eligible_fen", "fund_fen", "assistance_fen",
             "person_fen", "excess_fen"}  # fmt: skip
HOLD_KEYS = {"kind", "owner", "reason", "clears", "values"}
EXCLUSION_KEYS = {"kind", "ref", "reason", "minutes"}
EXCLUSION_KEYS_MAYBE = {"days", "amount_fen", "note"}
LAW_KEYS = {"value", "standing", "document", "article", "dated_on"}


@pytest.fixture(scope="module")
def cases():
    """All shipped cases with their traces."""
    book = load_law(LAW_FOLDER)
    files = sorted((HOUSE / "tests" / "cases").glob("*.yaml"))
    return [case for file in files for case in try_file(book, file, with_trace=True)]


def find_row(beginning: str) -> set[str]:
    """Return the names that a row of the page's table of keys has in backticks."""
    (row,) = re.findall(rf"^\| {beginning}.*$", PAGE, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", row))


@pytest.mark.parametrize(
    ("beginning", "keys"),
    [
        ("a case", CASE_KEYS),
        ("a line", LINE_KEYS),
        ("a hold", HOLD_KEYS),
        ("an exclusion", EXCLUSION_KEYS | EXCLUSION_KEYS_MAYBE),
        ("a step", LAW_KEYS | {"code", "values", "law", "policy"}),
    ],
)
def test_the_page_names_every_key(beginning, keys):
    assert keys <= find_row(beginning)


def test_every_case_has_the_keys_of_the_page(cases):
    assert all(set(case) == CASE_KEYS for case in cases)
    assert all(set(line) == LINE_KEYS for case in cases for line in case["lines"])
    assert all(set(hold) == HOLD_KEYS for case in cases for hold in case["holds"])
    exclusions = [exclusion for case in cases for exclusion in case["exclusions"]]
    assert all(
        EXCLUSION_KEYS <= set(e) <= EXCLUSION_KEYS | EXCLUSION_KEYS_MAYBE for e in exclusions
    )
    assert {e["kind"] for e in exclusions} == {"visit", "fee", "bed_days"}


def test_every_step_that_used_the_law_says_which_value_of_which_policy(cases):
    steps = [step for case in cases for step in case["steps"] if "law" in step]
    assert {step["policy"] for step in steps} >= {"2019-01-01", "2022-01-01", "2023-01-01"}
    assert all(set(value) == LAW_KEYS for step in steps for value in step["law"].values())
    amounts = [step for case in cases for step in case["steps"] if step["code"] in AMOUNTS]
    assert len(amounts) > 100
    assert all(step["law"] and "fund_fen" in step["values"] for step in amounts)


def test_every_hold_says_why_it_waits_whose_task_it_is_and_what_clears_it(cases):
    holds = [hold for case in cases for hold in case["holds"]]
    assert len({hold["kind"] for hold in holds}) > 8
    for hold in holds:
        assert hold["owner"] == OWNERS[HoldKind(hold["kind"])].value
        assert hold["reason"].endswith(".")
        assert hold["clears"].endswith(".")


def test_the_page_has_every_hold_with_its_owner():
    for kind, owner in OWNERS.items():
        assert f"\n| `{kind}` | {owner} | " in PAGE


@pytest.mark.parametrize("names", [[s for s in DayState if s != DayState.PAID], Reason])
def test_the_page_has_every_reason(names):
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_the_page_has_every_step(cases):
    (told,) = re.findall(r"^Steps: (.*)$", PAGE, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", told))
    assert named == {*AMOUNTS, *GROUNDS, "days"}
    assert {step["code"] for case in cases for step in case["steps"]} == named
