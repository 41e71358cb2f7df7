"""Whether the database can be reached and written, and what to do where it cannot."""

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from ltc.rules.errors import Conflict, Problem


class DatabaseUnreachable(Conflict):
    """The database {url} cannot be reached: {why}"""


class DatabaseReadOnly(Conflict):
    """The database {url} can only be read: {why}"""


class NoDatabase(Conflict):
    """The file {file} is no database, or a damaged one: {why}. Nothing was changed. Look whether
    LTC_DATABASE_URL names the right file. If it does, end all processes, move it aside as it is and
    bring back the last backup: `flask restore FILE`.
    """


class DatabaseInUse(Conflict):
    """Another process has kept the database {url} busy for as long as this one waits (30 seconds).
    Nothing was changed. End `flask scheduler` and `flask serve`, let long jobs end, then start this
    again.
    """


class DatabaseTrouble(Problem):
    """The database cannot be reached or written now. Nothing was changed. Try again later."""

    status = 503


class DatabaseAway(DatabaseTrouble):
    """The database cannot be reached now. Nothing was changed. Try again in a minute; if it stays
    so, tell whoever looks after the installation: `flask db check` says why.
    """


class DatabaseOnlyRead(DatabaseTrouble):
    """The database can only be read now. Nothing was changed. Whoever looks after the
    installation has to let it be written again; `flask db check` says why.
    """


class DatabaseFull(DatabaseTrouble):
    """The disk of the database is full. Nothing was changed. Whoever looks after the
    installation has to free space; what was interrupted goes on where it stopped.
    """


class DatabaseBusy(DatabaseTrouble):
    """The database is busy with other work. Nothing was changed. Try again in a minute."""


class DatabaseDamaged(DatabaseTrouble):
    """The file of the database is none, or a damaged one. Nothing was changed. Tell whoever looks
    after the installation: `flask db check` names the file and says what to do.
    """


class DatabaseOfOtherVersion(DatabaseTrouble):
    """The database is empty, or of another version than this program. Nothing was changed. Tell
    whoever looks after the installation: `flask db check` says what to do.
    """


class ProgramOfOtherVersion(DatabaseOfOtherVersion):
    """The database is of another version than this program. Nothing was changed. Tell whoever
    looks after the installation: bring the older of the two up, then start `flask serve` anew.
    """


# What PostgreSQL calls it (SQLSTATE, or its class of two), and what SQLite says.
_BY_STATE: dict[str, type[DatabaseTrouble]] = {
    "08": DatabaseAway, "57P": DatabaseAway, "25006": DatabaseOnlyRead, "53100": DatabaseFull,
    "53": DatabaseAway, "55P03": DatabaseBusy, "57014": DatabaseBusy, "40": DatabaseBusy,
    "42P01": DatabaseOfOtherVersion, "42703": DatabaseOfOtherVersion,
}  # fmt: skip
_BY_WORDS: dict[str, type[DatabaseTrouble]] = {
    "readonly database": DatabaseOnlyRead, "database or disk is full": DatabaseFull,
    "is locked": DatabaseBusy, "unable to open": DatabaseAway, "disk i/o error": DatabaseAway,
    "no such table": DatabaseOfOtherVersion, "no such column": DatabaseOfOtherVersion,
    "has no column": DatabaseOfOtherVersion, "not a database": DatabaseDamaged,
    "image is malformed": DatabaseDamaged,
}  # fmt: skip


def find_trouble(error: DBAPIError | NoConnectionLeft) -> DatabaseTrouble | None:
    """Return what a refusal of the database means and what to do; None where it is our mistake.

    Busy is, too, the process whose connections are all in use for as long as one waits for them.
    """
    if isinstance(error, NoConnectionLeft):
        return DatabaseBusy()
    state = getattr(error.orig, "sqlstate", None) or ""
    for prefix, trouble in _BY_STATE.items():
        if state.startswith(prefix):
            return trouble()
    said = str(error.orig).lower()
    for words, trouble in _BY_WORDS.items():
        if words in said and not state:
            return trouble()
    # A connection that broke has no state; SQLite calls its own troubles operational, too.
    is_broken = error.connection_invalidated or isinstance(error, OperationalError)
    return DatabaseAway() if is_broken and not state else None


def check_writable(engine: sa.Engine) -> None:
    """Raise DatabaseUnreachable, DatabaseReadOnly or DatabaseInUse unless it can be written now."""
    try:
        with engine.connect() as connection:
            why = _why_read_only(connection)
    except DBAPIError as error:
        raise _fault_of(engine, error) from None
    if why:
        raise DatabaseReadOnly(url=_shown(engine), why=why)


def _why_read_only(connection: sa.Connection) -> str:
    if connection.dialect.name == "sqlite":
        # Taking the write lock and writing the header as it is: no change, but a real write.
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")
        return ""
    is_standby = connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one()
    if is_standby:
        return "it is a standby server."
    state = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
    return "its transactions are set to read only." if state == "on" else ""


def name_damaged(engine: sa.Engine, error: DBAPIError) -> NoDatabase:
    """Return which file is no database, for whoever looks after the installation."""
    return NoDatabase(file=engine.url.database, why=str(error.orig))


def _fault_of(engine: sa.Engine, error: DBAPIError) -> Conflict:
    trouble = find_trouble(error)
    if isinstance(trouble, DatabaseBusy):
        return DatabaseInUse(url=_shown(engine))
    if isinstance(trouble, DatabaseDamaged):
        return name_damaged(engine, error)
    why = " ".join(str(error.orig).split())
    if _is_locked_file(engine):
        why = f"the file, or the folder that it lies in, may not be written ({why})."
        return DatabaseReadOnly(url=_shown(engine), why=why)
    kind = DatabaseReadOnly if "readonly" in why.replace("-", "") else DatabaseUnreachable
    return kind(url=_shown(engine), why=why)


def _is_locked_file(engine: sa.Engine) -> bool:
    """Whether an SQLite file is there but may not be written; its log lies beside it."""
    path = Path(engine.url.database or "")
    if engine.dialect.name != "sqlite" or not path.is_file():
        return False
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _shown(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
