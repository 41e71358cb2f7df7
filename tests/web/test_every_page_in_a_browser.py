"""Every page that a route renders, in a real browser.

On a phone in Chinese with SQLite, on a desk in English with PostgreSQL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from ltc import clock, settings
from ltc.http import SESSION_COOKIE
from ltc.rules.access import Role
from ltc.store import db
from tests.conftest import ENVIRONMENT
from tests.support.browsers import NEEDS_BROWSER, find_violations, listen, serve
from tests.support.demonstration import OPEN_AT, build_demonstration, pick_sides
from tests.support.installations import make_app, make_house
from tests.support.sign_in import sign_in_as
from tests.support.world import Side
from tests.web.route_examples import values_of
from tests.web.test_access_walk import PEOPLE, Route, is_open_to, routes_of

pytestmark = [*NEEDS_BROWSER, pytest.mark.slow]

# GET routes that answer with a file, a part of a page, or a way elsewhere; and the page of a draft,
# which test_evaluate_in_browser walks.
NO_PAGES = {
    "assessments.devices.worker", "assessments.evaluations.evaluate",
    "assessments.evaluations.record", "chosen.offer", "chosen.offer_organisations",
    "health.alive", "health.metrics", "health.ready", "imports.error_file",
    "plans.print_plan", "shell.language", "statements.archive", "statements.bundle",
    "statements.download", "verify.show",
}  # fmt: skip
# Start pages differ by role, and a carer starts at the own visits.
OF_EVERY_ROLE = {"home.index", "visits.index"}
SHAPE = """() => ({
  title: document.title.trim(),
  headings: document.querySelectorAll("h1").length,
  lang: document.documentElement.lang,
  width: document.documentElement.scrollWidth,
})"""


@dataclass(frozen=True)
class Place:
    """A page: who looks, and where."""

    role: Role | None
    endpoint: str
    path: str


@pytest.fixture(scope="module")
def app(
    request: pytest.FixtureRequest, policies: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The application on a small demonstration, in the kind of database that is named."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    home = tmp_path_factory.mktemp("pages")
    with databases.lend() as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: OPEN_AT)
        given = settings.load({**ENVIRONMENT, "LTC_HOME": str(home), "LTC_DATABASE_URL": url})
        engine = db.create_engine(url)
        house = make_house(given, engine, policies)
        with house.session_maker() as session:
            build_demonstration(session, policies, given.documents)
        yield make_app(house)
        engine.dispose()


@pytest.fixture(scope="module")
def sides(app: Flask) -> list[Side]:
    with app.extensions["ltc"].session_maker(expire_on_commit=False) as session:
        found = pick_sides(session)
        session.expunge_all()
    return found


@pytest.fixture(scope="module")
def cookies(app: Flask, sides: list[Side]) -> dict[Role, str]:
    """A session of a user of each role."""
    found = {}
    for role in PEOPLE:
        cookie = sign_in_as(app.test_client(), sides[0].users[role]).get_cookie(SESSION_COOKIE)
        assert cookie is not None
        found[role] = cookie.value
    return found


@pytest.fixture(scope="module")
def places(app: Flask, sides: list[Side], cookies: dict[Role, str]) -> list[Place]:
    """Every page, by somebody who may see it; a route without one must be known as such."""
    found, without = [], set()
    for route in routes_of(app):
        if route.method == "GET" and route.endpoint not in NO_PAGES:
            looks = _look(app, route, sides, cookies)
            seen = list(looks if route.endpoint in OF_EVERY_ROLE else islice(looks, 1))
            found += seen
            if not seen and not _is_file(route):
                without.add(route.endpoint)
    assert without == set()
    return found


def _is_file(route: Route) -> bool:
    # A file, or one of several pages of which another is seen.
    of_a_kind = not route.arguments.isdisjoint({"kind", "suffix"})
    return route.endpoint.endswith(".progress") or of_a_kind


def _look(app: Flask, route: Route, sides: list[Side], cookies: dict[Role, str]) -> Iterator[Place]:
    """Yield where a role finds a page, at the first example that is one."""
    for role in [None] if route.access == "public" else PEOPLE:
        if role is None or is_open_to(route, role):
            client = app.test_client()
            if role is not None:
                client.set_cookie(SESSION_COOKIE, cookies[role])
            for side in sides:
                with app.test_request_context():
                    path = app.url_for(
                        route.endpoint, **values_of(route.endpoint, set(route.arguments), side)
                    )
                answer = client.get(path)
                if answer.status_code == 200 and answer.data.lstrip().startswith(b"<!doctype"):
                    yield Place(role, route.endpoint, path)
                    break


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with serve(app) as address:
        yield address


@pytest.mark.parametrize(
    ("app", "language", "width"),
    [("sqlite", "zh-CN", 375), ("postgresql", "en", 1280)],
    indirect=["app"],
)
def test_every_page_is_fit_to_be_read(
    browser: Browser, address: str, places: list[Place], cookies: dict[Role, str],
    language: str, width: int,
) -> None:  # fmt: skip
    faults: list[str] = []
    for role in dict.fromkeys(place.role for place in places):
        context = browser.new_context(
            base_url=address, locale=language, viewport={"width": width, "height": 800}
        )
        if role is not None:
            context.add_cookies([{"name": SESSION_COOKIE, "value": cookies[role], "url": address}])
        page = context.new_page()
        complaints = listen(page)
        for place in places:
            if place.role is role:
                faults += _walk(page, complaints, place, language, width)
        context.close()
    assert faults == []


def _walk(page: Page, complaints: list[str], place: Place, language: str, width: int) -> list[str]:
    """Open one page, and return what is wrong with it."""
    complaints.clear()
    page.goto(place.path)
    shape = page.evaluate(SHAPE)
    faults = [*complaints]  # before axe, which the policy of the page would not let in
    if not shape["title"] or shape["headings"] != 1 or shape["lang"] != language:
        faults.append(f"title, one h1, lang: {shape}")
    if shape["width"] > width:
        faults.append(f"scrolls sideways: {shape['width']} px")
    faults += find_violations(page)
    return [f"{place.endpoint} as {place.role}: {fault}" for fault in faults]
