import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ltc.commands.demo_place import (
    BuildingElsewhere,
    BuildingUnfinished,
    DatabaseInUse,
    Found,
    building_site,
    check_free,
    look,
)
from ltc.commands.demo_screen import build_screen
from ltc.rules.audit import ChainState
from ltc.services.areas import open_area
from ltc.services.demo.stage import Stage
from ltc.services.demo.summary import BEGUN, BUILT, Summary
from ltc.store import db, migrations
from tests.conftest import NOW, ROOT

DEMO = [sys.executable, "-m", "flask", "--app", "app", "demo", "--people", "60", "--no-statements"]


@pytest.fixture
def target(tmp_path: Path):
    engine = db.create_engine(f"sqlite:///{tmp_path / 'ltc.db'}")
    yield engine
    engine.dispose()


def open_and_say(session, policies, *actions):
    """Open the demonstration's area, with the events that say how far it got."""
    area = open_area(session, NOW, policies, code="chongqing", name_zh="重庆", name_en="Chongqing")
    ctx = Stage(session, policies, area.id).machine(NOW)
    for action in actions:
        with ctx.transaction():
            ctx.record(action, "area", area.id)


def test_what_is_finished_takes_its_place_in_one_step(target, policies, given_settings):
    assert look(target) is Found.NOTHING
    with building_site(target, given_settings.keys) as session_maker, session_maker() as session:
        open_and_say(session, policies, BEGUN, BUILT)
        assert look(target) is Found.NOTHING
    assert look(target) is Found.BUILT
    assert [path.name for path in Path(target.url.database).parent.glob("*.building*")] == []


def test_what_is_interrupted_leaves_the_database_as_it_was(target, policies, given_settings):
    with building_site(target, given_settings.keys) as session_maker, session_maker() as session:
        open_and_say(session, policies, BEGUN, BUILT)
    with pytest.raises(KeyboardInterrupt):
        _interrupt(target, given_settings, policies)
    assert look(target) is Found.BUILT
    with building_site(target, given_settings.keys) as session_maker, session_maker() as session:
        open_and_say(session, policies, BEGUN, BUILT)
    assert look(target) is Found.BUILT


def _interrupt(target, given_settings, policies):
    with building_site(target, given_settings.keys) as session_maker, session_maker() as session:
        open_and_say(session, policies, BEGUN)
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("applied", "passed", "said"),
    [
        (923, 788, "923 applied and 788 passed as published on 28 November 2019."),
        (300, 256, "Fewer than those published on 28 November 2019 (923 applied, 788 passed)."),
    ],
)
def test_the_screen_calls_only_the_published_figures_published(applied, passed, said):
    chain = ChainState(1, 1, 0, 1, "0" * 64)
    summary = Summary(applied, applied, passed, applied, 1, 1, 1, (), chain)
    assert said in " ".join(build_screen(summary, {}, []))


def test_two_do_not_build_at_once(target, given_settings):
    with building_site(target, given_settings.keys), pytest.raises(BuildingElsewhere):
        building_site(target, given_settings.keys).__enter__()


def test_on_any_database_other_data_is_left_alone(engine, session, policies):
    assert look(engine) is Found.NOTHING
    open_and_say(session, policies)
    assert look(engine) is Found.OTHER
    for is_replacing in (False, True):
        with pytest.raises(DatabaseInUse):
            check_free(Found.OTHER, is_replacing=is_replacing)


def test_on_any_database_what_was_begun_is_built_anew_only_when_told(engine, session, policies):
    open_and_say(session, policies, BEGUN)
    assert look(engine) is Found.UNFINISHED
    with pytest.raises(BuildingUnfinished):
        check_free(Found.UNFINISHED, is_replacing=False)
    check_free(Found.UNFINISHED, is_replacing=True)


def test_replacing_empties_a_database_of_a_server(fresh_database_url, policies, given_settings):
    engine = db.create_engine(fresh_database_url)
    migrations.upgrade(engine)
    with db.create_session_maker(engine, given_settings.keys)() as session:
        open_and_say(session, policies, BEGUN)
    with building_site(engine, given_settings.keys) as session_maker, session_maker() as session:
        open_and_say(session, policies, BEGUN, BUILT)
    assert look(engine) is Found.BUILT
    engine.dispose()


@pytest.mark.slow
@pytest.mark.kill
def test_the_command_killed_and_called_again_ends_well_and_then_builds_nothing(tmp_path):
    environ = {**os.environ, "LTC_ENV": "demo", "LTC_HOME": str(tmp_path), "LTC_WORKERS": "1",
               "TMPDIR": str(tmp_path),  # what the killed one leaves goes with the test
               "LTC_ARGON2_TIME_COST": "1", "LTC_ARGON2_MEMORY_KIB": "32"}  # fmt: skip
    environ.pop("LTC_DATABASE_URL", None)
    killed = subprocess.Popen(DEMO, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    _wait_until(lambda: _count_people(tmp_path / "ltc.db.building") > 10)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    whole = subprocess.run(DEMO, check=False, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "checks: applied, passed" in whole.stdout
    assert all(len(line) <= 110 for line in whole.stdout.splitlines())
    again = subprocess.run(DEMO, check=False, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "stands already" in again.stdout
    assert _passwords(whole.stdout).keys() == _passwords(again.stdout).keys()
    assert not set(_passwords(whole.stdout).values()) & set(_passwords(again.stdout).values())


def _wait_until(is_so):
    until = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


def _count_people(path: Path) -> int:
    if not path.exists():
        return 0
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return connection.scalar(sa.text("SELECT count(*) FROM insured_persons"))
    except sa.exc.OperationalError:
        return 0


def _passwords(output: str) -> dict[str, str]:
    rows = output.partition("Sign in as")[2].splitlines()[1:]
    return {name: password for name, password, *_ in (row.split() for row in rows if row.strip())}
