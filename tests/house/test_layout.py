"""Everything lies where a newcomer would look for it."""

from pathlib import Path

import pytest

from tests.house.sources import ROOT, list_project_files, write

TOP = {
    ".ci", ".editorconfig", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md",
    "app.py", "bench", "docs", "ltc", "migrations", "pyproject.toml",
    "requirements-dask.in", "requirements-dask.txt", "requirements-dev.in", "requirements-dev.txt",
    "requirements.in", "requirements.txt",
    "static", "templates", "tests", "tools", "translations",
}  # fmt: skip
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "constants", "manager"}


def find_strangers_on_top(root: Path, files: list[Path]) -> list[str]:
    """Name what lies in the top folder and is not part of the plan."""
    return sorted({file.relative_to(root).parts[0] for file in files} - TOP)


def find_full_init_files(root: Path, files: list[Path]) -> list[str]:
    """Name every ``__init__.py`` that is not empty."""
    return [
        str(file.relative_to(root))
        for file in files
        if file.name == "__init__.py" and file.stat().st_size > 0
    ]


def find_folders_without_init(root: Path) -> list[str]:
    """Name every folder of ltc/ that holds Python and no ``__init__.py``: tools would miss it."""
    folders = {file.parent for file in (root / "ltc").rglob("*.py")}
    return sorted(
        str(folder.relative_to(root)) for folder in folders if not (folder / "__init__.py").exists()
    )


def find_forbidden_names(root: Path, files: list[Path]) -> list[str]:
    """Name every module or folder called utils, helpers, common, misc, constants or manager."""
    return [
        name
        for name in (str(file.relative_to(root)) for file in files)
        if "vendor" not in Path(name).parts
        and {Path(part).stem.strip("_").lower() for part in Path(name).parts} & FORBIDDEN_NAMES
    ]


def test_the_top_folder_holds_what_is_planned():
    assert find_strangers_on_top(ROOT, list_project_files()) == []


def test_every_init_file_is_empty():
    assert find_full_init_files(ROOT, list_project_files()) == []


def test_every_folder_of_python_is_a_package():
    assert find_folders_without_init(ROOT) == []


def test_no_module_is_a_drawer_for_everything():
    assert find_forbidden_names(ROOT, list_project_files()) == []


def test_a_stranger_on_top_is_seen(tmp_path):
    write(tmp_path, "scripts/run.py", "")
    assert find_strangers_on_top(tmp_path, list(tmp_path.rglob("*.py"))) == ["scripts"]


def test_a_full_init_file_is_seen(tmp_path):
    write(tmp_path, "ltc/web/__init__.py", "from ltc.web import visits\n")
    write(tmp_path, "ltc/__init__.py", "")
    files = list(tmp_path.rglob("*.py"))
    assert find_full_init_files(tmp_path, files) == ["ltc/web/__init__.py"]


def test_a_folder_without_init_is_seen(tmp_path):
    write(tmp_path, "ltc/__init__.py", "")
    write(tmp_path, "ltc/web/visits.py", "")
    assert find_folders_without_init(tmp_path) == ["ltc/web"]


@pytest.mark.parametrize("name", ["ltc/web/utils.py", "ltc/common/dates.py", "tests/helpers.py"])
def test_a_drawer_for_everything_is_seen(tmp_path, name):
    write(tmp_path, name, "")
    assert find_forbidden_names(tmp_path, list(tmp_path.rglob("*.py"))) == [name]
