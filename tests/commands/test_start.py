"""A start that is refused says why in the shell, in one message and without a traceback."""

import os
import shutil
import subprocess
import sys

import pytest

from ltc import settings
from ltc.settings import SettingMissing, load
from ltc.store.policies import LAW_FOLDER
from tests.house.sources import ROOT


def start(home, *words, **given):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTC_")}
    environment = {**kept, "LTC_ENV": "demo", "LTC_HOME": str(home), **given}
    command = [sys.executable, "-m", "flask", "--app", "app", *(words or ("db", "version"))]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def law(tmp_path):
    """A copy of the law, to be spoilt."""
    return shutil.copytree(LAW_FOLDER, tmp_path / "law")


def test_a_missing_key_is_named(tmp_path):
    answer = start(
        tmp_path, LTC_ENV="production", LTC_DATABASE_URL="postgresql://nobody@localhost/x"
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("Error: LTC_SECRET_KEY is not set.")
    assert "Traceback" not in answer.stderr


def test_a_secret_that_can_be_guessed_is_refused(tmp_path):
    made = settings.make_keys()
    answer = start(tmp_path, LTC_ENV="production", LTC_DATABASE_URL="postgresql://nobody@localhost/x",
                   **{**made, "LTC_SECRET_KEY": "x"})  # fmt: skip
    assert answer.returncode == 1
    assert answer.stderr.startswith("Error: LTC_SECRET_KEY has 1 characters;")


@pytest.mark.parametrize("environment", ["production", "development"])
def test_keys_are_made_before_there_are_any_and_none_are_kept(tmp_path, environment):
    answer = start(tmp_path, "keys", "make", LTC_ENV=environment)
    assert answer.returncode == 0, answer.stderr
    assert [line.split("=")[0] for line in answer.stdout.splitlines()] == list(settings.KEY_NAMES)
    assert list(tmp_path.iterdir()) == []


def test_a_law_that_was_changed_is_named(tmp_path, law):
    with (law / "chongqing" / "2022-01-01.yaml").open("a", encoding="utf-8") as file:
        file.write("# only a remark\n")
    answer = start(tmp_path, LTC_POLICY=str(law))
    assert answer.returncode == 1
    assert "chongqing/2022-01-01.yaml was changed after it was sealed" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("url", ["nonsense", "mysql://user@host/name", "postgres//x"])
def test_a_database_of_another_kind_is_refused(url):
    with pytest.raises(SettingMissing, match="LTC_DATABASE_URL is not"):
        load({"LTC_ENV": "production", "LTC_DATABASE_URL": url})


@pytest.mark.parametrize(
    ("name", "what"),
    [("LTC_TIMETABLE", "file of the scheduled tasks"), ("LTC_POLICY", "folder of the law")],
)
def test_a_place_where_nothing_is_names_its_setting(tmp_path, name, what):
    place = tmp_path / "tt.yaml"
    with pytest.raises(SettingMissing, match=f"^{name} names {place}, which is no {what}. Put"):
        load({"LTC_ENV": "demo", "LTC_HOME": str(tmp_path), name: str(place)})


@pytest.mark.parametrize("number", ["0", "-1", "²", "1.5", "9999999"])
def test_a_number_that_is_none_is_refused(tmp_path, number):
    with pytest.raises(SettingMissing, match="LTC_WORKERS is"):
        load({"LTC_ENV": "demo", "LTC_HOME": str(tmp_path), "LTC_WORKERS": number})
