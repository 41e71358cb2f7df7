"""A migration waits for what others have begun, however long; nobody else waits as long."""

import threading

import pytest

from ltc.store import db, migrations

SOON_MS = 50


@pytest.mark.slow
def test_a_migration_outwaits_whoever_is_at_work(fresh_database_url, monkeypatch):
    monkeypatch.setattr(db, "BUSY_MS", SOON_MS)
    engine = db.create_engine(fresh_database_url)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        pytest.skip("SQLite has no lock timeout to lift")
    newest = migrations.newest_version()
    worker = engine.connect()
    worker.exec_driver_sql("LOCK TABLE alembic_version IN EXCLUSIVE MODE")
    threading.Timer(10 * SOON_MS / 1000, worker.close).start()
    migrations.downgrade(engine, "-1")
    migrations.upgrade(engine)
    assert migrations.current_version(engine) == newest
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == f"{SOON_MS}ms"
    engine.dispose()
