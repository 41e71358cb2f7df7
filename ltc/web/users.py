"""Pages of users: list, create, show, reset the password, deactivate."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from ltc import clock, http
from ltc.rules.access import ROLE_NAMES, ROLE_TASKS, Permission, Role
from ltc.rules.errors import Problem
from ltc.services import users as use_cases
from ltc.store.areas import list_districts
from ltc.store.users_questions import (
    SORTS,
    UserFilter,
    find_carer_id,
    find_last_seen,
    find_organisation_names,
    get_user,
    list_users,
)
from ltc.web import once
from ltc.web.chosen import organisation_id_of, suggest
from ltc.web.forms.refusals import show_refusal
from ltc.web.forms.users import ConfirmForm, CreateForm, DeactivateForm
from ltc.web.lists import choices_of, read_choice, read_cursor, read_sort, read_text

blueprint = Blueprint("users", __name__, url_prefix="/users")

PEOPLE_ROLES = {role: name for role, name in ROLE_NAMES.items() if role is not Role.MACHINE}
STATES = {"active": True, "inactive": False}
LOCKED = "locked"


@blueprint.get("")
@http.requires(Permission.MANAGE_USERS)
def index() -> Any:
    """List users, filtered and sorted, page by page."""
    session, actor, now = http.database(), http.current_actor(), clock.now()
    state = request.args.get("state", "")
    chosen = UserFilter(
        read_text("q"), read_choice("role", Role), STATES.get(state),
        now if state == LOCKED else None,
    )  # fmt: skip
    sort = read_sort(SORTS, "sign_in_name")
    found = list_users(
        session, actor, chosen, sort.columns, read_cursor(), descending=sort.descending
    )
    return render_template(
        "users/index.html",
        page=found,
        sort=sort,
        chosen=chosen,
        roles=choices_of(PEOPLE_ROLES),
        role_names=ROLE_NAMES,
        organisations=find_organisation_names(
            session, actor, {user.organisation_id for user in found.rows}
        ),
        now=now,
    )


@blueprint.route("/create", methods=["GET", "POST"])
@http.requires(Permission.MANAGE_USERS)
def create() -> Any:
    """Create a user and show their first password, once."""
    form = _create_form()
    if form.validate_on_submit():
        try:
            organisation_id = organisation_id_of(form.organisation.data)
            made = use_cases.create_user(
                http.context(),
                sign_in_name=form.sign_in_name.data,
                name=form.name.data,
                role=Role(form.role.data),
                organisation_id=organisation_id,
                district_id=form.district_id.data,
                carer_id=_carer_id(form, organisation_id),
                passwords=http.passwords(),
            )
        except Problem as problem:
            show_refusal(form, problem)
        else:
            return _show_password_once(made)
    page = render_template("users/create.html", form=form, suggestions=suggest("organisation"))
    return page, 422 if form.errors else 200


@blueprint.get("/<int:user_id>")
@http.requires(Permission.MANAGE_USERS)
def show(user_id: int) -> Any:
    """Show one user: what they are, where, and whether they can sign in."""
    session, actor = http.database(), http.current_actor()
    user = get_user(session, actor, user_id)
    districts = {d.id: _name(d) for d in list_districts(session, actor.area_id)}
    now = clock.now()
    return render_template(
        "users/show.html",
        user=user,
        role=ROLE_NAMES[user.role],
        task=ROLE_TASKS[user.role],
        organisation=find_organisation_names(session, actor, [user.organisation_id]).get(
            user.organisation_id, "–"
        ),
        district=districts.get(user.district_id or 0),
        is_locked=user.locked_until is not None and user.locked_until > now,
        last_seen=find_last_seen(session, actor, user_id),
        is_self=user.id == actor.user_id,
    )


@blueprint.route("/<int:user_id>/reset", methods=["GET", "POST"])
@http.requires(Permission.MANAGE_USERS)
def reset(user_id: int) -> Any:
    """Ask once, then show the new password, once."""
    user, form = get_user(http.database(), http.current_actor(), user_id), ConfirmForm()
    if form.validate_on_submit():
        made = use_cases.reset_password(http.context(), user_id=user_id, passwords=http.passwords())
        return _show_password_once(made)
    return render_template("users/reset.html", user=user, form=form)


def _show_password_once(made: use_cases.NewPassword) -> str:
    once.lead_second_click(url_for("users.show", user_id=made.user.id))
    return render_template("users/password_once.html", made=made)


@blueprint.route("/<int:user_id>/deactivate", methods=["GET", "POST"])
@http.requires(Permission.MANAGE_USERS)
def deactivate(user_id: int) -> Any:
    """Ask once for the reason, then keep the user from signing in."""
    user, form = get_user(http.database(), http.current_actor(), user_id), DeactivateForm()
    if form.validate_on_submit():
        try:
            use_cases.deactivate(http.context(), user_id=user_id, reason=form.reason.data)
        except Problem as problem:
            show_refusal(form, problem)
        else:
            flash(_("%(name)s cannot sign in any more.", name=user.name), "done")
            return redirect(url_for("users.show", user_id=user_id))
    page = render_template(
        "users/deactivate.html", user=user, form=form, role=ROLE_NAMES[user.role]
    )
    return page, 422 if form.errors else 200


@blueprint.post("/<int:user_id>/activate")
@http.requires(Permission.MANAGE_USERS)
def activate(user_id: int) -> Any:
    """Let a deactivated user sign in again."""
    user = use_cases.activate(http.context(), user_id=user_id)
    flash(_("%(name)s is active again.", name=user.name), "done")
    return redirect(url_for("users.show", user_id=user_id))


def _create_form() -> CreateForm:
    form, session, actor = CreateForm(), http.database(), http.current_actor()
    form.role.choices = [("", _("Choose a role.")), *choices_of(PEOPLE_ROLES)]
    form.district_id.choices = [
        ("", _("All districts")),
        *[(district.id, _name(district)) for district in list_districts(session, actor.area_id)],
    ]
    return form


def _carer_id(form: CreateForm, organisation_id: int) -> int | None:
    """Return the carer whose code was entered; raises CarerUnknown where it fits nobody."""
    code = (form.carer_code.data or "").strip()
    if not code:
        return None
    found = find_carer_id(http.database(), http.current_actor(), organisation_id, code)
    if found is None:
        raise use_cases.CarerUnknown(field="carer_code")
    return found


def _name(place: Any) -> str:
    return str(place.name_zh if str(get_locale()).startswith("zh") else place.name_en)
