"""What every action leaves: a receipt with number, time and who acts next."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import flash

from ltc import http
from ltc.services.imports import NotBeingWorkedOn
from ltc.services.leases import JobNotLive
from ltc.web.formats import instant, problem_text


def leave_receipt(title: str, number: str, **following: str) -> None:
    """Show a receipt on the next page; ``next_text``, ``next_owner`` and ``next_by`` may follow."""
    receipt: Any = {
        "title": title, "number": number, "at": instant(http.context().now), **following
    }  # fmt: skip
    flash(receipt, "receipt")


@contextmanager
def told_if_ended() -> Iterator[None]:
    """Say to who stops what ended a moment before that it has; its page says how it ended."""
    try:
        yield
    except (JobNotLive, NotBeingWorkedOn) as problem:
        flash(problem_text(problem), "attention")
