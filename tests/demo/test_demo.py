"""A small demonstration on both databases: built through the use-cases, counted again by an oracle."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ltc.rules.audit import Fault
from ltc.services.audit import verify
from ltc.services.demo.director import BUILT_ON, Means, build
from ltc.services.demo.organisations import give_passwords
from ltc.services.demo.stories import APPLIED, PASSED, at
from ltc.services.demo.summary import is_built, list_failures, summarise
from ltc.services.executors import Inline
from ltc.services.passwords import Passwords
from ltc.store.audit_log import AuditEvent
from ltc.store.payouts import PayoutLine, PayoutRun
from ltc.store.users import User
from tests.demo import oracle

PEOPLE = 60
BUILT_AT = at(BUILT_ON, 12)


@pytest.fixture
def stage(session, policies, tmp_path: Path):
    told = []
    means = Means(
        policies, Inline(session.get_bind()), tmp_path, None,
        lambda stage, _done, _total: told.append(stage.partition(":")[0]),
    )  # fmt: skip
    stage = build(session, means, PEOPLE)
    assert list(dict.fromkeys(told)) == ["area", "people", "care", "visits", "run", "late"]
    return stage


@pytest.mark.slow
def test_the_demonstration_holds_and_the_oracle_agrees_to_the_fen(stage, session, database_url):
    ctx = stage.machine(BUILT_AT)
    summary = summarise(ctx, Inline(session.get_bind()))
    assert list_failures(summary, with_statements=False) == []
    assert (summary.people, summary.passed) == (PEOPLE, PEOPLE * PASSED // APPLIED)
    november, december = summary.months
    assert november.run.fund_fen > 0
    assert december.run.fund_fen > 0
    assert november.run.held
    assert november.refused
    assert december.visits
    assert november.known_now_fen != november.run.fund_fen
    assert december.known_now_fen == december.run.fund_fen
    assert sum(november.fund_fen_by_mode.values()) == november.run.fund_fen
    assert sum(december.fund_fen_by_scheme.values()) == december.run.fund_fen
    assert is_built(session, stage.area_id)
    assert oracle.main(database_url) == 0
    _nobody_releases_alone(session)
    _a_wrong_fen_is_named(session, summary)
    _passwords_are_new_every_time(stage)
    _a_changed_event_is_named(session, stage)


def _nobody_releases_alone(session):
    for run in session.scalars(sa.select(PayoutRun)):
        people = {run.calculated_by_id, run.checked_by_id, run.approved_by_id}
        assert len(people) == 3
        assert None not in people


def _a_wrong_fen_is_named(session, summary):
    """One fen taken from one line: the oracle says so, and about whom."""
    line = session.scalars(sa.select(PayoutLine).limit(1)).one()
    with session.get_bind().begin() as connection:
        connection.execute(
            sa.update(PayoutLine)
            .where(PayoutLine.id == line.id)
            .values(fund_fen=PayoutLine.fund_fen - 1, person_fen=PayoutLine.person_fen + 1)
        )
    with session.get_bind().connect() as connection:
        month = next(m.run for m in summary.months if m.run.id == line.run_id)
        [failure] = oracle.compare(connection, month.id, month.month)
    assert f"person {line.person_id} should get" in failure


def _passwords_are_new_every_time(stage):
    cheap = Passwords(time_cost=1, memory_kib=32)
    first = give_passwords(stage.machine(BUILT_AT), cheap)
    second = give_passwords(stage.machine(BUILT_AT), cheap)
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())
    officer = stage.session.scalars(sa.select(User).where(User.sign_in_name == "officer")).one()
    assert cheap.is_right(officer.password_hash, second["officer"])
    assert not officer.must_change_password


def _a_changed_event_is_named(session, stage):
    event = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.block_number == 1).limit(1)
    ).one()
    with session.get_bind().begin() as connection:
        connection.execute(
            sa.update(AuditEvent).where(AuditEvent.id == event.id).values(action="nothing.done")
        )
    session.rollback()  # a new look, past the snapshot
    broken = verify(session, stage.area_id).broken
    assert broken
    assert (broken.fault, broken.event_id) == (Fault.CHANGED, event.id)
