"""Passwords as argon2id hashes; what a hash costs is handed in by the door."""

import secrets
from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PARALLELISM = 2
# No letters or digits that are mistaken for another when a password is read out.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS = 5
LETTERS_PER_GROUP = 4


@dataclass(frozen=True, slots=True)
class Passwords:
    """Hashes and verifies; ``time_cost`` in rounds, ``memory_kib`` in KiB."""

    time_cost: int
    memory_kib: int

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its salt and costs."""
        return _hasher(self.time_cost, self.memory_kib).hash(password)

    def is_right(self, stored_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; as slow for nobody (None) as for somebody."""
        hasher = _hasher(self.time_cost, self.memory_kib)
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


@lru_cache(maxsize=4)
def _hasher(time_cost: int, memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=PARALLELISM)


@lru_cache(maxsize=4)
def _hash_of_nobody(hasher: PasswordHasher) -> str:
    return hasher.hash(secrets.token_urlsafe(16))
