"""`make run` and `make test` on machines without a network, without rights, or with nothing left to do.

It runs in a copy of the files that it reads, and finds only the programs that a test gives it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

TOOLS = ("sh", "make", "awk", "cat", "dirname", "env", "grep", "mktemp", "rm", "sed", "tail", "tr",
         "uname")  # fmt: skip
HERE = Path(sys.executable).parent
PASTE = "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends {}'"
# Says that a library is missing where the test says so, and has a pip without a network; is this
# Python otherwise.
PYTHON = f"""case "$*" in
  *ctypes*) for gone in $GONE; do case "$*" in *$gone*) exit 1;; esac; done ;;
  "-m venv .venv") mkdir -p .venv/bin; ln -s "$0" .venv/bin/python; exit ;;
  *"import pip"*) exit ;;
  "-m pip install"*) echo "ERROR: No matching distribution found for alembic"; exit 1 ;;
esac
exec {sys.executable} "$@"
"""
# Installs by linking what is installed here, as far as there is a network.
UV = f"""echo "uv $*" >> "$CALLS"
case $1 in
  venv) mkdir -p .venv/bin; ln -s {sys.executable} .venv/bin/python
        ln -s {HERE}/pybabel .venv/bin/pybabel ;;
  pip) [ -n "${{NETWORK:-}}" ] || {{ echo "error: Could not connect, are you offline?"; exit 2; }} ;;
esac
"""
APT = 'echo "apt-get $*" >> "$CALLS"; echo "E: Could not resolve the mirror" >&2; exit 100\n'


class Machine:
    """A copy of what setting up reads, and the programs that this machine has."""

    def __init__(self, folder: Path) -> None:
        self.project, self.bin, self.calls = folder / "project", folder / "bin", folder / "calls"
        self.bin.mkdir()
        for name in (
            "Makefile",
            "requirements.txt",
            "requirements-dev.txt",
            "tools",
            "translations",
        ):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            self.project.mkdir(exist_ok=True)
            copy(ROOT / name, self.project / name)
        for compiled in self.project.rglob("*.mo"):
            compiled.unlink()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.has("python3", PYTHON)
        self.is_user(1000)

    def has(self, name: str, script: str) -> None:
        """Install a program of the test's own."""
        (self.bin / name).write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def also_has(self, *names: str) -> None:
        """Install programs of the real machine."""
        for name in names:
            (self.bin / name).symlink_to(shutil.which(name))

    def has_what_tests_need(self) -> None:
        """Install what setting up for tests looks for beside libraries, and what making .venv takes."""
        self.has("chromium", "")
        self.has("pdftotext", "")
        self.also_has("mkdir", "ln")

    def is_user(self, number: int) -> None:
        self.has("id", f"echo {number}\n")

    def make(self, *words: str, isolated: bool = False, **environ: str):
        """Run make here; ``isolated``: in a place of its own that has no network at all."""
        outside = [shutil.which("unshare"), "-rn"] if isolated else []
        given = {"PATH": str(self.bin), "HOME": str(self.bin.parent), "CALLS": str(self.calls),
                 "TMPDIR": str(self.bin.parent), "GONE": "", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        return subprocess.run(
            [*outside, str(self.bin / "make"), *(words or ("setup-run",))], cwd=self.project,
            env={**given, **environ}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    @property
    def called(self) -> list[str]:
        """What was asked of the programs that need a network, and forget it."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return lines

    def contents(self) -> dict[str, bytes | None]:
        """Everything in the project's folder."""
        return {str(path): path.read_bytes() if path.is_file() else None
                for path in sorted(self.project.rglob("*"))}  # fmt: skip


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def refused(answer) -> list[str]:
    """Return what was said about a refusal, without what make adds to it."""
    assert answer.returncode == 2  # make's own code for a command that failed
    assert answer.stdout == ""
    *said, of_make = answer.stderr.splitlines()
    assert of_make.startswith("make: ***")
    return said


def test_without_rights_there_is_one_line_to_paste(machine):
    machine.has("apt-get", APT)
    before = machine.contents()
    answer = machine.make(GONE="libpango-1.0 libharfbuzz-subset")
    assert refused(answer) == [
        "setup: some system packages are missing; nothing was changed. Paste this line and call again:",
        PASTE.format("libpango-1.0-0 libharfbuzz-subset0"),
    ]
    assert machine.called == []
    assert machine.contents() == before


def test_on_another_system_the_packages_are_named(machine):
    before = machine.contents()
    [said] = refused(machine.make(GONE="libpangoft2-1.0"))
    assert said.startswith("setup: missing from the system: libpangoft2-1.0-0 (Debian's names).")
    assert said.endswith("nothing was changed.")
    assert machine.contents() == before


def test_a_mirror_that_is_not_reached_is_said(machine):
    machine.has("apt-get", APT)
    machine.is_user(0)
    before = machine.contents()
    answer = machine.make(GONE="libpango-1.0")
    assert answer.stdout == "setup: installing from apt: libpango-1.0-0\n"
    *errors, said, _of_make = answer.stderr.splitlines()
    assert set(errors) == {"E: Could not resolve the mirror"}
    assert said.endswith(
        "not to be had from apt (is there a network?): libpango-1.0-0. Nothing was changed."
    )
    assert [line.split()[1] for line in machine.called] == ["update", "install"]
    assert machine.contents() == before


@pytest.mark.parametrize("goal", ["run", "test"])
@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_packages_that_cannot_be_fetched_leave_nothing_behind(machine, tool, goal):
    if tool == "uv":
        machine.has("uv", UV)
    machine.has_what_tests_need()
    before = machine.contents()
    answer = machine.make(goal)
    assert answer.returncode == 2
    error, said, _of_make = answer.stderr.splitlines()
    assert error.startswith({"uv": "error: Could not connect", "pip": "ERROR: No match"}[tool])
    assert said.endswith(
        "could not be fetched (is there a network?). This folder was left as it was."
    )
    assert machine.contents() == before


def test_too_old_a_python_is_named(machine):
    machine.has("python3", '[ "$1" = --version ] && echo Python 3.9.2; exit 1\n')
    before = machine.contents()
    [said] = refused(machine.make())
    assert "Python 3.11 to 3.14 is needed, and python3 here is Python 3.9.2." in said
    assert machine.contents() == before


def can_be_isolated() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    return (
        subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode == 0
    )


needs_isolation = pytest.mark.skipif(
    not can_be_isolated(), reason="NO WAY TO TAKE THE NETWORK AWAY HERE (unshare -rn): not tried"
)


@needs_isolation
def test_two_commands_need_no_network_where_all_is_installed(machine):
    machine.has("uv", UV)
    machine.has("apt-get", APT)
    machine.has_what_tests_need()
    first = machine.make("setup", NETWORK="1")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == "setup: ready"
    assert len(list(machine.project.rglob("*.mo"))) == len(list(machine.project.rglob("*.po"))) > 0
    assert machine.called[0].startswith("uv venv")
    for program in ("flask", "pytest"):
        machine.has(program, f'echo "{program} $*"\n')
        (machine.project / ".venv/bin" / program).symlink_to(machine.bin / program)
    before = machine.contents()
    for goal, said in (
        ("setup-run", []),
        ("demo", ["flask --app app demo"]),
        ("run", ["flask --app app demo", "flask --app app serve"]),
        ("test", ["pytest -q -n auto"]),
    ):
        answer = machine.make(goal, isolated=True)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert [line.strip() for line in answer.stdout.splitlines()] == said
    assert machine.called == []
    assert machine.contents() == before
