"""Encryption of identity numbers, phones, addresses and bank accounts at rest.

AES-256-GCM with a rotatable key; table, column and row id are bound in as associated data, so that
a sealed value moved to another row does not open. A sealed value begins with the id of its key.
Equality search works on a keyed digest (HMAC-SHA-256) beside it.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

from ltc.rules.errors import Conflict

NONCE_BYTES = 12


class SealBroken(Conflict):
    """A sealed value of {table} cannot be opened: its key is missing or the row was changed."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id (32 bytes each); new values are sealed with ``current``."""

    current: str
    keys: Mapping[str, bytes]
    lookup_key: bytes

    def __repr__(self) -> str:
        return f"KeyRing(current={self.current!r}, keys=<{len(self.keys)}>)"


def keys_of(session: Session) -> KeyRing:
    """Return the key ring that the session's maker was given."""
    ring: KeyRing = session.info["keys"]
    return ring


def seal(ring: KeyRing, plain: str, *, table: str, column: str, row_id: int) -> bytes:
    """Encrypt a text for one cell: key id, a zero byte, nonce, ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    box = AESGCM(ring.keys[ring.current])
    cipher = box.encrypt(nonce, plain.encode(), _place(table, column, row_id))
    return ring.current.encode() + b"\0" + nonce + cipher


def unseal(ring: KeyRing, sealed: bytes, *, table: str, column: str, row_id: int) -> str:
    """Decrypt what ``seal`` made for the same cell; raises SealBroken."""
    key_id, _, rest = bytes(sealed).partition(b"\0")
    key = ring.keys.get(key_id.decode("ascii", "replace"))
    try:
        if key is None:
            raise InvalidTag
        box = AESGCM(key)
        return box.decrypt(
            rest[:NONCE_BYTES], rest[NONCE_BYTES:], _place(table, column, row_id)
        ).decode()
    except InvalidTag:
        raise SealBroken(table=table) from None


def lookup_digest(ring: KeyRing, plain: str, *, purpose: str) -> str:
    """Return the keyed digest under which a value can be found again (64 hex characters)."""
    return hmac.new(ring.lookup_key, f"{purpose}:{plain}".encode(), hashlib.sha256).hexdigest()


def _place(table: str, column: str, row_id: int) -> bytes:
    return f"{table}.{column}:{row_id}".encode()
