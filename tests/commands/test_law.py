"""``flask law``: what the person who keeps the law types and reads."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ltc.commands.law import law_group
from ltc.store.policies import LAW_FOLDER, read_law
from ltc.store.policy_seals import SEALS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LAW_FOLDER, tmp_path / "policy"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(law_group, [str(argument) for argument in arguments])


def spoil(folder: Path, old: str, new: str) -> None:
    path = folder / "tianjin" / "2023-01-01.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")


def test_check_counts_policies_and_unknown_values() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "Readable and as sealed: 8 policies of 7 areas; 17 values unknown." in result.output


def test_check_works_out_the_examples_and_files_of_cases() -> None:
    examples = sum(
        len(p.worked_cases) for law in read_law(LAW_FOLDER).laws.values() for p in law.policies
    )
    assert f"As their texts say: {examples} worked cases." in run("check").output
    with_files = run("check", "--cases", ROOT / "tests/cases")
    assert with_files.exit_code == 0
    assert int(with_files.output.splitlines()[1].split()[4]) > examples + 100


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("instruments/cn-2021.yaml", "\ndimensions:", "\ndimension:", "dimension"),
        ("catalogues/shanghai-42.yaml", "minutes: 10", "minutes: ten", "items[0].minutes: must be"),
        ("working_days.yaml", "\nsource:", "\nsources:", "source"),
    ],
)
def test_what_stands_beside_the_policies_is_read_before_it_is_sealed(
    folder: Path, name: str, old: str, new: str, place: str
) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    path.write_text(text.replace(old, new, 1), "utf-8")
    seals = (folder / SEALS).read_bytes()
    for command in (["check"], ["seal", "--reason", "another reading"]):
        result = run(*command, "--folder", folder)
        assert result.exit_code == 1
        assert f"{path}:" in result.stderr
        assert place in result.stderr
    assert (folder / SEALS).read_bytes() == seals


def test_check_names_an_example_that_comes_to_something_else(folder: Path) -> None:
    spoil(folder, "amount_fen: 147000", "amount_fen: 147001")
    run("seal", "--folder", folder, "--reason", "a wrong example")
    result = run("check", "--folder", folder)
    assert result.exit_code == 1
    assert "the text says 1470.01 yuan, computed are 1470.00 yuan" in result.output
    assert "Other than their texts say: " in result.output


def test_check_names_a_case_of_a_file_that_differs_and_one_it_cannot_read(tmp_path: Path) -> None:
    case = """cases:
  - name: Thirty days
    area: chongqing
    month: 2019-11
    mode: home_visits
    conclusion: {grade: "5", on: 2019-09-01}
    expect: {fund: 1.00}
"""
    file = tmp_path / "own.yaml"
    file.write_text(case, "utf-8")
    result = run("check", "--cases", tmp_path)
    assert result.exit_code == 1
    assert "own.yaml, “Thirty days”: fund is 1500.00, expected 1.00" in result.output
    file.write_text(case.replace("month: 2019-11", "month: 2019-13"), "utf-8")
    assert "own.yaml:4" in run("check", "--cases", file).output
    file.write_text(case.replace("chongqing", "atlantis"), "utf-8")
    assert "No policy of “atlantis” is installed" in run("check", "--cases", file).output


def test_check_names_a_mistake(folder: Path) -> None:
    spoil(folder, "share_bp: {value: 7000", "share_bp: {value: 70000")
    result = run("check", "--folder", folder)
    assert result.exit_code == 1
    assert "tianjin/2023-01-01.yaml:" in result.output
    assert "above 100 %" in result.output


def test_check_names_a_broken_seal(folder: Path) -> None:
    spoil(folder, "# Tianjin", "# tianjin")
    result = run("check", "--folder", folder)
    assert result.exit_code == 1
    assert "tianjin/2023-01-01.yaml was changed after it was sealed" in result.output


def test_seal_asks_for_a_reason_and_keeps_it(folder: Path) -> None:
    spoil(folder, "# Tianjin", "# tianjin")
    refused = run("seal", "--folder", folder)
    assert refused.exit_code == 1
    assert "flask law seal --reason" in refused.output
    sealed = run("seal", "--folder", folder, "--reason", "a comment")
    assert (sealed.exit_code, sealed.output) == (0, "sealed tianjin/2023-01-01.yaml\n")
    assert "sealed anew: a comment" in (folder / SEALS).read_text("utf-8")
    assert run("check", "--folder", folder).exit_code == 0
    assert run("seal", "--folder", folder).output == "Every file was sealed already.\n"


def test_seal_refuses_what_cannot_be_read(folder: Path) -> None:
    spoil(folder, "share_bp: {value: 7000", "share_bp: {value: 70000")
    before = (folder / SEALS).read_bytes()
    assert run("seal", "--folder", folder, "--reason", "hurry").exit_code == 1
    assert (folder / SEALS).read_bytes() == before


def test_show_writes_values_with_unit_standing_and_source() -> None:
    result = run("show", "chongqing", "--on", "2022-05-18")
    assert result.exit_code == 0
    assert (
        "Home visits by an institution · Rate a day: 50.00 yuan [seen] Chongqing" in result.output
    )
    assert "Day of death is paid: yes [assumed]" in result.output
    assert "Years that must have been paid in: 15 years [seen]" in result.output


def test_show_says_what_is_not_known() -> None:
    output = run("show", "qingdao", "--on", "2019-04-01").output
    assert "Share that the fund pays: not known [unknown] Not found" in output
    assert "Residents' insurance: Medical care [seen]" in output


def test_show_of_a_day_without_law_says_so() -> None:
    result = run("show", "chongqing", "--on", "2018-01-01")
    assert result.exit_code == 1
    assert "No policy of chongqing is in force on 2018-01-01." in result.output


def test_diff_says_each_change_in_words() -> None:
    output = run("diff", "chongqing", "2019-11-01", "2022-11-01").output
    assert "Rate a day: From 50.00 yuan to 40.00 yuan." in output
    assert "Years that must have been paid in: New: 15 years." in output
    assert "Contribution years: No longer said; before: no years are asked for." in output


def test_diff_of_two_days_of_one_policy_is_empty() -> None:
    assert run("diff", "tianjin", "2023-02-01", "2024-02-01").output == "Nothing differs.\n"


def test_the_shell_mends_a_law_that_stops_the_start(folder: Path, tmp_path: Path) -> None:
    """The application does not start with a changed file; ``flask law seal`` still runs."""
    spoil(folder, "# Tianjin", "# tianjin")
    environment = {
        **os.environ,
        "LTC_ENV": "test",
        "LTC_HOME": str(tmp_path),
        "LTC_POLICY": str(folder),
    }

    def flask(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    stopped = flask("routes")
    assert stopped.returncode != 0
    assert "was changed after it was sealed" in stopped.stdout + stopped.stderr
    mended = flask("law", "seal", "--reason", "a comment")
    assert mended.returncode == 0, mended.stderr
    assert flask("routes").returncode == 0
