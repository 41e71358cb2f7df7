"""Files that the product keeps, under the digest of their bytes: ``<area>/<ab>/<digest>.pdf``.

The same bytes lie there once, however often they are kept. A file appears under its name only when
all of it is on the disk, so whatever is killed leaves no half file behind.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ltc.rules.errors import Conflict, NotFound

BLOCK_BYTES = 64 * 1024
UPLOADS = "uploads"  # the folder, inside the one of documents, of files that wait for their import
# What the system says of a disk that is full, over its quota or read-only, and of a closed folder.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class FileGone(NotFound):
    """The file {digest}… is not in the documents folder. Restore it from the backup."""


class DocumentsFull(Conflict):
    """The folder of the documents cannot be written: {reason}. Make room, or let LTC_DOCUMENTS name another disk, then start again; what is issued stays."""


def keep_file(folder: Path, area_id: int, content: bytes, suffix: str = ".pdf") -> str:
    """Keep a file's bytes and return their digest (SHA-256, hex); raises DocumentsFull."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(folder, area_id, digest, suffix)
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, content)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise DocumentsFull(reason=os.strerror(error.errno or 0)) from None
    return digest


def path_of(folder: Path, area_id: int, digest: str, suffix: str = ".pdf") -> Path:
    """Return where a file with this digest lies, or would lie."""
    return folder / str(area_id) / digest[:2] / f"{digest}{suffix}"


def read_file(folder: Path, area_id: int, digest: str) -> bytes:
    """Return a kept file; raises FileGone, also where its bytes are no longer those kept."""
    path = path_of(folder, area_id, digest)
    content = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise FileGone(digest=digest[:12])
    return content


def check_file(folder: Path, area_id: int, digest: str) -> None:
    """Raise FileGone where a kept file is missing; its bytes are not read."""
    if not path_of(folder, area_id, digest).exists():
        raise FileGone(digest=digest[:12])


def read_blocks(folder: Path, area_id: int, digest: str) -> Iterator[bytes]:
    """Yield a kept file block by block; raises FileGone."""
    check_file(folder, area_id, digest)
    with path_of(folder, area_id, digest).open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside the place, let the disk have it, then move it there at once."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
