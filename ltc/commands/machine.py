"""What every command needs: the machine as actor, and errors said in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import DBAPIError

from ltc import clock, http
from ltc.rules.access import Actor, Role
from ltc.rules.errors import Problem
from ltc.rules.spoken import say_in_english
from ltc.services.context import Context
from ltc.store.areas import get_area_by_code
from ltc.store.reachable import find_trouble

MACHINE = "machine"


@contextmanager
def plainly() -> Iterator[None]:
    """Say a problem in one line and end with exit code 1, without a traceback."""
    try:
        yield
    except Problem as problem:
        raise click.ClickException(say_in_english(problem)) from None
    except DBAPIError as error:
        text = " ".join(str(error.orig).split())
        trouble = find_trouble(error)
        said = say_in_english(trouble) if trouble else "The database refused."
        raise click.ClickException(f"{said} ({text})") from None


@contextmanager
def machine_in(area_code: str) -> Iterator[Context]:
    """Yield the machine's context in an area; raises AreaNotFound."""
    house = http.house()
    with house.session_maker() as session:
        area = get_area_by_code(session, area_code)
        actor = Actor(None, MACHINE, Role.MACHINE, area.id, door="shell")
        yield Context(session, actor, clock.now(), house.policies, area.time_zone)
