"""``flask users``: the first administrator, and a way back in."""

import click
from flask.cli import AppGroup

from ltc import clock, http
from ltc.commands.machine import machine_in, plainly
from ltc.rules.access import Role
from ltc.rules.users import normal_name
from ltc.services.areas import found_organisation, open_area
from ltc.services.context import Context
from ltc.services.users import (
    NewPassword,
    OrganisationUnknown,
    create_user,
    reset_password,
)
from ltc.store.areas import (
    AreaNotFound,
    Organisation,
    OrganisationKind,
    get_area_by_code,
    list_organisations,
)
from ltc.store.users import find_user_by_name
from ltc.store.users_questions import UserNotFound

ROLES = [role.value for role in Role if role is not Role.MACHINE]
AGENCY_NAME = "医疗保障经办机构"

users_group = AppGroup("users", help="People who sign in.")


@users_group.command("create")
@click.argument("sign_in_name")
@click.option("--area", required=True, help="Code of the area, as in its law: chongqing.")
@click.option("--area-name", help="Name of a new area; its code if left out.")
@click.option("--name", help="The person's name; the sign-in name if left out.")
@click.option("--role", type=click.Choice(ROLES), default=Role.ADMINISTRATOR.value)
@click.option("--organisation", help="Name of the organisation; the agency if left out.")
@click.option("--ask", is_flag=True, help="Ask for the password instead of making one.")
def create(
    sign_in_name: str,
    area: str,
    area_name: str | None,
    name: str | None,
    role: str,
    organisation: str | None,
    ask: bool,
) -> None:
    """Create a user who signs in as SIGN_IN_NAME; the first one opens the area and its agency.

    The password is printed once; it has to be changed at the first sign-in.
    """
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else None
    with plainly():
        _open_if_missing(area, area_name or area)
        with machine_in(area) as ctx:
            made = create_user(
                ctx,
                sign_in_name=sign_in_name,
                name=name or sign_in_name,
                role=Role(role),
                organisation_id=_organisation(ctx, organisation).id,
                passwords=http.passwords(),
                password=password,
            )
        _print(made, is_shown=not ask)


@users_group.command("reset")
@click.argument("sign_in_name")
@click.option("--area", required=True, help="Code of the area.")
def reset(sign_in_name: str, area: str) -> None:
    """Give SIGN_IN_NAME a new password, printed once, and end a lock."""
    with plainly(), machine_in(area) as ctx:
        user = find_user_by_name(ctx.session, normal_name(sign_in_name))
        if user is None or user.area_id != ctx.area_id:
            raise UserNotFound()
        _print(reset_password(ctx, user_id=user.id, passwords=http.passwords()), is_shown=True)


def _open_if_missing(code: str, name: str) -> None:
    house = http.house()
    with house.session_maker() as session:
        try:
            get_area_by_code(session, code)
        except AreaNotFound:
            open_area(session, clock.now(), house.policies, code=code, name_zh=name, name_en=name)
            click.echo(f"Opened the area {code}.")


def _organisation(ctx: Context, name: str | None) -> Organisation:
    """Return the organisation of a name, or the agency, which is founded if there is none."""
    kind = OrganisationKind.AGENCY if name is None else None
    found = list_organisations(ctx.session, ctx.area_id, kind)
    named = [organisation for organisation in found if name in (None, organisation.name)]
    if named:
        return named[0]
    if name is not None:
        raise OrganisationUnknown()
    return found_organisation(ctx, kind=OrganisationKind.AGENCY, name=AGENCY_NAME)


def _print(made: NewPassword, *, is_shown: bool) -> None:
    click.echo(f"sign-in name  {made.user.sign_in_name}")
    if is_shown:
        click.echo(f"password      {made.password}")
    click.echo("The password has to be changed at the first sign-in.")
