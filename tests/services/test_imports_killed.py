"""A file whose work was killed, wherever it was, ends with the same rows as an undisturbed one."""

import json
import subprocess
import sys

import pytest

from ltc.rules.imports import ImportKind
from tests.services.import_files import ROWS, make_world, write_csv

POINTS = 8  # evenly over the whole of it, the last one close to the end
GOOD = 19
FEE = ROWS[ImportKind.FEES]


@pytest.mark.kill
@pytest.mark.slow
def test_a_killed_import_ends_with_the_same_rows(session, area, database_url, tmp_path):
    make_world(session)
    rows = [{**FEE, "reference": f"F{n}"} for n in range(GOOD)]
    rows[3:3] = [{**FEE, "reference": "bad", "amount_yuan": "x"}]
    rows.append(rows[1])  # the second one about a record: its first stands in another piece
    write_csv(tmp_path / "fees.csv", rows)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kill_imports", database_url, str(tmp_path),
         str(POINTS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    undisturbed, *killed = [json.loads(line) for line in done.stdout.splitlines()]
    assert undisturbed["counts"] == {"new": GOOD, "changed": 0, "same": 0, "conflict": 0, "bad": 2}
    assert len(undisturbed["left_out"]) == 2
    assert len(killed) >= POINTS
    for outcome in killed:
        of_its_own = {name: outcome[name] for name in ("killed", "done", "kept")}
        assert outcome == {**undisturbed, **of_its_own}
    # Who is killed after the last row leaves the upload behind, for the scheduler to tidy.
    left = [outcome["done"] for outcome in killed if outcome["kept"] > undisturbed["kept"]]
    assert left in ([], [GOOD])
    # They really were interrupted at different places, and took up what was done.
    assert len({outcome["done"] for outcome in killed}) > 2
