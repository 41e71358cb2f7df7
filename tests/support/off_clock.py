"""``flask …`` on a machine whose clock is off: ``python -m tests.support.off_clock SECONDS …``.

Processes that it starts are on that machine, too.
"""

import sys
from datetime import timedelta

from ltc import clock

OFF = sys.argv[1]
right = clock.now
clock.now = lambda: right() + timedelta(seconds=float(OFF))  # before anybody binds the right one


def build_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tests.support.off_clock", OFF, *words]


if __name__ == "__main__":
    from flask.cli import main

    from ltc.commands import scheduler

    scheduler.build_command = build_command
    sys.argv = ["flask", "--app", "app", *sys.argv[2:]]
    main()
