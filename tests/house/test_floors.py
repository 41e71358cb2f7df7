"""The import contracts of pyproject.toml hold, and each is seen to break."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.sources import ROOT, write

CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}


def check_imports(root: Path) -> tuple[bool, str]:
    """Run the contracts over a tree; return whether all are kept, and what was said."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
         "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"],
        cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def small_house(tmp_path):
    """Every floor, with two rooms on each that has rooms, and no import at all."""
    for floor in ["factory", "cli", "http", "settings", "clock", "logs"]:
        write(tmp_path, f"ltc/{floor}.py", "")
    for floor in ["commands", "web", "api", "jobs", "services", "store", "rules"]:
        write(tmp_path, f"ltc/{floor}/__init__.py", "")
        write(tmp_path, f"ltc/{floor}/plans.py", "")
        write(tmp_path, f"ltc/{floor}/visits.py", "from datetime import date\n")
    return write(tmp_path, "ltc/__init__.py", "")


def test_the_floors_hold():
    are_kept, said = check_imports(ROOT)
    assert are_kept, said


def test_a_house_without_a_wrong_import_is_kept(small_house):
    are_kept, said = check_imports(small_house)
    assert are_kept, said


BROKEN = [
    ("rules/visits.py", "import ltc.store.visits", "floors"),
    ("store/visits.py", "import ltc.services.visits", "floors"),
    ("services/visits.py", "import ltc.web.visits", "floors"),
    ("settings.py", "import ltc.clock", "floors"),
    ("http.py", "import ltc.web.visits", "floors"),
    ("web/visits.py", "import ltc.api.visits", "floors"),
    ("jobs/visits.py", "import ltc.web.visits", "floors"),
    ("api/visits.py", "import ltc.factory", "floors"),
    ("helpers.py", "", "floors"),
    ("rules/visits.py", "import sqlalchemy", "rules-pure"),
    ("rules/visits.py", "import yaml", "rules-pure"),
    ("rules/visits.py", "from pathlib import Path", "rules-pure"),
    ("services/visits.py", "from flask import g", "services-told"),
    ("services/visits.py", "import ltc.clock", "services-told"),
    ("services/visits.py", "import ltc.settings", "services-told"),
    ("store/visits.py", "from flask import g", "store-tables"),
    ("store/visits.py", "import ltc.clock", "store-tables"),
]


@pytest.mark.parametrize(("name", "line", "contract"), BROKEN)
def test_a_wrong_import_is_seen(small_house, name, line, contract):
    write(small_house, f"ltc/{name}", f"{line}\n")
    are_kept, said = check_imports(small_house)
    assert not are_kept
    assert f"{CONTRACTS[contract]['name']} BROKEN" in said


@pytest.mark.parametrize("floor", ["rules", "store", "services", "web", "api", "jobs", "commands"])
def test_a_circle_along_a_floor_is_seen(small_house, floor):
    write(small_house, f"ltc/{floor}/plans.py", f"import ltc.{floor}.visits\n")
    assert check_imports(small_house)[0]
    write(small_house, f"ltc/{floor}/visits.py", f"import ltc.{floor}.plans\n")
    are_kept, said = check_imports(small_house)
    assert not are_kept
    assert f"{CONTRACTS['rooms-upstream']['name']} BROKEN" in said
