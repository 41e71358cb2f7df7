"""A running application of a test's own, or one that a whole module of tests reads from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from ltc.factory import House, create_app
from ltc.rules.policies import LawBook
from ltc.rules.timetable import Timetable
from ltc.settings import Settings
from ltc.store import db
from ltc.store.timetable import read_timetable
from tests.support import postgres, sessions
from tests.support.world import Side, build_world


@dataclass(frozen=True, slots=True)
class SharedWorld:
    """The small world behind an application, built once for tests that change nothing in it."""

    app: Flask
    areas: list[list[Side]]


def make_house(settings: Settings, engine: sa.Engine, policies: LawBook) -> House:
    """Return what a running application holds."""
    maker = db.create_session_maker(engine, settings.keys)
    return House(settings, engine, maker, policies, _read_timetable())


def make_app(house: House) -> Flask:
    """Return the application; its test clients are careful ones."""
    app = create_app(house=house)
    # Each template is compiled once in a run, not once in each test.
    app.jinja_env.bytecode_cache = _template_cache()
    return sessions.watch(app)


@contextmanager
def open_shared_world(settings: Settings, policies: LawBook) -> Iterator[SharedWorld]:
    """Yield the small world on an empty database, its rows readable after their session's end."""
    engine = db.create_engine(settings.database_url)
    house = make_house(settings, engine, policies)
    with house.session_maker(expire_on_commit=False) as session:
        areas = build_world(session)
        session.expunge_all()
    yield SharedWorld(make_app(house), areas)
    engine.dispose()


@cache
def _read_timetable() -> Timetable:
    return read_timetable()


@cache
def _template_cache() -> FileSystemBytecodeCache:
    folder = postgres.run_folder() / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


# What builds an address is compiled once for each rule of a run, not 300 times for each application:
# it follows from the rule alone, and is told on whose behalf it builds.
_builders: dict[tuple[Any, ...], Any] = {}
_compile_builder = Rule._compile_builder


def _compile_once(rule: Rule, append_unknown: bool = True) -> Any:
    key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _compile_once  # type: ignore[method-assign]
