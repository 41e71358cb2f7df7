"""What every action leaves: a receipt with number, time and who acts next."""

from typing import Any

from flask import flash

from ltc import http
from ltc.web.formats import instant


def leave_receipt(title: str, number: str, **following: str) -> None:
    """Show a receipt on the next page; ``next_text``, ``next_owner`` and ``next_by`` may follow."""
    receipt: Any = {
        "title": title, "number": number, "at": instant(http.context().now), **following
    }  # fmt: skip
    flash(receipt, "receipt")
