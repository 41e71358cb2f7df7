"""Hashes of passwords: one at a time in a process, and those of before go on working."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher

from ltc.services import passwords
from ltc.services.passwords import Passwords

CHEAP = Passwords(1, 64)
READERS = 6


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
