"""Every connection that the product opens is set alike, whichever door or process opens it."""

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

from ltc.factory import create_house
from ltc.jobs import running
from ltc.rules.statements import StatementKind
from ltc.services.executors import ProcessPool
from ltc.services.statement_printers import Crew
from ltc.services.statement_sheets import Piece
from ltc.store import db
from tests.house.sources import ROOT, at, name_of, walk_python, write
from tests.support.asking import PROMISED, ask_in_crew, ask_in_pool, ask_settings

OPENERS = {"sa.create_engine", "sqlalchemy.create_engine", "sqlite3.connect", "psycopg.connect"}
# Files of their own that hold no tables of the product, or that are closed for good.
ALLOWED = {"ltc/store/db.py", "ltc/services/import_keys.py", "ltc/store/backup_places.py"}


def ask_engine(engine: sa.Engine) -> dict:
    """Ask the driver's own connection: the tests hurry SQLite wherever SQLAlchemy hands one out."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.invalidate()  # a second connection is no worse than the first
    raw = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            return {name: raw.cursor().execute(f"PRAGMA {name}").fetchone()[0]
                    for name in PROMISED["sqlite"]}  # fmt: skip
        with engine.connect() as connection:
            return ask_settings(connection)
    finally:
        raw.close()


@pytest.fixture
def promised(database_url):
    return PROMISED[sa.make_url(database_url).get_backend_name()]


def test_pages_and_shell_open_what_is_promised(given_settings, promised):
    house = create_house(given_settings)
    assert ask_engine(house.engine) == promised
    house.engine.dispose()


def test_a_dry_run_of_a_job_opens_what_is_promised(house, promised):
    reading = running._reading_only(house)
    assert ask_engine(reading.engine) == promised
    reading.engine.dispose()


@pytest.mark.slow
def test_workers_open_what_is_promised(engine, promised):
    [found] = ProcessPool(engine, 2).map(ask_in_pool, None, [1])
    assert found == promised
    [batch] = Crew(engine, 1, ask_in_crew).print_all(None, [Piece(StatementKind.PERSON, (1,))])
    assert list(batch.sheets) == [promised]


def test_a_setting_survives_a_transaction_that_is_undone(engine, promised):
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.rollback()
        found = ask_settings(connection)
    timeout = {"sqlite": "busy_timeout", "postgresql": "lock_timeout"}[engine.dialect.name]
    assert found[timeout] == promised[timeout]


def test_nothing_sent_stands_in_an_error(engine):
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as raised:
        connection.execute(sa.text("SELECT :name FROM nowhere"), {"name": "王淑珍"})
    assert "王淑珍" not in str(raised.value)


def find_other_openers(root: Path) -> list[str]:
    """Name every call that opens a database past ``store.db``."""
    return [
        at(root, path, node)
        for path, tree in walk_python(root / "ltc")
        if str(path.relative_to(root)) not in ALLOWED
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node.func) in OPENERS
    ]


def test_nothing_but_the_store_opens_a_database():
    assert find_other_openers(ROOT) == []


@pytest.mark.parametrize("call", ["sa.create_engine(url)", "sqlite3.connect(path)"])
def test_an_opener_beside_the_store_is_seen(tmp_path, call):
    write(tmp_path, "ltc/web/visits.py", f"engine = {call}\n")
    write(tmp_path, "ltc/store/db.py", f"engine = {call}\n")
    assert find_other_openers(tmp_path) == ["ltc/web/visits.py:1"]


@pytest.mark.slow
def test_a_foreign_key_holds_and_a_lock_is_not_waited_for_for_ever(fresh_database_url, monkeypatch):
    monkeypatch.setattr(db, "BUSY_MS", 50)
    engine = db.create_engine(fresh_database_url)
    add = "INSERT INTO districts (area_id, id, code, name_zh, name_en) VALUES (7, 1, 'd', 'n', 'n')"
    with engine.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql(add)
    lock = {
        "sqlite": "BEGIN IMMEDIATE",
        "postgresql": "BEGIN; LOCK TABLE areas IN ACCESS EXCLUSIVE MODE",
    }[engine.dialect.name]
    writer = engine.raw_connection()
    writer.cursor().execute(lock)
    with pytest.raises(sa.exc.OperationalError), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM areas")
    writer.rollback()
    writer.close()
    engine.dispose()
