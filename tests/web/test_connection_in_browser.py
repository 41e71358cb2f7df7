"""A carer's phone loses its connection: nothing that was typed is lost, nothing is logged twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ltc.http import SESSION_COOKIE
from ltc.rules.access import Role
from ltc.store.visits import Visit
from tests.support import factories as make
from tests.support.assessment_cases import Way
from tests.support.pages import known
from tests.web.test_evaluate_in_browser import (
    PHONE,
    address,
    is_cut,
    open_session,
    pytestmark,
    way,
)

__all__ = ["address", "is_cut", "pytestmark", "way"]  # fixtures, found by their names


@pytest.fixture
def phone(browser: Browser, way: Way, address: str, session: Any) -> Any:
    """A carer's phone, with the form of a visit filled in."""
    person, provider = make.make_person(session, name="王䶮"), make.make_provider(session)
    carer = make.make_carer(session, provider)
    make.make_plan(session, person, provider, items={"D07": 3})
    user = make.make_user(session, Role.CARER, organisation_id=provider.id, carer_id=carer.id)
    context = browser.new_context(
        base_url=address, locale="en-US", viewport=PHONE, has_touch=True, is_mobile=True
    )
    cookie = {"name": SESSION_COOKIE, "value": open_session(way, user)}
    context.add_cookies([{**cookie, "url": address}])
    page = context.new_page()
    page.goto(f"/visits/log?person={person.case_number}")
    page.get_by_label("D07").check()
    for label, typed in (("Day", "2019-11-13"), ("Begin", "09:00"), ("End", "10:00"),
                         ("Reason", "no signal")):  # fmt: skip
        page.get_by_label(label, exact=True).fill(typed)
    yield page
    context.close()


def press(page: Page) -> None:
    page.get_by_role("button", name="Log", exact=True).click()


@pytest.mark.parametrize("knows", [True, False])
def test_a_visit_that_cannot_be_sent_waits_in_its_form(
    phone: Page, session: Any, is_cut: threading.Event, knows: bool
) -> None:
    is_cut.set()  # the server answers nothing; the browser knows of it, or thinks it is connected
    phone.context.set_offline(knows)
    expect(phone.locator("#away")).to_be_visible(visible=knows)
    press(phone)
    told = phone.get_by_role("alert")
    expect(told).to_contain_text("No connection: nothing was sent")
    expect(phone.get_by_label("Reason", exact=True)).to_have_value("no signal")
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    is_cut.clear()
    phone.context.set_offline(False)
    if knows:
        expect(told).to_contain_text("The connection is back.")
    expect(phone.locator("#away")).to_be_hidden()
    press(phone)
    expect(phone.get_by_role("status").first).to_contain_text("is logged")
    assert known(session, Visit).reason == "no signal"
