"""A double click changes nothing twice, and ends where the first click led."""

import re
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ltc.http import FORM_TOKEN
from ltc.rules.access import Role
from ltc.services.context import AlreadyDone
from ltc.services.forms import sweep
from ltc.store.audit_log import AuditEvent
from ltc.store.imports import FormToken, find_form_token
from ltc.store.users import User
from ltc.web.once import safe_path
from tests.support.factories import make_user
from tests.support.sign_in import csrf_token, send, sign_in_as

TOKEN = "t" * 32


@pytest.fixture
def admin(session, area):
    return make_user(session, Role.ADMINISTRATOR)


@pytest.fixture
def other(session, admin):
    return make_user(session, organisation_id=admin.organisation_id, active=False)


def count(session, table, *where):
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(table).where(*where))


def test_a_second_click_is_led_to_the_first_ones_receipt(client, admin, other, session):
    sign_in_as(client, admin)
    path, receipt = f"/users/{other.id}/activate", f"/users/{other.id}"
    first = send(client, path, {FORM_TOKEN: TOKEN})
    second = send(client, path, {FORM_TOKEN: TOKEN})
    assert (first.location, second.location) == (receipt, receipt)
    assert second.status_code == 303
    assert count(session, AuditEvent, AuditEvent.action == "user.activated") == 1


def test_two_clicks_at_the_same_moment_change_one_thing(app, admin, session):
    clients = [sign_in_as(app.test_client(), admin) for _ in range(2)]
    data = {
        "sign_in_name": "wang", "name": "王", "role": "officer",
        "organisation": admin.organisation_id, "district_id": "", FORM_TOKEN: TOKEN,
    }  # fmt: skip
    answers, ready = [], threading.Barrier(2)

    def click(client):
        form = {"csrf_token": csrf_token(client), **data}
        ready.wait()
        answers.append(client.post("/users/create", data=form).status_code)

    threads = [threading.Thread(target=click, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 303]
    assert count(session, User, User.sign_in_name == "wang") == 1
    assert count(session, AuditEvent, AuditEvent.action == "user.created") == 1
    assert count(session, FormToken) == 1


def test_a_refused_form_may_be_sent_again_with_its_token(client, admin, other, session):
    sign_in_as(client, admin)
    other.active = True
    session.commit()
    path = f"/users/{other.id}/deactivate"
    assert send(client, path, {FORM_TOKEN: TOKEN, "reason": ""}).status_code == 422
    assert count(session, FormToken) == 0
    assert send(client, path, {FORM_TOKEN: TOKEN, "reason": "left"}).status_code == 302


def test_a_token_is_spent_with_the_change_or_not_at_all(make_ctx, session):
    ctx = make_ctx()
    ctx.form_token = TOKEN
    with pytest.raises(ZeroDivisionError), ctx.transaction():
        raise ZeroDivisionError
    assert find_form_token(session, TOKEN) is None
    with ctx.transaction():
        ctx.record("test.done", "test", 1)
    assert find_form_token(session, TOKEN) is not None


def test_a_use_case_with_two_transactions_spends_its_token_once(make_ctx, session):
    ctx = make_ctx()
    ctx.form_token = TOKEN
    for number in range(2):
        with ctx.transaction():
            ctx.record("test.done", "test", number)
    assert count(session, AuditEvent) == 2


def test_a_spent_token_stops_the_transaction(make_ctx, session):
    for attempt in range(2):
        ctx = make_ctx()
        ctx.form_token = TOKEN
        if attempt:
            with pytest.raises(AlreadyDone), ctx.transaction():
                ctx.record("test.done", "test", 1)
            assert ctx.is_already_done
        else:
            with ctx.transaction():
                ctx.record("test.done", "test", 1)
    assert count(session, AuditEvent) == 1


def test_old_tokens_are_swept(make_ctx, session):
    ctx = make_ctx()
    ctx.form_token = TOKEN
    with ctx.transaction():
        ctx.record("test.done", "test", 1)
    assert sweep(make_ctx(now=ctx.now + timedelta(days=2))) == 0
    assert sweep(make_ctx(now=ctx.now + timedelta(days=2, seconds=1))) == 1
    assert count(session, FormToken) == 0


def test_every_form_that_is_posted_has_a_token_of_its_own(client, admin, other):
    sign_in_as(client, admin)
    pages = ["/", "/users/create", f"/users/{other.id}", "/password", f"/users/{admin.id}/reset"]
    tokens = []
    for page in pages:
        text = client.get(page).get_data(as_text=True)
        forms = re.findall(r'<form method="post".*?</form>', text, re.DOTALL)
        tokens += [re.findall(r'name="form_token" value="([\w-]{54})"', form) for form in forms]
    assert len(tokens) >= len(pages)
    assert all(len(found) == 1 for found in tokens)
    assert len({found[0] for found in tokens}) == len(tokens)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/users/1?a=1", "/users/1?a=1"),
        ("http://localhost/users", "/users"),
        ("https://evil.example/x", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_a_path_never_leads_to_another_site(app, url, path):
    with app.test_request_context():
        assert safe_path(url) == path
