import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine

from ltc import logs
from ltc.rules.access import Role
from ltc.services import schedulers
from ltc.store.job_runs import JobRun, JobSchedule, JobStatus, Scheduler
from ltc.store.migrations import newest_version
from ltc.web import metrics
from tests.conftest import NOW
from tests.support.factories import make_person, make_user
from tests.support.installations import make_app
from tests.support.sign_in import send, sign_in_as
from tests.support.world import build_world

TOKEN = "a token for tests only"


@pytest.fixture
def environ(environ):
    return {**environ, "LTC_METRICS_TOKEN": TOKEN}


def add_done_job(session, key):
    session.add(
        JobRun(area_id=1, kind="audit_check", job_key=key, status=JobStatus.DONE, inputs={},
               heartbeat_at=NOW, started_at=NOW, ended_at=NOW)
    )  # fmt: skip
    session.commit()


def ask(client):
    return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})


def test_a_living_process_says_so(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_ready_one_names_what_it_looked_at(client, area, make_ctx):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["database"], answer.json["documents"]) == (
        200,
        "ok",
        "ok",
    )
    assert answer.json["scheduler_age_seconds"] is None
    schedulers.sign_in(make_ctx(), at=NOW)
    assert client.get("/readyz").json["scheduler_age_seconds"] > 0


def test_a_database_of_another_schema_is_not_ready(client, house):
    with house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["database"]) == (503, "database_too_old")
    finally:
        with house.engine.begin() as connection:
            newest = newest_version()
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest}'")


def test_a_folder_that_cannot_be_written_is_not_ready(house, tmp_path):
    (tmp_path / "file").write_text("where the folder should be")
    settings = replace(house.settings, documents=tmp_path / "file" / "documents")
    answer = make_app(replace(house, settings=settings)).test_client().get("/readyz")
    assert (answer.status_code, answer.json["documents"]) == (503, "not writable")


def test_without_the_token_there_is_no_such_page(client):
    for headers in ({}, {"Authorization": "Bearer nearly"}, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=headers).status_code == 404


def test_numbers_by_route_and_area_and_nothing_of_a_person(client, session, house):
    build_world(session)
    person = make_person(session)
    client.get(f"/insured/{person.id}?q={person.name}")
    client.get(f"/nowhere/{person.name}")
    text = ask(client).get_data(as_text=True)
    assert 'route="/insured/<int:person_id>"' in text
    assert 'ltc_queue_length{area="' in text
    assert 'ltc_jobs{area="' in text
    assert 'ltc_payout{area="' in text
    assert person.name not in text
    assert person.case_number not in text
    # A short number may stand in a count or in the code of an area: it is looked for in addresses.
    routes = set(re.findall(r'route="([^"]*)"', text))
    assert [route for route in routes if str(person.id) in route] == []


def test_the_database_is_asked_once_a_minute_however_often_one_scrapes(client, session, area):
    def scrape(seconds):
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            text = ask(client).get_data(as_text=True)
        age = re.search(r"ltc_job_age_seconds{.*} (\S+)", text).group(1)
        return re.search(r"ltc_jobs{.*} (\S+)", text).group(1), age

    add_done_job(session, "one")
    assert scrape(0) == ("1.0", "0.0")
    add_done_job(session, "two")
    assert scrape(20) == ("1.0", "20.0")  # the age is of this instant all the same
    assert scrape(60) == ("2.0", "60.0")


def test_a_task_that_was_never_done_and_a_silent_scheduler_grow_old(client, session, area):
    hours = [NOW - timedelta(hours=count) for count in (5, 3)]
    session.add_all([
        JobSchedule(area_id=area.id, kind="audit_check", since_at=hours[0]),
        Scheduler(holder="m:1:a", started_at=hours[0], heartbeat_at=hours[1]),
    ])  # fmt: skip
    session.commit()
    with time_machine.travel(NOW, tick=False):
        text = ask(client).get_data(as_text=True)
    assert f'ltc_job_age_seconds{{area="{area.code}",task="audit_check"}} 18000.0' in text
    assert "ltc_scheduler_age_seconds 10800.0" in text


def test_counts_of_several_processes_are_added_up(tmp_path, monkeypatch, client, area):
    """Another process of the same server has counted into the folder, and ended."""
    folder = tmp_path / "metrics"
    monkeypatch.setenv(metrics.FOLDER, str(folder))
    count = (
        "from ltc.web.metrics import count_request as c\nfor _ in range(5): c('GET', '/x', 200, 9)"
    )
    folder.mkdir()
    subprocess.run([sys.executable, "-c", count], check=True, timeout=60)
    subprocess.run([sys.executable, "-c", count], check=True, timeout=60)
    text = ask(client).get_data(as_text=True)
    assert 'ltc_requests_total{method="GET",route="/x",status="200"} 10.0' in text


# --- the log -------------------------------------------------------------------------------------

IDENTITY = "110101193507110019"


def lines_of(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line[:1] == "{"]


@pytest.fixture
def logged(house, area, capsys):
    """A client of an application that logs as in production."""
    app = make_app(house)
    logs.configure(as_json=True)
    yield app.test_client()
    logs.configure(as_json=False)


def test_a_request_is_one_line_by_its_route(logged, session, capsys):
    officer = make_user(session, Role.OFFICER)
    person = make_person(session)
    sign_in_as(logged, officer)
    answer = logged.get(f"/insured/{person.id}", headers={"X-Request-ID": "proxy-4711"})
    (line,) = lines_of(capsys)
    assert answer.headers["X-Request-ID"] == "proxy-4711"
    assert line["request_id"] == "proxy-4711"
    assert (line["route"], line["status"]) == ("/insured/<int:person_id>", 200)
    assert line["user_id"] == officer.id
    assert line["ms"] >= 0


def test_a_made_up_request_number_is_not_written(logged, capsys):
    logged.get("/healthz", headers={"X-Request-ID": f"{IDENTITY} and more"})
    (line,) = lines_of(capsys)
    assert len(line["request_id"]) == 16


def test_no_identity_number_reaches_the_log(logged, session, capsys, monkeypatch, caplog):
    sign_in_as(logged, make_user(session, Role.OFFICER))
    logged.application.config["PROPAGATE_EXCEPTIONS"] = False
    logged.application.testing = False
    logged.get(f"/search?q={IDENTITY}")
    logged.get(f"/{IDENTITY}")
    send(logged, "/insured/register", {"name": "张三", "identity_number": IDENTITY})
    row = f"case_number,name,identity_number\n1,张三,{IDENTITY}\n,,{IDENTITY}\n"
    upload = (BytesIO(row.encode()), f"{IDENTITY}.csv")
    send(logged, "/imports/", {"kind": "people", "file": upload})

    def broken(*_given, **_more):
        raise ValueError(f"broken at {IDENTITY} of 张三")

    monkeypatch.setattr("ltc.web.search.render_template", broken)
    assert logged.get(f"/search?q={IDENTITY}").status_code == 500
    written = capsys.readouterr()
    everything = written.err + written.out + caplog.text
    assert "request broke" in everything
    assert "ValueError" in everything
    assert IDENTITY not in everything
    assert "张三" not in everything
