"""Uploaded files, kept under their digest until they are imported or forgotten.

They hold names and numbers of people, so they lie encrypted under the data key. Beside them, under
the id of the import, lies what the work on a file keeps: the keys met so far, as keyed digests, and
the rows in question, encrypted too.
"""

import hashlib
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from ltc.rules.errors import Conflict
from ltc.store.documents import UPLOADS
from ltc.store.sealed_files import SealedFileBroken, open_sealed, write_sealed
from ltc.store.sealing import KeyRing

BLOCK_BYTES = 1 << 20
KEPT_DAYS = 7
ARRIVING, ARRIVING_DAYS = "arriving-", 1  # what a killed request left half-way
DIGEST_SHAPE = re.compile(r"[0-9a-f]{64}")
PRIVATE_FOLDER = 0o700


class UploadGone(Conflict):
    """The uploaded file is no longer kept here. Choose it again."""


def uploads_folder(documents: Path) -> Path:
    """Return the folder of uploads, inside the one of documents (``LTC_DOCUMENTS``)."""
    return documents / UPLOADS


@dataclass(frozen=True, slots=True)
class Upload:
    """A kept file; it is opened like a path."""

    path: Path
    keys: KeyRing

    def open(self, _mode: str = "rb") -> IO[bytes]:
        """Open the bytes as they came; raises UploadGone where their key is gone."""
        try:
            return open_sealed(self.path, self.keys)
        except SealedFileBroken:
            raise UploadGone from None


def keep_upload(folder: Path, stream: IO[bytes], keys: KeyRing) -> str:
    """Encrypt an upload to disk, block by block, and return the SHA-256 of its bytes, its name.

    It gets its name when it is complete, so half a file is never found.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, prefix=ARRIVING, delete=False) as file:
        arriving = Path(file.name)
        try:
            sealed = write_sealed(file, keys)
            while block := stream.read(BLOCK_BYTES):
                digest.update(block)
                sealed.write(block)
            sealed.close()
        except BaseException:
            arriving.unlink()
            raise
    arriving.replace(folder / digest.hexdigest())
    return digest.hexdigest()


def find_upload(folder: Path, digest: str, keys: KeyRing) -> Upload:
    """Return a kept upload; raises UploadGone."""
    path = folder / digest
    if not DIGEST_SHAPE.fullmatch(digest) or not path.is_file():
        raise UploadGone
    return Upload(path, keys)


def remove_upload(folder: Path, digest: str) -> None:
    """Remove an upload, if it is still there."""
    if DIGEST_SHAPE.fullmatch(digest):
        (folder / digest).unlink(missing_ok=True)


def seen_path(folder: Path, import_id: int) -> Path:
    """Return where the keys are that an import has met so far."""
    return folder / f"{import_id}.seen"


def left_out_path(folder: Path, import_id: int) -> Path:
    """Return where the rows in question of an import are."""
    return folder / f"{import_id}.left-out"


def forget_keys(folder: Path, import_id: int) -> None:
    """Remove the keys that an import has met."""
    path = seen_path(folder, import_id)
    for each in (path, path.with_name(f"{path.name}-journal")):
        each.unlink(missing_ok=True)


def forget_work(folder: Path, import_id: int) -> None:
    """Remove what the work on an import kept."""
    forget_keys(folder, import_id)
    left_out_path(folder, import_id).unlink(missing_ok=True)


def sweep_uploads(folder: Path, now: datetime) -> int:
    """Remove files that nobody came back for, and return how many."""
    old = [path for path in folder.glob("*") if path.is_file() and _is_old(path, now)]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _is_old(path: Path, now: datetime) -> bool:
    days = ARRIVING_DAYS if path.name.startswith(ARRIVING) else KEPT_DAYS
    return path.stat().st_mtime < (now - timedelta(days=days)).timestamp()
