"""Where pieces of a long job are worked on: here, or in processes of their own.

An executor opens sessions to read with, and maps a function over pieces. The function must be
importable by name and, with what it is given, picklable: the workers are forked from a process that
was started afresh and has imported the function's module once for all of them (forkserver), so that
nothing of this one (connections, locks) leaks into them. Results come in the order of the pieces.
Only the caller writes.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import forkserver
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.store import db

C = TypeVar("C")
P = TypeVar("P")
R = TypeVar("R")
Task = Callable[[Session, C, P], R]
PIECES_AHEAD = 2  # a worker: one in work, one waiting; more would only fill the memory

PROCESSES = multiprocessing.get_context("forkserver")

_worker: dict[str, Any] = {}


class Executor(Protocol):
    """Maps a function over pieces, each with a session to read with."""

    def open_session(self) -> Session:
        """Return a session of its own, to be closed by the caller."""

    def prepare(self, *tasks: Task[Any, Any, Any]) -> None:
        """Say early what will be mapped: what it needs is imported while the caller goes on."""

    def map(self, task: Task[C, P, R], common: C, pieces: Sequence[P]) -> Iterator[R]:
        """Yield ``task(session, common, piece)`` for every piece, in their order."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Works in this process, one piece after the other."""

    engine: sa.Engine

    def open_session(self) -> Session:
        """Return a session on the engine."""
        return Session(self.engine)

    def prepare(self, *tasks: Task[Any, Any, Any]) -> None:
        """Everything is imported here already."""

    def map(self, task: Task[C, P, R], common: C, pieces: Sequence[P]) -> Iterator[R]:
        """Yield the results one by one; a session lives as long as a piece."""
        for piece in pieces:
            with self.open_session() as session:
                result = task(session, common, piece)
            yield result


@dataclass(frozen=True, slots=True)
class ProcessPool:
    """Works in so many processes, each with a connection of its own."""

    engine: sa.Engine
    workers: int

    def open_session(self) -> Session:
        """Return a session on the engine, for reading here."""
        return Session(self.engine)

    def prepare(self, *tasks: Task[Any, Any, Any]) -> None:
        """Start the process that the workers are forked from; the first tasks decide its imports."""
        PROCESSES.set_forkserver_preload([__name__, *(task.__module__ for task in tasks)])
        forkserver.ensure_running()

    def map(self, task: Task[C, P, R], common: C, pieces: Sequence[P]) -> Iterator[R]:
        """Yield the results in order while the workers go on; what is unfinished is dropped."""
        self.prepare(task)
        url = self.engine.url.render_as_string(hide_password=False)
        pool = ProcessPoolExecutor(
            min(self.workers, len(pieces)) or 1,
            mp_context=PROCESSES,
            initializer=_begin,
            initargs=(url, task, common),
        )
        try:
            yield from self._in_order(pool, iter(pieces))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _in_order(self, pool: ProcessPoolExecutor, pieces: Iterator[Any]) -> Iterator[Any]:
        waiting: deque[Future[Any]] = deque(
            pool.submit(_work, piece) for piece in islice(pieces, self.workers * PIECES_AHEAD)
        )
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(_work, piece) for piece in islice(pieces, 1))
            yield result


def choose(engine: sa.Engine, workers: int) -> Executor:
    """Return the executor for a number of workers: one works here."""
    return Inline(engine) if workers == 1 else ProcessPool(engine, workers)


def _begin(url: str, task: Task[Any, Any, Any], common: Any) -> None:
    """Prepare a worker: its own connection, and what all pieces share."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _worker.update(engine=db.create_engine(url), task=task, common=common)


def _leave_with_parent() -> None:
    """End this worker when the process that started it is killed: nobody else would."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(piece: Any) -> Any:
    with Session(_worker["engine"]) as session:
        return _worker["task"](session, _worker["common"], piece)
