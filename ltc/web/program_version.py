"""Answers no page while the database is of another version than this process.

What an older program writes lacks what the newer one keeps beside it; what it reads may mean
something else by now. So neither is done, until the process is started anew.
"""

from flask import Flask, request

from ltc import clock, http
from ltc.store.migrations import current_version, loaded_version
from ltc.store.reachable import DatabaseOfOtherVersion, ProgramOfOtherVersion
from ltc.web.run_sums import MINUTE_SECONDS, kept

FOR_MACHINES = "health"  # the room whose pages say themselves what is not ready


def register(app: Flask) -> None:
    """Look before every request; what the process was written for is known from its start."""
    loaded_version()
    app.before_request(check_version)


def check_version() -> None:
    """Raise DatabaseOfOtherVersion; the database is asked once a minute at most."""
    if request.endpoint == "static" or request.blueprint == FOR_MACHINES:
        return
    minute = int(clock.now().timestamp()) // MINUTE_SECONDS
    engine = http.house().engine
    found = kept().work_out(("version", minute), lambda: current_version(engine))
    if found != loaded_version():
        http.forget_database()
        raise ProgramOfOtherVersion() if found else DatabaseOfOtherVersion()
