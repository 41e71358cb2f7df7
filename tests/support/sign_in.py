"""A signed-in browser for tests, without the page of signing in and without its slow hash."""

import secrets
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from ltc import clock
from ltc.http import FORM_TOKEN, SESSION_COOKIE
from ltc.store.users import User, UserSession, token_digest

CSRF_SALT = "wtf-csrf-token"  # Flask-WTF's own


def sign_in_as(client: FlaskClient, user: User) -> FlaskClient:
    """Give the client's browser a session of the user; return the client.

    The session begins now by the real clock (or by time-machine's).
    """
    house = client.application.extensions["ltc"]
    with house.session_maker() as session:
        token, now = secrets.token_urlsafe(32), clock.now()
        session.add(
            UserSession(
                token_digest=token_digest(token), area_id=user.area_id, user_id=user.id,
                created_at=now, seen_at=now,
                expires_at=now + timedelta(hours=house.settings.session_hours),
            )
        )  # fmt: skip
        session.commit()
    client.set_cookie(SESSION_COOKIE, token)
    return client


def send(
    client: FlaskClient, path: str, data: dict[str, Any] | None = None, **more: Any
) -> TestResponse:
    """Post a form as a page would: with the CSRF token and a one-time token of its own."""
    tokens = {"csrf_token": csrf_token(client), FORM_TOKEN: secrets.token_urlsafe(24)}
    return client.post(path, data={**tokens, **(data or {})}, **more)


def csrf_token(client: FlaskClient) -> str:
    """Return a CSRF token that the client's browser may send."""
    with client.session_transaction() as cookie:
        raw = cookie.setdefault("csrf_token", secrets.token_hex(20))
    key = client.application.secret_key
    assert isinstance(key, str)
    return str(URLSafeTimedSerializer(key, salt=CSRF_SALT).dumps(raw))
