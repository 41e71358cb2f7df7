"""Databases that can be filled to the last page, and given room again.

SQLite is told how many pages it may have, and refuses as it does on a full disk. A database of
PostgreSQL lies in a tablespace on a file system of its own, which is filled: only root may mount one.
A server that lies there as a whole, with its log, goes down when it is full.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.databases import PostgresDatabases, SqliteDatabases, execute, migrate

DISK_BYTES = 128 * 1024 * 1024
SMALL_LOG = ("--wal-segsize=1", "--set", "min_wal_size=2MB")
LOG_MEGABYTES = 64
WRITE_LOG = "SELECT pg_logical_emit_message(true, 'full', repeat('x', 1000000))"


class Disk(Protocol):
    """What a database lies on."""

    url: str

    def fill(self, engine: sa.Engine) -> None:
        """Leave no page to the database, on connections that are open and on new ones."""

    def make_room(self, engine: sa.Engine) -> None:
        """Let it grow again."""


class FewPages:
    """A file of SQLite."""

    def __init__(self, url: str) -> None:
        """Take the file's URL."""
        self.url, self.most = url, 0

    def fill(self, engine: sa.Engine) -> None:
        """Allow as many pages as there are."""
        with engine.connect() as connection:
            self.most = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        sa.event.listen(engine, "checkout", self._limit)

    def make_room(self, engine: sa.Engine) -> None:
        """Begin with new connections, which know no limit."""
        sa.event.remove(engine, "checkout", self._limit)
        engine.dispose()

    def _limit(self, connection: Any, *_of_the_pool: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.most}")


class SmallDisk:
    """A file system of a few megabytes, and a database whose tables lie there."""

    def __init__(self, place: Path, url: str) -> None:
        """Take where it is mounted, and the database's URL."""
        self.url, self.ballast = url, place / "ballast"

    def fill(self, _engine: sa.Engine) -> None:
        """Take what is free with a file."""
        take_room(self.ballast)

    def make_room(self, _engine: sa.Engine) -> None:
        """Take the file away."""
        self.ballast.unlink()


def take_room(ballast: Path) -> None:
    """Take what is free on a disk with a file."""
    free = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)


class WholeServer(SmallDisk):
    """A server of whose own all lies on a small disk: without room for its log, it goes down."""

    def __init__(self, place: Path) -> None:
        """Make it, with a log of the smallest pieces that there are."""
        self.programs = postgres.find_programs(postgres.run_folder())
        self.server = place / "server"
        maintenance = postgres.start_cluster(self.programs, self.server, *SMALL_LOG)
        execute(maintenance, 'CREATE DATABASE "ltc"')
        super().__init__(place, maintenance.replace("/postgres?", "/ltc?"))
        migrate(self.url)

    def fill(self, engine: sa.Engine) -> None:
        """Take what is free, and then what is free in the log: the server ends in a panic."""
        super().fill(engine)
        with suppress(sa.exc.OperationalError):
            for _megabyte in range(LOG_MEGABYTES):
                execute(self.url, WRITE_LOG)

    def make_room(self, engine: sa.Engine) -> None:
        """Free the disk, and start the server as its administrator would."""
        super().make_room(engine)
        engine.dispose()
        self.stop()
        postgres.start_cluster(self.programs, self.server)

    def stop(self) -> None:
        """Stop it, in whatever state it is."""
        with suppress(postgres.NoPostgres):
            postgres.stop_cluster(self.programs, self.server, mode="immediate")


@contextmanager
def lend_on_disk(databases: SqliteDatabases | PostgresDatabases) -> Iterator[Disk]:
    """Yield a migrated database without rows that can be filled."""
    if isinstance(databases, SqliteDatabases):
        with databases.lend() as url:
            yield FewPages(url)
        return
    server = postgres.server_url()
    with mounted() as place:
        name = place.name
        execute(server, f"CREATE TABLESPACE \"{name}\" LOCATION '{place}'")
        try:
            with databases.lend(tablespace=name) as url:
                yield SmallDisk(place, url)
        finally:
            execute(server, f'DROP TABLESPACE "{name}"')


@contextmanager
def lend_whole_server() -> Iterator[WholeServer]:
    """Yield a migrated database of a server whose whole disk can be filled."""
    with mounted() as place:
        server = WholeServer(place)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def mounted(size_bytes: int = DISK_BYTES) -> Iterator[Path]:
    """Yield a file system in memory that belongs to whoever runs the server; skips without root."""
    if os.environ.get(postgres.SERVER_URL_VARIABLE):
        pytest.skip("the server of TEST_DATABASE_URL is not ours to fill")
    place = postgres.run_folder() / f"disk_{os.urandom(4).hex()}"
    place.mkdir()
    owner = postgres.find_owner()
    options = f"size={size_bytes},mode=700,uid={owner.pw_uid},gid={owner.pw_gid}"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "ltc-test", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def remount(place: Path, size_bytes: int) -> None:
    """Give a file system of ``mounted`` another size."""
    subprocess.run(["mount", "-o", f"remount,size={size_bytes}", str(place)], check=True)
