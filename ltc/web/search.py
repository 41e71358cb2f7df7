"""The search of the header."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.insured import mask_from_last4
from ltc.store.search import RESULTS_MAX, list_people_found, list_providers_found
from ltc.web.lists import read_text

blueprint = Blueprint("search", __name__)


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


def _opens(permission: Permission, endpoint: str) -> bool:
    """Whether the reader may open what was found."""
    return http.current_actor().may(permission) and endpoint in http.endpoints()
