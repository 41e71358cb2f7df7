"""The process beside the pages that seals the audit log, and how it ends."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from ltc.settings import Settings
from ltc.web.background import ROOT, build_command, build_environ

LOOK_SECONDS = 1  # how soon a process notices that its parent is gone
STOP_SECONDS = 10


def start_sealing(settings: Settings, every: int) -> Callable[[], None]:
    """Start ``flask audit seal --every`` as a process of its own; return what stops it.

    It ends with this process, too, however that ends.
    """
    words = ("audit", "seal", "--every", str(every), "--parent", str(os.getpid()))
    process = subprocess.Popen(  # noqa: S603 - no shell, and arguments of our own making
        build_command(*words), cwd=ROOT, env=build_environ(settings), stdin=subprocess.DEVNULL
    )

    def stop() -> None:
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()

    return stop


def wait_for_end(every: int, parent: int | None) -> Callable[[], bool]:
    """Return what waits so many seconds and says whether it is time to end.

    It is when the process is told to (SIGTERM, Ctrl+C), or when ``parent`` is no longer its parent.
    """
    told = threading.Event()

    def hear(_signal: int, _frame: Any) -> None:
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hear)

    def is_over() -> bool:
        for _second in range(0, every, LOOK_SECONDS):
            is_alone = parent is not None and os.getppid() != parent
            if is_alone or told.wait(LOOK_SECONDS):
                return True
        return False

    return is_over
