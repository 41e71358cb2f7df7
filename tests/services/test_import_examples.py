from pathlib import Path

import pytest

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services.import_kinds import SPECS
from tests.services.import_files import counts, import_file, make_world

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("kind", list(ImportKind))
def test_the_example_files_can_be_imported(make_ctx, session, area, tmp_path, kind):
    make_world(session)
    path = DOCS / "examples" / f"{kind.value}.csv"
    assert counts(import_file(make_ctx(Role.OFFICER), kind, path, tmp_path)) == {"new": 1}


@pytest.mark.parametrize("kind", list(ImportKind))
def test_the_page_of_imports_names_every_column(kind):
    lines = (DOCS / "imports.md").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| {kind.value} |")]
    columns = line.split("|")[4]
    assert [name for name in SPECS[kind].required if f"**{name}**" not in columns] == []
    words = columns.replace("**", " ").split()
    assert [name for name in SPECS[kind].optional if name not in words] == []
