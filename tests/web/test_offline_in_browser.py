"""A tablet without a connection: the page of a draft opens, answers wait, and nothing stays for others."""

from __future__ import annotations

import re

import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from ltc.http import SESSION_COOKIE
from ltc.store.assessments import Application
from ltc.store.users import UserSession
from tests.support.assessment_cases import Way
from tests.web.test_evaluate_in_browser import (
    Connection,
    address,
    complaints,
    connection,
    is_cut,
    open_session,
    press_first,
    pytestmark,
    scores_of,
    tablet,
    wait_for,
    waiting_on,
    way,
)

__all__ = [  # fixtures, found by their names
    "address", "complaints", "connection", "is_cut", "pytestmark", "tablet", "way",
]  # fmt: skip

PAGES = """async () => {
  if (!(await caches.has("ltc-evaluations"))) return [];
  const found = await (await caches.open("ltc-evaluations")).keys();
  return found.map((each) => new URL(each.url).pathname).filter((path) => path.endsWith("/evaluate"));
}"""

WORKS = """() => navigator.serviceWorker.getRegistrations()
  .then((all) => all.some((each) => each.active?.state === "activated"))"""
HAS_FILES = """async () => {
  const pages = await caches.open("ltc-evaluations");
  const files = [...document.querySelectorAll("head link[href], head script[src]")];
  const kept = await Promise.all(files.map((each) => pages.match(each.href ?? each.src)));
  return kept.every(Boolean);
}"""

SPOIL = """async () => {
  const pages = await caches.open("ltc-evaluations");
  const [script] = (await pages.keys()).filter((each) => each.url.endsWith("/kept.js"));
  await pages.put(script, new Response("of before the update"));
}"""
IS_SPOILT = """async () => {
  const found = await (await caches.open("ltc-evaluations")).match("/static/js/kept.js");
  return (await found.text()) === "of before the update";
}"""

# A tab takes over what another one left, while a third has just sent a part of it.
TAKE_OVER_WHAT_IS_SENT = """async () => {
  const { keep, listOfDraft, listWaiting, settle, takeOver } = await import("/static/js/kept.js");
  const of = (key, answers) => ({ key, draft: "d", owner: "o", evaluation: "e", answers });
  const mine = of("mine", { eat: "10" });
  await keep(of("left", { eat: "0", walk: "5" }));
  const [taken] = await listOfDraft(mine);
  await settle({ key: "left", answers: { eat: "0" } });
  await takeOver(mine, [{ taken, left: { eat: "0" } }]);
  return Object.fromEntries((await listWaiting("o")).map(({ key, answers }) => [key, answers]));
}"""


def open_draft(tablet: BrowserContext, application: Application) -> Page:
    """Open the page of a draft, and wait until the device keeps it."""
    page = tablet.new_page()
    page.goto(f"/assessments/{application.id}/evaluate")
    expect(page.locator("#score-eat-1")).to_be_focused()
    wait_for_pages(page, 1)
    wait_for(page, lambda: bool(page.evaluate(HAS_FILES)), "not every file of the page is kept")
    return page


def wait_for_pages(page: Page, count: int) -> None:
    """Ask until the device keeps so many pages, and its worker can answer with them."""
    wait_for(page, lambda: len(page.evaluate(PAGES)) == count, f"pages kept, wanted {count}")
    wait_for(page, lambda: bool(page.evaluate(WORKS)), "no worker")


def is_empty(page: Page) -> bool:
    """Say whether the device keeps nothing; it deletes when it has time."""
    return waiting_on(page) == [] and page.evaluate(PAGES) == []


def end_sessions(way: Way) -> None:
    """Let everybody's session have ended."""
    way.session.execute(sa.delete(UserSession))
    way.session.commit()


def test_a_page_loaded_again_without_a_connection_goes_on_and_is_sent_later(
    tablet: BrowserContext, way: Way, connection: Connection, complaints: list[str]
) -> None:
    application = way.start()
    page = open_draft(tablet, application)
    press_first(page, 3)
    expect(page.locator("#sheet")).to_contain_text("3 of 17 items")
    connection.cut(page)
    press_first(page, 2)
    saving = page.locator("#saving")
    expect(saving).to_have_text("Offline. Answers that wait on this device: 2")

    answer = page.reload()
    assert answer is not None
    assert answer.from_service_worker
    expect(saving).to_have_text("Offline. Answers that wait on this device: 2")
    expect(
        page.locator("#score-toilet-1")
    ).to_be_focused()  # what was saved and what waits is there
    expect(page.locator("#sheet")).to_contain_text("3 of 17 items")
    press_first(page, 1)
    expect(saving).to_have_text("Offline. Answers that wait on this device: 3")
    assert len(scores_of(way, application)) == 3

    connection.restore()
    expect(page.locator("#sheet")).to_contain_text("6 of 17 items")
    assert len(scores_of(way, application)) == 6
    assert complaints == []


def test_after_an_update_the_device_keeps_the_new_files(
    tablet: BrowserContext, way: Way, complaints: list[str]
) -> None:
    page = open_draft(tablet, way.start())
    page.evaluate(SPOIL)
    assert page.evaluate(IS_SPOILT)
    page.reload()
    wait_for(page, lambda: not page.evaluate(IS_SPOILT), "the file of before is still kept")
    assert complaints == []


def test_what_another_tablet_answered_meanwhile_is_chosen_on_the_page(
    tablet: BrowserContext, way: Way, connection: Connection
) -> None:
    application = way.start()
    page = open_draft(tablet, application)
    connection.cut(page)
    page.keyboard.press("3")
    expect(page.locator("#saving")).to_contain_text("Offline. Answers that wait on this device: 1")
    page.close()
    way.save(application, eat=5)
    connection.restore()
    page = tablet.new_page()
    page.goto("/assessments/")  # from any page the bar sends, and leads to what must be chosen
    bar = page.locator("#waiting")
    expect(bar).to_contain_text("Other answers were saved meanwhile")
    bar.get_by_role("link", name="Look at both").click()
    expect(page.locator("#conflict")).to_contain_text("10 · Independent")
    assert scores_of(way, application) == {"eat": 5}


def test_answers_are_sent_from_any_page_and_signing_out_leaves_nothing(
    tablet: BrowserContext, way: Way, connection: Connection
) -> None:
    application = way.start()
    page = open_draft(tablet, application)
    connection.cut(page)
    press_first(page, 2)
    expect(page.locator("#saving")).to_contain_text("2")
    page.close()
    connection.restore()
    page = tablet.new_page()
    page.goto("/assessments/")
    expect(page.locator("#waiting")).to_be_hidden()
    sent = {"eat": 0, "dress": 0}
    wait_for(page, lambda: scores_of(way, application) == sent, "the answers did not arrive")

    wait_for_pages(page, 1)
    page.locator(".ltc-me summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    wait_for(page, lambda: is_empty(page) and not page.evaluate(WORKS), "something is left")


def test_another_person_finds_nothing_of_who_was_there_before(
    tablet: BrowserContext, way: Way, connection: Connection, address: str
) -> None:
    application = way.start()
    page = open_draft(tablet, application)
    connection.cut(page)
    press_first(page, 1)
    expect(page.locator("#saving")).to_contain_text("Offline. Answers that wait on this device: 1")
    page.get_by_role("button", name="Complete the evaluation").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection: nothing was sent")
    page.close()
    end_sessions(way)  # what was on its way when the page closed comes from nobody
    connection.restore()
    other = {"name": SESSION_COOKIE, "value": open_session(way, way.staff.second_expert)}
    tablet.add_cookies([{**other, "url": address}])
    page = tablet.new_page()
    page.goto("/")
    wait_for(page, lambda: is_empty(page), "something is left")
    assert scores_of(way, application) == {}  # nobody sends answers in another's name


def test_the_start_page_lists_who_to_evaluate_and_keeps_the_drafts(
    tablet: BrowserContext, way: Way, connection: Connection
) -> None:
    draft, planned = way.start(), way.assign()
    page = tablet.new_page()
    page.goto("/")
    rows = page.locator("#to-evaluate tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first.get_by_role("link", name="Go on with the evaluation")).to_be_visible()
    wait_for_pages(page, 1)
    assert page.evaluate(PAGES) == [f"/assessments/{draft.id}/evaluate"]
    connection.cut(page)
    page.goto(f"/assessments/{draft.id}/evaluate")  # never opened here before
    expect(page.locator("#score-eat-1")).to_be_focused()
    connection.restore()
    page.goto("/")
    rows.last.get_by_role("button", name="Start the evaluation").click()
    expect(page).to_have_url(re.compile(f"/assessments/{planned.id}/evaluate"))


def answer_in_two_tabs_and_close_them(
    tablet: BrowserContext, connection: Connection, application: Application, *chosen: str
) -> None:
    """Open a draft in two tabs, cut the connection, choose an option in each, and close both."""
    tabs = [open_draft(tablet, application) for _option in chosen]
    for tab in tabs:
        expect(tab.locator("#elsewhere")).to_contain_text("open in another tab, too")
    for tab in tabs:
        connection.cut(tab)
    for tab, option in zip(tabs, chosen, strict=True):
        tab.locator(option).check()
        expect(tab.locator("#saving")).to_have_text("Offline. Answers that wait on this device: 1")
    for tab in tabs:
        tab.close()
    # A tab that is closing hears of the connection for a moment, and would send its answer by itself.
    rest = tablet.new_page()
    rest.wait_for_timeout(700)
    rest.close()


def test_two_tabs_without_a_connection_keep_what_either_was_told(
    tablet: BrowserContext, way: Way, connection: Connection, complaints: list[str]
) -> None:
    application = way.start()
    chosen = ("#score-eat-1", "#score-walk-1")
    answer_in_two_tabs_and_close_them(tablet, connection, application, *chosen)
    page = tablet.new_page()
    page.goto(f"/assessments/{application.id}/evaluate")  # the device answers, and has both
    expect(page.locator("#saving")).to_have_text("Offline. Answers that wait on this device: 2")
    for option in chosen:
        expect(page.locator(option)).to_be_checked()
    connection.restore()
    expect(page.locator("#sheet")).to_contain_text("2 of 17 items")
    assert scores_of(way, application) == {"eat": 0, "walk": 0}
    assert complaints == []


def test_where_two_tabs_were_told_different_things_one_is_asked(
    tablet: BrowserContext, way: Way, connection: Connection
) -> None:
    application = way.start()
    answer_in_two_tabs_and_close_them(
        tablet, connection, application, "#score-eat-1", "#score-eat-3"
    )
    connection.restore()
    page = tablet.new_page()
    page.goto(f"/assessments/{application.id}/evaluate")
    conflict = page.locator("#conflict")
    expect(conflict).to_contain_text("in another tab")
    for answer in ("0 · ", "10 · Independent"):
        expect(conflict).to_contain_text(answer)
    assert scores_of(way, application) == {
        "eat": 10
    }  # the later one, until somebody says otherwise
    conflict.get_by_role("button", name="Use the answers of this device").click()
    expect(conflict).to_be_empty()
    expect(page.locator("#saving")).to_contain_text("Saved")
    wait_for(page, lambda: scores_of(way, application) == {"eat": 0}, "the choice did not arrive")
    page.goto("/assessments/")
    expect(page.locator("#waiting")).to_be_hidden()


def test_an_answer_that_was_just_sent_is_not_brought_back(tablet: BrowserContext) -> None:
    page = tablet.new_page()
    page.goto("/static/js/kept.js")  # of this origin, and sends nothing by itself
    waiting = page.evaluate(TAKE_OVER_WHAT_IS_SENT)
    assert waiting == {"left": {"walk": "5"}, "mine": {"eat": "10"}}
