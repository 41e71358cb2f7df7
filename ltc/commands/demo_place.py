"""Where the demonstration is built: an SQLite file beside the real one, or an empty PostgreSQL.

The SQLite file takes its place in one step when everything is in it: whoever interrupts the
building finds the database as it was, and starts again. On PostgreSQL an interrupted building is
found by its missing end, and has to be replaced.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from ltc.rules.errors import Conflict
from ltc.services.demo.places import AREA
from ltc.services.demo.summary import is_begun, is_built
from ltc.store import db, migrations
from ltc.store.areas import list_areas
from ltc.store.backup_places import move_in, remove_database
from ltc.store.sealing import KeyRing


class Found(StrEnum):
    """What stands in the database."""

    NOTHING = "nothing"
    BUILT = "built"
    UNFINISHED = "unfinished"
    OTHER = "other"


class DatabaseInUse(Conflict):
    """The database holds other data than the demonstration. Name an empty one in LTC_DATABASE_URL."""


class BuildingUnfinished(Conflict):
    """A demonstration was begun here and not finished. `flask demo --replace` builds it anew."""


class BuildingElsewhere(Conflict):
    """Another process is building the demonstration here. Wait for it, or end it."""


def look(engine: sa.Engine) -> Found:
    """Return what stands in a database; raises DatabaseTooNew."""
    if migrations.current_version(engine) is None:
        return Found.NOTHING
    migrations.upgrade(engine)
    with Session(engine) as session:
        areas = list_areas(session)
        if not areas:
            return Found.NOTHING
        if [area.code for area in areas] != [AREA]:
            return Found.OTHER
        if is_built(session, areas[0].id):
            return Found.BUILT
        return Found.UNFINISHED if is_begun(session, areas[0].id) else Found.OTHER


def check_free(found: Found, *, is_replacing: bool) -> None:
    """Raise unless the demonstration may be built over what was found."""
    if found is Found.OTHER:
        raise DatabaseInUse()
    if found is Found.UNFINISHED and not is_replacing:
        raise BuildingUnfinished()


@contextmanager
def building_site(engine: sa.Engine, keys: KeyRing) -> Iterator[sessionmaker[Session]]:
    """Yield a maker of sessions on an empty database; what is in it at the end is the new one.

    Raises BuildingElsewhere.
    """
    if engine.dialect.name != "sqlite":
        if migrations.current_version(engine) is not None:
            migrations.downgrade(engine, "base")
        migrations.upgrade(engine)
        yield db.create_session_maker(engine, keys)
        return
    target = Path(engine.url.database or "")
    with _locked(target.with_name(f"{target.name}.lock")):
        site = target.with_name(f"{target.name}.building")
        remove_database(site)
        building = _open_site(site)
        yield db.create_session_maker(building, keys)
        building.dispose()
        engine.dispose()
        move_in(site, target)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder for files that are handed in, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ltc-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _open_site(site: Path) -> sa.Engine:
    """Return an engine on a new file that need not survive a power cut while it is built."""
    building = db.create_engine(f"sqlite:///{site}")
    sa.event.listen(building, "connect", _hurry)
    migrations.upgrade(building)
    return building


def _hurry(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep others from building here; the lock ends with the process, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildingElsewhere() from None
        yield
