"""``flask keys``: make keys, and move sealed data to a new one."""

import click
from flask.cli import AppGroup

from ltc import http, settings
from ltc.commands.counted import say_count
from ltc.commands.machine import machine_in, plainly
from ltc.services.keys import rotate
from ltc.store.areas import list_areas

keys_group = AppGroup("keys", help="The keys of the settings.")


@keys_group.command("make", with_appcontext=False)
def make() -> None:
    """Print a fresh set of keys for the environment of an installation."""
    for name, value in settings.make_keys().items():
        click.echo(f"{name}={value}")


@keys_group.command("rotate")
def rotate_command() -> None:
    """Seal all personal data under the first key of LTC_DATA_KEYS.

    Put the new key first and keep the old ones behind it, restart, run this; stopped half-way, run
    it again. When it has ended, the old keys can be taken away.
    """
    with plainly():
        with http.house().session_maker() as session:
            codes = [area.code for area in list_areas(session)]
        for code in codes:
            with machine_in(code) as ctx:
                click.echo(f"{code}: {say_count(rotate(ctx), 'row')} sealed anew")
        click.echo(f"All data lie under key {http.house().settings.keys.current}.")
