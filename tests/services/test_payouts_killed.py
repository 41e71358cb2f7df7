"""A run that was killed, wherever it was, ends with the same bytes as an undisturbed one."""

import json
import subprocess
import sys

import pytest

from tests.support.month import PEOPLE, make_month

SEED = 20191130
POINTS = 20
STAGES = 7  # started, five chunks, calculated


@pytest.mark.kill
@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_bytes(session, area, database_url):
    make_month(session)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kill_runs", database_url, str(SEED), str(POINTS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    undisturbed, *killed = [json.loads(line) for line in done.stdout.splitlines()]
    assert undisturbed["rows"] == PEOPLE
    assert len(killed) == POINTS + STAGES
    for outcome in killed:
        assert outcome["status"] == "calculated", outcome
        assert outcome["rows"] == PEOPLE, outcome
        assert outcome["run_digest"] == undisturbed["run_digest"], outcome
        assert outcome["stored"] == undisturbed["stored"], outcome
    # They really were interrupted at different places, and took up what was done.
    assert {outcome["chunks_done"] for outcome in killed} >= {0, 1, 2, 3, 4}
