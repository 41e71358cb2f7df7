"""The page of what could not be done: why, who can help, and where one goes on."""

from collections.abc import Mapping
from typing import Any

from flask import g, render_template, request
from flask_babel import gettext as _

from ltc.rules.words import N_
from ltc.web import once

START_PAGE = "/"
SERVER_TROUBLE = 500  # and above: nobody did anything wrong, and it may pass
TOO_MANY = 429
# Who can help, by status.
HELPERS: Mapping[int, str] = {
    403: N_(
        "Roles are given by an administrator of your agency: ask there for a right that you need."
    ),
    404: N_(
        "If somebody gave you this address, ask them: the record may belong to a district or a"
        " provider that you do not work for."
    ),
    409: N_(
        "Look at the record again: somebody else may have been faster. Its page says who acts."
    ),
    413: N_("How large a file may be is set by whoever runs this installation."),
    TOO_MANY: N_("Where it cannot wait, ask an administrator of your agency."),
}
ASK_OPERATOR = N_(
    "If it stays so, tell whoever runs this installation what you did, and this number: %(number)s."
)


def render_problem(status: int, text: Any, helper: str | None = None) -> str:
    """Return the page of a problem; it does without the database, which may be the trouble.

    ``helper`` is said instead of whom the status names as who can help.
    """
    return render_template(
        "shared/problem.html",
        status=status,
        text=text,
        helper=_find_helper(status) if helper is None else helper and _(helper),
        back=_find_way_back(),
        again=_find_same_page(status),
    )


def _find_helper(status: int) -> str:
    """Return the sentence of who can help; empty where nobody needs to."""
    if status >= SERVER_TROUBLE:
        return str(_(ASK_OPERATOR, number=g.get("request_id", "–")))
    return str(_(HELPERS[status])) if status in HELPERS else ""


def _find_way_back() -> str:
    """Return the page from which somebody came; empty where it is not known, or this very one."""
    path = once.safe_path(request.referrer)
    is_here = request.method == "GET" and path == _find_address()
    return "" if is_here or path == START_PAGE else path


def _find_same_page(status: int) -> str:
    """Return this page's address where it may answer when asked again; else empty."""
    may_pass = status == TOO_MANY or status >= SERVER_TROUBLE
    return _find_address() if may_pass and request.method == "GET" else ""


def _find_address() -> str:
    return request.script_root + request.full_path.rstrip("?")
