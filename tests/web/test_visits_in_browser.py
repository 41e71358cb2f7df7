"""A carer's phone in a real browser: what was typed outlives the session."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import BrowserContext, expect

from ltc.http import SESSION_COOKIE
from ltc.rules.access import Role
from ltc.store.users import User, UserSession
from ltc.store.visits import Visit
from tests.support import factories as make
from tests.support.assessment_cases import Way
from tests.support.pages import known
from tests.web.test_evaluate_in_browser import (
    PHONE,
    address,
    complaints,
    is_cut,
    open_session,
    pytestmark,
    tablet,
    way,
)

__all__ = [
    "address",
    "complaints",
    "is_cut",
    "pytestmark",
    "tablet",
    "way",
]  # fixtures, found by their names


def sign_in(tablet: BrowserContext, way: Way, user: User, address: str) -> None:
    cookie = {"name": SESSION_COOKIE, "value": open_session(way, user)}
    tablet.add_cookies([{**cookie, "url": address}])


def test_a_visit_is_logged_on_a_phone_though_the_session_ends_in_the_middle(
    tablet: BrowserContext, way: Way, address: str, session: Any, complaints: list[str]
) -> None:
    person, provider = make.make_person(session, name="王䶮"), make.make_provider(session)
    carer = make.make_carer(session, provider)
    make.make_plan(session, person, provider, items={"D07": 3})
    user = make.make_user(session, Role.CARER, organisation_id=provider.id, carer_id=carer.id)
    sign_in(tablet, way, user, address)
    page = tablet.new_page()
    page.set_viewport_size(PHONE)
    page.goto(f"/visits/log?person={person.case_number}")
    expect(page.get_by_label("D07")).to_be_visible()
    expect(page.get_by_label("D01")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_text("Other services").click()
    page.get_by_label("D01").check()
    for label, typed in (("Day", "2019-11-13"), ("Begin", "09:00"), ("End", "10:00"),
                         ("Reason", "手机没电𬭼")):  # fmt: skip
        page.get_by_label(label, exact=True).fill(typed)
    session.execute(sa.delete(UserSession))
    session.commit()
    page.get_by_role("button", name="Log", exact=True).click()
    expect(page.get_by_role("heading", name="Your form is kept")).to_be_visible()
    sign_in(tablet, way, user, address)
    page.get_by_role("button", name="Send the form").dblclick()
    expect(page).to_have_url(re.compile(r"/visits/\d+$"))
    visit = known(session, Visit)
    assert (visit.items, visit.reason) == ("D01", "手机没电𬭼")
    assert complaints == []
