"""What the tests of a run took, by database and by mark: printed at its end, so that it does not creep."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

import pytest

DATABASES = ("sqlite", "postgresql")
MARKS = ("browser", "kill", "slow")
SLOWEST = 5


def tell_seconds(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """Yield lines: seconds by database and by mark, and the slowest tests.

    Each test counts from its first fixture to its last; those of all processes are added up.
    """
    by_test: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    for report in reports:
        by_test[report.nodeid] += report.duration
        by_kind[_find_database(report.nodeid)] += report.duration
        for mark in set(MARKS) & set(report.keywords):
            by_kind[mark] += report.duration
    yield _list_kinds(by_kind, (*DATABASES, "no database"))
    yield "of these: " + _list_kinds(by_kind, MARKS)
    for test, seconds in by_test.most_common(SLOWEST):
        yield f"{seconds:6.1f} s  {test}"


def list_reports(stats: dict[str, list[object]]) -> list[pytest.TestReport]:
    """Return what was reported of tests, whatever came of them."""
    found = chain.from_iterable(stats.values())
    return [report for report in found if isinstance(report, pytest.TestReport)]


def _find_database(test: str) -> str:
    given = test.partition("[")[2]
    return next((name for name in DATABASES if name in given), "no database")


def _list_kinds(by_kind: Counter[str], kinds: Iterable[str]) -> str:
    return ", ".join(f"{kind} {by_kind[kind]:.0f} s" for kind in kinds)
