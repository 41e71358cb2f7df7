"""What pages, API and jobs share at the door: who is there, may they, and how errors answer."""

import base64
import hmac
import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Map

from ltc import clock
from ltc.rules.access import Actor, Permission, check_may
from ltc.rules.errors import NotFound, Problem
from ltc.rules.users import is_session_alive
from ltc.services.context import Context
from ltc.services.passwords import Passwords
from ltc.services.sign_in import keep_alive
from ltc.store.areas import get_area
from ltc.store.users import SignedIn, find_signed_in

View = TypeVar("View", bound=Callable[..., Any])

SESSION_COOKIE = "ltc_session"
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a hidden field
FORM_TOKEN_BYTES = 24
SEED_LENGTH, MARK_LENGTH = 32, 22  # characters: 24 bytes, and 16 bytes of the mark
LARGEST_ID = 2**63 - 1  # what the column of an id holds
FORM_TOKEN_SHAPE = re.compile(r"[A-Za-z0-9_-]{16,64}")


class RecordNumber(IntegerConverter):
    """``<int:...>`` in a route: a number beyond what a column holds has no page."""

    def __init__(self, url_map: Map, *_given: Any, **_options: Any) -> None:
        """Bound every number of every route."""
        super().__init__(url_map, max=LARGEST_ID)


class PageNotFound(NotFound):
    """There is no such page, or it is not yours to see."""


class SignInNeeded(Problem):
    """Sign in to see this page."""

    status = 401


def load_actor() -> None:
    """Put into ``g`` who asks: ``signed_in`` and ``actor`` (None for nobody) and ``time_zone``."""
    g.actor = g.signed_in = None
    token = request.cookies.get(SESSION_COOKIE)
    if not token or request.endpoint == "static":
        return
    found = find_signed_in(database(), token)
    if found is None or not _is_alive(found):
        return
    g.signed_in = found
    g.actor = found.actor("api" if request.path.startswith("/api/") else "page")
    g.time_zone = found.area.time_zone
    keep_alive(context(), found.session)


def _is_alive(found: SignedIn) -> bool:
    hours = house().settings.session_hours
    seen = found.session
    return found.user.active and is_session_alive(seen.seen_at, seen.expires_at, hours, clock.now())


def requires(permission: Permission) -> Callable[[View], View]:
    """Open a view to actors whose role includes the permission; others are sent to sign in."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if g.get("actor") is None:
                raise SignInNeeded()
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
            raise SignInNeeded()
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


def forget_database() -> None:
    """Let go of everybody and everything that was read: the database does not answer any more."""
    close_database()
    g.actor = g.signed_in = None
    g.pop("context", None)


def context() -> Context:
    """Return the context that the use-cases of this request are given, one for all of them."""
    if "context" not in g:
        actor = current_actor()
        area = get_area(database(), actor.area_id)
        g.context = Context(
            database(), actor, clock.now(), house().policies, area.time_zone, sent_form_token()
        )
    made: Context = g.context
    return made


def form_token() -> str:
    """Return a fresh one-time token for a form (``templates/shared/forms.html`` writes it).

    It ends with a mark of who was shown the form, so that nobody else is shown what was typed in.
    """
    seed = secrets.token_urlsafe(FORM_TOKEN_BYTES)
    actor: Actor | None = g.get("actor")
    return seed + _owner_mark(seed, actor.user_id if actor else None)


def is_form_of_another(token: str | None) -> bool:
    """Whether a form was shown to another user than the one who sends it; nobody's is everybody's."""
    if token is None or len(token) != SEED_LENGTH + MARK_LENGTH:
        return False
    seed, mark = token[:SEED_LENGTH], token[SEED_LENGTH:]
    owners = (None, current_actor().user_id)
    return not any(hmac.compare_digest(mark, _owner_mark(seed, owner)) for owner in owners)


def _owner_mark(seed: str, user_id: int | None) -> str:
    """Return the keyed mark of a user on a seed; it tells nothing without the key."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    text = f"form {seed} {user_id or 0}".encode()
    mark = base64.urlsafe_b64encode(hmac.digest(key, text, "sha256"))
    return mark.decode()[:MARK_LENGTH]


def sent_form_token() -> str | None:
    """Return the one-time token of the form that was sent, None where there is none."""
    if request.method != "POST":
        return None
    token = request.form.get(FORM_TOKEN, "")
    return token if FORM_TOKEN_SHAPE.fullmatch(token) else None


def passwords() -> Passwords:
    """Return what hashes passwords, at the cost that the settings say."""
    settings = house().settings
    return Passwords(settings.argon2_time_cost, settings.argon2_memory_kib)


def wants_json() -> bool:
    """Whether the caller is a program: the API, or one that asks for JSON first."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith("/api/") or best == "application/json"


def wants_part() -> bool:
    """Whether a script asks for a part of a page, to put it into the one that is open."""
    return bool(request.headers.get("HX-Request") == "true")


def problem_response(problem: Problem, text: str) -> Response:
    """Answer a program with what a use-case refused, as RFC 9457 problem+json."""
    return answer_program(problem.status, problem.code, text, problem.field)


def answer_program(status: int, code: str, text: str, field: str | None = None) -> Response:
    """Answer a program with RFC 9457 problem+json."""
    body = {"type": f"urn:ltc:problem:{code}", "title": text, "status": status, "field": field}
    response: Response = current_app.json.response(  # type: ignore[assignment]
        {k: v for k, v in body.items() if v is not None}
    )
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response
