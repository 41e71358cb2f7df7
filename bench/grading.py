"""``flask grade`` on a large file: ``python -m bench.grading [--rows N]``.

The whole command, in a process of its own, and in turns with it a process that only reads the same
file and writes as many cells: what starting the program and grading add is the ratio. Seconds are
those of the processor, so that a busy machine does not move them.
"""

import argparse
import csv
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.city import SEED
from bench.table import Figure, print_table
from ltc.rules.assessments.instruments import Instrument
from ltc.store.instruments import CURRENT, get_instrument

ROWS, ROUNDS = 100_000, 3
MOST_SECONDS = 5  # for all of ROWS
GRADE = ["-m", "flask", "--app", "app", "grade"]
COPY = """
import csv, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    csv.writer(sys.stdout).writerows(row[:9] for row in csv.reader(file))
"""


def write_file(instrument: Instrument, path: Path, rows: int) -> None:
    """Write so many assessments, each item with a score that its options have."""
    chance = random.Random(SEED)
    scores = [[option.score for option in item.options] for item in instrument.items.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *instrument.items])
        writer.writerows([f"A{row}", *map(chance.choice, scores)] for row in range(rows))


def measure(words: list[str]) -> float:
    """Return the processor's seconds of a process that must end well."""
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


def measure_grading(rows: int) -> Iterator[Figure]:
    """Yield what grading a file takes, and how many times a bare copy that is."""
    with TemporaryDirectory(prefix="ltc-bench-") as folder:
        path = Path(folder) / "assessments.csv"
        write_file(get_instrument(CURRENT), path, rows)
        pairs = [(measure([*GRADE, str(path)]), measure(["-c", COPY, str(path)]))
                 for _ in range(ROUNDS)]  # fmt: skip
    seconds = median(grading for grading, _ in pairs)
    most = MOST_SECONDS * rows / ROWS
    yield Figure("flask grade", f"{rows:,} assessments", f"{seconds:.1f} s", f"at most {most:g} s",
                 seconds <= most)  # fmt: skip
    ratio = median(grading / copying for grading, copying in pairs)
    yield Figure("flask grade", "times a bare copy of as many cells", f"{ratio:.0f}")


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.grading", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args(arguments).rows
    print_table(f"grading {rows:,} assessments", measure_grading(rows))


if __name__ == "__main__":
    main()
