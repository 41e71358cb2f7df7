"""What leaves the system as a file is told to the audit log: once each, and without personal data."""

import hashlib
import json

import pytest
import sqlalchemy as sa
import time_machine
from flask import g

from ltc.rules.access import Actor, Role
from ltc.rules.exports import LIST_NAMES, RECORD_TYPES, Listed, is_plain_filter
from ltc.store.audit_log import AuditEvent
from ltc.store.insured import InsuredPerson
from ltc.store.payouts import PayoutRun
from ltc.store.plans import CarePlan
from ltc.web.exports import LISTS
from ltc.web.private_texts import hide
from tests.conftest import NOW
from tests.support.factories import make_person, make_user
from tests.support.sign_in import sign_in_as
from tests.web.route_examples import values_of
from tests.web.test_access_walk import documents_kept, routes_of  # noqa: F401 - a fixture
from tests.web.test_query_counts import who_sees

IN_ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def side(shared_world):
    return shared_world.areas[0][0]


@pytest.fixture
def told(shared_world, side):
    """What gives the events that were written since it was asked last."""
    seen = set()

    def tell():
        with shared_world.app.extensions["ltc"].session_maker() as session:
            query = sa.select(AuditEvent).where(AuditEvent.area_id == side.area_id)
            events = [e for e in session.scalars(query.order_by(AuditEvent.id)) if e.id not in seen]
        seen.update(event.id for event in events)
        return events

    tell()
    return tell


def after(event, field):
    return event.changes[field][1]


def ask_for_all(world, side):
    """Yield every route that is only asked for, with its answer to somebody who may see it."""
    is_sqlite = world.app.extensions["ltc"].engine.dialect.name == "sqlite"
    for route in routes_of(world.app):
        if route.method != "GET" or route.access == "public":
            continue
        if not is_sqlite and "suffix" not in route.arguments:
            continue  # pages are asked for on one database; that is enough of them
        values = values_of(route.endpoint, set(route.arguments), side)
        with world.app.test_request_context():
            path = world.app.url_for(route.endpoint, **values)
        yield route, sign_in_as(world.app.test_client(), side.users[who_sees(route)]).get(path)


def is_file(answer):
    return answer.status_code == 200 and "Content-Disposition" in answer.headers


@pytest.mark.usefixtures("documents_kept")
def test_every_file_leaves_one_event_and_no_page_does(shared_world, side, told):
    lists = {route.endpoint for route in routes_of(shared_world.app) if "suffix" in route.arguments}
    given = set()
    for route, answer in ask_for_all(shared_world, side):
        events = told()
        assert len(events) == is_file(answer), route
        if is_file(answer):
            assert events[0].actor_id == side.users[who_sees(route)].id
            given.add(route.endpoint)
    assert set(LISTS) == lists
    assert lists - given == {"imports.error_file"}, "which has no rows in question here"
    if given - lists:
        assert given - lists >= {
            "assessments.evaluations.record", "plans.print_plan", "statements.archive",
            "statements.bundle", "statements.download",
        }  # fmt: skip


def test_a_workbook_is_told_as_what_it_is(shared_world, side, told):
    officer = sign_in_as(shared_world.app.test_client(), side.users[Role.OFFICER])
    content = officer.get("/insured/people.xlsx").data
    (event,) = told()
    assert (event.action, event.record_type, event.record_id) == (
        "list.exported",
        "insured_person",
        0,
    )
    assert after(event, "list") == "people"
    assert after(event, "format") == "xlsx"
    assert after(event, "sha256") == hashlib.sha256(content).hexdigest()


def test_how_many_rows_and_how_narrowed_is_told_without_what_was_searched_for(
    shared_world, side, told
):
    officer = sign_in_as(shared_world.app.test_client(), side.users[Role.OFFICER])
    name = side[InsuredPerson].name
    lines = officer.get(
        "/insured/people.csv", query_string={"q": name, "sort": "name", "cursor": ""}
    ).text.splitlines()
    again = officer.get("/insured/people.csv", query_string={"q": f" {name} "})
    first, second = told()
    assert after(first, "rows") == len(lines) - 1 > 0
    assert set(after(first, "filters")) == {"q"}
    assert name not in json.dumps(first.changes, ensure_ascii=False)
    assert after(first, "filters") == after(second, "filters"), "the same search, the same digest"
    assert after(second, "sha256") == hashlib.sha256(again.data).hexdigest()


def test_a_whole_number_is_the_same_digest_however_the_address_hides_it(shared_world, side, told):
    app, user = shared_world.app, side.users[Role.OFFICER]
    number = "500101193507110039"
    with app.test_request_context():
        g.actor = Actor(user.id, user.name, user.role, user.area_id)
        hidden = {hide(number), hide(number)}
    assert len(hidden) == 2
    officer = sign_in_as(app.test_client(), user)
    for text in (*hidden, number):
        assert officer.get("/insured/people.csv", query_string={"q": text}).status_code == 200
    assert len({after(event, "filters")["q"] for event in told()}) == 1


def test_a_list_of_one_record_names_it_and_codes_stand_in_plain(shared_world, side, told):
    browser = sign_in_as(shared_world.app.test_client(), side.users[Role.FINANCE_CHECKER])
    run = side[PayoutRun]
    assert browser.get(f"/payouts/{run.id}/lines.csv?mode=home_visits&q=500101").status_code == 200
    (event,) = told()
    assert (event.record_type, event.record_id) == ("payout_run", run.id)
    filters = after(event, "filters")
    assert filters["mode"] == "home_visits"
    assert len(filters["q"]) == 64
    auditor = sign_in_as(shared_world.app.test_client(), side.users[Role.AUDITOR])
    text = auditor.get("/audit?action=list.exported", headers=IN_ENGLISH).text
    assert "List taken away as a file" in text
    assert "Lines" in text
    assert f'href="/payouts/{run.id}"' in text


def test_who_may_not_have_a_file_leaves_none(shared_world, side, told):
    carer = sign_in_as(shared_world.app.test_client(), side.users[Role.CARER])
    assert carer.get("/insured/people.csv").status_code == 403
    assert told() == []


@pytest.mark.parametrize("path", ["/insured/people.csv", "/plans/{plan}/plan.pdf"])
def test_what_cannot_be_recorded_is_not_given(shared_world, side, told, path):
    """Every connection reads only, as in a database that was made so."""
    officer = sign_in_as(shared_world.app.test_client(), side.users[Role.OFFICER])
    path = path.format(plan=side[CarePlan].id)
    engine = shared_world.app.extensions["ltc"].engine
    is_sqlite = engine.dialect.name == "sqlite"
    forbid = "PRAGMA query_only = on" if is_sqlite else "SET default_transaction_read_only = on"

    def only_read(connection, _record):
        connection.cursor().execute(forbid)
        connection.commit()

    engine.dispose()
    sa.event.listen(engine, "connect", only_read)
    try:
        refused = officer.get(path, headers=IN_ENGLISH)
    finally:
        sa.event.remove(engine, "connect", only_read)
        engine.dispose()
    assert refused.status_code == 503
    assert "The file was not given" in refused.text
    assert side[InsuredPerson].name not in refused.text
    assert "Content-Disposition" not in refused.headers
    assert told() == []
    assert officer.get(path).status_code == 200
    assert len(told()) == 1


def test_on_a_full_database_no_file_is_given_that_is_not_told_of(disk, client, session, area):
    officer = sign_in_as(client, make_user(session, Role.OFFICER))
    make_person(session)
    session.commit()
    engine, given = session.get_bind(), 0
    disk.fill(engine)
    try:
        while (answer := officer.get("/insured/people.csv", headers=IN_ENGLISH)).status_code == 200:
            given += 1  # the last page of the table has room for some
            assert given < 200
    finally:
        disk.make_room(engine)
    assert answer.status_code == 503
    assert "The file was not given" in answer.text
    session.rollback()
    told = sa.select(sa.func.count()).where(AuditEvent.action == "list.exported")
    assert session.scalar(told) == given
    assert officer.get("/insured/people.csv").status_code == 200


def test_one_that_breaks_off_is_told_too(shared_world, side, told):
    officer = sign_in_as(shared_world.app.test_client(), side.users[Role.OFFICER])
    answer = officer.get("/insured/people.csv", buffered=False)
    answer.close()
    assert len(told()) == 1


def test_every_list_has_words_and_a_kind_of_record():
    assert set(LIST_NAMES) == set(RECORD_TYPES) == set(Listed)
    assert {taken.listed for taken in LISTS.values()} == set(Listed)


@pytest.mark.parametrize(
    ("name", "value", "is_plain"),
    [
        ("month", "2019-11", True), ("status", "accepted", True), ("action", "visit.logged", True),
        ("q", "accepted", False), ("status", "王芳", False), ("provider", "17", False),
        ("unheard_of", "accepted", False), ("status", "", False), ("status", "x" * 41, False),
    ],
)  # fmt: skip
def test_only_what_nobody_can_write_freely_stands_in_plain(name, value, is_plain):
    assert is_plain_filter(name, value) == is_plain
