"""What pages, API and jobs share at the door: who is there, may they, and how errors answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session

from ltc import clock
from ltc.rules.access import Actor, Permission, check_may
from ltc.rules.errors import NotFound, Problem
from ltc.services.context import Context
from ltc.store.areas import get_area

View = TypeVar("View", bound=Callable[..., Any])


class PageNotFound(NotFound):
    """There is no such page, or it is not yours to see."""


def requires(permission: Permission) -> Callable[[View], View]:
    """Open a view to actors whose role includes the permission; others are sent to sign in."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if g.get("actor") is None:
                return _ask_to_sign_in()
            check_may(g.actor, permission)
            return view(*args, **kwargs)

        guarded.__access__ = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return guard


def signed_in(view: View) -> View:
    """Open a view to everybody who is signed in, whatever the role."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.get("actor") is None:
            return _ask_to_sign_in()
        return view(*args, **kwargs)

    guarded.__access__ = "signed_in"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def public(view: View) -> View:
    """Open a view to everybody, said on purpose."""
    view.__access__ = "public"  # type: ignore[attr-defined]
    return view


def current_actor() -> Actor:
    """Return who acts; a view behind ``@requires`` always has one."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise PageNotFound()
    return actor


def house() -> Any:
    """Return what the running application holds (``factory.House``)."""
    return current_app.extensions["ltc"]


def endpoints() -> set[str]:
    """Return the names of all routes."""
    return set(current_app.view_functions)


def database() -> Session:
    """Return the session of this request, opened at its first use and closed at its end."""
    if "session" not in g:
        g.session = house().session_maker()
    session: Session = g.session
    return session


def close_database(_error: BaseException | None = None) -> None:
    """Close the session of the request; what no use-case committed is gone."""
    session: Session | None = g.pop("session", None)
    if session is not None:
        session.close()


def context() -> Context:
    """Return the context that use-cases of this request are given."""
    actor = current_actor()
    area = get_area(database(), actor.area_id)
    return Context(database(), actor, clock.now(), house().policies, area.time_zone)


def wants_json() -> bool:
    """Whether the caller is a program: the API, or one that asks for JSON first."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith("/api/") or best == "application/json"


def problem_response(problem: Problem, text: str) -> Response:
    """Answer a program with RFC 9457 problem+json."""
    body = {
        "type": f"urn:ltc:problem:{problem.code}",
        "title": text,
        "status": problem.status,
        "field": problem.field,
    }
    response = current_app.json.response({k: v for k, v in body.items() if v is not None})
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    return response


def _ask_to_sign_in() -> Any:
    if wants_json():
        return Response(status=401)
    return redirect(url_for("session.sign_in", next=request.full_path.rstrip("?")))
