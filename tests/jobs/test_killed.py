"""A task whose process was killed, wherever it was, is taken over and ends as it should."""

import json
import os
import subprocess
import sys

import pytest

from ltc.rules.tasks import TASKS
from tests.conftest import ROOT
from tests.support.month import make_month


@pytest.mark.kill
@pytest.mark.slow
def test_every_task_is_taken_over_at_every_stage(session, area, environ):
    make_month(session)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kill_jobs"], env={**os.environ, **environ},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    undisturbed = {each["task"]: each for each in told if each["stage"] is None}
    killed = [each for each in told if each["stage"] is not None]
    assert set(undisturbed) == set(TASKS)
    assert sum(each["killed"] for each in killed) >= len(TASKS)
    for each in killed:
        first = undisturbed[each["task"]]
        assert each["status"] == first["status"], each
        assert each["message"] == first["message"], each
        if each["before"] == "running":
            assert each["taken_over"], each
            assert each["attempts"] == 2, each
    ends = {each["result"].get("digest") for each in told if each["task"] == "calculate_last_month"}
    assert len(ends) == 1
