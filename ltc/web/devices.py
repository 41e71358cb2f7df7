"""What a device keeps for the person who evaluates offline, and when it has to forget it."""

from typing import Any

from flask import Blueprint, Response, current_app, g, request
from werkzeug.wrappers import Response as Answer

from ltc import http
from ltc.rules.access import Actor, Permission

blueprint = Blueprint("devices", __name__)

KEPT_FOR = "ltc_kept_for"  # the cookie that names whose answers and pages the device keeps
KEPT_SECONDS = 180 * 24 * 3600
FORGET = '"storage"'  # IndexedDB, Cache Storage and the service worker (W3C, Clear Site Data)


@blueprint.get("/worker.js")
@http.public
def worker() -> Any:
    """Give the service worker: from here, as a worker reaches only what lies beside or below it."""
    return current_app.send_static_file("js/evaluate-worker.js")


def owner_of(actor: Actor) -> str:
    """Return what names a person on a device: a number, as whoever finds it learns nothing."""
    return f"{actor.area_id}.{actor.user_id}"


def keep_for(response: Response, actor: Actor) -> Response:
    """Note on the device for whom it keeps this page."""
    response.set_cookie(
        KEPT_FOR,
        owner_of(actor),
        max_age=KEPT_SECONDS,
        secure=http.house().settings.https,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: Answer) -> Answer:
    """Have the device delete what it keeps: at sign-out, or before another person works on it."""
    if KEPT_FOR in request.cookies:
        response.headers["Clear-Site-Data"] = FORGET
        response.delete_cookie(KEPT_FOR)
    return response


@blueprint.app_context_processor
def device_values() -> dict[str, str]:
    """Give the pages of somebody who evaluates the owner of what the device keeps."""
    actor: Actor | None = g.get("actor")
    may_keep = actor is not None and actor.may(Permission.RECORD_SCORES)
    return {"device_owner": owner_of(actor) if actor and may_keep else ""}


@blueprint.after_app_request
def forget_others(response: Response) -> Response:
    """Have the device forget what it kept for somebody else than who is signed in now."""
    kept_for, actor = request.cookies.get(KEPT_FOR), g.get("actor")
    if kept_for and actor is not None and kept_for != owner_of(actor):
        forget(response)
    return response
