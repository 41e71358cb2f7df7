"""Events about a person are looked up by record, not by reading the whole log."""

import re
from contextlib import contextmanager

import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.store import audit_questions
from ltc.store.audit_log import AuditEvent
from ltc.store.audit_questions import EventFilter
from tests.conftest import NOW
from tests.support import factories as make


def explain(session, query):
    """Return the plan of a query as text."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    text = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    words = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    return "\n".join(str(row) for row in session.execute(sa.text(f"{words} {text}")))


def add_events(session, count):
    """Add so many events of visits that are nobody's, and let the database learn of them."""
    row = {"area_id": 1, "at": NOW, "actor_role": "machine", "door": "job", "action": "visit.logged",
           "record_type": "visit", "changes": {}, "digest": ""}  # fmt: skip
    rows = [row | {"id": number, "record_id": number} for number in range(count)]
    session.execute(sa.insert(AuditEvent), rows)
    session.execute(sa.text("ANALYZE"))


def test_events_about_a_person_are_found_by_the_index_of_records(session, area, make_ctx):
    person = make.make_person(session)
    add_events(session, 5_000)
    actor = make_ctx(role=Role.AUDITOR).actor
    chosen = EventFilter(about=person.case_number)
    plan = explain(session, audit_questions._select(session, actor, chosen))
    # Each record's events by the whole index, and the events then by their ids.
    lookups = (
        r"ix_audit_events_area_id_record_type_record_id \(area_id=\? AND record_type=\? AND record_id=\?"
        r"|Index Cond: \(\(area_id = 1\) AND .*record_type.* AND \(record_id = "
    )
    assert re.search(lookups, plan), plan
    assert "CORRELATED" not in plan


def test_a_page_further_on_begins_in_the_index_of_time(session, area, make_ctx, engine):
    add_events(session, 5_000)
    actor = make_ctx(role=Role.AUDITOR).actor
    first = audit_questions.list_events(session, actor, EventFilter(), None)
    with told(engine) as sent:
        audit_questions.list_events(session, actor, EventFilter(), first.next_cursor)
    plan = explain_sent(session, *sent[-1])
    begins = r"area_id_at_id \(area_id=\? AND \(at,id\)<|Index Cond: \(\(area_id = 1\) AND \(ROW\(at, id\) < ROW"
    assert re.search(begins, plan), plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


@contextmanager
def told(engine):
    """The statements that the engine sends while this is open, with their values."""
    sent = []

    def note(_connection, _cursor, statement, values, *_others):
        sent.append((statement, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def explain_sent(session, statement, values):
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    words = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    return "\n".join(
        str(row) for row in session.connection().exec_driver_sql(f"{words} {statement}", values)
    )
