"""What the program, its tests and the demonstration take to start: ``python -m bench.start_up``.

So that none of it creeps. Seconds say little on another machine, or on a busy one: what is held
against an aim is the time of the processor, in times of what the two largest libraries alone take to
be imported. Aims lie a little above what was measured when they were set. ``--quick`` builds a
small demonstration, in which each statement bears more of what is done once.
"""

import argparse
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from bench.table import Figure, print_table

ROUNDS = 3
LIBRARIES = "Flask and SQLAlchemy imported"
APPLICATION = "the application made"
FLASK = [sys.executable, "-m", "flask", "--app", "app"]
STARTS = {
    "Python alone": [sys.executable, "-c", "pass"],
    LIBRARIES: [sys.executable, "-c", "import flask, sqlalchemy.orm"],
    "flask --version": [*FLASK, "--version"],
    APPLICATION: [sys.executable, "-c", "from ltc.factory import create_app; create_app()"],
    "what a worker of a run needs": [sys.executable, "-c", "import ltc.services.payout_chunks"],
}
COLLECT = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", "-p", "no:cacheprovider"]
# Times the libraries alone.
MOST_APPLICATION = 5
MOST_SERVING = 9
MOST_COLLECTING = 28
MOST_HUNDRED_STATEMENTS = 30
QUICK_PEOPLE = "60"
PATIENCE_SECONDS = 300
COLLECTED = re.compile(r"(\d+) tests? collected")
STAGES = re.compile(r"^seconds: [\d,]+ \((.*)\)$", re.MULTILINE)
STATEMENTS = re.compile(r"statements: (\S+) \d+ of (\d+)")


class Taken(NamedTuple):
    """Seconds by the clock and of the processor, and what was said."""

    seconds: float
    processor: float
    said: str = ""


def measure_starts(*, quick: bool) -> Iterator[Figure]:
    """Yield the best of some starts of each kind, then what takes longer, each once."""
    with tempfile.TemporaryDirectory(prefix="ltc-bench-") as folder:
        home = Path(folder)
        taken = {name: _take_best(command, home) for name, command in STARTS.items()}
        for name, best in taken.items():
            yield Figure("start", name, f"{best.seconds * 1000:.0f} ms")
        alone = taken[LIBRARIES].processor
        yield _hold("start", taken[APPLICATION].processor / alone, MOST_APPLICATION)
        yield from _measure_serving(home, alone)
        yield from _measure_collecting(alone)
        yield from _measure_demonstration(home, alone, quick=quick)


def _hold(where: str, times: float, most: float, what: str = "") -> Figure:
    return Figure.at_most(where, f"times the two libraries alone{what}", times, most)


def _measure_serving(home: Path, alone: float) -> Iterator[Figure]:
    """Yield how long it is from ``flask serve`` to the first answer, on an empty database."""
    url = f"sqlite:///{home}/serve.db"
    _run([*FLASK, "db", "upgrade"], home, LTC_DATABASE_URL=url)
    begun, used = time.perf_counter(), _sum_processor()
    port = _find_port()
    server = subprocess.Popen(
        [*FLASK, "serve", "--port", str(port)], env=_environ(home, LTC_DATABASE_URL=url),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for_answer(f"http://127.0.0.1:{port}/healthz", server)
        seconds = time.perf_counter() - begun
    finally:
        server.terminate()
        server.wait()
    yield Figure("flask serve", "until its first answer", f"{seconds * 1000:.0f} ms")
    yield _hold("flask serve", (_sum_processor() - used) / alone, MOST_SERVING)


def _measure_collecting(alone: float) -> Iterator[Figure]:
    """Yield how long pytest takes before its first test, and how many tests there are."""
    taken = _run(COLLECT, None)
    found = COLLECTED.search(taken.said)
    yield Figure("tests", "collected", f"{int(found[1]):,}" if found else "?")
    yield Figure("tests", "until the first one begins", f"{taken.seconds:.1f} s")
    yield _hold("tests", taken.processor / alone, MOST_COLLECTING)


def _measure_demonstration(home: Path, alone: float, *, quick: bool) -> Iterator[Figure]:
    """Yield how long ``flask demo`` takes in all, by its stages, and for each of its statements."""
    given = ["--people", QUICK_PEOPLE] if quick else []
    url = f"sqlite:///{home}/demo.db"
    taken = _run([*FLASK, "demo", *given], home, LTC_ENV="demo", LTC_DATABASE_URL=url)
    stages = STAGES.search(taken.said)
    for stage in stages[1].split(", ") if stages else ():
        name, _, spent = stage.rpartition(" ")
        yield Figure("flask demo", name, f"{spent} s")
    statements = sum(int(count) for count in dict(STATEMENTS.findall(taken.said)).values())
    yield Figure("flask demo", f"in all, with {statements:,} statements", f"{taken.seconds:.0f} s")
    times = taken.processor * 100 / max(statements, 1) / alone
    yield _hold("flask demo", times, MOST_HUNDRED_STATEMENTS, ", 100 statements")


def _take_best(command: list[str], home: Path) -> Taken:
    rounds = (_run(command, home, LTC_DATABASE_URL="sqlite://") for _ in range(ROUNDS))
    return min(rounds, key=lambda taken: taken.processor)


def _run(command: list[str], home: Path | None, **given: str) -> Taken:
    """Run a command to its end; one that fails ends this one, too."""
    begun, used = time.perf_counter(), _sum_processor()
    done = subprocess.run(
        command, env=_environ(home, **given), check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Taken(time.perf_counter() - begun, _sum_processor() - used, done.stdout)


def _find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _sum_processor() -> float:
    """Return the seconds of the processor that all ended children have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_answer(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.perf_counter() + PATIENCE_SECONDS
    while server.poll() is None and time.perf_counter() < until:
        with suppress(OSError), urlopen(url) as answer:  # noqa: S310 - our own server
            answer.read()
            return
        time.sleep(0.02)
    raise SystemExit("the server did not answer")


def _environ(home: Path | None, **given: str) -> Mapping[str, str]:
    """Return the environment of an installation of its own; None for none at all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTC_")}
    return {**kept, "LTC_ENV": "test", "LTC_HOME": str(home), **given} if home else kept


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.start_up", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small demonstration")
    quick = parser.parse_args(arguments).quick
    print_table(f"starts, the best of {ROUNDS}", measure_starts(quick=quick))


if __name__ == "__main__":
    main()
