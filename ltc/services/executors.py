"""Where pieces of a long job are worked on: here, in processes of their own, or on other machines.

An executor opens sessions to read with, and maps a function over pieces. The function must be
importable by name and, with what it is given, picklable: the workers are forked from a process that
was started afresh and has imported the function's module once for all of them (forkserver), so that
nothing of this one (connections, locks) leaks into them. Results come in the order of the pieces.
Only the caller writes.
"""

import multiprocessing
import os
import pickle
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing import forkserver
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.errors import Problem
from ltc.services.code_edition import CODE_EDITION
from ltc.services.failures import find_place
from ltc.store import db

C = TypeVar("C")
P = TypeVar("P")
R = TypeVar("R")
Task = Callable[[Session, C, P], R]
Tick = Callable[[], None]
NICENESS = 15  # where people and workers want the same processor, people come first
PIECES_AHEAD = 2  # a worker: one in work, one waiting; more would only fill the memory
ANSWER_SECONDS = 20  # within which a cluster's scheduler has to answer
TICK_SECONDS = (
    15  # between signs of life while a piece is waited for: less than makes a lease stale
)

PROCESSES = multiprocessing.get_context("forkserver")

_worker: dict[str, Any] = {}


def rest_idle() -> None:
    """Do nothing while a piece is waited for: nobody looks for a sign of life."""


class Executor(Protocol):
    """Maps a function over pieces, each with a session to read with."""

    def open_session(self) -> Session:
        """Return a session of its own, to be closed by the caller."""

    def prepare(self, *tasks: Task[Any, Any, Any]) -> None:
        """Say early what will be mapped: what it needs is imported while the caller goes on."""

    def map(
        self, task: Task[C, P, R], common: C, pieces: Sequence[P], tick: Tick = rest_idle
    ) -> Iterator[R]:
        """Yield ``task(session, common, piece)`` for every piece, in their order.

        ``tick`` is called every ``TICK_SECONDS`` while others work on what comes next.
        """


@dataclass(frozen=True, slots=True)
class Inline:
    """Works in this process, one piece after the other."""

    engine: sa.Engine

    def open_session(self) -> Session:
        """Return a session on the engine."""
        return Session(self.engine)

    def prepare(self, *tasks: Task[Any, Any, Any]) -> None:
        """Everything is imported here already."""

    def map(
        self, task: Task[C, P, R], common: C, pieces: Sequence[P], tick: Tick = rest_idle
    ) -> Iterator[R]:
        """Yield the results one by one; a session lives as long as a piece."""
        del tick  # nobody else works on it: nothing is waited for
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

    def map(
        self, task: Task[C, P, R], common: C, pieces: Sequence[P], tick: Tick = rest_idle
    ) -> Iterator[R]:
        """Yield the results in order while the workers go on; what is unfinished is dropped.

        Raises WorkerGone.
        """
        self.prepare(task)
        url = self.engine.url.render_as_string(hide_password=False)
        pool = ProcessPoolExecutor(
            min(self.workers, len(pieces)) or 1,
            mp_context=PROCESSES,
            initializer=_begin,
            initargs=(url, task, common),
        )
        try:
            yield from self._in_order(pool, iter(pieces), tick)
        except BrokenProcessPool:
            raise WorkerGone from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _in_order(
        self, pool: ProcessPoolExecutor, pieces: Iterator[Any], tick: Tick
    ) -> Iterator[Any]:
        waiting: deque[Future[Any]] = deque(
            pool.submit(_work, piece) for piece in islice(pieces, self.workers * PIECES_AHEAD)
        )
        while waiting:
            future = waiting.popleft()
            while not wait([future], TICK_SECONDS).done:
                tick()
            result = future.result()
            waiting.extend(pool.submit(_work, piece) for piece in islice(pieces, 1))
            yield result


class WorkerGone(Problem):
    """A working process ended, for lack of memory perhaps. What is done stays: start again."""

    status = 503


class DaskMissing(Problem):
    """LTC_DASK_SCHEDULER names a cluster, and Dask is not installed. Install requirements-dask.txt."""

    status = 503


class ClusterAway(Problem):
    """No cluster answers at {address}, or it has no worker ({why}). Start one, or unset
    LTC_DASK_SCHEDULER.
    """

    status = 503


class PieceFailed(Problem):
    """A machine of the cluster could not do its part: {kind} at {place}. What is done stays; start
    again for the rest.
    """

    status = 503


class WorkerOutdated(PieceFailed):
    """The worker {worker} of the cluster has loaded code of another version, which may calculate by
    other rules. Bring it to this version and restart it. What is done stays; start again for the rest.
    """


@dataclass(frozen=True, slots=True)
class _Broken:
    """What became of a piece instead of a result."""

    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class _Outdated:
    """Which worker refused a piece, since it was sent by code of another edition."""

    worker: str


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """Works on the machines of a Dask cluster, an optional extra (requirements-dask.txt).

    Each worker opens a connection of its own to the same database. Tasks only read, and checkpoints
    lie in the database: so Dask moves the work and keeps nothing. What a worker that died had in
    hand is done again by another.
    """

    engine: sa.Engine
    address: str  # of the scheduler: tls://…, or tcp:// on this machine

    def open_session(self) -> Session:
        """Return a session on the engine, for reading here."""
        return Session(self.engine)

    def prepare(self, *tasks: Task[Any, Any, Any]) -> None:
        """The workers import what they are sent."""

    def map(
        self, task: Task[C, P, R], common: C, pieces: Sequence[P], tick: Tick = rest_idle
    ) -> Iterator[R]:
        """Yield the results in order; raises DaskMissing, ClusterAway, PieceFailed, WorkerOutdated."""
        # With every piece goes what all share: left with one worker, it would be lost with it.
        url = self.engine.url.render_as_string(hide_password=False)
        shared = pickle.dumps((CODE_EDITION, pickle.dumps((url, task, common))))
        with _connect(self.address) as client:
            ahead = PIECES_AHEAD * sum(client.nthreads().values())
            rest = iter(pieces)
            begin = lambda piece: client.submit(_work_far, shared, piece, pure=False)  # noqa: E731
            waiting = deque(map(begin, islice(rest, ahead)))
            while waiting:
                result: R = self._wait_for(client, waiting.popleft(), tick)
                waiting.extend(map(begin, islice(rest, 1)))
                yield result

    def _wait_for(self, client: Any, future: Any, tick: Tick) -> Any:
        """Return a result as soon as it is there, and do not wait where nobody works any more."""
        while True:
            try:
                result = future.result(timeout=TICK_SECONDS)
            except TimeoutError as error:
                if client.status != "running" or not client.nthreads():
                    why = type(error).__name__
                    raise ClusterAway(address=self.address, why=why) from None
                tick()
                continue
            except CancelledError as error:
                raise ClusterAway(address=self.address, why=type(error).__name__) from None
            except Exception as error:  # noqa: BLE001 - such as a piece that kills whoever takes it
                raise PieceFailed(kind=type(error).__name__, place=find_place(error)) from None
            return _check(result)


def _check(result: Any) -> Any:
    """Return what a worker answered; raises what it could not do."""
    if isinstance(result, _Outdated):
        raise WorkerOutdated(worker=result.worker)
    if isinstance(result, _Broken):
        raise PieceFailed(kind=result.kind, place=result.place)
    return result


def _connect(address: str) -> Any:
    """Return a client of a cluster with at least one worker; what is unfinished ends with it."""
    try:
        from distributed import Client  # an optional extra, and slow to import
    except ImportError:
        raise DaskMissing from None
    try:
        client: Any = Client(  # type: ignore[no-untyped-call]
            address, timeout=ANSWER_SECONDS, set_as_default=False
        )
    except (OSError, TimeoutError, RuntimeError, TypeError) as error:  # or certificates are missing
        raise ClusterAway(address=address, why=type(error).__name__) from None
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError as error:
        client.close()
        raise ClusterAway(address=address, why=type(error).__name__) from None
    return client


def _work_far(shared: bytes, piece: Any) -> Any:
    """Work on another machine; Dask would write an error into its log with all that it was given."""
    try:
        edition, packed = pickle.loads(shared)  # noqa: S301 - the scheduler is ours, over TLS
        if edition != CODE_EDITION:  # before anything of it is unpacked: its shape may differ
            return _Outdated(f"{socket.gethostname()} (process {os.getpid()})")
        engine, task, common = _unpack(packed)
        with Session(engine) as session:
            return task(session, common, piece)
    except Exception as error:  # noqa: BLE001 - its text may be personal, and so may the piece
        return _Broken(type(error).__name__, find_place(error))


@lru_cache(maxsize=1)
def _unpack(packed: bytes) -> tuple[sa.Engine, Task[Any, Any, Any], Any]:
    """Return what all pieces share, with an engine; the same for every piece of a job."""
    url, task, common = pickle.loads(packed)  # noqa: S301 - the scheduler is ours, over TLS
    return db.create_engine(url, poolclass=sa.NullPool), task, common


def choose(engine: sa.Engine, workers: int, cluster: str = "") -> Executor:
    """Return the executor for a number of workers (one works here), or for a cluster's address."""
    if cluster:
        return DaskCluster(engine, cluster)
    return Inline(engine) if workers == 1 else ProcessPool(engine, workers)


def _begin(url: str, task: Task[Any, Any, Any], common: Any) -> None:
    """Prepare a worker: its own connection, and what all pieces share."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    os.nice(max(0, NICENESS - os.nice(0)))
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
