"""Every button that changes something, pressed twice: its work is done once, and one is told so."""

import secrets

import pytest
import time_machine

from tests.conftest import NOW
from tests.support.desk import press
from tests.web.form_examples import FORMS

DONE = {200, 302, 303}
REFUSED = {404, 409, 422}
NOTICE = "nothing was done twice"
# What is no record of the business: who is signed in, which forms were sent, who did what when.
BOOKS = {"audit_events", "form_tokens", "user_sessions"}
# Nothing is kept, so the answer is the same however often one asks.
ONLY_READS = {"search.find", "verify.check_file"}
# These leave their mark in the books alone.
ONLY_IN_BOOKS = {"session.sign_in", "session.sign_out", "unmasking.show"}
# Who signs in twice has two sessions, and who is signed out already is told where to sign in.
SESSIONS = {"session.sign_in", "session.sign_out"}
# Answered with what is shown once; the second click leads to the record.
SHOWN_ONCE = {"users.create", "users.reset", "unmasking.show"}
# Sent again with a new token, these lead to what was done before and change nothing.
LEADS_BACK = {
    "assessments.evaluations.save",
    "assessments.evaluations.start",
    "imports.cancel",
    "jobs.cancel",
    "payouts.cancel",
    "statements.cancel",
    "statements.issue",
    "statements.issue_provider",
}
# Sent again on purpose, these are a further record: nothing but the token knows a second click.
ANOTHER = {"imports.upload", "unmasking.show", "users.reset", "visits.log"}


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def changed(before, after):
    return {name for name in after if after[name] != before[name]}


def test_every_route_that_is_posted_has_an_example(desk):
    """A new route that takes POST belongs into tests/web/form_examples.py."""
    posted = {rule.endpoint for rule in desk.app.url_map.iter_rules() if "POST" in rule.methods}
    assert posted == {name.split()[0] for name in FORMS}


@pytest.mark.parametrize("name", sorted(set(FORMS) - ONLY_READS - SESSIONS))
def test_a_second_click_changes_nothing_and_the_rules_refuse_a_third(desk, processes, name):
    """The second click comes with the token of the first; the third as if from another tab."""
    sending = desk.fill(FORMS[name])
    client, token = desk.browser(sending.user), secrets.token_urlsafe(24)
    before = desk.read()
    first = press(client, sending, token)
    assert first.status_code in DONE, first.text
    after, begun = desk.read(), len(processes)
    assert name in ONLY_IN_BOOKS or changed(before, after) - BOOKS

    second = press(client, sending, token)
    assert desk.read() == after
    assert second.status_code == 303
    assert second.location == first.location or name in SHOWN_ONCE
    assert NOTICE in client.get(second.location).text

    third = press(client, sending, secrets.token_urlsafe(24))
    if name in ANOTHER:
        assert changed(after, desk.read()) - {"form_tokens"}
        return
    assert desk.read() == after
    assert len(processes) == begun
    if name in LEADS_BACK:
        assert third.location == first.location
    else:
        assert third.status_code in REFUSED, third.text


def test_asking_about_a_file_twice_changes_nothing(desk):
    sending = desk.fill(FORMS["verify.check_file"])
    before = desk.read()
    answers = [press(desk.browser(None), sending, secrets.token_urlsafe(24)) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]  # no such statement
    assert desk.read() == before


def test_signing_in_twice_opens_sessions_and_changes_nothing_else(desk):
    sending = desk.fill(FORMS["session.sign_in"])
    client, before = desk.browser(None), desk.read()
    answers = [press(client, sending, "t" * 32) for _click in range(2)]
    assert [answer.location for answer in answers] == ["/", "/"]
    assert changed(before, desk.read()) == BOOKS - {"form_tokens"}


def test_signing_out_twice_leads_to_where_one_signs_in(desk):
    sending = desk.fill(FORMS["session.sign_out"])
    client = desk.browser(sending.user)
    assert press(client, sending, "o" * 32).location == "/sign-in"
    after = desk.read()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    assert press(client, sending, "o" * 32).location == "/sign-in"
    assert desk.read() == after


def test_another_site_cannot_have_a_device_forget_what_waits_on_it(desk):
    """Its request comes without our cookies, and looks as if nobody were signed in."""
    client = desk.browser(None)
    client.set_cookie("ltc_kept_for", "1.7")
    for origin, status in [("http://localhost", 302), ("https://evil.example", 400)]:
        answer = client.post("/sign-out", headers={"Origin": origin})
        assert answer.status_code == status
        assert ("Clear-Site-Data" in answer.headers) == (status == 302)
