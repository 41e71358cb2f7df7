"""Signing in and out, and one's own password."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.access import ROLE_NAMES, ROLE_TASKS
from ltc.rules.errors import Problem
from ltc.services import sign_in as door
from ltc.services import users
from ltc.store.users import list_demonstration_users, token_digest
from ltc.web import devices, once
from ltc.web.forms.refusals import show_refusal
from ltc.web.forms.session import PasswordForm, SignInForm
from ltc.web.shell import limiter

blueprint = Blueprint("session", __name__)

ATTEMPTS = "30 per minute; 200 per hour"


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS, methods=["POST"])
@http.public
def sign_in() -> Any:
    """Ask for name and password, and open a session."""
    form = SignInForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        try:
            ticket = door.sign_in(
                http.database(),
                clock.now(),
                form.sign_in_name.data,
                form.password.data,
                passwords=http.passwords(),
                policies=http.house().policies,
                session_hours=http.house().settings.session_hours,
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _welcome(ticket, once.safe_path(form.next.data))
    return _sign_in_page(form), 422 if form.errors else 200


def _welcome(ticket: door.Ticket, path: str) -> Response:
    """Give the browser its session, and nothing of the one it had before but the language."""
    language = cookie.get("language")
    cookie.clear()
    if language:
        cookie["language"] = language
    answer: Response = redirect(path)  # type: ignore[assignment]
    answer.set_cookie(
        http.SESSION_COOKIE,
        ticket.token,
        secure=http.house().settings.https,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _sign_in_page(form: SignInForm) -> str:
    found = list_demonstration_users(http.database()) if http.house().settings.is_demo else []
    people = [
        {
            "sign_in_name": user.sign_in_name,
            "name": user.name,
            "role": _(ROLE_NAMES[user.role]),
            "task": _(ROLE_TASKS[user.role]),
            "area": area,
        }
        for user, area in found
    ]
    return render_template("session/sign_in.html", form=form, people=people)


@blueprint.post("/sign-out")
@http.signed_in
def sign_out() -> Any:
    """End the session."""
    door.sign_out(http.context(), token=request.cookies[http.SESSION_COOKIE])
    cookie.clear()
    answer = redirect(url_for("session.sign_in"))
    answer.delete_cookie(http.SESSION_COOKIE)
    return devices.forget(answer)


@blueprint.route("/password", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS, methods=["POST"])
@http.signed_in
def change_password() -> Any:
    """Choose a new password of one's own."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            users.change_password(
                http.context(),
                old_password=form.old_password.data,
                new_password=form.new_password.data,
                passwords=http.passwords(),
                keep_token=token_digest(request.cookies[http.SESSION_COOKIE]),
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            flash(_("Your password is changed. Other browsers were signed out."), "done")
            return redirect("/")
    page = render_template(
        "session/change_password.html",
        form=form,
        must_change_password=g.signed_in.user.must_change_password,
    )
    return page, 422 if form.errors else 200
