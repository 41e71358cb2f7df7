"""A migration lets work that others have begun go first, but not for ever, and says who they are."""

import os

import pytest

from ltc.store import db, migrations
from ltc.store.migrations import TablesInUse

TURN_SECONDS = 0.1
MANY_TURNS, FEW_TURNS = 300 * TURN_SECONDS, 2 * TURN_SECONDS
OTHERS_BUSY_MS = 50


@pytest.fixture
def engine(fresh_database_url, monkeypatch):
    monkeypatch.setattr(db, "BUSY_MS", OTHERS_BUSY_MS)
    monkeypatch.setattr(migrations, "TURN_SECONDS", TURN_SECONDS)
    engine = db.create_engine(fresh_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def worker(engine):
    """Somebody at work on the tables."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no lock timeout to lift")
    with engine.connect() as worker:
        worker.exec_driver_sql("LOCK TABLE alembic_version IN EXCLUSIVE MODE")
        yield worker


def test_it_outwaits_whoever_is_at_work_and_says_who_that_is(engine, worker):
    told = []

    def tell(holders):
        told.append(holders)
        worker.rollback()

    newest = migrations.newest_version()
    migrations.downgrade(engine, "-1", MANY_TURNS, tell)
    assert len(told) == 1
    assert f"process {os.getpid()} (since 20" in told[0]
    migrations.upgrade(engine)
    assert migrations.current_version(engine) == newest
    with engine.connect() as connection:  # nobody else waits as long
        timeout = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
        assert timeout == f"{OTHERS_BUSY_MS}ms"


def test_it_gives_up_in_words_and_changes_nothing(engine, worker):
    newest, told = migrations.newest_version(), []
    with pytest.raises(TablesInUse) as refused:
        migrations.downgrade(engine, "-1", FEW_TURNS, told.append)
    number = worker.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    assert f"process {os.getpid()} (since 20" in refused.value.message
    assert f"connection {number})" in refused.value.message
    assert f"at version {newest};" in refused.value.message
    assert len(told) == 1
    assert migrations.current_version(engine) == newest
