"""Nothing of one machine stands in the project: no path of somebody's home, no registry's host."""

import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT, list_project_files, write

# Written in parts, so that this file does not find itself.
HOMES = re.compile(r"(?<![\w.:/-])/(?:ho" r"me|ro" r"ot|Us" r"ers|wo" r"rk)/[\w.-]+")
REGISTRIES = re.compile(
    r"files\.pythonhosted\.o" r"rg|pypi\.(?:o" r"rg|python)|--(?:extra-)?index-u" r"rl|--find-l" r"inks"
    r"|registry\.(?:npm|yarn)|deb\.deb" r"ian|fil" r"e://",
    re.IGNORECASE,
)  # fmt: skip
SKIPPED = {"vendor", "fonts"}
OPTIONS_OF_THE_LOCK = re.compile(r"--no-emit-(?:index-url|find-links)")


def find_traces(root: Path, files: list[Path]) -> list[str]:
    """Name every line of a text file that names a machine's folder or a registry."""
    found = []
    for file in files:
        relative = file.relative_to(root)
        if SKIPPED & set(relative.parts) or (text := _read_text(file)) is None:
            continue
        found += [
            f"{relative}:{number} {match.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            for match in _find_in(OPTIONS_OF_THE_LOCK.sub("", line))
        ]
    return found


def _find_in(line: str) -> list[re.Match[str]]:
    return [*HOMES.finditer(line), *REGISTRIES.finditer(line)]


def _read_text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_trace_of_a_machine():
    assert find_traces(ROOT, list_project_files()) == []


@pytest.mark.parametrize(
    "line",
    [
        'folder = "/ho' + 'me/li/ltc"',
        "see /wo" + "rk/notes for more",
        "--index-u" + "rl https://example.org/simple",
        "https://pypi.o" + "rg/simple",
        "deb http://deb.deb" + "ian.example bookworm main",
    ],
)
def test_a_trace_of_a_machine_is_seen(tmp_path, line):
    file = write(tmp_path, "docs/notes.md", f"one\n{line}\n") / "docs/notes.md"
    (found,) = find_traces(tmp_path, [file])
    assert found.startswith("docs/notes.md:2 ")


@pytest.mark.parametrize("line", ["GET /people/1/home/visits", "templates/work/x", "a/root/b"])
def test_a_path_of_ours_is_no_trace(tmp_path, line):
    file = write(tmp_path, "docs/notes.md", line) / "docs/notes.md"
    assert find_traces(tmp_path, [file]) == []
