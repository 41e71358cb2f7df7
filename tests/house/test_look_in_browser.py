"""The scripts and style sheets in a real browser, under the content security policy of the product."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import axe_core_python
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.support.gallery import make_app

CHROMIUM = Path("/usr/bin/chromium")
AXE = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(each => each.id))"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said: errors of scripts and of the policy."""
    return []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    page = browser.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()


@pytest.mark.parametrize("width", [375, 1280])
def test_charts_are_drawn_and_nothing_breaks_the_policy(
    page: Page, address: str, complaints: list[str], width: int
) -> None:
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
    script = next(Path(axe_core_python.__file__).parent.glob("*.js")).read_text(encoding="utf-8")
    page = browser.new_page(bypass_csp=True)  # only so that the checker itself may run
    for path in ("/", "/?errors=1&flash=1"):
        page.goto(address + path)
        page.evaluate(script)
        assert page.evaluate(AXE) == []
    page.close()
