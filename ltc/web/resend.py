"""A form that came after its session had ended: nothing that was typed is lost.

The page that answers holds the same form with the same entries and a new token. Only a form that
was sent from our own pages is kept: another site must not get a button of ours pressed.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.web import devices
from ltc.web.problem_pages import render_problem

NEVER_KEPT = {"csrf_token"}
SECRET_WORDS = ("password",)
STATUS = 400
# A script that asked for a part of its page puts this in the place of all of it.
WHOLE_PAGE = {"HX-Retarget": "body", "HX-Reswap": "innerHTML show:window:top"}
SIGN_OUT = (
    "session.sign_out"  # who has no session any more is signed out: nothing is to be sent again
)


def keep_form(*, is_signed_in: bool) -> Any:
    """Show the form that was sent once more, to be sent after signing in again.

    What somebody typed is shown to nobody else who signs in at the same browser, nor sent for them.
    """
    if request.endpoint == SIGN_OUT and not is_signed_in and _is_from_here():
        return devices.forget(redirect(url_for("session.sign_in")))
    if http.wants_json() or not _is_from_here():
        text = _("The form could not be checked. Open its page anew and send it from there.")
        return render_problem(STATUS, text), STATUS
    if is_signed_in and http.is_form_of_another(http.sent_form_token()):
        text = _(
            "This form was begun by somebody else. Nothing was sent, and it is not shown to you."
        )
        return render_problem(STATUS, text), STATUS
    page = render_template(
        "shared/resend.html",
        action=request.full_path.rstrip("?"),
        entries=kept_entries(),
        files=sorted(request.files),
        is_signed_in=is_signed_in,
    )
    return page, STATUS, WHOLE_PAGE


def kept_entries() -> list[tuple[str, str]]:
    """Return what was typed, in order, without tokens of the old session and without passwords."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in NEVER_KEPT and not any(word in name for word in SECRET_WORDS)
    ]


def _is_from_here() -> bool:
    """Whether a page of this site sent the form, as the browser says."""
    origin = request.headers.get("Origin") or request.referrer or ""
    return urlsplit(origin).netloc == request.host
