"""The only place that reads the clock. Everything below the doors is told the time.

A demonstration may be set back by whole days, so that its newcomer finds its open month to be
this month; production refuses the setting (``LTC_CLOCK_BACK_DAYS``).
"""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_set_back = {"days": 0}


def set_back(days: int) -> None:
    """Let this process live so many days ago; 0 is today."""
    _set_back["days"] = days


def now() -> datetime:
    """Return this instant in UTC (of the day that the clock was set back to)."""
    return datetime.now(UTC) - timedelta(days=_set_back["days"])


def ticks_ns() -> int:
    """Return nanoseconds that only ever rise, for measuring how long something takes."""
    return time.perf_counter_ns()


def today(time_zone: str) -> date:
    """Return the calendar day in a time zone such as ``Asia/Shanghai``."""
    return now().astimezone(ZoneInfo(time_zone)).date()
