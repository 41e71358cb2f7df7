"""Every route, every role, and records that are not one's own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
import time_machine

from ltc.rules.access import OF_WHOLE_AREA, PERMISSIONS, REACH, Permission, Reach, Role
from ltc.store.documents import keep_file
from ltc.store.statements import Statement
from ltc.store.users import User
from tests.conftest import NOW
from tests.support.sign_in import send, sign_in_as
from tests.web.route_examples import (
    AREA_WIDE_PARAMETERS,
    BY_ENDPOINT,
    PLAIN,
    RECORDS,
    record_parameters,
    values_of,
)

# Who carries out a sign-out is signed out: the walk asks for it without a session only.
ENDS_THE_SESSION = {"session.sign_out"}
# Pages that may answer otherwise than 200 in the small world.
OTHERWISE = {
    "assessments.conclusions.correct": 404,  # its application is not concluded yet
    "assessments.conclusions.second": 404,  # and no correction is proposed
    "assessments.refuse": 409,  # its application is accepted already
    "health.metrics": 404,  # without the token there is no such page
    "home.index": 302,  # a carer goes on to the own visits
    "home.so_far": 404,  # an agency is no provider
    "imports.error_file": 409,  # the file has no errors
    "payouts.job": 404,  # the job counts a whole area: not a provider's to see
    "payouts.progress": 404,
    "payouts.send_back": 403,  # the run's status decides in the use-case who of several roles may
    "shell.language": 302,  # back to the page before
    "statements.job": 404,  # the job is a calculation
    "statements.progress": 404,
    "verify.show": 404,  # no statement has this code
}
FORM = re.compile(r'<form[^>]*method="post".*?</form>', re.DOTALL)
PEOPLE = [role for role in Role if role is not Role.MACHINE]


@dataclass(frozen=True)
class Route:
    """One endpoint with one method."""

    endpoint: str
    method: str
    arguments: frozenset[str]
    access: Permission | str | None

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint}"


def routes_of(app) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        access = getattr(app.view_functions[rule.endpoint], "__access__", None)
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield Route(rule.endpoint, method, frozenset(rule.arguments), access)


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def documents_kept(shared_world):
    """Every statement has its file: that a stranger finds none says then that it is not theirs."""
    house = shared_world.app.extensions["ltc"]
    with house.session_maker() as session:
        for statement in session.scalars(sa.select(Statement)):
            content = b"%PDF-1.7 of " + statement.number.encode()
            statement.file_digest = keep_file(house.settings.documents, statement.area_id, content)
        session.commit()


@pytest.fixture
def app(shared_world, documents_kept):
    """The application of the whole walk: whoever is refused, or only reads, changes nothing."""
    return shared_world.app


@pytest.fixture
def routes(app):
    return list(routes_of(app))


@pytest.fixture
def world(shared_world):
    return shared_world.areas


@pytest.fixture
def path_of(app):
    def path(route, side):
        with app.test_request_context():
            return app.url_for(route.endpoint, **values_of(route.endpoint, route.arguments, side))

    return path


@pytest.fixture
def bind(app):
    """Bind a user to a district for one test."""
    session_maker = app.extensions["ltc"].session_maker

    def write(user, district_id):
        with session_maker() as session:
            session.get_one(User, (user.area_id, user.id)).district_id = district_id
            session.commit()

    bound = []

    def bind_to(user, district_id):
        bound.append(user)
        write(user, district_id)

    yield bind_to
    for user in bound:
        write(user, None)


def ask(client, route, path):
    if route.method == "GET":
        return client.get(path)
    return send(client, path) if route.method == "POST" else client.open(path, method=route.method)


def has_tokens(form):
    """Whether a form carries its session's token and one of its own, by which a second click is known.

    What only leads to a list may be sent twice: it changes nothing.
    """
    names = ("csrf_token",) if 'action="/find"' in form else ("csrf_token", "form_token")
    return all(form.count(f'name="{name}"') == 1 for name in names)


def who_may(route):
    return next(role for role in PEOPLE if is_open_to(route, role))


def is_open_to(route, role):
    return route.access in ("public", "signed_in") or route.access in PERMISSIONS[role]


def test_every_parameter_has_an_example(routes):
    """A new route's parameter belongs into tests/web/route_examples.py."""
    known = set(RECORDS) | set(PLAIN)
    missing = {
        f"{route.endpoint}: {name}"
        for route in routes
        for name in route.arguments - known
        if route.endpoint not in BY_ENDPOINT
    }
    assert missing == set()


def test_every_route_says_who_may_enter(routes):
    assert [str(route) for route in routes if route.access is None] == []


def test_every_permission_opens_a_door(routes):
    assert {route.access for route in routes} - {"public", "signed_in"} == set(Permission)


def test_nobody_is_sent_to_sign_in_and_changes_nothing(client, routes, world, path_of):
    side = world[0][0]
    for route in routes:
        answer = ask(client, route, path_of(route, side))
        if route.access == "public":
            assert answer.status_code < 500, route
        elif route.method == "GET":
            assert answer.status_code in (302, 401), route
            assert answer.status_code == 401 or answer.location.startswith("/sign-in"), route
        else:
            assert answer.status_code in (400, 401), route


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_without_the_right_is_refused(client, routes, world, path_of, role):
    side = world[0][0]
    sign_in_as(client, side.users[role])
    closed = [route for route in routes if not is_open_to(route, role)]
    assert closed
    for route in closed:
        assert ask(client, route, path_of(route, side)).status_code == 403, route


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_with_the_right_reads_its_own_pages(client, routes, world, path_of, role):
    side = world[0][0]
    sign_in_as(client, side.users[role])
    for route in routes:
        if route.method == "GET" and is_open_to(route, role):
            answer = ask(client, route, path_of(route, side))
            assert answer.status_code in (200, OTHERWISE.get(route.endpoint)), route
            if answer.mimetype == "text/html":
                assert all(map(has_tokens, FORM.findall(answer.text))), route


def test_a_form_without_its_token_is_refused(client, routes, world, path_of):
    """Whoever is signed in: a page elsewhere could have sent it."""
    side = world[0][0]
    posts = [route for route in routes if route.method not in ("GET", "HEAD")]
    assert len(posts) > 50
    for route in posts:
        sign_in_as(client, side.users[who_may(route)])
        answer = client.open(
            path_of(route, side), method=route.method, data={"reason": "elsewhere"}
        )
        assert answer.status_code == 400, route


@pytest.mark.parametrize("role", PEOPLE)
def test_a_record_of_another_area_is_not_there(client, routes, world, path_of, role):
    (own, _), (foreign, _) = world
    sign_in_as(client, own.users[role])
    for route in with_records(routes, role):
        assert ask(client, route, path_of(route, foreign)).status_code == 404, route


@pytest.mark.parametrize("role", PEOPLE)
def test_a_record_of_another_side_is_not_there(client, bind, routes, world, path_of, role):
    """Another provider's, another assessor's, or of a district one is not bound to."""
    own, foreign = world[0]
    if REACH[role] is Reach.AREA:
        bind(own.users[role], own.district_id)
    sign_in_as(client, own.users[role])
    for route in with_records(routes, role):
        if not record_parameters(route.endpoint, route.arguments) <= AREA_WIDE_PARAMETERS:
            expected = 403 if route.access in OF_WHOLE_AREA else 404
            assert ask(client, route, path_of(route, foreign)).status_code == expected, route


def with_records(routes, role):
    return [
        route
        for route in routes
        if record_parameters(route.endpoint, route.arguments)
        and route.access != "public"
        and route.endpoint not in ENDS_THE_SESSION
        and is_open_to(route, role)
    ]
