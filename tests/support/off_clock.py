"""``flask …`` on a machine whose clock is off: ``python -m tests.support.off_clock FILE …``.

The file holds by how many seconds; whoever writes another number lets the clock jump. Processes that
it starts are on that machine, too.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from ltc import clock

OFF = Path(sys.argv[1])
right = clock.now


def now() -> datetime:
    return right() + timedelta(seconds=float(OFF.read_text()))


clock.now = now  # before anybody binds the right one


def build_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tests.support.off_clock", str(OFF), *words]


if __name__ == "__main__":
    from flask.cli import main

    from ltc.commands import scheduler

    scheduler.build_command = build_command
    sys.argv = ["flask", "--app", "app", *sys.argv[2:]]
    main()
