"""What pages ask the database: no OFFSET, and no count or sum of a large table without a bound.

A list or a count must cost the same however many people a city has. A bound is a LIMIT around what
is counted, or an index that leads to what belongs to one run, one person, one provider …
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.sql import functions, visitors

from ltc.store.assessments import Application
from ltc.store.audit_log import AuditEvent
from ltc.store.db import metadata
from ltc.store.spread import LARGE_TABLES
from ltc.store.visits import Visit
from tests.conftest import NOW
from tests.support.sign_in import sign_in_as
from tests.support.world import Side
from tests.web.route_examples import values_of
from tests.web.test_access_walk import PEOPLE, routes_of
from tests.web.test_query_counts import who_sees

# Columns of large tables that lead to few rows, or to those of one run: their value is given.
BOUNDS = {
    "application_id", "assessor_id", "carer_id", "evaluation_id", "expert_id", "file_digest", "id", "number", "person_id",
    "plan_id", "provider_id", "record_id", "reference", "run_id", "subject_id", "token_digest",
}  # fmt: skip
# Ends the session; the numbers for Prometheus are true counts, asked for by a machine with a token.
LEFT_OUT = {"session.sign_out", "health.metrics"}
# Where a bound is not to be seen in the statement: page and tables, and why it holds.
BOUNDED_OTHERWISE = {
    ("home.index", "plan_items"): "joined to the plans of one provider",
    ("home.index", "insured_persons, plan_items"): "joined to the plans of one provider",
}


def find_faults(statement: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a statement: OFFSET, or the tables that are added up; and the part."""
    for part in visitors.iterate(statement):
        if isinstance(part, sa.Select):
            if part._offset_clause is not None:
                yield "OFFSET", str(part)
            if is_added_up(part) and (names := find_unbounded(part)):
                yield ", ".join(sorted(names)), str(part)


def is_added_up(select: sa.Select[Any]) -> bool:
    """Whether a select has a count, a sum or the like, itself and not in a subquery."""
    kinds = (functions.count, functions.sum, functions.max, functions.min)
    return any(isinstance(part, kinds) for column in select.selected_columns
               for part in visitors.iterate(column))  # fmt: skip


def find_unbounded(select: sa.Select[Any]) -> set[str]:
    """Return the large tables that a select reads without a bound."""
    tables = {name for source in select.get_final_froms() for name in list_tables(source)}
    return tables & set(LARGE_TABLES) - find_bound(select)


def list_tables(source: Any) -> Iterator[str]:
    """Yield the tables that a FROM reads, those of subqueries too where they have no bound."""
    if isinstance(source, sa.Join):
        yield from list_tables(source.left)
        yield from list_tables(source.right)
    elif isinstance(source, sa.Table):
        yield source.name
    elif isinstance(source, sa.CompoundSelect):
        for select in source.selects:
            yield from list_tables(select)
    elif isinstance(source, sa.Select):
        yield from find_unbounded(source) if source._limit_clause is None else ()
    elif hasattr(source, "element"):  # an alias, or a subquery
        yield from list_tables(source.element)


def find_bound(select: sa.Select[Any]) -> set[str]:
    """Return the tables of which a column that bounds is given a value or a set of them."""
    bound: set[str] = set()
    conditions = [*select._where_criteria]
    while conditions:
        condition = conditions.pop()
        if isinstance(condition, sa.BooleanClauseList) and condition.operator.__name__ == "and_":
            conditions += condition.clauses
        elif isinstance(condition, sa.BinaryExpression):
            bound |= {*find_given(condition)}
        elif isinstance(condition, sa.sql.elements.Grouping):
            conditions.append(condition.element)
    return bound


def find_given(condition: sa.BinaryExpression[Any]) -> Iterator[str]:
    """Yield the table of which a comparison gives a column that bounds, or what is not sealed yet."""
    column, operator = condition.left, condition.operator.__name__
    if not isinstance(column, sa.Column) or not isinstance(column.table, sa.Table):
        return
    is_given = column.name in BOUNDS and operator in ("eq", "in_op")
    if is_given or (column.name == "block_number" and operator == "is_"):
        yield column.table.name


# --- the walk -------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(
    request: pytest.FixtureRequest, policies: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Any]]:
    """The statements of every page, by endpoint; the start page asked for by every role."""
    from ltc import settings
    from tests.conftest import ENVIRONMENT
    from tests.support.installations import open_shared_world

    home = str(tmp_path_factory.mktemp("home"))
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.lend() as url, time_machine.travel(NOW, tick=False):
        given = settings.load({**ENVIRONMENT, "LTC_HOME": home, "LTC_DATABASE_URL": url})
        with open_shared_world(given, policies) as world:
            return walk(world.app, world.areas[0][0])


def walk(app: Flask, side: Side) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    now: list[Any] = []

    def note(_connection: Any, statement: Any, *_others: Any) -> None:
        now.append(statement)

    sa.event.listen(app.extensions["ltc"].engine, "before_execute", note)
    for role in PEOPLE:
        client = sign_in_as(app.test_client(), side.users[role])
        for route in routes_of(app):
            is_theirs = role is who_sees(route) or route.endpoint == "home.index"
            if route.method == "GET" and is_theirs and route.endpoint not in LEFT_OUT:
                with app.test_request_context():
                    path = app.url_for(
                        route.endpoint, **values_of(route.endpoint, set(route.arguments), side)
                    )
                now.clear()
                client.get(path)
                found.setdefault(route.endpoint, []).extend(now)
    sa.event.remove(app.extensions["ltc"].engine, "before_execute", note)
    return found


def test_no_page_counts_or_skips_what_grows(asked: dict[str, list[Any]]) -> None:
    faults = {
        (endpoint, *fault)
        for endpoint, statements in asked.items()
        for statement in statements
        for fault in find_faults(statement)
        if (endpoint, fault[0]) not in BOUNDED_OTHERWISE
    }
    assert faults == set()


def test_the_walk_hears_what_pages_ask(asked: dict[str, list[Any]]) -> None:
    heard = [part for found in asked.values() for statement in found
             for part in visitors.iterate(statement) if isinstance(part, sa.Select)]  # fmt: skip
    assert len(asked) > 60
    assert any(is_added_up(select) for select in heard)


# --- the eyes of the walk ---------------------------------------------------------------------------


def count_of(table: Any, *conditions: Any) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table).where(table.area_id == 1, *conditions)


@pytest.mark.parametrize(
    "statement",
    [
        count_of(Visit),
        count_of(AuditEvent, AuditEvent.action == "user.locked"),
        count_of(Application, sa.or_(Application.person_id == 1, Application.number == "x")),
        sa.select(Application.status, sa.func.count()).group_by(Application.status),
        sa.select(sa.select(sa.func.max(Visit.begins_at)).scalar_subquery()),
        sa.select(sa.func.count()).select_from(sa.select(Visit.id).subquery()),
        sa.select(Visit.id).limit(50).offset(100),
    ],
)
def test_what_grows_is_seen(statement: Any) -> None:
    assert len([*find_faults(statement)]) == 1


@pytest.mark.parametrize(
    "statement",
    [
        count_of(Visit, Visit.person_id == 5),
        sa.select(sa.func.count()).select_from(sa.select(Visit.id).limit(1_001).subquery()),
        sa.select(Visit.id).where(Visit.area_id == 1).order_by(Visit.id).limit(51),
    ],
)
def test_what_is_bounded_is_let_be(statement: Any) -> None:
    assert [*find_faults(statement)] == []


def test_every_large_table_is_there() -> None:
    assert set(LARGE_TABLES) <= set(metadata.tables)
