"""The encrypted file of a backup: AES-256-GCM in chunks, each bound to its file and its place.

A file begins with a line that names the format and the key, and a salt of its own: HKDF-SHA-256
makes from key and salt the key of this file alone, so that counting nonces can never meet those of
another file. Each chunk is its length (4 bytes) and its ciphertext; the nonce is the chunk's number
and whether it is the last (the STREAM construction), the header is bound in as associated data. So
a chunk that was changed, moved, left out or brought from another file does not open, and a file
whose end is missing is known by its missing last chunk.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ltc.rules.errors import Conflict, Invalid

MAGIC = "ltc-backup-1"
SALT_BYTES = 32
KEY_BYTES = 32
CHUNK_BYTES = 256 * 1024
TAG_BYTES = 16
LENGTH_BYTES = 4
LONGEST_HEADER_BYTES = 300


class NoBackupKey(Conflict):
    """LTC_BACKUP_KEYS is not set, and a backup is never written unencrypted. `flask keys make`
    prints a fresh key; keep it elsewhere, too: without it no backup opens.
    """


class NotABackup(Invalid):
    """{name} is not a backup of this product, or its first bytes were changed."""


class BackupKeyMissing(Conflict):
    """{name} lies under the backup key “{key}”, which LTC_BACKUP_KEYS does not have. Add it behind
    the present ones.
    """


class BackupDamaged(Conflict):
    """{name} was changed, or another key has the name “{key}”: the part at byte {place} does not
    open. Take another copy or an older backup.
    """


class BackupCutOff(Conflict):
    """{name} is cut off after {size} bytes: its end is missing. Take another copy or an older one."""


@dataclass(frozen=True, slots=True)
class BackupKeys:
    """Keys by id (32 bytes each); new backups lie under ``current``, all of them open."""

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"BackupKeys(current={self.current!r}, keys=<{len(self.keys)}>)"


class SealedWriter:
    """Encrypts what is written to it into a file; ``close`` writes the last chunk."""

    def __init__(self, file: IO[bytes], keys: BackupKeys, magic: str = MAGIC) -> None:
        """Write the header: magic, id of the key, salt."""
        self._file = file
        self._header = f"{magic} {keys.current}\n".encode() + os.urandom(SALT_BYTES)
        self._box = box_of(keys.keys[keys.current], self._header)
        self._waiting = bytearray()
        self._number = 0
        file.write(self._header)

    def write(self, block: bytes) -> None:
        """Take bytes; whole chunks go to the file, never the last one."""
        self._waiting += block
        while len(self._waiting) > CHUNK_BYTES:
            self._write_chunk(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def close(self) -> None:
        """Write what is left as the last chunk; the file stays open."""
        self._write_chunk(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _write_chunk(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._box.encrypt(nonce_of(self._number, is_last=is_last), plain, self._header)
        self._file.write(len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)
        self._number += 1


def read_sealed(file: IO[bytes], keys: BackupKeys, name: str) -> Iterator[bytes]:
    """Yield the plain bytes of a sealed file, chunk by chunk.

    Raises NotABackup, BackupKeyMissing, BackupDamaged, BackupCutOff; ``name`` is for these.
    """
    key_id, header = read_header(file, name)
    if key_id not in keys.keys:
        raise BackupKeyMissing(name=name, key=key_id)
    box = box_of(keys.keys[key_id], header)
    number, is_last = 0, False
    while not is_last:
        place = file.tell()
        sealed, is_last = _read_chunk(file, name)
        try:
            yield box.decrypt(nonce_of(number, is_last=is_last), sealed, header)
        except InvalidTag:
            raise _fault(box, header, number, sealed, name, key_id, place) from None
        number += 1


def _fault(
    box: AESGCM, header: bytes, number: int, sealed: bytes, name: str, key: str, place: int
) -> Conflict:
    """Return why a chunk does not open: a file cut off between two chunks, or a change."""
    try:
        box.decrypt(nonce_of(number, is_last=False), sealed, header)
    except InvalidTag:
        return BackupDamaged(name=name, key=key, place=place)
    return BackupCutOff(name=name, size=place + LENGTH_BYTES + len(sealed))


def read_header(file: IO[bytes], name: str, wanted: str = MAGIC) -> tuple[str, bytes]:
    """Return the id of a file's key, and its whole header; raises NotABackup."""
    line = file.readline(LONGEST_HEADER_BYTES)
    magic, _, key_id = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
    salt = file.read(SALT_BYTES)
    if magic != wanted or not key_id or len(salt) != SALT_BYTES:
        raise NotABackup(name=name)
    return key_id, line + salt


def _read_chunk(file: IO[bytes], name: str) -> tuple[bytes, bool]:
    """Return a chunk's ciphertext and whether it is the last; raises BackupCutOff."""
    length = int.from_bytes(file.read(LENGTH_BYTES), "big")
    sealed = file.read(min(length, CHUNK_BYTES + TAG_BYTES))
    if not sealed or len(sealed) < length:
        raise BackupCutOff(name=name, size=file.tell())
    is_last = not file.read(1)
    if not is_last:
        file.seek(-1, os.SEEK_CUR)
    return sealed, is_last


def box_of(key: bytes, header: bytes) -> AESGCM:
    """Return what encrypts and opens the chunks of one file."""
    derived = HKDF(SHA256(), KEY_BYTES, salt=header[-SALT_BYTES:], info=header).derive(key)
    return AESGCM(derived)


def nonce_of(number: int, *, is_last: bool) -> bytes:
    """Return the nonce of a chunk, counted from 0."""
    return number.to_bytes(11, "big") + bytes([is_last])
