"""Fixtures of pages: an officer's browser, and the people of a small case."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import time_machine

from ltc import settings
from ltc.rules.access import Role
from ltc.web import background
from tests.conftest import ENVIRONMENT
from tests.support import factories as make
from tests.support.desk import Desk, open_desk
from tests.support.installations import open_shared_world
from tests.support.sign_in import sign_in_as

NOW = datetime(2019, 11, 14, 2, 30, tzinfo=UTC)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_world(request, policies, tmp_path_factory):
    """The small world and its application, once for a module and database: only to be read."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.lend() as url:
        home = str(tmp_path_factory.mktemp("home"))
        given = settings.load({**ENVIRONMENT, "LTC_HOME": home, "LTC_DATABASE_URL": url})
        with open_shared_world(given, policies) as world:
            yield world


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request, policies, tmp_path_factory) -> Iterator[Desk]:
    """A house in which every form can be sent, once for a module and database, on 14 November."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.lend() as url, time_machine.travel(NOW, tick=False):
        home = str(tmp_path_factory.mktemp("home"))
        given = settings.load({**ENVIRONMENT, "LTC_HOME": home, "LTC_DATABASE_URL": url})
        with open_desk(given, policies) as opened:
            yield opened


@pytest.fixture
def processes(monkeypatch):
    """The commands of the processes that pages would have started."""
    started = []

    def start(command, **_how):
        started.append(command)
        return SimpleNamespace(poll=lambda: 0)

    monkeypatch.setattr(background, "subprocess", SimpleNamespace(Popen=start, DEVNULL=None))
    return started


@pytest.fixture
def november():
    """14 November 2019, 10:30 in Chongqing, for the pages too."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def officer(client, session, area, november):
    """A browser in which an officer of the agency is signed in."""
    return sign_in_as(client, make.make_user(session, Role.OFFICER))


@pytest.fixture
def person(session, area):
    return make.make_person(session)


@pytest.fixture
def provider(session, area):
    """A provider under agreement."""
    provider = make.make_provider(session)
    make.make_agreement(session, provider)
    return provider


@pytest.fixture
def carer(session, provider):
    return make.make_carer(session, provider)
