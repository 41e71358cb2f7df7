"""A file on its way in a real browser: seen to arrive, refused where too large, kept when it is there."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from ltc import clock
from ltc.rules.access import Role
from ltc.services.sign_in import token_digest
from ltc.services.uploads import keep_upload
from ltc.store.users import UserSession
from ltc.web import imports as pages
from tests.services.import_files import make_world
from tests.services.test_imports_large import write_visits
from tests.support.browsers import NEEDS_BROWSER, serve
from tests.support.factories import make_user
from tests.support.sign_in import SESSION_COOKIE

LIMIT_MB = 2
pytestmark = NEEDS_BROWSER


@pytest.fixture
def environ(environ):
    return {**environ, "LTC_UPLOAD_MB": str(LIMIT_MB)}


@pytest.fixture
def officer(session, area):
    make_world(session)
    return make_user(session, Role.OFFICER)


@pytest.fixture
def cookie(session, officer):
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        UserSession(token_digest=token_digest(token), area_id=1, user_id=officer.id, created_at=now,
                    seen_at=now, expires_at=now + timedelta(hours=1))
    )  # fmt: skip
    session.commit()
    return {"name": SESSION_COOKIE, "value": token}


@pytest.fixture
def address(app, monkeypatch):
    monkeypatch.setattr(pages, "start_process", lambda *_: None)
    with serve(app) as served:
        yield served


@pytest.fixture
def open_form(browser, address, cookie):
    """Open the form in a browser, with or without scripts, and choose what the file tells of."""

    contexts = []

    def open_form(**how):
        context = browser.new_context(base_url=address, locale="en-US", **how)
        contexts.append(context)
        context.add_cookies([{**cookie, "url": address}])
        page = context.new_page()
        page.goto("/imports/")
        page.get_by_label("Visits", exact=True).check()
        return page

    yield open_form
    for context in contexts:
        context.close()


def send(page, path):
    page.set_input_files("input[type=file]", str(path))
    page.get_by_role("button", name="Try it out").click()


def test_a_file_is_seen_to_arrive_and_its_page_opens(open_form, tmp_path, monkeypatch):
    page, may_be_kept = open_form(), threading.Event()

    def keep_later(*given):
        may_be_kept.wait(20)
        return keep_upload(*given)

    monkeypatch.setattr(pages, "keep_upload", keep_later)
    send(page, write_visits(tmp_path / "visits.csv", 10_000))
    expect(page.locator("[data-upload-text]")).to_contain_text("All has arrived")
    expect(page.get_by_role("button", name="Try it out")).to_be_disabled()
    may_be_kept.set()
    expect(page.locator("h1")).to_contain_text("visits.csv")


def test_what_is_to_be_corrected_is_said_without_leaving_the_page(open_form, tmp_path):
    page = open_form()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("reference,case_number\n1,2\n")
    send(page, wrong)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.locator("main")).to_contain_text("Missing in the header: carer_code")
    send(page, write_visits(tmp_path / "visits.csv", 10))  # the same form again
    expect(page.locator("h1")).to_contain_text("visits.csv")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_file_that_is_too_large_is_refused_with_the_limit_and_a_way(
    open_form, tmp_path, has_script
):
    page, path = open_form(java_script_enabled=has_script), tmp_path / "large.csv"
    path.write_bytes(b"x" * (LIMIT_MB * 1024 * 1024 + 1))
    send(page, path)
    words = page.locator("[data-upload-trouble]" if has_script else "main")
    expect(words).to_contain_text(f"This is larger than the {LIMIT_MB} MB")
    expect(words).to_contain_text("Split it into smaller files, each with the header")
