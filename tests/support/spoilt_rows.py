"""Writes into a table what its columns' types never write, as somebody with the file at hand could."""

import pytest
import sqlalchemy as sa

# For SQLite, which keeps whatever it is given.
SPOILT = [b"2019-11-14 \xff2:30", "", "2019-13-14 02:30:00.000000", "2x19-11-14 02:30:00", "{", "-"]
# For PostgreSQL, which checks types, but knows instants that Python cannot say.
STRANGE_INSTANTS = ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC"]


def change(session, statement):
    session.execute(statement)
    session.commit()


def spoil(session, table, column, value, **where):
    """Write bytes that the column's type never writes, as a changed file would hold them."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL refuses what is not of a column's type")
    found = " AND ".join(f"{name} = :{name}" for name in where)
    statement = f"UPDATE {table} SET {column} = CAST(:value AS TEXT) WHERE {found}"
    change(session, sa.text(statement).bindparams(value=value, **where))


def spoil_instant(session, table, column, **where):
    """Write what is no instant that Python can say, of the kind that the database lets in."""
    if session.get_bind().dialect.name == "sqlite":
        spoil(session, table, column, "2019-02-30 02:30:00.000000", **where)
        return
    found = " AND ".join(f"{name} = :{name}" for name in where)
    statement = f"UPDATE {table} SET {column} = 'infinity' WHERE {found}"
    change(session, sa.text(statement).bindparams(**where))
