"""Fixtures of the whole suite; tests/README.md says how to use them."""

import gc
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc import settings
from ltc.rules.access import Actor, Role
from ltc.services.context import Context
from ltc.settings import Settings
from ltc.store.areas import Area
from tests.support import postgres
from tests.support.databases import (
    PostgresDatabases,
    SqliteDatabases,
    drop_left_databases,
    open_engine,
)
from tests.support.seconds import list_reports, tell_seconds

# The doors are imported by the fixtures that open them: tests of rules and tables start without.
if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser

    from ltc.factory import House
    from ltc.rules.policies import LawBook
    from tests.support.full_disks import Disk

ROOT = Path(__file__).parents[1]
# Workers and commands that tests start read compiled modules instead of compiling each anew, which
# would take several seconds a process; the source folders stay clean.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "pycache"))
NOW = datetime(2019, 11, 14, 2, 30, tzinfo=UTC)
HELD = pytest.StashKey[Any]()
# Keys of the tests, made up; hashing passwords costs a hundredth of what it costs in production.
ENVIRONMENT = {
    "LTC_ENV": "test",
    "LTC_SECRET_KEY": "a key for tests only, long enough",
    "LTC_DATA_KEYS": "t1:" + "dGVzdHMgb25seTogMzIgYnl0ZXMgb2YgYSBrZXkhISE=",
    "LTC_LOOKUP_KEY": "dGVzdHMgb25seTogMzIgYnl0ZXMgdG8gbG9vayB1cCE=",
    "LTC_BACKUP_KEYS": "b1:" + "dGVzdHMgb25seTogMzIgYnl0ZXMgZm9yIGJhY2t1cHM=",
    "LTC_WORKERS": "1",
    "LTC_ARGON2_TIME_COST": "1",
    "LTC_ARGON2_MEMORY_KIB": "32",
}
# A busy machine is no failure: nothing timed decides a test. LTC_TEST_PROFILE=thorough looks longer.
UNTIMED = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("quick", max_examples=40, **UNTIMED)
hypothesis.settings.register_profile("thorough", max_examples=1_000, **UNTIMED)
hypothesis.settings.load_profile(os.environ.get("LTC_TEST_PROFILE", "quick"))


# --- the run -------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[HELD] = postgres.open_run_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if HELD in config.stash:
        drop_left_databases()
        postgres.close_run_folder(config.stash[HELD])


def pytest_collection_finish() -> None:
    """Look no more for garbage in what is loaded by now: it stays, and is most of what there is."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def pytest_report_header() -> str:
    reason = postgres.why_not()
    return f"!!! NO POSTGRESQL: {reason}" if reason else "databases: sqlite, postgresql"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("seconds of all processes together")
    for line in tell_seconds(list_reports(terminalreporter.stats)):
        terminalreporter.line(line)
    if reason := postgres.why_not():
        terminalreporter.section("NO POSTGRESQL", sep="!", red=True, bold=True)
        terminalreporter.line(f"Nothing was tested on PostgreSQL: {reason}", red=True)


@sa.event.listens_for(sa.Engine, "engine_connect")
def _hurry_sqlite(connection: sa.Connection) -> None:
    """Let SQLite trust the system to write: a test's database need not survive a power cut."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        if not driver.in_transaction:
            driver.execute("PRAGMA synchronous = OFF")


# --- databases -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresDatabases]:
    """PostgreSQL's databases; without a server the test is skipped, or fails where CI is set."""
    try:
        postgres.server_url()
    except postgres.NoPostgres as error:
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL: {error}", pytrace=False)
        pytest.skip(f"no PostgreSQL: {error}")
    databases = PostgresDatabases()
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> SqliteDatabases | PostgresDatabases:
    """Both kinds of database, one after the other: every test that asks runs on each."""
    found: SqliteDatabases | PostgresDatabases = request.getfixturevalue(
        f"{request.param}_databases"
    )
    return found


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, databases: SqliteDatabases | PostgresDatabases
) -> Iterator[str]:
    """A migrated database without rows; what the test commits is gone afterwards.

    Where the test asks for a ``disk``, it is the one that lies there.
    """
    if "disk" in request.fixturenames:
        disk: Disk = request.getfixturevalue("disk")
        yield disk.url
        return
    with databases.lend_shared() as url:
        yield url


@pytest.fixture
def disk(databases: SqliteDatabases | PostgresDatabases) -> "Iterator[Disk]":
    """What ``database_url`` lies on, to be filled: with a database that nobody emptied before."""
    from tests.support.full_disks import lend_on_disk

    with lend_on_disk(databases) as disk:
        yield disk


@pytest.fixture
def fresh_database_url(databases: SqliteDatabases | PostgresDatabases) -> Iterator[str]:
    """A migrated database of one's own: for tests that kill processes or change the schema."""
    with databases.lend() as url:
        yield url


@pytest.fixture
def empty_database_url(databases: SqliteDatabases | PostgresDatabases) -> Iterator[str]:
    """A database without tables."""
    with databases.lend(is_migrated=False) as url:
        yield url


# --- the house -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def policies() -> "LawBook":
    """The law that ships with the product."""
    from ltc.store.policies import load_law

    return load_law(ROOT / "ltc/policy")


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation on the test's database, for processes of its own too."""
    home = tmp_path / "home"
    return {**ENVIRONMENT, "LTC_HOME": str(home), "LTC_DATABASE_URL": database_url}


@pytest.fixture
def given_settings(environ: dict[str, str]) -> Settings:
    return settings.load(environ)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    with open_engine(database_url) as engine:
        yield engine


@pytest.fixture
def house(given_settings: Settings, engine: sa.Engine, policies: "LawBook") -> "House":
    """What a running application holds."""
    from tests.support.installations import make_house

    return make_house(given_settings, engine, policies)


@pytest.fixture
def session(house: "House") -> Iterator[Session]:
    """A session of the test's own; commits are real."""
    with house.session_maker() as session:
        yield session


@pytest.fixture
def area(session: Session) -> Area:
    """Chongqing, which the actor of ``ctx`` works for; committed."""
    area = Area(
        id=1,
        code="chongqing",
        name_zh="重庆",
        name_en="Chongqing",
        time_zone="Asia/Shanghai",
        policy_area="chongqing",
    )
    session.add(area)
    session.commit()
    return area


@pytest.fixture
def make_ctx(session: Session, area: Area, policies: "LawBook") -> Callable[..., Context]:
    """Make contexts: ``make_ctx(role=Role.OFFICER, now=..., organisation_id=...)``."""

    def make(role: Role = Role.MACHINE, now: datetime = NOW, **who: Any) -> Context:
        named = {"user_id": None, "name": role.value, "area_id": area.id, "door": "test", **who}
        return Context(session, Actor(role=role, **named), now, policies, area.time_zone)

    return make


@pytest.fixture
def ctx(make_ctx: Callable[..., Context]) -> Context:
    """The machine's context at NOW, 14 November 2019, 10:30 in Chongqing."""
    return make_ctx()


# --- the doors -----------------------------------------------------------------------------------


@pytest.fixture
def app(house: "House") -> "Flask":
    """The application; its test clients are careful ones."""
    from tests.support.installations import make_app

    return make_app(house)


@pytest.fixture
def client(app: "Flask") -> "FlaskClient":
    """A browser of nobody; fails where a page leaves uncommitted changes behind."""
    return app.test_client()


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A real browser, started once in each process; tests open contexts that share nothing."""
    from tests.support.browsers import open_browser

    with open_browser() as browser:
        yield browser
