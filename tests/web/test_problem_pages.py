"""A page of what could not be done leads on: back, to the list, to the search, to who can help."""

from urllib.parse import quote_plus

import pytest
import time_machine
from flask import g

from ltc.rules.access import Role
from ltc.web.list_files import TooLongForSpreadsheet
from ltc.web.problem_pages import render_problem
from ltc.web.shell import show_problem
from tests.conftest import NOW
from tests.support.sign_in import sign_in_as

ENGLISH = {"Accept-Language": "en"}
HERE = "http://localhost"


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(shared_world):
    def ask(role, path, referrer=None, **how):
        user = shared_world.areas[0][0].users[role]
        client = sign_in_as(shared_world.app.test_client(), user)
        headers = {**ENGLISH, **({"Referer": referrer} if referrer else {})}
        return client.open(path, headers=headers, **how)

    return ask


def test_a_record_that_is_not_there_leads_back_to_its_list_and_to_the_search(ask):
    answer = ask(Role.OFFICER, "/visits/999", f"{HERE}/visits/?sort=begins_at")
    assert answer.status_code == 404
    assert 'href="/visits/?sort=begins_at">Back to the page you came from' in answer.text
    assert 'href="/visits/">Go to the list: Visits' in answer.text
    assert 'id="filter-q"' in answer.text
    assert "ask them: the record may belong to a district or a provider" in answer.text


def test_a_list_that_is_not_yours_is_not_offered(ask):
    answer = ask(Role.ASSESSOR, "/users")
    assert answer.status_code == 403
    assert "Go to the list" not in answer.text
    assert "Back to the page" not in answer.text
    assert 'href="/access">See which role may do what' in answer.text
    assert "administrator of your agency" in answer.text


@pytest.mark.parametrize(
    "referrer", ["https://elsewhere.example/visits/", f"{HERE}/visits/999", f"{HERE}//elsewhere.example", f"{HERE}/"]
)  # fmt: skip
def test_nothing_leads_to_another_site_or_round_in_a_circle(ask, referrer):
    answer = ask(Role.OFFICER, "/visits/999", referrer)
    assert "Back to the page" not in answer.text
    assert "elsewhere" not in answer.text


def test_a_form_that_was_refused_leads_back_to_its_page(ask):
    answer = ask(Role.OFFICER, "/visits/log/nothing", f"{HERE}/visits/log", method="POST")
    assert 'href="/visits/log">Back to the page you came from' in answer.text


def test_an_address_that_only_takes_forms_leads_to_the_list_above(ask):
    answer = ask(Role.FINANCE_PREPARER, "/payouts/start")
    assert answer.status_code == 405
    assert 'href="/payouts/">Go to the list: Payouts' in answer.text
    assert 'href="/visits/">Go to the list: Visits' in ask(Role.OFFICER, "/visits/nothing").text


@pytest.mark.parametrize(
    ("path", "page"),
    [("/payouts/start", "/payouts/"), ("/payouts/jobs/9/cancel", "/payouts/jobs/9")],
)
def test_another_language_asks_for_a_page_where_a_form_was_refused(ask, path, page):
    answer = ask(Role.FINANCE_PREPARER, path, method="POST")
    assert f'/language/zh_CN?next={quote_plus(page)}"' in answer.text


def test_a_page_is_asked_for_in_another_language_as_it_is(ask):
    answer = ask(Role.OFFICER, "/visits/?sort=begins_at")
    assert "/language/zh_CN?next=%2Fvisits%2F%3Fsort%3Dbegins_at" in answer.text


def test_a_list_too_long_for_a_file_is_told_without_a_word_about_somebody_faster(shared_world):
    with shared_world.app.test_request_context("/visits/list.xlsx", headers=ENGLISH):
        page = show_problem(TooLongForSpreadsheet(most="200,000")).get_data(as_text=True)
    assert "Take it as CSV" in page
    assert "somebody else may have been faster" not in page


def test_a_command_within_a_sentence_is_shown_as_one(shared_world):
    with shared_world.app.test_request_context("/visits/", headers=ENGLISH):
        page = render_problem(503, "Tell <them>: `flask db check` says why.")
    assert 'Tell &lt;them&gt;: <code class="ltc-code">flask db check</code> says why.' in page


def test_the_list_is_offered_once_to_who_comes_from_it(ask):
    answer = ask(Role.OFFICER, "/visits/999", f"{HERE}/visits/")
    assert 'href="/visits/">Go to the list: Visits' in answer.text
    assert "Back to the page" not in answer.text


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_can_be_tried_again(shared_world, status):
    with shared_world.app.test_request_context("/visits/?q=a", headers=ENGLISH):
        page = render_problem(status, "It did not work.")
    assert 'href="/visits/?q=a">Try again' in page
    with shared_world.app.test_request_context("/visits/log", method="POST", headers=ENGLISH):
        assert "Try again" not in render_problem(status, "It did not work.")


def test_trouble_of_the_machine_is_told_with_its_number(shared_world):
    with shared_world.app.test_request_context("/", headers=ENGLISH):
        g.request_id = "0123456789abcdef"
        assert "this number: 0123456789abcdef" in render_problem(500, "It did not work.")


@pytest.mark.parametrize("status", [403, 404, 409, 413, 429, 500, 503])
def test_every_problem_says_who_can_help(shared_world, status):
    with shared_world.app.test_request_context("/payouts/", headers=ENGLISH):
        page = render_problem(status, "THE REASON")
    helper = page.partition("THE REASON")[2].partition('<ul class="govuk-list"')[0]
    assert len(helper) > 60


def test_a_search_is_offered_to_whoever_sees_something_to_find(ask):
    assert "ltc-search" in ask(Role.OFFICER, "/law").text
    assert "ltc-search" not in ask(Role.ADMINISTRATOR, "/users").text
