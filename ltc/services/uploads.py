"""Uploaded files, kept under their digest until they are imported or forgotten."""

import hashlib
import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from ltc.rules.errors import Conflict

BLOCK_BYTES = 1 << 20
KEPT_DAYS = 7
DIGEST_SHAPE = re.compile(r"[0-9a-f]{64}")
PRIVATE_FOLDER = 0o700


class UploadGone(Conflict):
    """The uploaded file is no longer kept here. Choose it again."""


def keep_upload(folder: Path, stream: IO[bytes]) -> str:
    """Write an upload to disk, block by block, and return its SHA-256, which is its name.

    It gets its name when it is complete, so half a file is never found.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, prefix="arriving-", delete=False) as file:
        arriving = Path(file.name)
        try:
            while block := stream.read(BLOCK_BYTES):
                digest.update(block)
                file.write(block)
        except BaseException:
            arriving.unlink()
            raise
    arriving.replace(folder / digest.hexdigest())
    return digest.hexdigest()


def find_upload(folder: Path, digest: str) -> Path:
    """Return the path of a kept upload; raises UploadGone."""
    path = folder / digest
    if not DIGEST_SHAPE.fullmatch(digest) or not path.is_file():
        raise UploadGone
    return path


def remove_upload(folder: Path, digest: str) -> None:
    """Remove an upload, if it is still there."""
    if DIGEST_SHAPE.fullmatch(digest):
        (folder / digest).unlink(missing_ok=True)


def sweep_uploads(folder: Path, now: datetime) -> int:
    """Remove uploads that nobody came back for, and return how many."""
    oldest = (now - timedelta(days=KEPT_DAYS)).timestamp()
    old = [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
