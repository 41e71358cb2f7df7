"""Temporary folders for personal data in plain: their owner's alone, and swept when nobody is there.

Whoever works in one holds a lock on it, which ends with the process however that ends.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FORMER_PREFIX = ".drill-"  # what drills of earlier versions left beside the backups, when killed
PRIVATE = 0o700


@contextmanager
def open_scratch(folder: Path) -> Iterator[Path]:
    """Yield a new folder inside a folder; it is gone afterwards, and so is what others left."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE)
    with _open_folder(folder) as place:
        fcntl.flock(place, fcntl.LOCK_EX)  # or a new one would be swept before it is locked
        _remove_abandoned(folder)
        scratch = Path(tempfile.mkdtemp(dir=folder))
        living = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(living, fcntl.LOCK_EX)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(living)


def sweep(folder: Path, prefix: str = "") -> None:
    """Remove the folders that killed processes have left in a folder, if there is one."""
    with suppress(FileNotFoundError), _open_folder(folder) as place:
        fcntl.flock(place, fcntl.LOCK_EX)
        _remove_abandoned(folder, prefix)


def _remove_abandoned(folder: Path, prefix: str = "") -> None:
    """Remove every scratch folder that nobody has locked."""
    for left in folder.glob(f"{prefix}*"):
        with suppress(BlockingIOError, FileNotFoundError), _open_folder(left) as found:
            fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _open_folder(path: Path) -> Iterator[int]:
    """Yield a descriptor of a folder; its lock ends with it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
