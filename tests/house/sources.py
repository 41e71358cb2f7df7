"""How the tests of the house look at source trees: the real one, and small broken ones."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def walk_python(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Yield every Python file under a folder with its syntax tree, in a fixed order."""
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def list_project_files(root: Path = ROOT) -> list[Path]:
    """List the files of the project: what git tracks, and what is new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = sorted({name for name in listed.stdout.decode().split("\0") if name})
    return [root / name for name in names if (root / name).is_file()]


def write(root: Path, name: str, text: str) -> Path:
    """Write one file of a small broken example; return the root."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root


def at(root: Path, path: Path, node: ast.AST) -> str:
    """Say where: ``ltc/rules/money.py:12``."""
    return f"{path.relative_to(root)}:{getattr(node, 'lineno', 1)}"


def name_of(node: ast.AST) -> str:
    """Return the dotted name of an expression such as ``ctx.session.add``, or an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}".lstrip(".")
    return ""
