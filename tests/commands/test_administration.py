"""``flask db``, ``users``, ``keys`` and ``audit``: what an administrator types, and reads."""

import pytest
import sqlalchemy as sa
from click.testing import Result

from ltc.factory import House, create_app
from ltc.rules.access import Role
from ltc.services.passwords import Passwords
from ltc.store import db, migrations
from ltc.store.areas import Area, District, Organisation
from ltc.store.audit_log import AuditBlock, AuditEvent
from ltc.store.reachable import (
    DatabaseInUse,
    DatabaseReadOnly,
    DatabaseUnreachable,
    check_writable,
)
from ltc.store.users import User
from tests.support.spoilt_rows import spoil_instant

CHEAP = Passwords(1, 32)


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def invoke(*words: str, **more) -> Result:
        return runner.invoke(args=list(words), **more)

    return invoke


@pytest.fixture
def run_on_empty(empty_database_url, given_settings, policies):
    """Commands on a database without tables."""
    engine = db.create_engine(empty_database_url)
    maker = db.create_session_maker(engine, given_settings.keys)
    runner = create_app(house=House(given_settings, engine, maker, policies)).test_cli_runner()
    yield lambda *words: runner.invoke(args=list(words))
    engine.dispose()


def password_of(result: Result) -> str:
    return next(line.split()[1] for line in result.output.splitlines() if "password  " in line)


def test_an_empty_database_is_brought_up_and_down(run_on_empty):
    newest = migrations.newest_version()
    assert run_on_empty("db", "version").output == f"database none\nprogram {newest}\n"
    refused = run_on_empty("db", "check")
    assert refused.exit_code == 1
    assert "Run `flask db upgrade`" in refused.output
    assert run_on_empty("db", "upgrade").output == f"The database is at version {newest}.\n"
    assert run_on_empty("db", "check").exit_code == 0
    assert run_on_empty("db", "downgrade", "base").output == "The database is at version none.\n"


def test_a_database_of_a_newer_program_is_left_alone(run_on_empty, empty_database_url):
    run_on_empty("db", "upgrade")
    engine = db.create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    for words in (["db", "check"], ["db", "upgrade"], ["serve", "--port", "8469"]):
        result = run_on_empty(*words)
        assert result.exit_code == 1
        assert "Update the program" in result.output


def test_nothing_is_served_from_an_old_database(run_on_empty):
    result = run_on_empty("serve", "--port", "8469")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "Run `flask db upgrade`" in result.output


def test_the_first_administrator_comes_with_area_and_agency(run, session):
    result = run("users", "create", "Admin", "--area", "chongqing", "--area-name", "重庆")
    assert result.exit_code == 0, result.output
    user = session.scalar(sa.select(User))
    assert (user.sign_in_name, user.role) == ("admin", Role.ADMINISTRATOR)
    assert user.must_change_password
    assert CHEAP.is_right(user.password_hash, password_of(result))
    assert session.scalar(sa.select(Area.name_zh)) == "重庆"
    actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["area.opened", "organisation.founded", "user.created"]


def test_a_second_one_joins_the_same_agency(run, session):
    for name in ("first", "second"):
        run("users", "create", name, "--area", "chongqing")
    assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 2


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["admin", "--area", "atlantis"], "No policy of “atlantis” is installed"),
        (["taken", "--area", "chongqing"], "Somebody else signs in as taken"),
        (["Ädmin", "--area", "chongqing"], "A sign-in name has 3 to 80 characters"),
        (["x.y", "--area", "chongqing", "--role", "carer"], "does not belong to this kind"),
        (["x.y", "--area", "chongqing", "--organisation", "None"], "no such organisation"),
    ],
)
def test_what_cannot_be_created_is_said_in_one_line(run, words, text):
    run("users", "create", "taken", "--area", "chongqing")
    result = run("users", "create", *words)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert text in result.output


def test_a_new_agency_gets_its_districts_and_its_assessing_body(run, session):
    run("users", "create", "admin", "--area", "chongqing")
    words = ("areas", "district", "DDK", "大渡口区", "--name-en", "Dadukou", "--area", "chongqing")
    assert run(*words).output == "Opened the district DDK.\n"
    assert run("areas", "body", "评估中心", "--area", "chongqing").exit_code == 0
    district = session.scalars(sa.select(District)).one()
    assert (district.code, district.name_zh, district.name_en) == ("DDK", "大渡口区", "Dadukou")
    made = run("users", "create", "assessor", "--area", "chongqing", "--role", "assessor",
               "--organisation", "评估中心")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "There is a district “DDK” already." in run(*words).output
    again = run("areas", "body", "评估中心", "--area", "chongqing")
    assert (again.exit_code, again.output.count("\n")) == (1, 1)
    assert run("areas", "body", " ", "--area", "chongqing").exit_code == 1


def test_a_password_can_be_chosen_and_is_not_printed(run, session):
    words = ("users", "create", "admin", "--area", "chongqing", "--ask")
    result = run(*words, input="four words make it\nfour words make it\n")
    assert result.exit_code == 0
    assert "four words" not in result.output
    assert CHEAP.is_right(session.scalar(sa.select(User.password_hash)), "four words make it")
    assert "at least 12" in run(*words, input="short\nshort\n").output.lower()


def test_a_reset_prints_a_new_password_once(run, session):
    first = password_of(run("users", "create", "admin", "--area", "chongqing"))
    second = password_of(run("users", "reset", "ADMIN", "--area", "chongqing"))
    hashed = session.scalar(sa.select(User.password_hash))
    assert CHEAP.is_right(hashed, second)
    assert not CHEAP.is_right(hashed, first)
    assert run("users", "reset", "nobody", "--area", "chongqing").exit_code == 1


def test_the_chain_is_sealed_and_verified(run, session):
    run("users", "create", "admin", "--area", "chongqing")
    assert run("audit", "seal", "--settle-seconds", "0").output == "chongqing: 1 block sealed\n"
    whole = run("audit", "verify")
    assert whole.exit_code == 0
    assert whole.output.startswith("chongqing: whole: 3 events in 1 block, 0 not sealed yet")
    event = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.at, AuditEvent.id)).all()[1]
    session.execute(sa.update(AuditEvent).where(AuditEvent.id == event.id).values(door="pagf"))
    session.commit()
    broken = run("audit", "verify", "--area", "chongqing")
    assert broken.exit_code == 1
    assert f"BROKEN: changed at event {event.id}, position 2, block 1" in broken.output


def test_a_head_that_was_changed_by_hand_gives_no_line_to_keep(run, session):
    run("users", "create", "admin", "--area", "chongqing")
    run("audit", "seal", "--settle-seconds", "0")
    spoil_instant(session, "audit_blocks", "sealed_at", number=1)
    told = run("audit", "head")
    assert told.exit_code == 1
    assert "block 1, the newest, was changed by hand" in told.output
    run("users", "create", "second", "--area", "chongqing")
    run("audit", "seal", "--settle-seconds", "0")
    assert "chongqing 2 " in run("audit", "head").output
    assert "changed at block 1" in run("audit", "verify").output


def test_a_kept_head_has_to_be_found_in_the_chain(run, session, tmp_path):
    run("users", "create", "admin", "--area", "chongqing")
    assert "nothing is sealed yet" in run("audit", "head").output
    run("audit", "seal", "--settle-seconds", "0")
    line = run("audit", "head").output.strip()
    area, number, _at, digest = line.split()
    assert (area, number, len(digest)) == ("chongqing", "1", 64)
    file = tmp_path / "heads.txt"
    file.write_text(f"# kept by the auditor\n\n{line}\n", "utf-8")
    assert (
        "kept heads found: 2"
        in run("audit", "verify", "--head", digest, "--head-file", str(file)).output
    )
    for model in (AuditEvent, AuditBlock):
        session.execute(sa.delete(model))
    session.commit()
    assert run("audit", "verify").exit_code == 0
    cut = run("audit", "verify", "--head-file", str(file))
    assert (cut.exit_code, cut.output) == (
        1,
        "chongqing: BROKEN: cut: from block 1 on the chain is missing\n",
    )
    elsewhere = run("audit", "verify", "--head", line.replace("chongqing", "atlantis"))
    assert (elsewhere.exit_code, "no area “atlantis”" in elsewhere.output) == (1, True)
    assert "is no head of a chain" in run("audit", "verify", "--head", "x").output


def test_keys_are_made_and_data_moved(run):
    made = dict(line.split("=", 1) for line in run("keys", "make").output.splitlines())
    assert set(made) == {"LTC_SECRET_KEY", "LTC_DATA_KEYS", "LTC_LOOKUP_KEY", "LTC_BACKUP_KEYS"}
    run("users", "create", "admin", "--area", "chongqing")
    assert run("keys", "rotate").output.splitlines()[0] == "chongqing: 0 rows sealed anew"


def test_a_database_that_is_not_there_is_said_in_one_line(tmp_path):
    engine = db.create_engine(f"sqlite:///{tmp_path}/missing/folder.db")
    with pytest.raises(DatabaseUnreachable, match="unable to open database file"):
        check_writable(engine)


def test_a_postgresql_that_does_not_answer_is_said_without_its_password():
    engine = db.create_engine("postgresql://ltc:secret@127.0.0.1:9/ltc?connect_timeout=2")
    with pytest.raises(DatabaseUnreachable) as caught:
        check_writable(engine)
    assert "secret" not in caught.value.message


def test_a_database_that_can_only_be_read_is_said(database_url):
    if database_url.startswith("sqlite"):
        path = database_url.removeprefix("sqlite:///")
        url = f"sqlite:///file:{path}?mode=ro&uri=true"
    else:
        join = "&" if "?" in database_url else "?"
        url = f"{database_url}{join}options=-c%20default_transaction_read_only%3Don"
    engine = db.create_engine(url)
    with pytest.raises(DatabaseReadOnly):
        check_writable(engine)
    engine.dispose()


def test_a_database_that_others_keep_busy_says_what_to_end(database_url, tmp_path, monkeypatch):
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL lets a check write beside others")
    monkeypatch.setattr(db, "BUSY_MS", 10)
    engine, other = db.create_engine(database_url), db.create_engine(database_url)
    with (
        other.connect().execution_options(sqlite_immediate=True) as writer,
        writer.begin(),
        pytest.raises(DatabaseInUse, match="End `flask scheduler` and `flask serve`"),
    ):
        check_writable(engine)
    engine.dispose()
    other.dispose()


@pytest.mark.parametrize(
    "words", [["db", "check"], ["audit", "verify"], ["payouts", "show", "chongqing"]]
)
def test_a_file_that_is_no_database_is_named_with_what_to_do(
    given_settings, policies, tmp_path, words
):
    file = tmp_path / "other.sqlite"
    file.write_bytes(b"a letter, and no database " * 200)
    engine = db.create_engine(f"sqlite:///{file}")
    maker = db.create_session_maker(engine, given_settings.keys)
    app = create_app(house=House(given_settings, engine, maker, policies))
    refused = app.test_cli_runner().invoke(args=words)
    assert refused.exit_code == 1
    assert f"The file {file} is no database, or a damaged one: file is not a database." in (
        " ".join(refused.output.split())
    )
    assert "bring back the last backup: `flask restore FILE`" in refused.output
    engine.dispose()


def test_checking_leaves_the_database_as_it_is(engine):
    check_writable(engine)
    migrations.check_version(engine)


def test_the_commands_need_no_database_to_be_listed(run_on_empty):
    assert "verify" in run_on_empty("audit", "--help").output
