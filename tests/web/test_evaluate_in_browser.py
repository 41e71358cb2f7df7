"""An evaluation in a real browser: by keyboard alone, through a reload and a lost connection."""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from ltc import clock
from ltc.http import SESSION_COOKIE
from ltc.rules.applications import ApplicationStatus
from ltc.store.assessments import Application, Evaluation
from ltc.store.users import User, UserSession, token_digest
from tests.conftest import NOW
from tests.support.assessment_cases import Way, look_again, make_staff
from tests.support.browsers import NEEDS_BROWSER, find_violations

KEPT = """async () => {
  const { openDB } = await import("/static/vendor/idb/idb.js");
  const all = await indexedDB.databases(); // asked first: opening would make one
  if (!all.some((each) => each.name === "ltc")) return [];
  const found = await openDB("ltc");
  const keys = found.objectStoreNames.length ? await found.getAllKeys("evaluations") : [];
  found.close();
  return keys;
}"""
OFFLINE = "#saving[data-state=offline], #waiting[data-state=offline]:not([hidden])"
PATIENCE_MILLISECONDS = 30_000  # a busy machine is no failure; what is there at once costs nothing
PHONE = {"width": 375, "height": 740}

pytestmark = NEEDS_BROWSER


@pytest.fixture
def way(session: Any, make_ctx: Any) -> Way:
    return Way(session, make_ctx, make_staff(session))


@pytest.fixture
def is_cut() -> threading.Event:
    """While it is set, the server drops every request unread."""
    return threading.Event()


@pytest.fixture
def address(app: Any, is_cut: threading.Event, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The application as it is served, on a port of its own, on 14 November 2019."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    class Handler(WSGIRequestHandler):
        def run_wsgi(self) -> None:
            self.close_connection = is_cut.is_set()
            if not self.close_connection:
                super().run_wsgi()

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def complaints() -> list[str]:
    """Errors of scripts, and what the content security policy refused."""
    return []


@pytest.fixture
def tablet(
    browser: Browser, way: Way, address: str, complaints: list[str]
) -> Iterator[BrowserContext]:
    """A browser of its own, as far as it can tell, in which the assessor is signed in."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    context = browser.new_context(
        base_url=address, locale="en-US", viewport={"width": 1280, "height": 800}
    )
    context.on("weberror", lambda found: complaints.append(str(found.error)))
    cookie = {"name": SESSION_COOKIE, "value": open_session(way, way.staff.assessor)}
    context.add_cookies([{**cookie, "url": address}])
    yield context
    context.close()


def open_session(way: Way, user: User) -> str:
    token = secrets.token_urlsafe(32)
    row = UserSession(
        token_digest=token_digest(token), area_id=user.area_id, user_id=user.id,
        created_at=NOW, seen_at=NOW, expires_at=NOW + timedelta(hours=9),
    )  # fmt: skip
    way.session.add(row)
    way.session.commit()
    return token


def scores_of(way: Way, application: Application) -> dict[str, int]:
    look_again(way.session)
    query = sa.select(Evaluation.scores).where(Evaluation.application_id == application.id)
    return dict(way.session.scalars(query).one())


@dataclass
class Connection:
    """The way from a tablet to the server; the browser alone would let requests slip through."""

    tablet: BrowserContext
    is_cut: threading.Event

    def cut(self, page: Page) -> None:
        """Cut it, and wait until the page has noticed."""
        self.is_cut.set()
        self.tablet.set_offline(True)
        expect(page.locator(OFFLINE).first).to_be_visible()

    def restore(self) -> None:
        self.is_cut.clear()
        self.tablet.set_offline(False)


@pytest.fixture
def connection(tablet: BrowserContext, is_cut: threading.Event) -> Connection:
    return Connection(tablet, is_cut)


def press_first(page: Page, times: int) -> None:
    """Choose the first option of so many items, one after the other."""
    for _item in range(times):
        page.keyboard.press("1")


def wait_for(page: Page, question: Callable[[], bool], what: str) -> None:
    """Ask again and again; a strict page runs no polling of its own."""
    for _attempt in range(PATIENCE_MILLISECONDS // 100):
        if question():
            return
        page.wait_for_timeout(100)
    pytest.fail(what)


def waiting_on(page: Page) -> list[str]:
    """The keys of evaluations of which the device keeps anything."""
    found: list[str] = page.evaluate(KEPT)
    return found


def test_an_evaluation_by_keyboard_survives_a_reload_and_a_lost_connection(
    tablet: BrowserContext, way: Way, connection: Connection, complaints: list[str]
) -> None:
    application = way.assign()
    page = tablet.new_page()
    page.goto(f"/assessments/{application.id}")
    page.get_by_role("button", name="Start the evaluation").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/evaluate"))
    expect(page.locator("#score-eat-1")).to_be_focused()
    press_first(page, 5)  # eat … bladder
    expect(page.locator("#sheet")).to_contain_text("5 of 17 items")
    expect(page.locator("#saving")).to_contain_text("Saved")
    answered = ["eat", "dress", "face_oral", "bowel", "bladder"]
    assert scores_of(way, application) == dict.fromkeys(answered, 0)

    page.reload()
    expect(page.locator("#score-toilet-1")).to_be_focused()  # where it broke off
    expect(page.locator("#score-bladder-1")).to_be_checked()
    page = switch_off_while_offline(connection, page, way, application)
    finish_after_a_lost_connection(connection, page)
    complete(page)

    look_again(way.session)
    found = way.session.get(Application, (1, application.id))
    assert found is not None
    assert found.status is ApplicationStatus.SCORED
    assert waiting_on(page) == []
    assert complaints == []


def test_what_is_chosen_before_the_script_is_there_is_saved(
    tablet: BrowserContext, way: Way
) -> None:
    application = way.start()
    page = tablet.new_page()
    held: list[Route] = []
    page.route("**/evaluate.js", lambda route: held.extend([route]))
    page.goto(f"/assessments/{application.id}/evaluate", wait_until="commit")
    page.locator("#score-eat-2").check()
    wait_for(page, lambda: bool(held), "the page asks for no script")
    held[0].continue_()
    expect(page.locator("#sheet")).to_contain_text("1 of 17 items")
    assert scores_of(way, application) == {"eat": 5}


def switch_off_while_offline(
    connection: Connection, page: Page, way: Way, application: Application
) -> Page:
    """Answer toilet … bathe offline and switch off; a new page, online, sends what waited."""
    connection.cut(page)
    press_first(page, 5)
    waiting = "Offline. Answers that wait on this device: 5"
    expect(page.locator("#saving")).to_contain_text(waiting)
    assert len(scores_of(way, application)) == 5
    page.close()
    connection.restore()
    page = connection.tablet.new_page()
    page.goto(f"/assessments/{application.id}/evaluate")
    expect(page.locator("#sheet")).to_contain_text("10 of 17 items")
    expect(page.locator("#sheet")).to_contain_text("Severely impaired")
    expect(page.locator("#score-time_orient-1")).to_be_focused()
    assert len(scores_of(way, application)) == 10
    return page


def finish_after_a_lost_connection(connection: Connection, page: Page) -> None:
    """Answer one item offline: the same page notices by itself that it can send again."""
    connection.cut(page)
    press_first(page, 1)
    waiting = "Offline. Answers that wait on this device: 1"
    expect(page.locator("#saving")).to_contain_text(waiting)
    connection.restore()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("11 of 17 items")
    press_first(page, 6)
    expect(sheet).to_contain_text("Severe disability III")
    expect(sheet.locator(".ltc-grid__cell--reached")).to_have_text(re.compile("^5"))
    expect(sheet).to_contain_text("would give grade 4")


def complete(page: Page) -> None:
    """Name the guardian, go on to the button and press it."""
    expect(page.locator("#guardian_present")).to_be_focused()
    page.keyboard.type("王小明（女儿）")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Complete the evaluation")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("The evaluation is complete.")
    expect(page.locator("main")).to_contain_text("Severe disability III")


def test_two_tablets_see_both_answers_and_choose(tablet: BrowserContext, way: Way) -> None:
    application = way.start()
    page = tablet.new_page()
    page.goto(f"/assessments/{application.id}/evaluate")
    expect(page.locator("#score-eat-1")).to_be_focused()
    way.save(application, eat=5, walk=0)  # the other tablet
    page.keyboard.press("3")
    conflict = page.locator("#conflict")
    expect(conflict).to_contain_text("5 · Needs some help")
    expect(conflict).to_contain_text("10 · Independent")
    assert scores_of(way, application)["eat"] == 5
    conflict.get_by_role("button", name="Use the answers of this device").click()
    expect(page.locator("#saving")).to_contain_text("Saved")
    expect(conflict).to_be_empty()
    assert scores_of(way, application) == {"eat": 10, "walk": 0}
    expect(page.locator("#score-walk-1")).to_be_checked()  # what the other one had added

    way.save(application, revision=2, eat=0)
    page.locator("#score-eat-2").focus()
    page.keyboard.press("2")
    conflict.get_by_role("link", name="Use what is saved").click()
    expect(page.locator("#score-eat-1")).to_be_checked()
    assert scores_of(way, application)["eat"] == 0


@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_has_no_faults_that_a_machine_can_find(
    tablet: BrowserContext, way: Way, complaints: list[str], width: int
) -> None:
    application = way.start()
    page = tablet.new_page()
    page.set_viewport_size({**PHONE, "width": width})
    page.goto(f"/assessments/{application.id}/evaluate")
    expect(page.locator("#score-eat-1")).to_be_focused()  # the script is ready
    page.keyboard.press("1")
    expect(page.locator("#sheet")).to_have_attribute("data-revision", "1")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert find_violations(page) == []
    for other in ("/", "/assessments/", f"/assessments/{application.id}"):
        page.goto(other)
        assert page.evaluate("document.documentElement.scrollWidth") == width, other
        assert find_violations(page) == [], other
    assert complaints == []


def test_on_a_phone_the_sheet_opens_from_a_bar(tablet: BrowserContext, way: Way) -> None:
    application = way.start()
    page = tablet.new_page()
    page.set_viewport_size(PHONE)
    page.goto(f"/assessments/{application.id}/evaluate")
    bar = page.locator("[data-sheet-toggle]")
    expect(page.locator("#sheet-body")).to_be_hidden()
    box = bar.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= PHONE["height"]
    bar.click()
    expect(page.locator("#sheet-body")).to_be_visible()
    page.locator("[data-first-open]").click()
    expect(page.locator("#sheet-body")).to_be_hidden()
    for card in page.locator("#item-eat .ltc-cards__item").all():
        size = card.bounding_box()
        assert size is not None
        assert size["height"] >= 44


def test_without_a_script_the_sections_are_saved_by_their_buttons(
    tablet: BrowserContext, way: Way
) -> None:
    application = way.start()
    page = tablet.new_page()
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"/assessments/{application.id}/evaluate")
    page.locator("#score-eat-2").check()
    page.locator("#score-memory-5").check()
    page.get_by_role("button", name="Save section and go on").first.click()
    expect(page).to_have_url(re.compile("#cog$"))
    assert scores_of(way, application) == {"eat": 5, "memory": 4}
    expect(page.locator("#sheet-body")).to_be_visible()


def test_a_refused_completion_asks_for_no_page_that_is_not_there(
    tablet: BrowserContext, way: Way
) -> None:
    application = way.start()
    page = tablet.new_page()
    page.goto(f"/assessments/{application.id}/evaluate")
    expect(page.locator("#score-eat-1")).to_be_focused()  # the script is ready
    answers: list[tuple[str, int]] = []
    page.on("response", lambda got: answers.append((got.request.method, got.status)))
    page.get_by_role("button", name="Complete the evaluation").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert ("POST", 422) in answers
    assert ("GET", 405) not in answers
