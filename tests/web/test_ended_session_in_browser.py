"""A session that ends while a script is about to ask for a part of a page, in a real browser."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from ltc.http import SESSION_COOKIE
from ltc.rules.access import Role
from ltc.store.users import User, UserSession
from tests.support.assessment_cases import Way
from tests.support.factories import make_person, make_user
from tests.web.test_evaluate_in_browser import (
    address,
    complaints,
    is_cut,
    open_session,
    pytestmark,
    tablet,
    way,
)

__all__ = [  # fixtures, found by their names
    "address", "complaints", "is_cut", "pytestmark", "tablet", "way",
]  # fmt: skip


def sign_in(tablet: BrowserContext, way: Way, user: User, address: str) -> None:
    """Give the browser a session, and nothing of the cookie of before, as the page does."""
    tablet.clear_cookies(name="session")
    cookie = {"name": SESSION_COOKIE, "value": open_session(way, user)}
    tablet.add_cookies([{**cookie, "url": address}])


def send_kept(page: Page) -> None:
    page.get_by_role("button", name="Send the form").click()


def test_a_reason_typed_too_late_is_kept_and_sent_after_signing_in(
    tablet: BrowserContext, way: Way, address: str, complaints: list[str]
) -> None:
    officer, person = make_user(way.session, Role.OFFICER), make_person(way.session)
    sign_in(tablet, way, officer, address)
    page = tablet.new_page()
    page.goto(f"/insured/{person.id}")
    masked = page.locator(".ltc-masked").first
    masked.locator("summary").click()
    masked.locator("[name=reason]").fill("to call the family")
    way.session.execute(sa.delete(UserSession))
    way.session.commit()
    masked.get_by_role("button").click()
    main = page.locator("main")
    expect(main).to_contain_text("Your form is kept")
    sign_in(tablet, way, officer, address)
    send_kept(page)
    expect(main).to_contain_text("You are signed in again.")
    send_kept(page)
    expect(main).to_contain_text("It is recorded that you saw it")
    assert complaints == []
