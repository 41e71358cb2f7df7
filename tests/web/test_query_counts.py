"""How many queries a page asks: no more with sixty rows than with ten, and as many as is written here.

A page that is over its number asks row by row somewhere. Give the question a join or a set of ids;
only where a page truly shows more than before, write the new number. The numbers are exact, and the
same on both databases: SQLite's BEGIN, which is sent like a query, is none.

What a process keeps for all who look later (``web.run_sums``) was asked by the first who looked: that
look has a number of its own.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from ltc import settings
from ltc.rules.access import PERMISSIONS, Role
from ltc.rules.applications import ApplicationStatus
from ltc.rules.payouts.results import Outcome, Settlement
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.rules.payouts.trace import to_json
from ltc.rules.statements import StatementKind
from ltc.store.areas import OrganisationKind
from ltc.store.assessments import Application, Evaluation
from ltc.store.audit_log import AuditEvent
from ltc.store.base import new_id
from ltc.store.imports import ImportFile
from ltc.store.insured import InsuredPerson
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult, PayoutRun
from ltc.store.providers import Carer, Provider
from ltc.store.statements import Statement
from tests.conftest import ENVIRONMENT, NOW
from tests.support import factories as make
from tests.support.installations import SharedWorld, open_shared_world
from tests.support.sign_in import sign_in_as
from tests.support.world import AT, DIGEST, Side
from tests.web.route_examples import values_of
from tests.web.test_access_walk import OTHERWISE, Route, routes_of

FEW, MANY = 10, 60
MOST = 9  # queries of a page that is not named below; one of them finds who is signed in
QUERIES = {
    "home.index": 10,
    "home.index, first look": 10,
    "insured.family.show": 18,
    "insured.show": 24,
    "jobs.index": 15,
    "jobs.task": 14,
    "payouts.lines.why": 17,
    "payouts.lines.why, first look": 17,
    "payouts.show": 13,
    "payouts.show, first look": 28,
    "providers.show": 11,
    "statements.run, first look": 11,
    "visits.show": 14,
    "visits.correct": 10,
}
# Rooms whose pages show what is kept, and a page that keeps nothing but what every page does.
KEEPING, NEUTRAL, FIRST_LOOK = ("home.", "payouts.", "statements."), "/verify/", ", first look"
# Statements have no files here.
ANSWERS = OTHERWISE | dict.fromkeys(
    ("statements.archive", "statements.bundle", "statements.download"), 404
)
BEGIN = "BEGIN"  # sent by ourselves on SQLite, by the driver on PostgreSQL
# Reads no rows of the database, or ends the session.
LEFT_OUT = {"session.sign_out", "shell.language"}


# --- rows ----------------------------------------------------------------------------------------


def add_rows(session: Session, side: Side, first: int, count: int) -> None:
    """Add so many of everything to one side; pages of its records grow, and so do all lists."""
    session.info["factories"] = itertools.count(first)
    run = session.merge(side[PayoutRun])
    person, provider = session.merge(side[InsuredPerson]), session.merge(side[Provider])
    carer = session.merge(side[Carer])
    for number in range(count):
        add_care(session, side, person, provider, carer, number + first)
        add_case(session, side)
        add_money(session, side, run)
        add_office(session, side, number + first)
    session.commit()


def add_care(
    session: Session, side: Side, person: Any, provider: Any, carer: Any, number: int
) -> None:
    later = AT + timedelta(days=number % 25, hours=number % 20)
    make.make_plan(session, person, provider)
    make.make_visit(session, person, carer, begins_at=later)
    make.make_bed_stay(session, person, provider)
    make.make_fee(session, person, provider)
    make.make_life_event(session, person, starts_on=date(2019, 1, 1) + timedelta(days=3 * number))
    make.make_account(session, person)
    make.make_enrolment(session, person)
    make.make_carer(session, provider)
    other = make.make_provider(session, side.area_id, district_id=side.district_id)
    make.make_agreement(session, other)


def add_case(session: Session, side: Side) -> None:
    person = make.make_person(session, side.area_id, district_id=side.district_id)
    make.make_conclusion(session, person)
    application = save(
        session, Application, area_id=side.area_id, number=f"SQ{person.id}", person_id=person.id,
        filed_on=date(2019, 10, 1), status=ApplicationStatus.ACCEPTED,
        assessor_id=side.users[Role.ASSESSOR].id, expert_id=side.users[Role.EXPERT].id,
        recorded_at=AT,
    )  # fmt: skip
    save(session, Evaluation, area_id=side.area_id, application_id=application.id,
         instrument="cn-2021", scores={}, started_at=AT, saved_at=AT)  # fmt: skip


def add_money(session: Session, side: Side, run: Any) -> None:
    person = make.make_person(session, side.area_id, district_id=side.district_id)
    provider = make.make_provider(session, side.area_id, district_id=side.district_id)
    of_run = {"area_id": side.area_id, "run_id": run.id, "person_id": person.id}
    place = {"district_id": side.district_id, "provider_id": provider.id}
    sums = {"eligible_fen": 100, "fund_fen": 100, "assistance_fen": 0, "person_fen": 0, "days": 1}
    settlement = Settlement(person.case_number, Outcome.ZERO, (), (), (), (), ())
    save(
        session,
        PayoutResult,
        **of_run,
        **place,
        **sums,
        case_number=person.case_number,
        outcome=Outcome.PAID,
        trace=zlib.compress(to_json(settlement)),
        trace_digest=DIGEST,
    )
    save(
        session,
        PayoutLine,
        **of_run,
        **place,
        **sums,
        component="daily_care",
        payee_kind="provider",
        payee_id=provider.id,
        sequence=1,
        scheme="employee",
        mode="home_visits",
        grade="5",
        level="severe",
        form="home_visits_day",
        minutes=0,
        starts_on=date(2019, 11, 1),
        ends_before=date(2019, 12, 1),
    )
    save(
        session,
        PayoutHold,
        **of_run,
        sequence=1,
        kind="no_account",
        owner="officer",
        values={"amount_fen": 155000},
    )
    save(session, Statement, area_id=side.area_id, number=f"JS{person.id}", run_id=run.id,
         kind=StatementKind.PERSON, subject_id=person.id, **place, content_digest=DIGEST,
         issued_at=AT)  # fmt: skip


def add_office(session: Session, side: Side, number: int) -> None:
    body = make.make_organisation(session, side.area_id, kind=OrganisationKind.ASSESSING_BODY)
    make.make_user(session, Role.ASSESSOR, side.area_id, organisation_id=body.id)
    make.make_user(session, Role.EXPERT, side.area_id, organisation_id=body.id)
    save(
        session,
        ImportFile,
        area_id=side.area_id,
        kind="visits",
        file_name="v.csv",
        file_digest=DIGEST,
        organisation_id=side.provider_id,
        counts={},
        uploaded_at=AT,
    )
    save(
        session,
        JobRun,
        area_id=side.area_id,
        kind="calculate",
        job_key=f"k{number}",
        status=JobStatus.DONE,
        inputs={"month": "2019-11"},
        heartbeat_at=AT,
        started_at=AT,
    )
    month = f"{2000 + number % 1_000 // 12}-{number % 12 + 1:02d}"
    save(
        session,
        PayoutRun,
        area_id=side.area_id,
        month=month,
        kind=RunKind.REGULAR,
        sequence=1,
        status=RunStatus.APPROVED,
        known_at=AT,
        policy_digest=DIGEST,
        digest=DIGEST,
        started_at=AT,
    )
    save(session, AuditEvent, area_id=side.area_id, at=AT, actor_id=None, actor_role="machine",
         door="test", action="test.done", record_type="test", record_id=number, changes={},
         digest=DIGEST)  # fmt: skip


def save(session: Session, table: type[Any], **values: Any) -> Any:
    row = table(id=new_id(), **values)
    session.add(row)
    session.flush()
    return row


# --- counting ------------------------------------------------------------------------------------


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    """The queries that the engine sends while this is open."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if statement != BEGIN:
            sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def count_all(app: Flask, side: Side) -> dict[str, int]:
    """Return the number of queries of every page, asked for by somebody who may see it."""
    counts: dict[str, int] = {}
    for route in routes_of(app):
        if route.method == "GET" and route.endpoint not in LEFT_OUT:
            ask = asker(app, side, route)
            ask()  # signs of life of the session, and what is kept for all that follow
            counts[route.endpoint] = ask()
            if route.endpoint.startswith(KEEPING):
                del app.extensions["ltc_kept"]
                app.test_client().get(NEUTRAL)
                counts[route.endpoint + FIRST_LOOK] = ask()
    return counts


def asker(app: Flask, side: Side, route: Route) -> Callable[[], int]:
    """Return what asks for a page and counts its queries."""
    engine = app.extensions["ltc"].engine
    with app.test_request_context():
        path = app.url_for(route.endpoint, **values_of(route.endpoint, set(route.arguments), side))
    client = sign_in_as(app.test_client(), side.users[who_sees(route)])

    def ask() -> int:
        with counted(engine) as sent:
            answer = client.get(path)
            expected = (200, ANSWERS.get(route.endpoint))
            assert answer.status_code in expected, (route, answer.text)
        return len(sent)

    return ask


def who_sees(route: Route) -> Role:
    """Return somebody who may open the page; public ones are opened by an officer."""
    return next(
        (role for role in Role if role is not Role.MACHINE and route.access in PERMISSIONS[role]),
        Role.OFFICER,
    )


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def counts(
    request: pytest.FixtureRequest, policies: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """Queries of every page with few rows and with many."""
    home = str(tmp_path_factory.mktemp("home"))
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.lend() as url, time_machine.travel(NOW, tick=False):
        given = settings.load({**ENVIRONMENT, "LTC_HOME": home, "LTC_DATABASE_URL": url})
        with open_shared_world(given, policies) as world:
            grow = grower(world)
            grow(10_000, FEW)
            few = count_all(world.app, world.areas[0][0])
            grow(20_100, MANY - FEW)
            yield few, count_all(world.app, world.areas[0][0])


def grower(world: SharedWorld) -> Callable[[int, int], None]:
    def grow(first: int, count: int) -> None:
        with world.app.extensions["ltc"].session_maker() as session:
            add_rows(session, world.areas[0][0], first, count)

    return grow


def test_no_page_asks_more_because_there_are_more_rows(counts: Any) -> None:
    few, many = counts
    assert {name: (few[name], many[name]) for name in few if many[name] > few[name]} == {}


def test_every_page_asks_as_often_as_is_written(counts: Any) -> None:
    _few, many = counts
    assert {name: many.get(name) for name in QUERIES} == QUERIES


def test_a_page_without_a_number_asks_little(counts: Any) -> None:
    _few, many = counts
    unnamed = {name: number for name, number in many.items() if name not in QUERIES}
    assert {name: number for name, number in unnamed.items() if number > MOST} == {}
