"""What a log says of something that failed while the rest goes on: its kind and its place.

Never its text: an error's text may repeat what it failed on, a name or a number of a person.
"""

import logging
import traceback
from pathlib import Path


def log_failure(log: logging.Logger, what: str, error: BaseException) -> None:
    """Write what failed, the kind of error and where it arose (file, line, function)."""
    log.error("%s: %s at %s", what, type(error).__name__, find_place(error))


def find_place(error: BaseException) -> str:
    """Return ``file:line function`` of the innermost frame; empty where it was never raised."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    place = frames[-1]
    return f"{Path(place.filename).name}:{place.lineno} {place.name}"
