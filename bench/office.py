"""An office to click through: a city with its month calculated, and somebody of each role.

The city is ``bench.city``'s; its month is calculated, so that the pages of a run have all to show,
and its shelves are full (``bench.shelves``). Built once, it can be kept in a folder and opened again.
"""

import dataclasses
import json
import random
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from bench.city import AFTER, AREA, MONTH, SEED, City, analyze, fill
from bench.places import empty, open_place
from bench.shelves import give_codes, put_up
from ltc.rules.access import Role, build_machine
from ltc.services.context import Context
from ltc.services.executors import choose
from ltc.services.passwords import Passwords
from ltc.services.payout_sums import add_up
from ltc.services.payouts import calculate_run
from ltc.settings import Settings
from ltc.settings import load as load_settings
from ltc.store import db, migrations
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
class Built:
    """What there is to see: the month's run, the approved one before it, people, statements' codes.

    Of the people ``shown`` the identity numbers are sealed: their pages can be looked at.
    """

    run_id: int
    approved_id: int
    shown: list[int]
    codes: list[str]


@dataclass(frozen=True, slots=True)
class Office:
    """Settings, engine and users (by role) of an installation, and what was built in it.

    ``environ`` are the settings for a process of its own.
    """

    settings: Settings
    engine: sa.Engine
    users: dict[Role, User]
    built: Built
    environ: dict[str, str]


@contextmanager
def open_office(
    kind: str, people: int, password: str, keep: Path | None = None, workers: int = 2
) -> Iterator[Office]:
    """Yield an office, built where ``keep`` does not hold it; everybody has the password."""
    with open_offices(kind, [people], password, keep, workers) as (office,):
        yield office


@contextmanager
def open_offices(
    kind: str, sizes: Sequence[int], password: str, keep: Path | None = None, workers: int = 2
) -> Iterator[list[Office]]:
    """Yield offices of some numbers of people beside each other, in one place."""
    with TemporaryDirectory(prefix="ltc-bench-") as folder:
        place = (keep or Path(folder)).resolve() / kind
        with open_place(kind, place) as name:
            offices = [
                _open(name(f"office_{people}"), place / f"home-{people}", people, password, workers)
                for people in sizes
            ]
            yield offices
            for office in offices:
                office.engine.dispose()


def _open(url: str, home: Path, people: int, password: str, workers: int) -> Office:
    environ = {"LTC_HOME": str(home), "LTC_DATABASE_URL": url}
    settings = load_settings({**environ, "LTC_ENV": "test"})
    engine = db.create_engine(url)
    built = _find_or_build(engine, settings, people, workers)
    with db.create_session_maker(engine, settings.keys)() as session:
        # As every calculation of the product does; the runs of a kept office may be of before.
        add_up(_as_machine(session))
        users = _let_in(session, settings, password)
    return Office(settings, engine, users, built, environ)


def _find_or_build(engine: sa.Engine, settings: Settings, people: int, workers: int) -> Built:
    """Return what was built; it is written down last, so that half an office is built anew."""
    note = settings.home / "built.json"
    if not note.exists():
        empty(engine)
    migrations.upgrade(engine)
    if not note.exists():
        begun = time.monotonic()
        built = _build(engine, settings, people, workers)
        note.write_text(json.dumps(dataclasses.asdict(built)))
        print(f"built an office of {people:,} people in {time.monotonic() - begun:.0f} s",
              file=sys.stderr, flush=True)  # fmt: skip
    return Built(**json.loads(note.read_text()))


def _build(engine: sa.Engine, settings: Settings, people: int, workers: int) -> Built:
    city = City(people, VISITS_EACH, max(people // 5, 10), max(people // 100, 1))
    fill(engine, city)
    Path(settings.documents).mkdir(exist_ok=True)
    with db.create_session_maker(engine, settings.keys)() as session:
        assessor = _add_users(session)[Role.ASSESSOR]
        shown = _seal_some(session, city)
        run_id = _calculate(session, engine, workers)
        approved_id = put_up(session, assessor.id, run_id)
        codes = give_codes(session, approved_id, shown)
    analyze(engine)
    return Built(run_id, approved_id, shown, codes)


@contextmanager
def in_june() -> Iterator[None]:
    """The first days of the month after the city's: its month is over."""
    with time_machine.travel(AFTER, tick=True):
        yield


def _add_users(session: Session) -> dict[Role, User]:
    """Add a user of every role that a person can have; nobody of them has a password yet."""
    agency = Organisation(
        area_id=AREA, id=new_id(), kind=OrganisationKind.AGENCY, name="Agency", district_id=None
    )
    session.add(agency)
    session.flush()
    users = {
        role: User(
            area_id=AREA, id=new_id(), sign_in_name=role.value, name=role.value, role=role,
            password_hash="", created_at=AFTER,
            **PLACES.get(role, {"organisation_id": agency.id}),
        )
        for role in Role
        if role is not Role.MACHINE
    }  # fmt: skip
    session.add_all(users.values())
    session.commit()
    return users


def _let_in(session: Session, settings: Settings, password: str) -> dict[Role, User]:
    """Give everybody the password; return the users."""
    hashed = Passwords(settings.argon2_time_cost, settings.argon2_memory_kib).hash(password)
    users = {user.role: user for user in session.scalars(sa.select(User))}
    for user in users.values():
        user.password_hash = hashed
    session.commit()
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
    run = calculate_run(
        _as_machine(session), month=MONTH, executor=choose(engine, workers), clock=lambda: AFTER
    )
    return run.id


def _as_machine(session: Session) -> Context:
    return Context(session, build_machine(AREA, "bench"), AFTER, load_law())


def make_password() -> str:
    """Return a password for one measurement."""
    return secrets.token_urlsafe(18)
