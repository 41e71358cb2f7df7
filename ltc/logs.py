"""The log of the program: one event a line, JSON in production, readable elsewhere; on stderr.

Nothing personal is written: no names, no numbers of records or of people, no query strings, no text
of an error. What is written is chosen field by field, here and where ``log`` is called.
"""

import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

ROOT = Path(__file__).resolve().parent.parent
MOST_FRAMES = 20


class _Stderr:
    """Standard error as it is at this moment: a test, or a server, may have put another there."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(*, as_json: bool) -> None:
    """Say how events are written in this process."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    stderr: TextIO = _Stderr()  # type: ignore[assignment]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(stderr),
        cache_logger_on_first_use=False,
    )


def log(event: str, **fields: Any) -> None:
    """Write an event."""
    structlog.get_logger().info(event, **fields)


def log_error(event: str, error: BaseException, **fields: Any) -> None:
    """Write that something broke: the kind of error and where, without its text."""
    places = list_places(error.__traceback__)
    structlog.get_logger().error(event, kind=type(error).__name__, places=places, **fields)


def tell_no_texts() -> None:
    """Let an error that ends this process, or one of its threads, be told like every other one.

    Python would write its text: what a job says lies in a file that nobody thinks of as personal.
    """

    def tell(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        log_error("the process broke", error)

    def tell_of_thread(given: threading.ExceptHookArgs) -> None:
        if given.exc_value is not None and not isinstance(given.exc_value, SystemExit):
            log_error("a thread broke", given.exc_value)

    sys.excepthook = tell
    threading.excepthook = tell_of_thread


def list_places(trace: TracebackType | None) -> list[str]:
    """Return ``file:line function`` of each frame, the innermost last."""
    frames = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(name: str) -> str:
    path = Path(name)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
