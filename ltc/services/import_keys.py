"""The keys that a file has had so far, on disk: so that its second row about a record is known.

They are kept under the file's own id until the file is done, as keyed digests: work that was killed
goes on with them. What was met beyond the last checkpoint is met again under the same row numbers, and changes
nothing.
"""

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

DIGEST_BYTES = 16  # of a key: no two keys of any file share it
CACHE_KIB = 32 * 1024
# Written once and thrown away: a power cut only means that the file is read again from its start.
SETTINGS = ("synchronous = OFF", "journal_mode = TRUNCATE", f"cache_size = -{CACHE_KIB}")


class SeenKeys:
    """Which row of a file was the first about each record."""

    def __init__(self, path: Path, lookup_key: bytes) -> None:
        """Open the keys met so far, none where the file is new."""
        self._lookup_key = lookup_key
        self._database = sqlite3.connect(path, isolation_level=None)
        for setting in SETTINGS:
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS seen (key BLOB PRIMARY KEY, row INTEGER) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")

    def meet(self, rows: Iterable[tuple[tuple[Any, ...], int]]) -> dict[int, int]:
        """Return, for rows that are not the first with their key, the first one: row → first."""
        digests = [(self._digest(key), row) for key, row in rows]
        before = self._database.total_changes
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", digests)
        if self._database.total_changes - before == len(digests):
            return {}
        found = ((row, self._find(digest)) for digest, row in digests)
        return {row: first for row, first in found if first != row}

    def keep(self) -> None:
        """Write down what was met so far, before anything is said to be done with it."""
        self._database.execute("COMMIT")
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Close the file of keys; what was not kept is gone."""
        self._database.close()

    def _find(self, digest: bytes) -> int:
        found = self._database.execute("SELECT row FROM seen WHERE key = ?", (digest,))
        return int(found.fetchone()[0])

    def _digest(self, key: tuple[Any, ...]) -> bytes:
        return blake2b(repr(key).encode(), digest_size=DIGEST_BYTES, key=self._lookup_key).digest()
