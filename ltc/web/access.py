"""The permission table on one page: what each role may do, and how far it sees."""

from typing import Any

from flask import Blueprint, render_template

from ltc import http
from ltc.rules.access import (
    PERMISSION_NAMES,
    PERMISSIONS,
    REACH,
    REACH_NAMES,
    ROLE_NAMES,
    ROLE_TASKS,
    Role,
)

blueprint = Blueprint("access", __name__)


@blueprint.get("/access")
@http.signed_in
def index() -> Any:
    """Show every role with every permission, in words."""
    roles = [role for role in Role if role is not Role.MACHINE]
    return render_template(
        "access/index.html",
        roles=roles,
        role_names=ROLE_NAMES,
        role_tasks=ROLE_TASKS,
        reaches={role: REACH_NAMES[REACH[role]] for role in roles},
        permissions=PERMISSION_NAMES,
        granted=PERMISSIONS,
    )
