"""A test client that fails where a page leaves changes behind that no use-case committed."""

from typing import Any

import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy.orm import ORMExecuteState, Session
from werkzeug.test import TestResponse

KEY = "ltc.tests.left_behind"


class UncommittedChanges(AssertionError):
    """A view changed its session and did not commit: the change is lost without a word."""


class CarefulClient(FlaskClient):
    """Flask's test client, which looks after every request whether something was left behind.

    It looks when the request is torn down, so use it without ``with client:``. It reads English
    unless a test asks for another language.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        left: list[str] = self.application.extensions[KEY]
        if left:
            what, left[:] = ", ".join(left), []
            raise UncommittedChanges(f"{response.request.path} left uncommitted: {what}")
        return response


def watch(app: Flask) -> Flask:
    """Let an application's test clients be careful ones."""
    app.extensions[KEY] = []
    app.test_client_class = CarefulClient

    # Flask calls the teardown registered last first: the request's session is still open.
    @app.teardown_appcontext
    def look(_error: BaseException | None) -> None:
        session: Session | None = g.get("session")
        if session is not None:
            app.extensions[KEY].extend(find_changes(session))

    return app


def find_changes(session: Session) -> list[str]:
    """Name what a session has changed since it last committed or rolled back."""
    changed = {obj for obj in session.dirty if session.is_modified(obj)}
    waiting = [type(obj).__name__ for obj in {*session.new, *changed, *session.deleted}]
    return sorted(waiting) + session.info.get(KEY, [])


@sa.event.listens_for(Session, "after_flush")
def _note_flush(session: Session, _context: Any) -> None:
    session.info.setdefault(KEY, []).append("what was flushed")


@sa.event.listens_for(Session, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        # Named by its kind and table: as text, an insert through a mapped class cannot be compiled.
        statement: Any = state.statement
        written = f"a statement: {type(statement).__name__.upper()} {statement.table.name}"
        state.session.info.setdefault(KEY, []).append(written)


@sa.event.listens_for(Session, "after_commit")
@sa.event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(KEY, None)
