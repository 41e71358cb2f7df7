"""The files of issued statements in a backup: by their place in the folder, checked by digest."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ltc.rules.errors import Conflict
from ltc.store.backup_file import Section, SectionKind
from ltc.store.documents import UPLOADS

BLOCK_BYTES = 256 * 1024
DIGEST_LENGTH = 64


class DocumentDiffers(Conflict):
    """The document {name} is not what its name says. Take another copy of the backup."""


def list_documents(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and its folders in order of name, but for half written ones.

    Uploads are left out: they wait for their import, and leave by themselves.
    """
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if Path(place, name) != folder / UPLOADS)
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(place, name)


def read_documents(folder: Path) -> Iterator[tuple[Section, Iterator[bytes]]]:
    """Yield the section that each document becomes, with its blocks.

    One that is gone when its turn comes is left out.
    """
    for path in list_documents(folder):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue
        with file:
            section = Section(SectionKind.DOCUMENT, path.relative_to(folder).as_posix())
            yield section, _read_blocks(file)


def check_document(name: str, blocks: Iterable[bytes]) -> None:
    """Read a document without keeping it; raises DocumentDiffers."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    _check_digest(name, digest.hexdigest())


def keep_document(folder: Path, name: str, blocks: Iterable[bytes]) -> None:
    """Write a document to its place; it appears there when all of it is on the disk.

    One that is there already stays: its name is its digest. Raises DocumentDiffers.
    """
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts:
        raise DocumentDiffers(name=name)
    path = folder / place
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            digest = hashlib.sha256()
            for block in blocks:
                digest.update(block)
                file.write(block)
            _check_digest(name, digest.hexdigest())
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _read_blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def _check_digest(name: str, digest: str) -> None:
    """A file named by a digest must have it; other names say nothing."""
    stem = PurePosixPath(name).stem
    if len(stem) == DIGEST_LENGTH and stem != digest:
        raise DocumentDiffers(name=name)
