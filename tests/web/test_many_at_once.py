"""Everybody at once: pages answer while all sign in, and where nothing is left one is told so."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ltc.commands import serve
from ltc.rules.access import Role
from ltc.services import passwords
from ltc.services.passwords import PLACES, Passwords
from ltc.store import db
from tests.support.factories import make_user
from tests.support.installations import make_app
from tests.support.sign_in import send

TOO_MANY = 8
WAIT_SECONDS = 20
PAGE = "/verify/" + "7K3M" * 4  # anybody's, and looked up in the database
JSON = {"Accept": "application/json"}


class SlowHasher:
    """Begins on the first password, and ends when it is let."""

    def __init__(self):
        self.is_let = threading.Event()

    def verify(self, _stored_hash, _password):
        assert self.is_let.wait(WAIT_SECONDS)

    def check_needs_rehash(self, _stored_hash):
        return False


@pytest.fixture
def hasher(monkeypatch):
    hasher = SlowHasher()
    monkeypatch.setattr(passwords, "_hasher", lambda *_costs: hasher)
    yield hasher
    hasher.is_let.set()


@pytest.fixture
def chen(session, area):
    return make_user(session, Role.OFFICER, sign_in_name="chen",
                     password_hash=Passwords(1, 32).hash("four words make it"))  # fmt: skip


def enter(app, number):
    """Sign in from an address of one's own."""
    client = app.test_client()
    client.get("/language/en")
    return send(
        client, "/sign-in", {"sign_in_name": "chen", "password": "four words make it"},
        environ_overrides={"REMOTE_ADDR": f"10.0.0.{number}"},
    )  # fmt: skip


def test_a_page_answers_while_everybody_waits_for_a_hash(app, chen, hasher):
    with ThreadPoolExecutor(serve.THREADS) as worker:  # as the server has them
        tried = [worker.submit(enter, app, n) for n in range(serve.THREADS + TOO_MANY)]
        try:
            page = worker.submit(app.test_client().get, PAGE).result(WAIT_SECONDS)
            assert page.status_code == 404
        finally:
            hasher.is_let.set()
        answers = [each.result(WAIT_SECONDS) for each in tried]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(answers) - len(refused) >= PLACES
    assert 0 < len(refused) <= serve.THREADS + TOO_MANY - PLACES
    for answer in refused:
        assert answer.headers["Retry-After"] == "60"
        assert "Too many people are signing in" in answer.get_data(as_text=True)
    assert {answer.status_code for answer in answers} <= {302, 503}


def test_those_who_do_not_wait_for_a_hash_find_a_connection():
    assert 0 < serve.THREADS - PLACES <= db.CONNECTIONS


@pytest.fixture
def narrow(house, area):
    """An application with one connection, for which nobody waits long."""
    url = house.settings.database_url
    engine = db.create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    maker = db.create_session_maker(engine, house.settings.keys)
    yield make_app(replace(house, engine=engine, session_maker=maker)), engine
    engine.dispose()


def test_without_a_connection_left_the_database_is_busy(narrow):
    app, engine = narrow
    client = app.test_client()
    client.get("/language/en")
    with engine.connect():
        page, told = client.get(PAGE), client.get(PAGE, headers=JSON)
        ready = client.get("/readyz")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "60")
    assert "The database is busy with other work. Nothing was changed." in page.get_data(
        as_text=True
    )
    assert (told.status_code, told.json["type"]) == (503, "urn:ltc:problem:database_busy")
    assert (ready.status_code, ready.json["database"]) == (503, "database_busy")
    assert client.get(PAGE).status_code == 404


def test_both_databases_have_as_many_connections(engine):
    assert engine.pool.size() == db.CONNECTIONS
