"""Processes of the product on a test's database: started, waited for, and ended with the test."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 90
ROOT = Path(__file__).resolve().parents[2]
FLASK = (sys.executable, "-m", "flask", "--app", "app")
Start = Callable[..., "subprocess.Popen[bytes]"]


@contextmanager
def starting(environ: Mapping[str, str], said: Path) -> Iterator[Start]:
    """Yield what starts ``flask …``; what it says goes to a file, and it ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(
        *words: str, program: tuple[str, ...] = FLASK, **more: str
    ) -> "subprocess.Popen[bytes]":
        with said.open("ab") as out:
            process = subprocess.Popen(
                [*program, *words], cwd=ROOT, env={**os.environ, **environ, **more},
                stdout=out, stderr=out,
            )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def wait_until(is_so: Callable[[], object], seconds: int = PATIENCE_SECONDS) -> None:
    """Look until it is so; raises AssertionError where it does not happen in time."""
    for _ in range(seconds * 5):
        if is_so():
            return
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


def ask(port: int, path: str) -> tuple[int, str, Mapping[str, str]]:
    """Return status, text and headers of an answer; status 0 where nobody answers."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Accept-Language": "en"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers
    except OSError:
        return 0, "", {}
