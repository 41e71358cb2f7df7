"""Where databases that are built once are kept: SQLite files, or a PostgreSQL cluster, in a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from bench.month import DURABLE
from ltc.store import db
from tests.support import postgres

Namer = Callable[[str], str]


@contextmanager
def open_place(kind: str, folder: Path) -> Iterator[Namer]:
    """Yield what gives the URL of a named database in a folder; it is made when first asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{(folder / name).resolve()}.db"
        return
    with _server(folder) as server:
        yield lambda name: _find_or_create(server, name)


@contextmanager
def _server(folder: Path) -> Iterator[sa.URL]:
    """Run the cluster of a folder; durable, as in production."""
    folder.chmod(0o711)  # where we are root, the server runs as nobody
    postgres.SERVER_OPTIONS.update(DURABLE)
    programs, place = postgres.find_programs(folder), folder / "postgres"
    try:
        yield sa.make_url(postgres.start_cluster(programs, place))
    finally:
        postgres.stop_cluster(programs, place)


def empty(engine: sa.Engine) -> None:
    """Take away all tables: half of what was to be built is of no use."""
    db.metadata.drop_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")


def _find_or_create(server: sa.URL, name: str) -> str:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.scalar(known, {"name": name}) is None:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)
