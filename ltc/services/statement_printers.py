"""Prints pieces of statements: here, or by worker processes that are watched and replaced.

A worker that takes too long is killed, and one that has grown or printed much is replaced before
it harms others. A piece that fails is tried once more, each statement by itself; who fails again
is named and the others go on. What the product itself refuses (no room on the disk, no font, a
trace that differs), and a database that is away, stops the whole work.
"""

import gc
import logging
import multiprocessing
import os
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ltc.rules.errors import Problem
from ltc.rules.statements import Failure, StatementKind
from ltc.services.executors import PROCESSES
from ltc.services.failures import log_failure
from ltc.services.statement_sheets import Common, Piece, PrintedSheet, print_piece
from ltc.store import db

# WeasyPrint grows over a long batch; a worker is replaced after so many pieces, or when so large:
# early enough that none takes 250 MB, since its size is looked at between pieces only.
PIECES_PER_WORKER = 40
WORKER_MOST_KIB = 220 * 1024
NICENESS = 5  # pages of people who wait come first
# A person's statement takes less than a second; a provider's, one for each of its people.
SECONDS_FOR_PIECE = {StatementKind.PERSON: 120, StatementKind.PROVIDER: 1800}
TICK_SECONDS = 15  # less than what makes a lease stale
STOP_SECONDS = 10
log = logging.getLogger(__name__)
Task = Callable[[Session, Common, Piece], list[PrintedSheet]]


@dataclass(frozen=True, slots=True)
class Failed:
    """A statement that could not be printed, and why."""

    kind: StatementKind
    subject_id: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a piece; without anything in it, a sign that the work goes on."""

    sheets: Sequence[PrintedSheet] = ()
    failed: Sequence[Failed] = ()


class Printers(Protocol):
    """Whatever prints pieces."""

    def print_all(self, common: Common, pieces: Sequence[Piece]) -> Iterator[Batch]:
        """Yield what comes of the pieces, in any order; raises what stops the work."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    piece: Piece
    is_second: bool = False

    def fail(self, failure: Failure, waiting: deque["_Attempt"]) -> Batch:
        """Let every statement of the piece be tried once more, or name it."""
        piece = self.piece
        if not self.is_second:
            waiting.extend(_Attempt(Piece(piece.kind, (each,)), True) for each in piece.ids)
            return Batch()
        return Batch(failed=[Failed(piece.kind, each, failure) for each in piece.ids])


@dataclass(frozen=True, slots=True)
class Inline:
    """Prints in this process, one piece after the other; nobody watches it."""

    engine: sa.Engine

    def print_all(self, common: Common, pieces: Sequence[Piece]) -> Iterator[Batch]:
        """Yield what comes of the pieces, in their order."""
        waiting = deque(_Attempt(piece) for piece in pieces)
        while waiting:
            attempt = waiting.popleft()
            try:
                with Session(self.engine) as session:
                    batch = Batch(print_piece(session, common, attempt.piece))
            except (Problem, DBAPIError):
                raise
            except Exception as error:  # noqa: BLE001 - the others go on
                log_failure(log, "A statement was not printed", error)
                batch = attempt.fail(Failure.ERROR, waiting)
            yield batch


@dataclass(frozen=True, slots=True)
class Crew:
    """Prints in so many processes, each with a connection of its own; ``task`` prints a piece."""

    engine: sa.Engine
    workers: int
    task: Task = print_piece

    def print_all(self, common: Common, pieces: Sequence[Piece]) -> Iterator[Batch]:
        """Yield what comes of the pieces as it comes, and an empty batch now and then."""
        PROCESSES.set_forkserver_preload([__name__])
        url = self.engine.url.render_as_string(hide_password=False)
        waiting = deque(_Attempt(piece) for piece in pieces)
        crew: list[_Worker] = []
        try:
            while waiting or crew:
                while waiting and len(crew) < self.workers:
                    crew.append(_Worker(url, common, self.task))
                _give_out(crew, waiting)
                ready = wait([worker.pipe for worker in crew], TICK_SECONDS)
                if not ready:
                    yield Batch()
                for worker in [each for each in crew if each.pipe in ready]:
                    yield worker.collect(waiting)
                crew = _keep_usable(crew, waiting)
        finally:
            for worker in crew:
                worker.stop()


def _give_out(crew: Sequence["_Worker"], waiting: deque[_Attempt]) -> None:
    for worker in crew:
        if waiting and worker.attempt is None:
            worker.begin(waiting.popleft())


def _keep_usable(crew: Sequence["_Worker"], waiting: Sequence[_Attempt]) -> list["_Worker"]:
    """Return the workers that go on; those without work, or past their time, are sent home."""
    kept = []
    for worker in crew:
        if worker.attempt is not None or (worker.is_fit and waiting):
            kept.append(worker)
        else:
            worker.stop()
    return kept


@dataclass(slots=True)
class _Worker:
    """A process that prints, and what the one who watches it knows of it."""

    url: str
    common: Common
    task: Task
    pipe: Connection = field(init=False)
    process: Any = field(init=False)
    attempt: _Attempt | None = None
    watch: threading.Timer | None = None
    pieces: int = 0
    is_fit: bool = True
    is_too_late: bool = False

    def __post_init__(self) -> None:
        self.pipe, far_end = multiprocessing.Pipe()
        self.process = PROCESSES.Process(
            target=_serve, args=(far_end, self.url, self.common, self.task), daemon=True
        )
        self.process.start()
        far_end.close()

    def begin(self, attempt: _Attempt) -> None:
        """Give the worker a piece and a time in which to print it."""
        seconds = SECONDS_FOR_PIECE[attempt.piece.kind]
        self.attempt, self.pieces = attempt, self.pieces + 1
        self.watch = threading.Timer(seconds, self._end_late)
        self.watch.daemon = True
        self.watch.start()
        try:
            self.pipe.send((attempt.piece, seconds))
        except OSError:
            log.warning("A printing process was gone before its work")  # collect() finds it so

    def _end_late(self) -> None:
        self.is_too_late = True
        self.process.kill()

    def collect(self, waiting: deque[_Attempt]) -> Batch:
        """Take what the worker has to say; raises what stops the whole work."""
        attempt, self.attempt = self.attempt, None
        if self.watch is not None:
            self.watch.cancel()
        try:
            outcome, size_kib = self.pipe.recv()
        except (EOFError, OSError):
            self.is_fit = False
            outcome = Failure.TOO_LONG if self.is_too_late else Failure.PROCESS_ENDED
            log.warning("A printing process ended: %s", outcome.value)
        else:
            self.is_fit = size_kib < WORKER_MOST_KIB and self.pieces < PIECES_PER_WORKER
        if isinstance(outcome, _Refusal):
            raise outcome.rebuild()
        if isinstance(outcome, Failure):
            return attempt.fail(outcome, waiting) if attempt else Batch()
        return Batch(outcome)

    def stop(self) -> None:
        """End the process: at once where it still works, else when it has closed its connection."""
        if self.watch is not None:
            self.watch.cancel()
        self.pipe.close()
        if self.attempt is not None:
            self.process.kill()
        self.process.join(STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A problem on its way between processes: exceptions with values of their own do not travel."""

    kind: type[Problem]
    values: dict[str, Any]

    def rebuild(self) -> Problem:
        """Return the problem."""
        return self.kind(**self.values)


class PrintersStopped(Problem):
    """Printing stopped: {reason}. What is issued stays; start again for the rest."""

    status = 503


def _serve(pipe: Connection, url: str, common: Common, task: Task) -> None:
    """Print what comes through the pipe until it is closed; a late piece ends the process.

    The alarm is for a worker whose watcher was killed. Pages are large webs of objects: looking for
    garbage between pieces only, and not hundreds of times within, saves a quarter of the time.
    """
    os.nice(NICENESS)
    engine = db.create_engine(url)
    gc.freeze()
    while True:
        try:
            piece, seconds = pipe.recv()
        except EOFError:
            return
        signal.alarm(seconds + TICK_SECONDS)
        if piece.kind is StatementKind.PERSON:
            gc.disable()
        outcome = _try(engine, common, piece, task)
        gc.enable()
        gc.collect()
        signal.alarm(0)
        try:
            pipe.send((outcome, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
        except OSError:
            return  # nobody is there to take it: the next run prints it again


def _try(engine: sa.Engine, common: Common, piece: Piece, task: Task) -> Any:
    try:
        with Session(engine) as session:
            return task(session, common, piece)
    except Problem as problem:
        return _Refusal(type(problem), problem.values)
    except DBAPIError as error:
        return _Refusal(PrintersStopped, {"reason": type(error.orig).__name__})
    except Exception as error:  # noqa: BLE001 - the others go on
        log_failure(log, "A statement was not printed", error)
        return Failure.ERROR
