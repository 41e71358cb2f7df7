"""The only place that reads the clock. Everything below the doors is told the time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


def today(time_zone: str) -> date:
    """Return the calendar day in a time zone such as ``Asia/Shanghai``."""
    return now().astimezone(ZoneInfo(time_zone)).date()
