"""Every key of every table begins with or holds the area, so that tables can be distributed by it.

A database spread over machines (Citus) asks for this: a primary key, a unique key and a foreign key
must hold the column that rows are distributed by, or nobody could check them on one machine.
"""

import pytest
import sqlalchemy as sa

from ltc.store import db

AREA = "area_id"
# Small, and one for the whole installation: such a table would stand on every machine.
OF_THE_INSTALLATION = {
    "areas": "what everything is distributed by",
    "form_tokens": "a form's token is spent once, wherever it comes in",
    "schedulers": "signs of life of processes",
    "user_sessions": "a browser's token says who is there, before the area is known",
    "users": "the name one signs in with is asked before the area is known",
}


def find_keys_without_area(table: sa.Table) -> list[str]:
    """Name the primary, unique and foreign keys of a table that have no area in them."""
    keys = [("primary", list(table.primary_key.columns))]
    keys += [
        ("unique", list(key.columns))
        for key in (*table.constraints, *table.indexes)
        if isinstance(key, sa.UniqueConstraint) or (isinstance(key, sa.Index) and key.unique)
    ]
    keys += [
        ("foreign", [element.parent for element in key.elements])
        for key in table.foreign_key_constraints
        if key.referred_table.name not in OF_THE_INSTALLATION
    ]
    return [
        f"{table.name}: {kind} ({', '.join(column.name for column in columns)})"
        for kind, columns in keys
        if AREA not in {column.name for column in columns}
    ]


def tables_of_areas() -> list[sa.Table]:
    return [t for t in db.metadata.sorted_tables if t.name not in OF_THE_INSTALLATION]


def test_every_key_of_every_table_of_areas_holds_the_area():
    assert [key for table in tables_of_areas() for key in find_keys_without_area(table)] == []


def test_what_is_left_out_stands_in_the_code():
    assert set(OF_THE_INSTALLATION) <= set(db.metadata.tables)


def test_the_primary_key_begins_with_the_area():
    first = {table.name: next(iter(table.primary_key.columns)).name for table in tables_of_areas()}
    assert set(first.values()) == {AREA}
    assert {"visits", "payout_lines", "payout_results", "audit_events", "statements"} <= set(first)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (sa.Column("code", sa.String, unique=True), "odd: unique (code)"),
        (sa.Column("code", sa.String, sa.ForeignKey("visits.code")), "odd: foreign (code)"),
        (sa.Column("code", sa.String, primary_key=True), "odd: primary (code)"),
    ],
)
def test_a_key_without_the_area_is_seen(column, told):
    metadata = sa.MetaData()
    sa.Table("visits", metadata, sa.Column("code", sa.String, primary_key=True))
    is_key = column.primary_key
    odd = sa.Table("odd", metadata, sa.Column(AREA, sa.Integer, primary_key=not is_key), column)
    assert find_keys_without_area(odd) == [told]


def test_an_index_that_is_unique_without_the_area_is_seen():
    odd = sa.Table("odd", sa.MetaData(), sa.Column(AREA, sa.Integer, primary_key=True),
                   sa.Column("code", sa.String))  # fmt: skip
    sa.Index("ix_odd_code", odd.c.code, unique=True)
    assert find_keys_without_area(odd) == ["odd: unique (code)"]
