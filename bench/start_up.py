"""How long the program takes to begin: ``python -m bench.start_up``, so that it does not creep.

``make test`` and ``make demo`` print how long they took themselves.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from bench.table import Figure, print_table

ROUNDS = 5
STARTS = {
    "Python alone": "pass",
    "Flask and SQLAlchemy imported": "import flask, sqlalchemy.orm",
    "the application made": "from ltc.factory import create_app; create_app()",
    "what a worker of a run needs": "import ltc.services.payout_chunks",
}
MOST_TIMES = 5


def measure_starts() -> Iterator[Figure]:
    """Yield the best of some starts of each kind, and what our own adds to the libraries'."""
    with tempfile.TemporaryDirectory(prefix="ltc-bench-") as home:
        taken = {
            name: min(_start(code, home) for _ in range(ROUNDS)) for name, code in STARTS.items()
        }
    for name, seconds in taken.items():
        yield Figure("start", name, f"{seconds * 1000:.0f} ms")
    ratio = taken["the application made"] / taken["Flask and SQLAlchemy imported"]
    yield Figure.at_most("start", "times the two libraries alone", ratio, MOST_TIMES)


def _start(code: str, home: str) -> float:
    given = {**os.environ, "LTC_ENV": "test", "LTC_HOME": home, "LTC_DATABASE_URL": "sqlite://"}
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=given, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print a table."""
    print_table(f"start of the program, the best of {ROUNDS}", measure_starts())


if __name__ == "__main__":
    main()
