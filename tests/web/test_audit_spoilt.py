"""The auditor's pages and files go on where the log was changed by hand, and say where that is."""

import csv
import io

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ltc.rules.access import Role
from ltc.services.audit import seal_blocks
from ltc.store.audit_log import AuditEvent
from ltc.store.paging import PAGE_ROWS
from tests.conftest import NOW
from tests.support.factories import make_user
from tests.support.sign_in import sign_in_as
from tests.support.spoilt_rows import SPOILT, change, spoil, spoil_instant

EVENTS = AuditEvent.metadata.tables["audit_events"]
SPOILT_COLUMNS = [c.name for c in EVENTS.columns if c.name not in ("area_id", "id")]
TAG = "<span>changed by hand</span>"
SIGN = "cannot be read: the log was changed by hand"


@pytest.fixture
def auditor(client, session, make_ctx):
    """An auditor's browser, beside three events of one record in a block."""
    user = make_user(session, Role.AUDITOR)
    write(make_ctx, 3)
    seal_blocks(make_ctx(), settle_seconds=0)
    with time_machine.travel(NOW, tick=False):
        client.get("/language/en")
        yield sign_in_as(client, user)


def write(make_ctx, count):
    ctx = make_ctx(role=Role.OFFICER)
    for number in range(count):
        with ctx.transaction():
            ctx.record("visit.corrected", "visit", 7, {"minutes": [60, number]})


def text_of(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def ids_of(session):
    return list(session.scalars(sa.select(EVENTS.c.id).order_by(EVENTS.c.id)))


def rows_of(browser, path="/audit/events.csv"):
    return list(csv.DictReader(io.StringIO(text_of(browser, path).removeprefix("\ufeff"))))


def write_into(session, column, value, id_):
    """Write a value that both databases take, past the program."""
    change(session, EVENTS.update().where(EVENTS.c.id == id_).values({column: value}))


def test_an_event_without_a_time_is_marked_and_the_others_are_listed(auditor, session):
    spoil_instant(session, "audit_events", "at", id=ids_of(session)[1])
    for path in ("/audit", "/audit?record_type=visit&record_id=7"):
        text = text_of(auditor, path)
        assert text.count(SIGN) == 1
        assert text.count(TAG) == 1
        assert "1 event on this page is not what was recorded" in text
        assert text.count("Visit corrected</td>") == 3
        assert 'href="/audit/verify"' in text
    assert SIGN in [row["time"] for row in rows_of(auditor)]
    assert auditor.get("/audit/events.xlsx").status_code == 200


@pytest.mark.parametrize("column", SPOILT_COLUMNS)
def test_bytes_that_no_program_wrote_break_no_page_and_no_file(auditor, session, column):
    spoil(session, "audit_events", column, SPOILT[0], id=ids_of(session)[1])
    assert text_of(auditor, "/audit").count(TAG) == 1
    signs = [row for row in rows_of(auditor) if SIGN in row.values()]
    assert len(signs) == (column != "link")  # of which files say nothing


@pytest.mark.parametrize("changes", [7, "x", [1, 2], None, {"minutes": 1.5}])
def test_changes_that_are_none_are_told_as_what_they_are(auditor, session, changes):
    write_into(session, "changes", changes, ids_of(session)[1])
    text = text_of(auditor, "/audit")
    assert text.count(TAG) == 1
    assert (SIGN in text) == (not isinstance(changes, dict))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31", "2019-13"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip
FIELDS = st.sampled_from(
    ["person_id", "provider_id", "expert_id", "fund_fen", "share_bp", "minutes", "begins_at",
     "starts_on", "month", "mode", "items", "kind", "status", "x"]
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.dictionaries(FIELDS, JSON, max_size=4))
def test_no_change_by_hand_breaks_the_page(auditor, session, changes):
    write_into(session, "changes", changes, ids_of(session)[1])
    text_of(auditor, "/audit")


@pytest.mark.parametrize("edge", [0, PAGE_ROWS - 1, PAGE_ROWS])
def test_pages_lead_on_past_an_event_without_a_time(auditor, session, make_ctx, edge):
    write(make_ctx, PAGE_ROWS)
    newest_first = session.scalars(
        sa.select(EVENTS.c.id).order_by(EVENTS.c.at.desc(), EVENTS.c.id.desc())
    ).all()
    spoil_instant(session, "audit_events", "at", id=newest_first[edge])
    first = text_of(auditor, "/audit?action=visit.corrected")
    following = text_of(auditor, link_in(first, "next"))
    seen = [text.count("Visit corrected</td>") for text in (first, following)]
    assert seen == [PAGE_ROWS, 3]
    assert text_of(auditor, link_in(following, "prev")).count("Visit corrected</td>") == PAGE_ROWS
    assert (first + following).count(TAG) == 1


def link_in(text, rel):
    return "/audit" + text.split(f'rel="{rel}" href="')[1].split('"')[0].replace("&amp;", "&")


def test_a_newest_block_without_a_time_is_said_on_both_pages(auditor, session):
    spoil_instant(session, "audit_blocks", "sealed_at", number=1)
    for path in ("/", "/audit"):
        assert f"Block 1, the newest, {SIGN}" in text_of(auditor, path)
    assert "Block 1 was changed." in text_of(auditor, "/audit/verify")


def test_of_a_whole_log_nothing_is_said_to_be_changed(auditor):
    for path in ("/", "/audit"):
        text = text_of(auditor, path)
        assert SIGN not in text
        assert "changed by hand" not in text
