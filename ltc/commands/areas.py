"""``flask areas``: districts and assessing bodies, which must be there before anybody is."""

import click
from flask.cli import AppGroup

from ltc.commands.machine import machine_in, plainly
from ltc.services.areas import found_organisation, open_district
from ltc.store.areas import OrganisationKind

areas_group = AppGroup("areas", help="Districts and assessing bodies of an area.")

area_option = click.option("--area", required=True, help="Code of the area.")


@areas_group.command("district")
@click.argument("code")
@click.argument("name")
@click.option("--name-en", help="Its name in English; NAME if left out.")
@area_option
def district(code: str, name: str, name_en: str | None, area: str) -> None:
    """Add the district NAME with its CODE: people and providers are registered in one."""
    with plainly(), machine_in(area) as ctx:
        made = open_district(ctx, code=code, name_zh=name, name_en=name_en or name)
    click.echo(f"Opened the district {made.code}.")


@areas_group.command("body")
@click.argument("name")
@area_option
def body(name: str, area: str) -> None:
    """Record the assessing body NAME: assessors and experts are users of one."""
    with plainly(), machine_in(area) as ctx:
        made = found_organisation(ctx, kind=OrganisationKind.ASSESSING_BODY, name=name)
    click.echo(f"Recorded the assessing body {made.name}.")
