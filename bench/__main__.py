"""All measurements as tables with ratios: ``python -m bench [--quick] [NAME ...]`` or ``make bench``.

Names are those of ``SECTIONS``; without one, all are taken. With
``--quick`` they are small: to see that everything runs, not to be quoted. Seeds are fixed, databases
are durable as in production, and PostgreSQL comes from the embedded binaries.
"""

import argparse
import sys
from collections.abc import Callable, Iterator

from bench import (
    audit_cost,
    crowd,
    grading,
    imports,
    month,
    pages,
    settlement_rules,
    start_up,
    statements,
)
from bench.table import Figure, print_table

DATABASES = ("sqlite", "postgresql")


def run_month(*, quick: bool) -> None:
    """A large city's month on both databases, against bare SQL and the usual way."""
    people = month.QUICK_PEOPLE if quick else month.PEOPLE
    month.main(["--people", str(people), "--databases", ",".join(DATABASES)])


def run_audit(*, quick: bool) -> None:
    """What the audit log adds to the time of writing, on both databases."""
    for kind in DATABASES[:1] if quick else DATABASES:
        with month.databases(kind) as make:
            audit_cost.main([make()])


def run_statements(*, quick: bool) -> None:
    """Statements a second, against the plain call for each document."""
    statements.main(["--quick"] if quick else [])


def run_pages(*, quick: bool) -> None:
    """The busiest pages of a large city, against the same pages of a small one."""
    pages.main(["--people", "2000", "--databases", "sqlite"] if quick else [])


def run_crowd(*, quick: bool) -> None:
    """Fifty people at once while the month is calculated."""
    crowd.main(["--people", "1000"] if quick else [])


def run_start(*, quick: bool) -> None:
    """How long the program, its tests and the demonstration take."""
    start_up.main(["--quick"] if quick else [])


def run_imports(*, quick: bool) -> None:
    """A file of 600,000 visits tried out, a fifth of it carried out, on both databases."""
    imports.main(["--rows", str(imports.QUICK_ROWS)] if quick else [])


def run_grading(*, quick: bool) -> None:
    """``flask grade`` on a file of 100,000 assessments."""
    grading.main(["--rows", "5000"] if quick else [])


def run_settlement(*, quick: bool) -> None:
    """The rules of settlement alone, without a database."""
    people = settlement_rules.PEOPLE // 10 if quick else settlement_rules.PEOPLE
    print_table(f"settlement rules alone, {people:,} people", _settle(people))


def _settle(people: int) -> Iterator[Figure]:
    for area, microseconds in settlement_rules.measure_areas(people):
        yield Figure("settlement rules", f"a person, {area}", f"{microseconds:.0f} µs")


SECTIONS: dict[str, Callable[..., None]] = {
    "month": run_month,
    "audit": run_audit,
    "statements": run_statements,
    "imports": run_imports,
    "grading": run_grading,
    "settlement": run_settlement,
    "pages": run_pages,
    "crowd": run_crowd,
    "start": run_start,
}


def main(arguments: list[str] | None = None) -> None:
    """Run the sections that were named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="small, only to see that it runs")
    given = parser.parse_args(arguments)
    for name in given.names or SECTIONS:
        if name not in SECTIONS:
            parser.error(f"there is no measurement “{name}”; there are {', '.join(SECTIONS)}")
    for name in given.names or SECTIONS:
        SECTIONS[name](quick=given.quick)
        print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
