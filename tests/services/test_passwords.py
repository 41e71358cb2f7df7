"""Hashes of passwords: one at a time in a process, without a connection, and old ones hold."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from ltc.rules.access import Role
from ltc.rules.users import UserLocked
from ltc.services import passwords, users
from ltc.services.passwords import Passwords
from ltc.services.sign_in import sign_in
from tests.conftest import NOW
from tests.support.factories import make_user

CHEAP = Passwords(1, 64)
READERS = 6
PASSWORD = "four words make it"


class SlowHasher:
    """Takes its time, and remembers how many were at work with it at once."""

    def __init__(self):
        self.counting, self.at_work, self.most = threading.Lock(), 0, 0

    def verify(self, _stored_hash, _password):
        with self.counting:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        time.sleep(0.01)
        with self.counting:
            self.at_work -= 1


def test_a_process_works_out_one_hash_at_a_time(monkeypatch):
    slow = SlowHasher()
    monkeypatch.setattr(passwords, "_hasher", lambda *_costs: slow)
    together = threading.Barrier(READERS)

    def sign_in(_reader):
        together.wait(10)
        return CHEAP.is_right("stored", "given")

    with ThreadPoolExecutor(READERS) as readers:
        assert list(readers.map(sign_in, range(READERS))) == [True] * READERS
    assert slow.most == 1


def test_the_next_one_has_its_turn_after_a_wrong_password():
    right = CHEAP.hash("four common words here")
    assert not CHEAP.is_right(right, "wrong")
    assert not CHEAP.is_right("no hash at all", "wrong")
    assert CHEAP.is_right(right, "four common words here")


def test_a_hash_of_two_lanes_is_verified_and_made_anew():
    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=2).hash("as before")
    assert CHEAP.is_right(old, "as before")
    assert CHEAP.is_outdated(old)
    assert not CHEAP.is_outdated(CHEAP.hash("as before"))


class Watching:
    """Hashes cheaply, and remembers how many connections were taken at each of its hashes."""

    def __init__(self, engine):
        self.pool, self.taken = engine.pool, []

    def hash(self, password):
        self.taken.append(self.pool.checkedout())
        return CHEAP.hash(password)

    def is_right(self, stored_hash, password):
        self.taken.append(self.pool.checkedout())
        return CHEAP.is_right(stored_hash, password)

    def is_outdated(self, stored_hash):
        return CHEAP.is_outdated(stored_hash)


@pytest.fixture
def watching(engine):
    return Watching(engine)


@pytest.fixture
def user(session, area):
    """Somebody who signs in with a hash of lower cost than today's, which is made anew then."""
    old = Passwords(1, 32).hash(PASSWORD)
    return make_user(session, Role.ADMINISTRATOR, sign_in_name="chen", password_hash=old)


@pytest.fixture
def own(user, make_ctx):
    """The user's own context."""
    return make_ctx(Role.ADMINISTRATOR, user_id=user.id, organisation_id=user.organisation_id)


def enter(session, policies, watching):
    return sign_in(
        session, NOW, "chen", PASSWORD, passwords=watching, policies=policies, session_hours=10
    )


def test_signing_in_holds_no_connection_at_its_hashes(session, user, policies, watching):
    enter(session, policies, watching)
    assert watching.taken == [0, 0]


def test_who_is_locked_is_told_without_a_hash(session, user, policies, watching):
    user.locked_until = NOW + timedelta(minutes=1)
    session.commit()
    with pytest.raises(UserLocked):
        enter(session, policies, watching)
    assert watching.taken == []


def test_changing_a_password_holds_no_connection_at_its_hashes(own, session, user, watching):
    session.rollback()
    users.change_password(
        own, old_password=PASSWORD, new_password="four other words", passwords=watching,
        keep_token="",
    )  # fmt: skip
    assert watching.taken == [0, 0]
    assert CHEAP.is_right(user.password_hash, "four other words")


def test_a_password_that_was_reset_meanwhile_is_not_changed(own, session, user, house):
    class Slow(Watching):
        def hash(self, password):
            with house.session_maker() as other, other.begin():
                other.get_one(type(user), (user.area_id, user.id)).password_hash = "reset"
            return super().hash(password)

    with pytest.raises(users.PasswordWrong):
        users.change_password(
            own, old_password=PASSWORD, new_password="four other words",
            passwords=Slow(house.engine), keep_token="",
        )  # fmt: skip
    session.refresh(user)
    assert user.password_hash == "reset"


def test_resetting_a_password_holds_no_connection_at_its_hash(own, session, user, watching):
    reset = users.reset_password(own, user_id=user.id, passwords=watching)
    assert watching.taken == [0]
    assert CHEAP.is_right(user.password_hash, reset.password)


def test_creating_a_user_holds_no_connection_at_the_hash(own, watching):
    users.create_user(
        own, sign_in_name="new", name="", role=Role.ADMINISTRATOR, passwords=watching,
        organisation_id=own.actor.organisation_id,
    )  # fmt: skip
    assert watching.taken == [0]
