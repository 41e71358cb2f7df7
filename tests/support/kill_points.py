"""Points at which a process may be killed: every statement and every commit on an engine."""

import os
import signal
from typing import Any

import sqlalchemy as sa


class KillPoint:
    """Counts statements and commits on an engine, and kills this process at a chosen one."""

    def __init__(self, engine: sa.Engine, at: int | None) -> None:
        self.count, self.at = 0, at
        sa.event.listen(engine, "before_cursor_execute", self.step)
        sa.event.listen(engine, "commit", self.step)

    def step(self, *_event: Any) -> None:
        self.count += 1
        if self.count == self.at:
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
