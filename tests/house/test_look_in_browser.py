"""The scripts and style sheets in a real browser, under the content security policy of the product."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsers import NEEDS_BROWSER, find_violations, listen, serve
from tests.support.gallery import make_app

pytestmark = NEEDS_BROWSER


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(make_app()) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("width", [375, 1280])
def test_charts_are_drawn_and_nothing_breaks_the_policy(
    page: Page, address: str, width: int
) -> None:
    complaints = listen(page)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    for name in ("bridge", "bars", "line"):
        expect(page.locator(f"#{name} svg text").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert complaints == []


def test_a_digit_chooses_the_card_at_that_place(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#eat-0").focus()
    page.keyboard.press("3")
    expect(page.locator("#eat-2")).to_be_checked()


@pytest.mark.parametrize("card", [".ltc-table--stack tbody tr", ".ltc-card:has(a)"])
def test_a_finger_reaches_what_a_card_leads_to_anywhere_on_it(
    page: Page, address: str, card: str
) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(address)
    reached = page.locator(card).last.evaluate("""card => {
        card.scrollIntoView({block: "center"});
        const {left, top, width, height} = card.getBoundingClientRect();
        const corners = [[4, 4], [width - 4, 4], [4, height - 4], [width - 4, height - 4]];
        return corners.map(([x, y]) => document.elementFromPoint(left + x, top + y).tagName);
    }""")
    assert reached == ["A"] * 4


def test_a_list_can_be_sorted_on_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(address)
    head = page.locator(".ltc-table--stack:has(.ltc-sort) thead").first
    ways = head.locator(".ltc-sort")
    assert ways.all_inner_texts() == ["Person", "Amount"]
    for way in ways.all():
        way.click(trial=True, timeout=5_000)
        assert way.evaluate("way => way.getBoundingClientRect().height") >= 44
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert head.get_by_text("Days").evaluate("word => word.getBoundingClientRect().width") <= 1


@pytest.mark.parametrize(
    ("button", "colour"),
    [(".govuk-button:not(.govuk-button--secondary):not([aria-disabled])", "rgb(255, 255, 255)"),
     (".govuk-button--secondary:not([aria-disabled])", "rgb(11, 90, 107)")],
)  # fmt: skip
def test_a_button_that_was_pressed_can_be_read_under_the_pointer(
    page: Page, address: str, button: str, colour: str
) -> None:
    page.goto(address)
    pressed = page.locator("main").locator(button).first
    pressed.hover()
    pressed.focus()
    assert pressed.evaluate("button => getComputedStyle(button).color") == colour


def test_a_button_on_a_card_stays_a_button(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(address)
    page.locator(".ltc-card button").first.click(trial=True, timeout=5_000)


def test_a_double_click_sends_a_form_once(page: Page, address: str) -> None:
    page.goto(address)
    sent: list[str] = []
    page.route("**/*", lambda route: sent.append(route.request.method) or route.fulfill(status=204))
    page.evaluate("""() => {
        const button = document.querySelector("form[data-once] button[type=submit]");
        for (let click = 0; click < 3; click += 1) button.click();
    }""")
    expect(
        page.locator("form[data-once] button[type=submit][aria-disabled=true]").first
    ).to_be_visible()
    page.unroute("**/*")
    assert sent.count("POST") == 1


def test_the_fonts_of_the_product_draw_a_rare_name(page: Page, address: str) -> None:
    page.goto(f"{address}/?lang=zh_CN")
    assert (
        page.evaluate(
            "document.fonts.load('16px \"Noto Sans SC Rare\"', '䶮㛃𬭼').then(fonts => fonts.length)"
        )
        == 1
    )


def test_axe_finds_nothing(browser: Browser, address: str) -> None:
    page = browser.new_page()
    for path in ("/", "/?errors=1&flash=1"):
        page.goto(address + path)
        assert find_violations(page) == []
    page.close()
