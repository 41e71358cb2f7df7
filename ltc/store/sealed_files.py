"""A file that lies encrypted on disk and is read from any place, as an upload is.

It has the format of ``backup_seal`` under a name of its own: all chunks but the last are of one
size, so that the chunk of any place can be found without reading those before.
"""

import io
import os
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag

from ltc.store.backup_seal import (
    CHUNK_BYTES,
    LENGTH_BYTES,
    TAG_BYTES,
    BackupKeys,
    NotABackup,
    SealedWriter,
    box_of,
    nonce_of,
    read_header,
)
from ltc.store.sealing import KeyRing

MAGIC = "ltc-upload-1"
STORED_BYTES = LENGTH_BYTES + CHUNK_BYTES + TAG_BYTES


class SealedFileBroken(OSError):
    """A sealed file does not open: it was changed, or its key is no longer there."""


def write_sealed(file: IO[bytes], keys: KeyRing) -> SealedWriter:
    """Return what encrypts into an open file; its ``close`` writes the end."""
    return SealedWriter(file, _keys_of(keys), MAGIC)


def open_sealed(path: Path, keys: KeyRing) -> io.BufferedReader:
    """Open a sealed file for reading its plain bytes; raises SealedFileBroken, then or later."""
    return io.BufferedReader(_Opened(path, keys), CHUNK_BYTES)


class _Opened(io.RawIOBase):
    """The plain bytes of a sealed file; one chunk is held at a time."""

    def __init__(self, path: Path, keys: KeyRing) -> None:
        super().__init__()
        self._file = path.open("rb")
        try:
            key_id, self._header = read_header(self._file, path.name, MAGIC)
            self._box = box_of(keys.keys[key_id], self._header)
        except (KeyError, NotABackup) as error:
            self._file.close()
            raise SealedFileBroken(path.name) from error
        self._size = _plain_size(os.fstat(self._file.fileno()).st_size - len(self._header))
        self._place, self._held, self._chunk = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        found = self._read_on()[: len(view)]
        view[: len(found)] = found
        self._place += len(found)
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _read_on(self) -> bytes:
        """Return the plain bytes from here to the end of their chunk; none at the end."""
        if self._place >= self._size:
            return b""
        number, offset = divmod(self._place, CHUNK_BYTES)
        if number != self._held:
            self._chunk, self._held = self._open_chunk(number), number
        return self._chunk[offset:]

    def _open_chunk(self, number: int) -> bytes:
        is_last = (number + 1) * CHUNK_BYTES >= self._size
        self._file.seek(len(self._header) + number * STORED_BYTES + LENGTH_BYTES)
        stored = self._file.read(CHUNK_BYTES + TAG_BYTES)
        try:
            return self._box.decrypt(nonce_of(number, is_last=is_last), stored, self._header)
        except InvalidTag as error:
            raise SealedFileBroken(f"chunk {number}") from error


def _plain_size(stored: int) -> int:
    """Return how many plain bytes so many stored ones hold; every file has a last chunk."""
    chunks = -(-stored // STORED_BYTES)
    return stored - chunks * (LENGTH_BYTES + TAG_BYTES)


def _keys_of(ring: KeyRing) -> BackupKeys:
    return BackupKeys(ring.current, ring.keys)
