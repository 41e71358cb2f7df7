"""A program of another version than the database writes nothing, and says what to do."""

import pytest
import sqlalchemy as sa

from ltc.commands import scheduler
from ltc.jobs.scheduling import look
from tests.support.scheduling import always

OTHER = "9999"


@pytest.fixture
def database_url(fresh_database_url):
    return fresh_database_url


@pytest.fixture
def newer(engine, area):
    """The database, brought up by a program that is newer than this one."""
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": OTHER})


def test_a_command_refuses_before_it_writes(app, newer):
    for command in (["jobs", "now", "chongqing", "books_check"],
                    ["jobs", "run", "1"],
                    ["payouts", "calculate", "--job", "1"],
                    ["statements", "issue", "--job", "1"],
                    ["imports", "work", "--job", "1"],
                    ["payouts", "calculate", "chongqing", "2019-11"]):  # fmt: skip
        done = app.test_cli_runner().invoke(args=command)
        assert done.exit_code == 1
        assert f"at version {OTHER}, newer than this program" in done.output


def test_what_is_older_is_backed_up_and_verified_before_it_is_brought_up(app, engine, area):
    older = sa.text("UPDATE alembic_version SET version_num = '0013'")
    with engine.begin() as connection:
        connection.execute(older)
    for command in (["backup"], ["audit", "verify"]):
        done = app.test_cli_runner().invoke(args=command)
        assert done.exit_code == 0, done.output


def test_a_scheduler_rests_while_the_database_is_of_another_version(
    house, engine, area, monkeypatch, capsys
):
    looks = []
    monkeypatch.setattr(scheduler, "look", lambda house, start: looks.append(look(house, start)))
    once = scheduler.make_looker(house, always)
    once()
    with engine.begin() as connection:
        at = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": OTHER})
    once()
    once()
    assert len(looks) == 1
    assert capsys.readouterr().err.count("Update the program here, too") == 1
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": at})
    once()
    assert len(looks) == 2
    assert "Scheduling again." in capsys.readouterr().err
