"""Fixtures of pages: an officer's browser, and the people of a small case."""

from datetime import UTC, datetime

import pytest
import time_machine

from ltc import settings
from ltc.rules.access import Role
from tests.conftest import ENVIRONMENT
from tests.support import factories as make
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
