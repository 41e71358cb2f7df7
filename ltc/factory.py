"""Puts the house together: settings, law, database, doors."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, g
from sqlalchemy.orm import Session, sessionmaker

from ltc import cli, clock, http, logs, settings
from ltc.logs import log_error
from ltc.rules.policies import LawBook
from ltc.rules.timetable import Timetable
from ltc.settings import Settings
from ltc.store import db
from ltc.store.policies import load_law
from ltc.store.timetable import TIMETABLE_FILE, read_timetable
from ltc.web import shell

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class House:
    """What a running application holds; kept in ``app.extensions["ltc"]``."""

    settings: Settings
    engine: sa.Engine
    session_maker: sessionmaker[Session]
    policies: LawBook
    timetable: Timetable = field(default_factory=Timetable)


class Application(Flask):
    """Flask, but for one thing: what broke is logged by its kind and place, without its text."""

    def log_exception(self, exc_info: Any) -> None:
        """Write the error that a request ended with."""
        log_error("request broke", exc_info[1], request_id=g.get("request_id"))


def create_house(given: Settings) -> House:
    """Open the database and load the law; raises LawFileError, SealMismatch."""
    if given.database_url.startswith("sqlite:///"):
        Path(given.database_url.removeprefix("sqlite:///")).parent.mkdir(
            parents=True, exist_ok=True
        )
    engine = db.create_engine(given.database_url)
    folder = given.policy_folder or ROOT / "ltc" / "policy"
    law = LawBook(laws={}) if cli.is_mending_the_law() else load_law(folder)
    timetable = read_timetable(given.timetable or TIMETABLE_FILE)
    return House(given, engine, db.create_session_maker(engine, given.keys), law, timetable)


def create_shell() -> Flask:
    """Return an application without settings, law and database, for the commands that need none."""
    app = Flask("ltc", root_path=str(ROOT))
    cli.register(app)
    return app


def create_app(given: Settings | None = None, house: House | None = None) -> Flask:
    """Return the Flask application."""
    loaded = house.settings if house else (given or settings.load())
    is_production = loaded.environment == "production"
    logs.configure(as_json=is_production)
    if is_production:
        logs.tell_no_texts()
    app = Application(
        "ltc", root_path=str(ROOT), template_folder="templates", static_folder="static"
    )
    app.config.update(
        SECRET_KEY=loaded.secret_key,
        MAX_CONTENT_LENGTH=loaded.upload_mb * MEGABYTE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=loaded.https,
        TESTING=loaded.environment == "test",
    )
    clock.set_back(loaded.clock_back_days)
    app.extensions["ltc"] = house or create_house(loaded)
    app.teardown_appcontext(http.close_database)
    shell.register(app)
    cli.register(app)
    return app
