"""``flask settle`` on files, without a database, an application or keys."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ltc.commands.settle import settle_command

SHIPPED = sorted((Path(__file__).parents[1] / "cases").glob("*.yaml"))
HOSPITAL = """
cases:
  - name: In hospital
    area: chongqing
    month: 2023-01
    conclusion: {grade: "4", on: 2022-05-18}
    mode: home_visits
    hospital: [{from: 2023-01-10, to: 2023-01-14}]
    expect: {fund: FUND}
"""


@pytest.fixture
def run(tmp_path):
    def run(content, *options):
        path = tmp_path / "cases.yaml"
        path.write_text(content, encoding="utf-8")
        return CliRunner().invoke(settle_command, [str(path), *options])

    return run


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_cases_are_all_as_expected(path):
    result = CliRunner().invoke(settle_command, [str(path)])
    assert result.exit_code == 0, result.stderr
    assert all(case["ok"] for case in json.loads(result.stdout))


def test_a_case_says_what_it_came_to_and_why(run):
    result = run(HOSPITAL.replace("FUND", "1300.00"))
    (case,) = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (case["ok"], case["got"]["fund"], case["got"]["days"]) == (True, "1300.00", 26)
    assert case["days"] == [["paid", 9], ["in_hospital", 5], ["paid", 17]]
    assert case["sentences"][:2] == [
        "26 of 31 days at 50.00: 1,300.00.",
        "From 2023-01-10 to 2023-01-14 in hospital.",
    ]
    assert "steps" not in case


def test_the_trace_names_the_values_of_the_law(run):
    (case,) = json.loads(run(HOSPITAL.replace("FUND", "1300.00"), "--trace").stdout)
    used = {key: said for step in case["steps"] for key, said in step.get("law", {}).items()}
    assert used["modes.home_visits.forms.home_visits_day.rate_fen.severe"] == {
        "value": 5000,
        "standing": "seen",
        "document": "Chongqing's benefit rules in force in 2022"
        " (number of the document to be entered)",
        "article": None,
        "dated_on": None,
    }  # not found yet, and never invented
    assert used["conventions.admission_day_paid"] == {
        "value": False, "standing": "assumed", "document": None, "article": None, "dated_on": None,
    }  # fmt: skip


def test_the_trace_shows_a_value_that_was_tried_as_assumed_and_without_an_article(run):
    """A value that a case puts in the place of the law's does not stand in the law's document."""
    rate = "modes.home_visits.forms.home_visits_day.rate_fen.severe"
    tried = PLAIN.replace("    expect:", f"    law: {{{rate}: 4000}}\n    expect:")
    (case,) = json.loads(run(tried, "--trace").stdout)
    (said,) = [step["law"][rate] for step in case["steps"] if rate in step.get("law", {})]
    assert said == {
        "value": 4000, "standing": "assumed", "document": None, "article": None, "dated_on": None,
    }  # fmt: skip


def test_an_expectation_that_fails_is_named_and_exits_1(run):
    result = run(HOSPITAL.replace("FUND", "1300.01"))
    (case,) = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (case["ok"], case["failed"]) == (False, ["fund"])
    assert (case["expected"]["fund"], case["got"]["fund"]) == ("1300.01", "1300.00")


def test_a_case_without_expectations_is_only_shown(run):
    result = run(HOSPITAL.replace("    expect: {fund: FUND}\n", ""))
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["got"]["fund"] == "1300.00"


def test_the_output_is_json_in_utf_8_whatever_the_names_are(run):
    """YAML can write half of a character, which no file and no terminal takes."""
    result = run(PLAIN.replace("In hospital", '"重庆 \\uD800"'))
    assert result.exit_code == 0
    assert json.loads(result.stdout_bytes.decode("utf-8"))[0]["name"] == "重庆 \ud800"


PLAIN = HOSPITAL.replace("FUND", "1300.00")
MISTAKES = [
    (PLAIN.replace("mode:", "moed:"), ":7: cases[0].moed: is not a known key"),
    (PLAIN.replace("to: 2023-01-14", "till: 2023-01-14"), ":8: cases[0].hospital[0].till: "),
    (PLAIN.replace("1300.00", "'1,300'"), ":9: cases[0].expect.fund: must be an amount in yuan"),
    (PLAIN.replace("{fund", "{funds"), ":9: cases[0].expect.funds: is not a known key"),
    (PLAIN.replace("2023-01-14", "2023-01-32"), ":8: cases[0].hospital[0].to: must be a day that"),
    (PLAIN.replace("month: 2023-01", "month: 2023-13"), ":5: cases[0].month: must be a month"),
    (PLAIN.replace("    month: 2023-01\n", ""), ": cases[0].month: is missing"),
    (PLAIN.replace("area: chongqing", "area: atlantis"), ":4: cases[0].area: No policy of"),
    (
        PLAIN.replace("mode: home", "law: {start.x: 1}\n    mode: home"),
        ":7: cases[0].law.start.x: ",
    ),
    (PLAIN.replace("mode: home", "law: {start: soon}\n    mode: home"), "“soon” is not a whole"),
    (PLAIN.replace("mode: home", "law: {start: 1_0}\n    mode: home"), "law.start: “1_0” is not a"),
    (PLAIN.replace("cases:", "cases: ["), "is not YAML"),
    ("", "is empty"),
    ("cases: []", "cases: must not be empty"),
]


@pytest.mark.parametrize(("content", "complaint"), MISTAKES, ids=[c for _, c in MISTAKES])
def test_a_mistake_in_the_file_is_named_with_its_place_and_exits_2(run, content, complaint):
    result = run(content)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert "cases.yaml" in result.stderr
