"""A house in which every form can be sent: its application, people of every role, and browsers."""

import hashlib
import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ltc import clock
from ltc.factory import House
from ltc.http import FORM_TOKEN
from ltc.rules.access import Actor, Role
from ltc.rules.months import Month
from ltc.rules.policies import LawBook
from ltc.rules.tasks import TASKS
from ltc.services.context import Context
from ltc.services.payouts import approve_run, check_run
from ltc.settings import Settings
from ltc.store import db
from ltc.store.areas import Area, District
from ltc.store.insured import InsuredPerson
from ltc.store.payouts import PayoutRun
from ltc.store.providers import Provider
from ltc.store.users import User
from tests.support import factories as make
from tests.support import month as months
from tests.support.assessment_cases import Way, look_again, make_staff
from tests.support.installations import make_app, make_house
from tests.support.sign_in import csrf_token, sign_in_as

FIRST_MONTH = Month(2019, 1)  # of the law; each run that an example needs has a month of its own

BEFORE = date(2018, 12, 1)


@dataclass
class Desk:
    """What examples of forms are made of; everything lies in one area, and all may see it."""

    house: House
    app: Flask
    session: Session
    way: Way
    users: dict[Role, User]
    district: District
    provider: Provider
    person: InsuredPerson
    tasks: Iterator[str] = field(default_factory=lambda: iter(TASKS))
    months: Iterator[Month] = field(
        default_factory=lambda: map(FIRST_MONTH.plus, itertools.count())
    )

    def browser(self, user: User | None) -> FlaskClient:
        """Return a browser in which somebody is signed in; None: nobody."""
        client = self.app.test_client()
        return client if user is None else sign_in_as(client, user)

    def ctx(self, role: Role) -> Context:
        """Return the context of the user of a role, at this instant."""
        return self.way.ctx(self.users[role])

    def number(self) -> int:
        """Return a number that no other record of the desk has."""
        return int(next(self.session.info["factories"]))

    def fill(self, example: "Example") -> "Sending":
        """Return a form filled in, with all that it is about made for it alone."""
        look_again(self.session)  # pages have written since
        return example(self)

    def calculated(self) -> PayoutRun:
        """Return the run of a month of its own."""
        return months.calculate(self.ctx(Role.FINANCE_PREPARER), month=next(self.months))

    def approved(self) -> PayoutRun:
        """Return an approved run of a month of its own."""
        run = self.calculated()
        seen = {"run_id": run.id, "digest": run.digest or ""}
        check_run(self.ctx(Role.FINANCE_CHECKER), **seen)
        return approve_run(self.ctx(Role.FINANCE_APPROVER), **seen)

    def read(self) -> dict[str, str]:
        """Return a digest of every table's rows, as the database holds them now."""
        return {name: _digest(rows) for name, rows in self._read_rows().items()}

    def count(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return {name: len(rows) for name, rows in self._read_rows().items()}

    def _read_rows(self) -> dict[str, list[str]]:
        with self.house.engine.connect() as connection:
            return {
                name: sorted(
                    repr(tuple(row))
                    for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')
                )
                for name in db.metadata.tables
            }


def _digest(rows: list[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@contextmanager
def open_desk(given: Settings, policies: LawBook) -> Iterator[Desk]:
    """Yield a desk on an empty database."""
    engine = db.create_engine(given.database_url)
    house = make_house(given, engine, policies)
    with house.session_maker() as session:
        yield _furnish(house, session)
    engine.dispose()


def _furnish(house: House, session: Session) -> Desk:
    session.add(
        Area(id=1, code="chongqing", name_zh="重庆", name_en="Chongqing",
             time_zone="Asia/Shanghai", policy_area="chongqing")
    )  # fmt: skip
    session.commit()
    way = Way(session, partial(_make_ctx, house, session), make_staff(session))
    district = make.make_district(session)
    provider = make.make_provider(session)
    make.make_agreement(session, provider)
    users = {
        Role.ASSESSOR: way.staff.assessor, Role.EXPERT: way.staff.expert,
        Role.OFFICER: way.staff.officer,
        **{role: make.make_user(session, role) for role in _FINANCE_AND_HOUSE},
    }  # fmt: skip
    person = _make_paid(session, provider)
    return Desk(house, make_app(house), session, way, users, district, provider, person)


_FINANCE_AND_HOUSE = (
    Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER, Role.ADMINISTRATOR,
)  # fmt: skip


def _make_ctx(
    house: House, session: Session, role: Role, now: datetime | None = None, **who: Any
) -> Context:
    actor = Actor(role=role, area_id=1, door="test", **who)
    return Context(session, actor, now or clock.now(), house.policies)


def _make_paid(session: Session, provider: Provider) -> InsuredPerson:
    """Somebody for whom every month pays something."""
    person = make.make_person(session)
    make.make_enrolment(session, person)
    make.make_conclusion(session, person, concluded_on=BEFORE)
    make.make_plan(session, person, provider, starts_on=BEFORE)
    return person


# --- forms ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sending:
    """A form filled in: where it goes, who sends it (None: nobody is signed in), and its entries."""

    path: str
    user: User | None
    data: Mapping[str, Any] = field(default_factory=dict)
    file: bytes | None = None

    def body(self) -> dict[str, Any]:
        """Return the entries; a file is opened anew for each sending."""
        file = {} if self.file is None else {"file": (io.BytesIO(self.file), "file.csv")}
        return {**self.data, **file}


Example = Callable[[Desk], Sending]


def press(client: FlaskClient, sending: Sending, token: str) -> TestResponse:
    """Send a form with the one-time token of its page."""
    tokens = {"csrf_token": csrf_token(client), FORM_TOKEN: token}
    return client.post(sending.path, data={**tokens, **sending.body()})
