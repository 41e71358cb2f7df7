"""An office to click through: a city with its month calculated, and somebody of each role.

The city is ``bench.city``'s; its month is calculated, so that the pages of a run have all to show.
"""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from bench.city import AFTER, AREA, MONTH, SEED, City, fill
from ltc.rules.access import Actor, Role
from ltc.services.context import Context
from ltc.services.executors import choose
from ltc.services.passwords import Passwords
from ltc.services.payouts import calculate_run
from ltc.settings import Settings, make_keys
from ltc.settings import load as load_settings
from ltc.store import db
from ltc.store.areas import Organisation, OrganisationKind
from ltc.store.base import new_id
from ltc.store.insured import InsuredPerson
from ltc.store.policies import load_law
from ltc.store.sealed_cells import seal_cell
from ltc.store.users import User

VISITS_EACH, SHOWN = 10, 200
PLACES = {
    Role.PROVIDER_MANAGER: {"organisation_id": 1},
    Role.CARER: {"organisation_id": 1, "carer_id": 1},
}


@dataclass(frozen=True, slots=True)
class Office:
    """Settings, engine and users (by role) of an installation, and the run of its month.

    Of the people ``shown`` the identity numbers are sealed: their pages can be looked at.
    ``environ`` are the settings for a process of its own.
    """

    settings: Settings
    engine: sa.Engine
    users: dict[Role, User]
    run_id: int
    shown: list[int]
    environ: dict[str, str]


@contextmanager
def open_office(url: str, people: int, password: str, workers: int = 2) -> Iterator[Office]:
    """Yield an office on an empty, migrated database; everybody signs in with the password."""
    engine = db.create_engine(url)
    city = City(people, VISITS_EACH, max(people // 5, 10), max(people // 100, 1))
    fill(engine, city)
    with TemporaryDirectory(prefix="ltc-bench-") as home:
        environ = {**make_keys(), "LTC_HOME": home}
        settings = load_settings({**environ, "LTC_DATABASE_URL": url, "LTC_ENV": "test"})
        with db.create_session_maker(engine, settings.keys)() as session:
            users = _add_users(session, settings, password)
            shown = _seal_some(session, city)
            run_id = _calculate(session, engine, workers)
        Path(settings.documents).mkdir(exist_ok=True)
        yield Office(settings, engine, users, run_id, shown, environ)
    engine.dispose()


@contextmanager
def in_june() -> Iterator[None]:
    """The first days of the month after the city's: its month is over."""
    with time_machine.travel(AFTER, tick=True):
        yield


def _add_users(session: Session, settings: Settings, password: str) -> dict[Role, User]:
    """Add a user of every role that a person can have."""
    agency = Organisation(
        area_id=AREA, id=new_id(), kind=OrganisationKind.AGENCY, name="Agency", district_id=None
    )
    session.add(agency)
    session.flush()
    hashed = Passwords(settings.argon2_time_cost, settings.argon2_memory_kib).hash(password)
    users: dict[Role, User] = {}
    for role in Role:
        if role is not Role.MACHINE:
            place = PLACES.get(role, {"organisation_id": agency.id})
            users[role] = User(
                area_id=AREA, id=new_id(), sign_in_name=role.value, name=role.value, role=role,
                password_hash=hashed, created_at=AFTER, **place,
            )  # fmt: skip
    session.add_all(users.values())
    session.commit()
    for user in users.values():
        session.refresh(user)
    session.expunge_all()
    return users


def _seal_some(session: Session, city: City) -> list[int]:
    """Give some people an identity number that can be opened; return their ids."""
    ids = random.Random(SEED).sample(range(1, city.people + 1), min(SHOWN, city.people))
    for person_id in ids:
        person = session.get_one(InsuredPerson, (AREA, person_id))
        person.identity_sealed = seal_cell(
            session, InsuredPerson, "identity_sealed", person_id, "500101194001010000"
        )
    session.commit()
    session.expunge_all()
    return ids


def _calculate(session: Session, engine: sa.Engine, workers: int) -> int:
    actor = Actor(None, "machine", Role.MACHINE, AREA, door="bench")
    ctx = Context(session, actor, AFTER, load_law())
    run = calculate_run(ctx, month=MONTH, executor=choose(engine, workers), clock=lambda: AFTER)
    return run.id


def make_password() -> str:
    """Return a password for one measurement."""
    return secrets.token_urlsafe(18)
