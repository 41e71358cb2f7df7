"""The start page: what waits for whom, by role."""

from typing import Any

from flask import Blueprint, render_template

from ltc import http

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@http.signed_in
def index() -> Any:
    """Show what waits for the person who is there."""
    return render_template("home/index.html", cards=[])
