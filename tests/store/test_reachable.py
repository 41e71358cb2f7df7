"""What a refusal of the database means is found from what it says, and told with what to do."""

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from ltc.store.reachable import (
    DatabaseAway,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseOfOtherVersion,
    DatabaseOnlyRead,
    find_trouble,
)
from tests.support.factories import make_user
from tests.support.sign_in import send, sign_in_as


def of_sqlite(text):
    return OperationalError("INSERT", {}, Exception(text))


def of_postgres(name):
    error = getattr(psycopg.errors, name)("refused")
    kind = {"OperationalError": OperationalError}.get(type(error).__base__.__name__, DBAPIError)
    return kind("INSERT", {}, error)


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (of_sqlite("attempt to write a readonly database"), DatabaseOnlyRead),
        (of_sqlite("database or disk is full"), DatabaseFull),
        (of_sqlite("database is locked"), DatabaseBusy),
        (of_sqlite("unable to open database file"), DatabaseAway),
        (of_sqlite("no such column: visits.price_fen"), DatabaseOfOtherVersion),
        (of_sqlite("file is not a database"), DatabaseDamaged),
        (of_sqlite("database disk image is malformed"), DatabaseDamaged),
        (of_postgres("ReadOnlySqlTransaction"), DatabaseOnlyRead),
        (of_postgres("DiskFull"), DatabaseFull),
        (of_postgres("LockNotAvailable"), DatabaseBusy),
        (of_postgres("AdminShutdown"), DatabaseAway),
        (of_postgres("CannotConnectNow"), DatabaseAway),
        (of_postgres("TooManyConnections"), DatabaseAway),
        (of_postgres("UndefinedColumn"), DatabaseOfOtherVersion),
        (OperationalError("SELECT", {}, psycopg.OperationalError("connection refused")),
         DatabaseAway),
    ],
)  # fmt: skip
def test_a_refusal_is_understood(error, trouble):
    assert type(find_trouble(error)) is trouble


def test_a_mistake_of_ours_is_no_trouble_of_the_database():
    assert find_trouble(IntegrityError("INSERT", {}, Exception("UNIQUE"))) is None
    assert find_trouble(of_postgres("NotNullViolation")) is None


JSON = {"Accept": "application/json"}


def test_a_form_that_cannot_be_written_is_answered_in_words(client, session, area, house):
    """Signing in writes; every connection reads only, as in a database that was made so."""
    user = make_user(session)
    session.commit()
    is_sqlite = house.engine.dialect.name == "sqlite"
    forbid = "PRAGMA query_only = {}" if is_sqlite else "SET default_transaction_read_only = {}"

    def set_only_read(state):
        with house.engine.connect() as connection:
            connection.exec_driver_sql(forbid.format(state))
            connection.commit()

    session.close()
    house.engine.dispose()
    set_only_read("on")  # the pool has one connection, and hands it out again
    typed = {"sign_in_name": user.sign_in_name, "password": "whatever it is"}
    answer = send(client, "/sign-in", typed, headers=JSON)
    set_only_read("off")
    assert (answer.status_code, answer.json["type"]) == (
        503, "urn:ltc:problem:database_only_read"
    )  # fmt: skip
    assert "`flask db check` says why" in answer.json["title"]
    assert send(client, "/sign-in", typed).status_code in (200, 401, 422)


def test_a_database_of_a_newer_version_is_said_on_a_page(client, session, area, house):
    user = make_user(session)
    session.commit()
    sign_in_as(client, user)
    session.close()
    with house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE user_sessions RENAME TO sessions_of_users")
    try:
        answer = client.get("/", headers=JSON)
    finally:
        with house.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE sessions_of_users RENAME TO user_sessions")
    assert (answer.status_code, answer.json["type"]) == (
        503, "urn:ltc:problem:database_of_other_version"
    )  # fmt: skip
