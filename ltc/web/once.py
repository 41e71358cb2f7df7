"""A form is sent once: the second click is led to where the first one went.

Every POST form carries a one-time token, which ``Context.transaction`` spends together with the
change. A second sending that comes later is stopped here before its view; one that comes at the
same moment is stopped inside the transaction, and its answer is replaced here.
"""

import time
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, flash, g, redirect, request
from flask_babel import gettext as _

from ltc import http
from ltc.services.context import Context
from ltc.services.forms import keep_receipt
from ltc.store.imports import find_form_token

# The first sending may have committed and not yet said where it leads.
RECEIPT_TRIES = 20
RECEIPT_WAIT_SECONDS = 0.05


def register(app: Flask) -> None:
    """Watch every form that is sent."""
    app.before_request(stop_second_sending)
    app.after_request(settle)


def stop_second_sending() -> Any:
    """Answer a form whose token is spent with the receipt of its first sending."""
    token = http.sent_form_token()
    if token is None or g.get("actor") is None:
        return None
    if find_form_token(http.database(), token) is None:
        return None
    return lead_to_receipt(token)


def settle(response: Response) -> Response:
    """Remember where a first sending leads; lead a second one there, whatever its view said."""
    ctx: Context | None = g.get("context")
    if ctx is None or ctx.form_token is None:
        return response
    if ctx.is_already_done:
        return lead_to_receipt(ctx.form_token)
    path = g.get("receipt_path") or response.location
    if ctx.is_token_spent and path:
        keep_receipt(ctx, safe_path(path))
    return response


def lead_second_click(path: str) -> None:
    """Say where a second click leads when the first one is answered with a page of its own.

    Such a page shows what is shown once, a new password or a masked number: never a second time.
    """
    g.receipt_path = path


def lead_to_receipt(token: str) -> Response:
    """Redirect to the receipt of a token's first sending, or back to the page of the form."""
    path = _wait_for_receipt(token)
    if http.wants_json():
        return Response(status=409)
    flash(_("It was already done a moment ago; nothing was done twice."), "attention")
    answer: Any = redirect(path or safe_path(request.referrer), code=303)
    return answer  # type: ignore[no-any-return]


def safe_path(url: str | None) -> str:
    """Return the path of an address of this site, or the home page: never another host."""
    if not url or "\\" in url or any(ord(letter) <= 32 for letter in url):
        return "/"
    parts = urlsplit(url)
    if parts.netloc not in ("", request.host) or not parts.path.startswith("/"):
        return "/"
    if parts.path.startswith("//") or parts.scheme not in ("", "http", "https"):
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _wait_for_receipt(token: str) -> str:
    """Return where the first sending led, waiting for at most a second; empty where nowhere."""
    for _attempt in range(RECEIPT_TRIES):
        session = http.database()
        session.rollback()  # a new look, not the one of before
        found = find_form_token(session, token)
        if found is not None and found.receipt_path:
            return found.receipt_path
        time.sleep(RECEIPT_WAIT_SECONDS)
    return ""
