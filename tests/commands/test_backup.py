"""``flask backup``, ``restore``, ``drill`` and ``books``: what an administrator types, and reads."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from ltc.factory import House, create_app
from ltc.rules.access import Role
from ltc.services import backups
from ltc.store import db
from ltc.store.audit_log import AuditEvent
from ltc.store.backup_places import name_place
from ltc.store.insured import InsuredPerson
from ltc.store.payouts import PayoutLine
from tests.support import factories
from tests.support.month import AFTER, PEOPLE, approve, make_month


@pytest.fixture
def approved(session, area, make_ctx):
    make_month(session)
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    users = [factories.make_user(session, role) for role in roles]
    run = approve(*[make_ctx(role=u.role, user_id=u.id, now=AFTER) for u in users])
    session.close()
    return run


@pytest.fixture
def run(app):
    return lambda *words, **more: app.test_cli_runner().invoke(args=list(words), **more)


@pytest.fixture
def elsewhere(house, empty_database_url, tmp_path):
    """The commands of another installation with the same keys, on an empty database."""
    engine = db.create_engine(empty_database_url)
    given = replace(house.settings, documents=tmp_path / "elsewhere")
    maker = db.create_session_maker(engine, given.keys)
    app = create_app(house=House(given, engine, maker, house.policies))
    yield lambda *words, **more: app.test_cli_runner().invoke(args=list(words), **more)
    engine.dispose()


def backup_of(house):
    (path,) = house.settings.backups.iterdir()
    return str(path)


def test_a_backup_restores_elsewhere_and_is_proven(run, elsewhere, house, approved):
    made = run("backup")
    assert made.exit_code == 0, made.output
    path = backup_of(house)
    assert made.output.startswith(path)
    assert "whole" in elsewhere("restore", path, "--dry-run").output
    restored = elsewhere("restore", path)
    assert restored.exit_code == 0, restored.output
    assert "comes out the same" in restored.output
    again = elsewhere("restore", path)
    assert again.exit_code == 1
    assert "has rows in it" in again.output
    assert elsewhere("books", "check", "chongqing").output.endswith("all agree\n")
    assert elsewhere("books", "prove", "chongqing").exit_code == 0


def test_backup_and_restore_stand_in_the_audit_log(run, house, approved, session):
    run("backup")
    name = name_place(house.engine)
    run("restore", backup_of(house), "--replace", input=f"{name}\n")
    session.rollback()
    actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.at)).all()
    assert actions[-1] == "backup.restored"


def test_only_what_is_named_is_replaced(run, house, approved, session):
    run("backup")
    factories.make_person(session)
    session.commit()
    session.close()
    refused = run("restore", backup_of(house), "--replace", input="something else\n")
    assert refused.exit_code == 1
    assert "nothing was changed" in refused.output
    people = sa.select(sa.func.count()).select_from(InsuredPerson)
    assert session.scalar(people) == PEOPLE + 1
    session.close()
    done = run("restore", backup_of(house), "--replace", input=f"{name_place(house.engine)}\n")
    assert done.exit_code == 0, done.output
    assert session.scalar(people) == PEOPLE


def test_the_drill_restores_the_newest_backup(run, house, approved, session):
    assert "There is no backup" in run("drill").output
    run("backup")
    assert run("drill").exit_code == 0
    line = session.scalars(sa.select(PayoutLine)).first()
    session.execute(sa.update(PayoutLine).where(PayoutLine.id == line.id).values(minutes=1))
    session.commit()
    assert "1 things do NOT agree" in run("books", "check", "chongqing").output


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("restore", "/nowhere/at.all"), "There is no file"),
        (("books", "check", "atlantis"), "There is no area"),
        (("drill", __file__), "is not a backup of this product"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run, area, words, text):
    result = run(*words)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert text in result.output


def test_production_makes_no_backup_without_a_key(house, area):
    app = create_app(house=replace(house, settings=replace(house.settings, backup_keys=None)))
    result = app.test_cli_runner().invoke(args=["backup"])
    assert result.exit_code == 1
    assert "LTC_BACKUP_KEYS is not set" in result.output
    assert not house.settings.backups.exists()


def test_a_full_disk_is_said_in_one_line(run, area, house, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups.os, "fsync", full)
    result = run("backup")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "No space left on device" in result.output
    assert list(house.settings.backups.iterdir()) == []
