"""Showing a masked number in full, after a reason was given."""

from typing import Any

from flask import Blueprint, render_template, request

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.errors import Invalid
from ltc.services.unmasking import REASON_LENGTH_MAX, unmask
from ltc.web import once
from ltc.web.formats import problem_text

blueprint = Blueprint("unmasking", __name__)

PREFIX = "masked-"
KEY_LENGTH_MAX = 80


@blueprint.post("/unmask/<record_type>/<field>/<int:record_id>")
@http.requires(Permission.UNMASK)
def show(record_type: str, field: str, record_id: int) -> Any:
    """Answer with the value: as a part of the page that asked, or as a page of its own."""
    error, value, reason = "", "", request.form.get("reason", "")
    try:
        value = unmask(
            http.context(),
            record_type=record_type,
            field=field,
            record_id=record_id,
            reason=reason,
        )
    except Invalid as problem:
        error = problem_text(problem)
    back = once.safe_path(request.referrer)
    once.lead_second_click(back)
    page = render_template(
        "unmasking/part.html" if http.wants_part() else "unmasking/page.html",
        value=value,
        error=error,
        key=_key(field),
        action=request.path,
        reason=reason[:REASON_LENGTH_MAX],
        back=back,
    )
    # The masked number and its name stay where they are: only the question is asked again.
    return (page, 422, {"HX-Retarget": f"#{PREFIX}{_key(field)} form"}) if error else page


def _key(field: str) -> str:
    """Return the key of the element on the page that the answer replaces."""
    target = request.headers.get("HX-Target", "")
    key = target.removeprefix(PREFIX) if target.startswith(PREFIX) else field
    return key[:KEY_LENGTH_MAX]
