"""Whether the database can be reached and written, said in one line where it cannot."""

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ltc.rules.errors import Conflict


class DatabaseUnreachable(Conflict):
    """The database {url} cannot be reached: {why}"""


class DatabaseReadOnly(Conflict):
    """The database {url} can only be read: {why}"""


def check_writable(engine: sa.Engine) -> None:
    """Raise DatabaseUnreachable or DatabaseReadOnly unless a change could be written now."""
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


def _fault_of(engine: sa.Engine, error: DBAPIError) -> Conflict:
    why = " ".join(str(error.orig).split())
    kind = DatabaseReadOnly if "readonly" in why.replace("-", "") else DatabaseUnreachable
    return kind(url=_shown(engine), why=why)


def _shown(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
