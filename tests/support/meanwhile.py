"""Somebody else at the same moment: in a thread, with a session of their own."""

from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

from ltc.rules.errors import Problem
from ltc.services.context import Context

BEGUN_SECONDS = 0.5  # by then it has ended, or waits for what the test holds
ENDED_SECONDS = 40


class Meanwhile:
    """What another process does while the test is inside a transaction of its own."""

    def __init__(self, house: Any, ctx: Context, do: Callable[[Context], object]) -> None:
        self.error: Problem | None = None
        self._thread = Thread(target=self._run, args=(house, ctx, do))

    def begin(self) -> None:
        """Let it begin, and go on as soon as it has ended or waits."""
        self._thread.start()
        self._thread.join(BEGUN_SECONDS)

    def end(self) -> Problem | None:
        """Wait for its end; return what it was refused with."""
        self._thread.join(ENDED_SECONDS)
        return self.error

    def _run(self, house: Any, ctx: Context, do: Callable[[Context], object]) -> None:
        with house.session_maker() as session:
            try:
                do(replace(ctx, session=session))
            except Problem as error:
                self.error = error
