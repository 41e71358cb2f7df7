"""Backups: what they are called, and how many of them are kept."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SUFFIX = ".ltcbackup"
_NAME = f"ltc-%Y%m%dT%H%M%SZ{SUFFIX}"


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days, weeks and months keep their newest backup."""

    days: int
    weeks: int
    months: int


def build_name(at: datetime) -> str:
    """Return the file name of the backup of an instant: ``ltc-20191203T020000Z.ltcbackup``."""
    return at.astimezone(UTC).strftime(_NAME)


def parse_name(name: str) -> datetime | None:
    """Return the instant in a file name of ``build_name``; None for any other file."""
    try:
        return datetime.strptime(name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def calculate_kept(made: Collection[datetime], retention: Retention) -> set[datetime]:
    """Return which backups are kept: the newest of each of the last days, weeks and months.

    Only days, weeks and months that have a backup count, so a pause takes no old one away; the
    newest of all is always kept. Days and weeks are those of UTC.
    """
    newest_first = sorted(made, reverse=True)
    kept = set(newest_first[:1])
    kept |= _newest_of_each(newest_first, datetime.date, retention.days)
    kept |= _newest_of_each(newest_first, _week, retention.weeks)
    kept |= _newest_of_each(newest_first, _month, retention.months)
    return kept


def _newest_of_each(
    newest_first: list[datetime], span_of: Callable[[datetime], Any], count: int
) -> set[datetime]:
    newest: dict[Any, datetime] = {}
    for at in newest_first:
        newest.setdefault(span_of(at), at)
    return set(list(newest.values())[:count])


def _week(at: datetime) -> tuple[int, int]:
    return at.isocalendar()[:2]


def _month(at: datetime) -> tuple[int, int]:
    return at.year, at.month
