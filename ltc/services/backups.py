"""Makes backups of the whole installation, keeps as many as were asked for, and finds them.

A backup is written while everybody works: it reads one instant of the database. It appears under
its name when all of it is on the disk; whatever goes wrong before leaves the folder as it was.
"""

import fcntl
import hashlib
import hmac
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from ltc.rules.access import Permission
from ltc.rules.backups import Retention, build_name, calculate_kept, parse_name
from ltc.rules.errors import Conflict, NotFound
from ltc.services.context import Context
from ltc.store import backup_documents, backup_tables, migrations
from ltc.store.backup_file import BackupWriter, Head, Sums
from ltc.store.backup_seal import BackupKeys, NoBackupKey
from ltc.store.sealing import KeyRing

PART = ".part"
FINGERPRINT = b"which key is this"
FINGERPRINT_CHARACTERS = 16

Report = Callable[[int, int], None]


class BackupNotWritten(Conflict):
    """The backup could not be written to {folder}: {why}. Nothing was kept. Free space there, or
    name another folder, and start it again.
    """


class NothingToBackUp(Conflict):
    """The database has no tables yet: there is nothing to back up."""


class NoBackupFound(NotFound):
    """There is no backup in {folder}. Make one (`flask backup`); where several machines work for one
    installation, LTC_BACKUPS names the same folder on each.
    """


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: its file, its contents, SHA-256 of the file, what was removed."""

    path: Path
    head: Head
    sums: Sums
    size: int
    sha256: str
    removed: list[Path] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.rows for table in self.sums.tables.values())


@dataclass(frozen=True, slots=True)
class Source:
    """What is backed up; ``documents`` None leaves the issued statements out."""

    engine: sa.Engine
    data_keys: KeyRing
    documents: Path | None


def make_backup(
    source: Source, *, folder: Path, keys: BackupKeys | None, at: datetime,
    report: Report | None = None,
) -> Made:  # fmt: skip
    """Write a backup of an instant into a folder; ``report`` is told tables done and in all.

    Raises NoBackupKey, NothingToBackUp, DatabaseTooNew, BackupNotWritten.
    """
    if keys is None:
        raise NoBackupKey()
    migrations.check_known(source.engine)
    path = folder / build_name(at)
    with _new_file(path) as file, backup_tables.open_snapshot(source.engine) as connection:
        tables = backup_tables.find_tables(connection)
        head = _build_head(source, connection, tables, at)
        writer = BackupWriter(file, keys, head)
        _add_tables(writer, connection, tables, report or _say_nothing)
        _add_documents(writer, source.documents)
        writer.close()
    return Made(path, head, writer.sums, path.stat().st_size, digest_file(path))


def record_backup(ctx: Context, *, made: Made) -> None:
    """Write into an area's audit log that all of its data were copied, and to which file."""
    ctx.require(Permission.MANAGE_USERS)
    with ctx.transaction():
        changes = {"file": [None, made.path.name], "sha256": [None, made.sha256]}
        ctx.record("backup.made", "area", ctx.area_id, changes)


def list_backups(folder: Path) -> list[Path]:
    """Return the backups in a folder, the newest first; raises NoBackupFound."""
    found = _find_by_instant(folder)
    if not found:
        raise NoBackupFound(folder=folder)
    return list(found.values())


def remove_old_backups(folder: Path, retention: Retention) -> list[Path]:
    """Remove the backups that are not kept any longer, and return them; other files stay."""
    removed = list_old_backups(folder, retention)
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def list_old_backups(
    folder: Path, retention: Retention, *, coming: datetime | None = None
) -> list[Path]:
    """Return the backups that are not kept any longer; ``coming``: once there is one of then."""
    found = _find_by_instant(folder)
    instants = {*found, coming} if coming else set(found)
    kept = calculate_kept(instants, retention)
    return [path for at, path in found.items() if at not in kept]


def _find_by_instant(folder: Path) -> dict[datetime, Path]:
    """Return the backups in a folder by the instant in their name, the newest first."""
    found = {at: path for path in folder.glob("*") if (at := parse_name(path.name))}
    return dict(sorted(found.items(), reverse=True))


def fingerprint_keys(ring: KeyRing) -> dict[str, str]:
    """Return a fingerprint of every data key, from which no key can be guessed."""
    named = {**ring.keys, "": ring.lookup_key}
    return {
        key_id: hmac.new(key, FINGERPRINT, hashlib.sha256).hexdigest()[:FINGERPRINT_CHARACTERS]
        for key_id, key in named.items()
    }


def digest_file(path: Path) -> str:
    """Return SHA-256 (hex) over a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _say_nothing(_done: int, _total: int) -> None:
    """Nobody asked for progress."""


def _build_head(
    source: Source, connection: sa.Connection, tables: Sequence[sa.Table], at: datetime
) -> Head:
    schema = migrations.version_of(connection)
    if schema is None:
        raise NothingToBackUp()
    return Head(
        made_at=at.astimezone(UTC).isoformat(),
        schema=schema,
        program=migrations.newest_version(),
        database=connection.dialect.name,
        areas=backup_tables.read_area_codes(connection, tables),
        keys=fingerprint_keys(source.data_keys),
        with_documents=source.documents is not None,
    )


def _add_tables(
    writer: BackupWriter, connection: sa.Connection, tables: Sequence[sa.Table], report: Report
) -> None:
    for done, table in enumerate(tables):
        report(done, len(tables))
        writer.add(backup_tables.open_section(table), backup_tables.read_blocks(connection, table))
    writer.sums.audit_heads = backup_tables.read_audit_heads(connection, tables)
    report(len(tables), len(tables))


def _add_documents(writer: BackupWriter, folder: Path | None) -> None:
    """Add the files as they are now: what was issued since the snapshot does no harm."""
    if folder is None:
        return
    for section, blocks in backup_documents.read_documents(folder):
        writer.add(section, blocks)


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes its name when all went well; raises BackupNotWritten."""
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path.parent)
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PART)
        with os.fdopen(descriptor, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupNotWritten(folder=path.parent, why=why) from None
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed backups have left; a part that is being written is locked."""
    for part in folder.glob(f".*{PART}"):
        with part.open("rb") as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink(missing_ok=True)
