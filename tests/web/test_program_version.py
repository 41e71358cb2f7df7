"""A web worker of another version than the database neither writes nor reads, and says so."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from ltc.rules.access import Role
from ltc.store import migrations
from ltc.store.insured import InsuredPerson
from ltc.store.users import UserSession
from tests.conftest import NOW
from tests.support.factories import make_district, make_identity, make_user
from tests.support.sign_in import send, sign_in_as

MINUTE = timedelta(minutes=1)
PEOPLE = "/insured/"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def database_url(fresh_database_url):
    return fresh_database_url


@pytest.fixture
def officer(client, session, area):
    client.get("/language/en")
    return sign_in_as(client, make_user(session, Role.OFFICER))


@pytest.fixture
def register(officer, session):
    """Register a person, another one each time."""
    district, numbers = make_district(session), iter(range(1, 9))

    def register():
        return send(officer, "/insured/register", {
            "identity": make_identity(next(numbers)), "name": "王淑珍", "community": "钢花社区",
            "district_id": str(district.id), "scheme": "employee", "contribution_years": "20",
            "starts_on": "2018-01-01",
        })  # fmt: skip

    return register


@pytest.fixture
def bring(engine):
    """Bring the database to a version, as another program would."""

    def bring(version):
        with engine.begin() as connection:
            to = {"to": version}
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), to)

    return bring


def count_people(session):
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(InsuredPerson))


@pytest.mark.parametrize("version", ["0013", "9999"])
def test_a_worker_neither_writes_nor_reads_until_both_agree(
    officer, register, bring, session, clock, version
):
    assert register().status_code == 302
    bring(version)
    clock.shift(10 * MINUTE)  # so long that being seen would be written
    answers = register(), officer.get(PEOPLE), officer.get(PEOPLE, headers=JSON)
    assert [(a.status_code, a.headers["Retry-After"]) for a in answers] == [(503, "60")] * 3
    for answer in answers[:2]:
        assert "of another version than this program. Nothing was changed." in answer.text
    assert answers[2].json["type"] == "urn:ltc:problem:program_of_other_version"
    assert count_people(session) == 1
    assert session.scalar(sa.select(UserSession.seen_at)) == NOW
    assert officer.get("/healthz").status_code == 200
    assert officer.get("/readyz").status_code == 503

    bring(migrations.newest_version())
    clock.shift(MINUTE)
    assert register().status_code == 302
    assert count_people(session) == 2


def test_the_database_is_asked_once_a_minute(officer, bring, clock):
    assert officer.get(PEOPLE).status_code == 200
    bring("9999")
    assert officer.get(PEOPLE).status_code == 200
    clock.shift(MINUTE)
    assert officer.get(PEOPLE).status_code == 503


def test_a_newer_program_on_the_disk_is_not_the_one_that_runs(officer, bring, clock, monkeypatch):
    """Files are put in place first, then the database is brought up, then processes start anew."""
    bring("9999")
    monkeypatch.setattr(migrations, "newest_version", lambda: "9999")
    monkeypatch.setattr(migrations, "is_known", lambda _version: True)
    assert officer.get(PEOPLE).status_code == 200  # asked in this minute already
    clock.shift(MINUTE)
    assert officer.get(PEOPLE).status_code == 503
    assert officer.get("/readyz").json["database"] == "database_too_new"


def test_an_empty_database_is_called_so(officer, engine, clock):
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    clock.shift(MINUTE)
    assert "The database is empty, or of another version" in officer.get(PEOPLE).text
