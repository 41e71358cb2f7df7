"""The search of the header, and the way of every filter by people's numbers."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.insured import mask_from_last4
from ltc.store.search import RESULTS_MAX, list_people_found, list_providers_found
from ltc.web.lists import read_text
from ltc.web.once import safe_path
from ltc.web.private_texts import hide

blueprint = Blueprint("search", __name__)
NO_FILTERS = {"to", "csrf_token", "form_token"}


@blueprint.get("/search")
@http.signed_in
def index() -> Any:
    """Show people and providers that fit; a whole case number leads straight to the person."""
    session, actor, text = http.database(), http.current_actor(), read_text("q")
    people = list_people_found(session, actor, text) if text else []
    sees_people = _opens(Permission.SEE_PEOPLE, "insured.show")
    if sees_people and len(people) == 1 and people[0].case_number == text.upper():
        return redirect(url_for("insured.show", person_id=people[0].id))
    sees_providers = _opens(Permission.SEE_PROVIDERS, "providers.show")
    return render_template(
        "search/index.html",
        text=text,
        people=people,
        providers=list_providers_found(session, actor, text) if text and sees_providers else [],
        sees_people=sees_people,
        limit=RESULTS_MAX,
        mask=mask_from_last4,
    )


@blueprint.post("/find")
@http.signed_in
def find() -> Any:
    """Lead a filter's form to its list, with what was chosen in the address; numbers are hidden."""
    chosen = [
        (name, hide(text.strip()))
        for name, text in request.form.items(multi=True)
        if text.strip() and name not in NO_FILTERS
    ]
    target = safe_path(request.form.get("to"))
    query = urlencode(chosen)
    joint = "&" if "?" in target else "?"
    return redirect(f"{target}{joint}{query}" if query else target, code=303)


def _opens(permission: Permission, endpoint: str) -> bool:
    """Whether the reader may open what was found."""
    return http.current_actor().may(permission) and endpoint in http.endpoints()
