"""What every command needs: the machine as actor, and errors said in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from ltc import clock, http
from ltc.rules.access import build_machine
from ltc.rules.errors import Problem
from ltc.rules.spoken import say_in_english
from ltc.services.context import Context
from ltc.store.areas import get_area_by_code
from ltc.store.migrations import check_version
from ltc.store.reachable import DatabaseDamaged, find_trouble, name_damaged


@contextmanager
def plainly() -> Iterator[None]:
    """Say a problem in one line and end with exit code 1, without a traceback."""
    try:
        yield
    except Problem as problem:
        raise click.ClickException(say_in_english(problem)) from None
    except DBAPIError as error:
        raise click.ClickException(say_refusal(error)) from None


def say_refusal(error: DBAPIError) -> str:
    """Return what the database refused; its own words may hold a row, and so a person's name."""
    trouble = find_trouble(error)
    if isinstance(trouble, DatabaseDamaged):
        return say_in_english(name_damaged(http.house().engine, error))
    if trouble:
        return say_in_english(trouble)
    words = [getattr(error.orig, "sqlstate", None), type(error.orig).__name__]
    return f"The database refused ({' '.join(word for word in words if word)})."


def fitting_house() -> Any:
    """Return the house; raises DatabaseTooOld or DatabaseTooNew.

    A program of another version would write what nobody expects.
    """
    house = http.house()
    check_version(house.engine)
    return house


@contextmanager
def machine_in(area_code: str, *, any_version: bool = False) -> Iterator[Context]:
    """Yield the machine's context in an area; raises AreaNotFound.

    As ``fitting_house``, but not with ``any_version``: what is backed up and verified before it is
    brought up. A problem is said with the area's clock.
    """
    house = http.house() if any_version else fitting_house()
    with house.session_maker() as session:
        area = get_area_by_code(session, area_code)
        actor = build_machine(area.id, "shell")
        try:
            yield Context(session, actor, clock.now(), house.policies, area.time_zone)
        except Problem as problem:
            raise click.ClickException(say_in_english(problem, area.time_zone)) from None
