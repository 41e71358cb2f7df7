"""A real browser for tests: where it is, what it complains about, and what axe finds on a page."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = Path(shutil.which("chromium") or "/usr/bin/chromium")
IS_MISSING = not CHROMIUM.exists() and not os.environ.get("CI")  # there it fails, loudly
NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(IS_MISSING, reason="needs Debian's chromium"),
]
AXE = """axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
  each => `${each.id} (${each.impact}): ${each.nodes[0].target}`))"""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield Debian's Chromium without a window."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve an application on a port of its own; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def listen(heard: Page | BrowserContext) -> list[str]:
    """Return a list that fills with errors of scripts and what the security policy refused."""
    complaints: list[str] = []
    heard.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    if isinstance(heard, Page):
        heard.on("pageerror", lambda error: complaints.append(str(error)))
    else:
        heard.on("weberror", lambda found: complaints.append(str(found.error)))
    return complaints


def find_violations(page: Page) -> list[str]:
    """Return what axe finds: rule, impact and place of each; the page's policy lets it in by hand."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found: list[Any] = page.evaluate(AXE)
    return found


@cache
def _script() -> str:
    """Read once what is as long as a book."""
    return next(Path(axe_core_python.__file__).parent.glob("*.js")).read_text(encoding="utf-8")
