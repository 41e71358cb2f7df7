"""A real Dask cluster on this machine: a scheduler and workers, each a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.house.sources import ROOT

DASK = [sys.executable, "-m", "dask"]
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the scheduler listens, and the processes of the workers."""

    address: str
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def open_cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """Yield a cluster that listens on this machine only; all of it is gone afterwards."""
    log = (folder / "dask.log").open("wb")
    common = {"cwd": ROOT, "stdout": log, "stderr": log,
              "env": {**os.environ, "PYTHONPATH": str(ROOT)}}  # fmt: skip
    told = folder / "address"
    here = ["--host", "127.0.0.1"]
    started = [subprocess.Popen([*DASK, "scheduler", *here, "--port", "0", "--no-dashboard",
                                 "--scheduler-file", str(told)], **common)]  # fmt: skip
    try:
        address = _wait_for_address(told)
        started += [
            subprocess.Popen([*DASK, "worker", address, *here, "--nthreads", "1", "--no-nanny",
                              "--no-dashboard", "--local-directory", str(folder)], **common)
            for _ in range(workers)
        ]  # fmt: skip
        yield Cluster(address, started[1:])
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        log.close()


def _wait_for_address(told: Path) -> str:
    """Return what the scheduler wrote down, once it has."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if told.exists() and '"address"' in (text := told.read_text()):
            return text.split('"address": "')[1].split('"')[0]
        time.sleep(0.05)
    raise TimeoutError("the scheduler did not begin")
