"""Starts long work in a process of its own, which outlives the request and the web worker."""

import os
import subprocess
import sys
from pathlib import Path

from ltc.settings import Settings

LOW_PRIORITY = ("nice", "-n", "10")  # whoever opens a page meanwhile comes first
ROOT = Path(__file__).resolve().parent.parent.parent
_started: list[subprocess.Popen[bytes]] = []


def build_command(*arguments: str) -> list[str]:
    """Return the words that run ``flask …`` with this Python."""
    return [sys.executable, "-m", "flask", "--app", "app", *arguments]


def build_environ(settings: Settings) -> dict[str, str]:
    """Return the environment that leads another process to the same installation."""
    return {
        **os.environ,
        "LTC_DATABASE_URL": settings.database_url,
        "LTC_HOME": str(settings.home),
        "LTC_ENV": settings.environment,
    }


def start_process(settings: Settings, *arguments: str) -> None:
    """Run ``flask …`` apart from this process; what it says goes to ``<LTC_HOME>/jobs.log``.

    The work itself decides through its lease in the database whether it may begin.
    """
    _started[:] = [process for process in _started if process.poll() is None]  # collect the ended
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "jobs.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - no shell, and arguments of our own making
            [*LOW_PRIORITY, *build_command(*arguments)],
            cwd=ROOT,
            env=build_environ(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)
