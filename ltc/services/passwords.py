"""Passwords as argon2id hashes; what a hash costs is handed in by the door.

A process works out one hash at a time. In the morning everybody signs in: all at once, their hashes
would take the processors from every page, and 64 MiB each. Who waits for their turn still gets in
sooner than if all were worked out beside each other. And they wait on threads that serve pages, so
the places to wait on are counted: beyond them one is asked to come again.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ltc.rules.errors import Problem

# Lanes of a hash. One, two and four cost the same processor time (measured: 0.19 s each), and an
# attacker, who has many passwords to try, gains nothing from fewer; but each lane is a thread that
# competes with the pages. Hashes of two lanes, as made before, are verified, then made anew.
PARALLELISM = 1
# For who is at work and who waits; the other threads of a worker (``commands.serve``) are for pages.
PLACES = 24
_places = threading.BoundedSemaphore(PLACES)
_turn = threading.Lock()
# No letters or digits that are mistaken for another when a password is read out.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS = 5
LETTERS_PER_GROUP = 4


class PasswordsBusy(Problem):
    """Too many people are signing in at this moment. Nothing was changed. Try again in a minute."""

    status = 503


@dataclass(frozen=True, slots=True)
class Passwords:
    """Hashes and verifies; ``time_cost`` in rounds, ``memory_kib`` in KiB.

    Raises PasswordsBusy where no place is left to wait on.
    """

    time_cost: int
    memory_kib: int

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its salt and costs."""
        with _my_turn(self) as hasher:
            return hasher.hash(password)

    def is_right(self, stored_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; as slow for nobody (None) as for somebody."""
        with _my_turn(self) as hasher:
            try:
                hasher.verify(stored_hash or _hash_of_nobody(hasher), password)
            except (VerificationError, InvalidHashError):
                return False
        return stored_hash is not None

    def is_outdated(self, stored_hash: str) -> bool:
        """Whether the hash was made with other costs than today's."""
        return _hasher(self.time_cost, self.memory_kib).check_needs_rehash(stored_hash)


def make_password() -> str:
    """Return a random password of five groups of four: 99 bits."""
    groups = [
        "".join(secrets.choice(ALPHABET) for _ in range(LETTERS_PER_GROUP)) for _ in range(GROUPS)
    ]
    return "-".join(groups)


@contextmanager
def _my_turn(passwords: Passwords) -> Iterator[PasswordHasher]:
    """Wait until nobody else of this process has a hash worked out; raises PasswordsBusy."""
    if not _places.acquire(blocking=False):
        raise PasswordsBusy()
    try:
        with _turn:
            yield _hasher(passwords.time_cost, passwords.memory_kib)
    finally:
        _places.release()


@lru_cache(maxsize=4)
def _hasher(time_cost: int, memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=PARALLELISM)


@lru_cache(maxsize=4)
def _hash_of_nobody(hasher: PasswordHasher) -> str:
    return hasher.hash(secrets.token_urlsafe(16))
