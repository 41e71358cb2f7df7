import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import OperationalError

from ltc import clock, http
from ltc.factory import create_app
from ltc.http import SESSION_COOKIE
from ltc.rules.access import Role
from ltc.rules.users import UNKNOWN_NAMES_PER_HOUR
from ltc.services import sign_in as door
from ltc.services.passwords import Passwords
from ltc.settings import load
from ltc.store.audit_log import AuditEvent
from ltc.store.users import User, UserSession, token_digest
from tests.conftest import NOW
from tests.support.factories import make_user
from tests.support.installations import make_app, make_house
from tests.support.sign_in import csrf_token, send, sign_in_as

PASSWORD = "four words make it"
CHEAP = Passwords(1, 32)
HERE = {"Origin": "http://localhost"}


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user(session, area):
    return make_user(session, Role.OFFICER, sign_in_name="chen", password_hash=CHEAP.hash(PASSWORD))


def enter(client, name="chen", password=PASSWORD, **more):
    return send(client, "/sign-in", {"sign_in_name": name, "password": password, **more})


def actions(session):
    session.rollback()
    return list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_the_right_password_opens_the_page_one_came_for(client, user, session):
    assert client.get("/password?a=1").location == "/sign-in?next=/password?a%3D1"
    answer = enter(client, next="/password?a=1")
    assert (answer.status_code, answer.location) == (302, "/password?a=1")
    assert client.get("/password").status_code == 200
    assert actions(session) == ["user.signed_in"]


def test_only_the_digest_of_the_token_is_stored(client, user, session):
    enter(client)
    cookie = client.get_cookie(SESSION_COOKIE)
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert session.scalar(sa.select(UserSession.token_digest)) == token_digest(cookie.value)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example/x", "/\\evil.example", "/\t/evil.example", "x"]
)
def test_signing_in_leads_to_no_other_site(client, user, path):
    assert enter(client, next=path).location == "/"


@pytest.mark.parametrize(("name", "password"), [("chen", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_look_the_same(client, user, name, password):
    answer = enter(client, name, password)
    assert answer.status_code == 422
    assert "The sign-in name or the password is wrong." in said(client, answer)
    assert client.get_cookie(SESSION_COOKIE) is None


def said(client, answer):
    return answer.get_data(as_text=True)


@pytest.fixture
def client(app):
    client = app.test_client()
    client.get("/language/en")
    return client


def test_the_fifth_failure_locks_for_fifteen_minutes(client, user, session, frozen):
    for _ in range(4):
        answer = enter(client, password="wrong")
        assert "After 5 wrong passwords a name is locked for 15 minutes." in said(client, answer)
    assert "Too many wrong passwords" in said(client, enter(client, password="wrong"))
    assert actions(session) == ["user.sign_in_failed"] * 5 + ["user.locked"]
    assert "Too many wrong passwords" in said(client, enter(client))
    frozen.shift(timedelta(minutes=14, seconds=59))
    assert enter(client).status_code == 422
    frozen.shift(timedelta(seconds=1))
    assert enter(client).status_code == 302


def test_a_right_password_in_between_begins_the_count_anew(client, user, session):
    for password in ["wrong"] * 4 + [PASSWORD] + ["wrong"] * 4:
        enter(client, password=password)
    assert enter(client).status_code == 302


def test_a_deactivated_user_cannot_sign_in(client, user, session):
    user.active = False
    session.commit()
    assert enter(client).status_code == 422


def test_a_deactivated_user_is_signed_out_at_once(client, user, session):
    sign_in_as(client, user)
    assert client.get("/password").status_code == 200
    user.active = False
    session.commit()
    assert client.get("/password").status_code == 302


@pytest.mark.parametrize(("minutes", "status"), [(149, 200), (150, 302)])
def test_an_idle_session_ends(client, user, frozen, minutes, status):
    sign_in_as(client, user)
    frozen.shift(timedelta(minutes=minutes))
    assert client.get("/password").status_code == status


def test_a_session_in_use_ends_after_its_hours(client, user, frozen):
    sign_in_as(client, user)
    for _ in range(5):
        assert client.get("/password").status_code == 200
        frozen.shift(timedelta(hours=2))
    assert client.get("/password").status_code == 302


def test_signing_out_ends_the_session_everywhere(client, app, user, session):
    sign_in_as(client, user)
    token = client.get_cookie(SESSION_COOKIE).value
    assert send(client, "/sign-out").location == "/sign-in"
    stolen = app.test_client()
    stolen.set_cookie(SESSION_COOKIE, token)
    assert stolen.get("/password").status_code == 302
    assert actions(session) == ["user.signed_out"]


def test_a_given_password_has_to_be_changed_first(client, user, session):
    user.must_change_password = True
    session.commit()
    sign_in_as(client, user)
    assert client.get("/").location == "/password"
    new = {"old_password": PASSWORD, "new_password": "another four words"}
    assert send(client, "/password", new).location == "/"
    assert client.get("/").status_code == 200
    session.refresh(user)
    assert CHEAP.is_right(user.password_hash, "another four words")


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("wrong", "another four words", "not the one that was entered"),
        (PASSWORD, "short", "at least 12 characters"),
        (PASSWORD, "password1234", "first that are guessed"),
        (PASSWORD, PASSWORD, "is the old one"),
    ],
)
def test_a_password_that_will_not_do_is_refused(client, user, old, new, text):
    sign_in_as(client, user)
    answer = send(client, "/password", {"old_password": old, "new_password": new})
    assert answer.status_code == 422
    assert text.lower() in said(client, answer).lower()


def test_other_browsers_are_signed_out_by_a_new_password(client, app, user):
    sign_in_as(client, user)
    other = sign_in_as(app.test_client(), user)
    send(client, "/password", {"old_password": PASSWORD, "new_password": "another four words"})
    assert client.get("/password").status_code == 200
    assert other.get("/password").status_code == 302


def test_a_hash_of_lower_cost_is_replaced_when_its_owner_comes(client, user, session):
    user.password_hash = Passwords(2, 16).hash(PASSWORD)
    session.commit()
    before = user.password_hash
    enter(client)
    session.refresh(user)
    assert user.password_hash != before
    assert not CHEAP.is_outdated(user.password_hash)


def test_a_name_that_nobody_has_is_locked_like_any_other(client, user, frozen):
    def is_told_of_a_lock(name):
        return "Too many wrong passwords" in said(client, enter(client, name, "wrong"))

    for name in (user.sign_in_name, "nobody"):
        assert [is_told_of_a_lock(name) for _ in range(7)] == [False] * 4 + [True] * 3
    assert not is_told_of_a_lock("nobody else")
    frozen.shift(timedelta(minutes=16))
    assert [is_told_of_a_lock("nobody") for _ in range(5)] == [False] * 4 + [True]


def test_a_spoilt_event_of_an_unknown_name_keeps_nobody_from_trying(client, user, session):
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL refuses what is not of a column's type")
    enter(client, "nobody", "wrong")
    session.execute(sa.text("UPDATE audit_events SET changes = 'x', at = at || 'x'"))
    session.commit()
    assert enter(client, "nobody", "wrong").status_code == 422


def test_sign_in_is_limited_by_address(client, user):
    answers = [enter(client, "nobody", "wrong").status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]


def test_sign_in_is_limited_while_the_shared_store_of_limits_is_away(
    environ, user, engine, policies
):
    nobody_listens = {"LTC_RATE_LIMIT_STORAGE": "redis://127.0.0.1:1/0"}
    client = make_app(
        make_house(load({**environ, **nobody_listens}), engine, policies)
    ).test_client()
    answers = [enter(client, "nobody", "wrong").status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]


def test_unknown_names_are_recorded_by_digest_up_to_a_number_an_hour(user, session, house, frozen):
    for hour in range(2):
        for number in range(UNKNOWN_NAMES_PER_HOUR + 3):
            with pytest.raises(door.SignInRefused):
                door.sign_in(session, clock.now(), f"王{number}", PASSWORD, passwords=CHEAP,
                             policies=house.policies, session_hours=10)  # fmt: skip
        assert actions(session) == ["sign_in.refused"] * UNKNOWN_NAMES_PER_HOUR * (hour + 1)
        frozen.shift(timedelta(minutes=61))
    changes = list(session.scalars(sa.select(AuditEvent.changes).order_by(AuditEvent.id)))
    assert "paused_until" in changes[UNKNOWN_NAMES_PER_HOUR - 1]
    assert "王" not in str(changes)
    assert len({change["name_digest"][1] for change in changes}) == UNKNOWN_NAMES_PER_HOUR


def test_nobody_signs_in_before_there_is_an_area(session, house):
    with pytest.raises(door.SignInRefused):
        door.sign_in(session, clock.now(), "nobody", PASSWORD, passwords=CHEAP,
                     policies=house.policies, session_hours=10)  # fmt: skip
    assert actions(session) == []


@pytest.mark.parametrize(("proxies", "statuses"), [(0, [429, 429]), (1, [429, 422])])
def test_behind_a_proxy_the_limit_is_of_the_address_it_names(user, house, proxies, statuses):
    settings = replace(house.settings, proxies=proxies)
    client = create_app(house=replace(house, settings=settings)).test_client()
    found = []
    for address in ["10.0.0.1"] * 31 + ["10.0.0.2"]:
        client.environ_base["HTTP_X_FORWARDED_FOR"] = address
        found.append(enter(client, "nobody", "wrong").status_code)
    assert found == [422] * 30 + statuses


def test_the_form_of_a_lost_session_is_kept(client, user):
    page = {"csrf_token": "old", "form_token": "t" * 20, "sign_in_name": "王", "password": "secret"}
    answer = client.post("/sign-in", data=page, headers={"Origin": "http://localhost"})
    text = said(client, answer)
    assert answer.status_code == 400
    assert 'name="sign_in_name" value="王"' in text
    assert "t" * 20 in text
    assert "secret" not in text
    assert "Sign in again" in text


def test_a_form_of_another_site_is_not_kept(client, user):
    page = {"csrf_token": "x", "sign_in_name": "chen"}
    answer = client.post("/sign-in", data=page, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 400
    assert 'value="chen"' not in said(client, answer)


def test_a_form_sent_by_nobody_is_kept_with_a_valid_token(client, user):
    data = {"csrf_token": csrf_token(client), "old_password": "x", "remark": "typed long"}
    answer = client.post("/password", data=data, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    assert 'name="remark" value="typed long"' in said(client, answer)


def test_a_program_gets_401(client):
    answer = client.get("/password", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json["type"] == "urn:ltc:problem:sign_in_needed"


def test_nobody_is_listed_outside_of_the_demonstration(client, user, session):
    assert user.name not in said(client, client.get("/sign-in"))
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_a_form_that_outlived_its_session_arrives_after_signing_in_again(client, user, session):
    """Typed, signed out meanwhile, sent, kept, signed in elsewhere, sent again: nothing is lost."""
    user.role = Role.ADMINISTRATOR
    other = make_user(session, organisation_id=user.organisation_id)
    sign_in_as(client, user)
    typed = {"reason": "typed for an hour", "form_token": "t" * 32}
    client.delete_cookie(SESSION_COOKIE)
    client.delete_cookie("session")
    answer = client.post(f"/users/{other.id}/deactivate", data=typed, headers=HERE)
    for _ in range(2):
        kept = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form_of(client, answer)))
        assert kept["reason"] == "typed for an hour"
        if client.get_cookie(SESSION_COOKIE) is None:
            enter(client)
        answer = client.post(f"/users/{other.id}/deactivate", data=kept, headers=HERE)
    assert answer.location == f"/users/{other.id}"
    session.refresh(other)
    assert not other.active


@pytest.mark.parametrize("is_same", [True, False])
def test_what_was_typed_is_shown_to_who_typed_it_and_to_nobody_else(client, user, session, is_same):
    user.role = Role.ADMINISTRATOR
    other = make_user(session, Role.ADMINISTRATOR, organisation_id=user.organisation_id)
    path = f"/users/{other.id}/deactivate"
    page = said(client, sign_in_as(client, user).get(path))
    token = re.findall(r'name="form_token" value="([\w-]{54})"', page)[-1]
    sign_in_as(client, user if is_same else other)
    typed = {"reason": "typed for an hour", "form_token": token, "csrf_token": "of before"}
    answer = client.post(path, data=typed, headers=HERE)
    assert answer.status_code == 400
    assert ("typed for an hour" in said(client, answer)) is is_same
    assert ("begun by somebody else" in said(client, answer)) is not is_same


def form_of(client, answer):
    """The kept form, not the one in the header."""
    return said(client, answer).split("data-once")[-1].split("</form>")[0]


def test_a_database_in_trouble_is_said_on_a_page(client, user, monkeypatch):
    sign_in_as(client, user)

    def away(*_given):
        raise OperationalError("SELECT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(http, "find_signed_in", away)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "Nothing was changed" in said(client, answer)
    assert "SELECT" not in said(client, answer)
