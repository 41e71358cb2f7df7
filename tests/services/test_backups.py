"""A backup brings everything back, on either database, or says what is wrong with it."""

import fcntl
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.backups import Retention
from ltc.rules.books import Verdict
from ltc.services.audit import seal_blocks
from ltc.services.backups import (
    NothingToBackUp,
    Source,
    list_backups,
    make_backup,
    remove_old_backups,
)
from ltc.services.backups_drill import drill
from ltc.services.backups_restore import (
    BackupTooNew,
    Place,
    Prover,
    RestoredDiffers,
    list_lost_keys,
    prove_areas,
    restore_backup,
)
from ltc.services.executors import Inline
from ltc.store import backup_tables, db, migrations
from ltc.store.backup_places import PlaceNotEmpty
from ltc.store.documents import keep_file, read_file
from ltc.store.insured import InsuredPerson
from ltc.store.migrations import DatabaseTooNew
from ltc.store.sealing import KeyRing
from tests.conftest import NOW
from tests.support import factories
from tests.support.month import AFTER, approve, make_month

PDF = b"%PDF-1.7 a statement\n" * 20_000  # larger than a block
NEXT_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"
branch_labels = None
depends_on = None

def upgrade():
    op.create_table("afterthoughts", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("areas", sa.Column("motto", sa.Text, server_default="-"))

def downgrade():
    op.drop_column("areas", "motto")
    op.drop_table("afterthoughts")
"""


@pytest.fixture
def keys(given_settings):
    return given_settings.backup_keys


@pytest.fixture
def source(house, tmp_path):
    return Source(house.engine, house.settings.keys, tmp_path / "documents")


@pytest.fixture
def approved(session, area, make_ctx):
    """A month approved by three people, its audit log sealed."""
    make_month(session)
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    users = [factories.make_user(session, role) for role in roles]
    run = approve(*[make_ctx(role=u.role, user_id=u.id, now=AFTER) for u in users])
    seal_blocks(make_ctx(now=AFTER), settle_seconds=0)
    return run


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request):
    """An empty database of either kind, whatever the source is."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.lend(is_migrated=False) as url:
        engine = db.create_engine(url)
        yield engine
        engine.dispose()


def make(source, folder, keys, at=AFTER):
    return make_backup(source, folder=folder, keys=keys, at=at)


def prove(house, engine, heads):
    maker = db.create_session_maker(engine, house.settings.keys)
    prover = Prover(maker, house.policies, Inline(engine), AFTER, "test")
    (state,) = prove_areas(prover, heads)
    return state


def test_everything_comes_back_on_either_database_and_is_proven(
    house, source, approved, keys, tmp_path, empty_engine
):
    digest = keep_file(source.documents, 1, PDF)
    made = make(source, tmp_path / "backups", keys)
    restored = tmp_path / "restored"
    content = restore_backup(Place(empty_engine, restored), path=made.path, keys=keys, at=AFTER)
    assert content.sums == made.sums
    assert read_file(restored, 1, digest) == PDF
    migrations.check_version(empty_engine)
    with db.create_session_maker(empty_engine, house.settings.keys)() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 24
    state = prove(house, empty_engine, content.sums.audit_heads)
    assert (state.is_well, state.proof.verdict) == (True, Verdict.PROVEN)
    assert (state.chain.waiting, state.proof.digest) == (0, approved.approved_digest)


def test_the_drill_proves_and_leaves_nothing(house, source, approved, keys, tmp_path):
    keep_file(source.documents, 1, PDF)
    made = make(source, tmp_path / "backups", keys)
    of_former_version = tmp_path / "backups" / ".drill-killed"
    of_former_version.mkdir()
    (of_former_version / "drill.db").write_bytes(b"names in plain")
    scratch = tmp_path / "scratch"
    drilled = drill(
        made.path, scratch=scratch, keys=keys, data_keys=house.settings.keys,
        policies=house.policies, now=AFTER,
    )  # fmt: skip
    assert drilled.is_well
    assert drilled.content.sums.documents == 1
    assert list((tmp_path / "backups").iterdir()) == [made.path]
    assert list(scratch.iterdir()) == []


def test_a_month_that_was_changed_before_the_backup_is_not_proven(
    house, source, approved, session, keys, tmp_path
):
    session.execute(sa.text("UPDATE care_plans SET mode = 'residential' WHERE mode = 'own_carer'"))
    session.commit()
    made = make(source, tmp_path, keys)
    drilled = drill(
        made.path, scratch=tmp_path / "scratch", keys=keys, data_keys=house.settings.keys,
        policies=house.policies, now=AFTER,
    )  # fmt: skip
    assert not drilled.is_well
    assert drilled.areas[0].proof.verdict is not Verdict.PROVEN


def test_a_backup_sees_one_instant(source, approved, session, keys, tmp_path, monkeypatch):
    """Somebody writes after the first table was read: the backup is as it was before."""
    before = make(source, tmp_path, keys)
    read = backup_tables.read_blocks
    written = []

    def read_and_write(connection, table):
        yield from read(connection, table)
        if not written:
            written.append(factories.make_person(session))
            session.commit()

    monkeypatch.setattr(backup_tables, "read_blocks", read_and_write)
    after = make(source, tmp_path, keys, at=NOW)
    assert written
    assert after.sums.tables == before.sums.tables


# --- what is in the file -------------------------------------------------------------------------


@pytest.fixture
def made(source, session, area, keys, tmp_path):
    keep_file(source.documents, 1, PDF)
    return make(source, tmp_path / "backups", keys)


def test_no_personal_word_stands_in_the_file(source, session, area, keys, tmp_path):
    person = factories.make_person(session, name="欧阳某某")
    session.commit()
    made = make(source, tmp_path / "backups", keys)
    assert person.name.encode() not in made.path.read_bytes()


def test_data_keys_that_are_missing_are_named(made, given_settings):
    ring = given_settings.keys
    assert list_lost_keys(made.head, ring) == []
    other = KeyRing("t1", {"t1": bytes(32)}, ring.lookup_key)
    assert list_lost_keys(made.head, other) == ["t1"]


# --- a place that is not free --------------------------------------------------------------------


def test_a_place_with_rows_is_left_alone_unless_named(house, source, made, session, keys):
    factories.make_person(session)
    session.commit()
    place = Place(house.engine, None)
    with pytest.raises(PlaceNotEmpty):
        restore_backup(place, path=made.path, keys=keys, at=AFTER)
    session.close()
    restore_backup(Place(house.engine, None, is_replaced=True), path=made.path, keys=keys, at=AFTER)
    with house.session_maker() as again:
        assert again.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 0
    if house.engine.dialect.name == "sqlite":
        file = Path(house.engine.url.database)
        (kept,) = file.parent.glob(f"{file.name}.replaced-*")
        old = db.create_engine(f"sqlite:///{kept}")
        with old.connect() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 1
        old.dispose()


def test_a_table_that_did_not_come_back_right_changes_nothing(
    house, source, made, session, keys, monkeypatch
):
    factories.make_person(session)
    session.commit()
    session.close()
    monkeypatch.setattr(backup_tables, "insert_blocks", lambda *_given: None)
    with pytest.raises(RestoredDiffers):
        restore_backup(
            Place(house.engine, None, is_replaced=True), path=made.path, keys=keys, at=AFTER
        )
    with house.session_maker() as again:
        assert again.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 1


def test_what_a_killed_backup_has_left_is_taken_away(source, area, keys, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / ".left.part").write_bytes(b"half")
    with (folder / ".live.part").open("wb") as live:
        fcntl.flock(live, fcntl.LOCK_EX)
        made = make(source, folder, keys)
        assert {path.name for path in folder.iterdir()} == {made.path.name, ".live.part"}


def test_an_empty_database_has_nothing_to_back_up(empty_database_url, given_settings, tmp_path):
    engine = db.create_engine(empty_database_url)
    with pytest.raises(NothingToBackUp):
        make(Source(engine, given_settings.keys, None), tmp_path, given_settings.backup_keys)
    engine.dispose()


# --- versions ------------------------------------------------------------------------------------


@pytest.fixture
def newer_program(tmp_path):
    """The folder of migrations of a program one version ahead."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = NEXT_REVISION.format(newest=migrations.newest_version())
    (folder / "versions/9999_afterthoughts.py").write_text(text, "utf-8")
    return folder


def test_an_older_backup_is_brought_up(
    house, source, approved, keys, tmp_path, empty_database_url, newer_program, monkeypatch
):
    made = make(source, tmp_path / "backups", keys)
    empty_engine = db.create_engine(empty_database_url)
    monkeypatch.setattr(migrations, "FOLDER", newer_program)
    restore_backup(Place(empty_engine, None), path=made.path, keys=keys, at=AFTER)
    assert migrations.current_version(empty_engine) == "9999"
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT motto FROM areas").scalar_one() == "-"
    assert prove(house, empty_engine, made.sums.audit_heads).is_well
    empty_engine.dispose()


def test_a_newer_program_backs_up_an_older_database(
    house, source, approved, keys, tmp_path, newer_program, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "FOLDER", newer_program)
        made = make(source, tmp_path / "backups", keys)
    assert (made.head.schema, made.head.program) == (migrations.newest_version(), "9999")


def test_a_newer_backup_is_refused_with_what_to_do(
    house, fresh_database_url, keys, tmp_path, newer_program, monkeypatch
):
    engine = db.create_engine(fresh_database_url)
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "FOLDER", newer_program)
        migrations.upgrade(engine)
        made = make(Source(engine, house.settings.keys, None), tmp_path / "backups", keys)
    with pytest.raises(BackupTooNew, match="Update the program"):
        restore_backup(Place(engine, None, is_replaced=True), path=made.path, keys=keys, at=AFTER)
    assert migrations.current_version(engine) == "9999"
    engine.dispose()


def test_a_database_of_a_newer_program_is_not_taken_down(
    made, keys, empty_database_url, newer_program, monkeypatch
):
    """PostgreSQL's tables would be taken down first; SQLite's file is kept beside the new one."""
    engine = db.create_engine(empty_database_url)
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "FOLDER", newer_program)
        migrations.upgrade(engine)
    ways = (False, True) if engine.dialect.name == "postgresql" else (False,)
    for is_replaced in ways:
        place = Place(engine, None, is_replaced=is_replaced)
        with pytest.raises(DatabaseTooNew, match="Update the program"):
            restore_backup(place, path=made.path, keys=keys, at=AFTER)
    assert migrations.current_version(engine) == "9999"
    engine.dispose()


def test_every_column_of_the_product_can_be_backed_up(engine):
    with engine.connect() as connection:
        tables = backup_tables.find_tables(connection)
    assert {table.name for table in tables} == set(db.metadata.tables)
    for table in tables:
        assert table.primary_key.columns, table.name
        for column in table.columns:
            backup_tables.kind_of(column)


# --- how many are kept ---------------------------------------------------------------------------


def test_old_backups_are_removed_and_other_files_stay(source, area, keys, tmp_path):
    folder = tmp_path / "backups"
    paths = [
        make(source, folder, keys, at=AFTER.replace(hour=hour, day=day)).path
        for day, hour in ((1, 2), (1, 3), (2, 2), (3, 2))
    ]
    (folder / "notes.txt").write_text("mine")
    assert remove_old_backups(folder, Retention(days=2, weeks=1, months=1)) == paths[1::-1]
    assert list_backups(folder) == [paths[3], paths[2]]
    assert (folder / "notes.txt").exists()
