"""What a finished run comes to is stored once, and is what its lines come to."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ltc.rules.access import Actor, Role, build_machine
from ltc.services import payout_sums
from ltc.services.payout_sums import add_up
from ltc.store.payout_questions import BREAKDOWNS, sum_by, sum_visible
from ltc.store.payout_sums import WHOLE, find_sums, insert_sums
from ltc.store.payouts import PayoutSum
from tests.support import factories as make
from tests.support.month import AFTER, calculate, make_month

MACHINE = build_machine(1, "test")


@pytest.fixture
def month(session, area):
    return make_month(session)


@pytest.fixture
def preparer(session, make_ctx, month):
    user = make.make_user(session, Role.FINANCE_PREPARER)
    return make_ctx(role=user.role, user_id=user.id, now=AFTER)


@pytest.fixture
def run(preparer):
    found = calculate(preparer)
    add_up(preparer)
    return found


def count_rows(session):
    return session.scalar(sa.select(sa.func.count()).select_from(PayoutSum))


def test_stored_sums_are_what_the_lines_come_to(session, run):
    for breakdown in BREAKDOWNS:
        worked_out = sum_by(session, MACHINE, run, breakdown)
        assert find_sums(session, MACHINE, run, breakdown) == worked_out
        assert sum(total.fund_fen for total in worked_out) == run.fund_fen > 0
    (whole,) = find_sums(session, MACHINE, run, WHOLE)
    assert whole[1:] == sum_visible(session, MACHINE, run)[1:]


def test_who_sees_a_part_is_given_nothing_of_the_whole(session, run, month):
    place = {"district_id": month.people[0].district_id}
    bound = Actor(1, "x", Role.FINANCE_PREPARER, 1, **place)
    provider = Actor(1, "x", Role.PROVIDER_MANAGER, 1, organisation_id=month.providers[0].id)
    elsewhere = build_machine(2, "test")
    for actor in (bound, provider, elsewhere):
        assert not [b for b in (*BREAKDOWNS, WHOLE) if find_sums(session, actor, run, b)]


def test_a_run_is_added_up_once(session, preparer, run):
    before = count_rows(session)
    add_up(preparer)
    assert count_rows(session) == before > len(BREAKDOWNS)


def test_who_is_second_leaves_the_sums_of_the_first(session, preparer, run, monkeypatch):
    before = count_rows(session)
    answers = iter([[]])  # not stored yet, when it was first looked at
    monkeypatch.setattr(payout_sums, "find_sums", lambda *given: next(answers, find_sums(*given)))
    add_up(preparer)
    assert count_rows(session) == before


def test_what_is_missing_is_added_up_and_what_was_set_aside_is_not(session, preparer, run, month):
    session.execute(sa.delete(PayoutSum))
    make.make_life_event(session, month.people[1])
    session.commit()
    newer, told = calculate(preparer), []
    add_up(preparer, lambda *progress: told.append(progress))
    assert not find_sums(session, MACHINE, run, WHOLE)
    assert find_sums(session, MACHINE, newer, WHOLE)[0].fund_fen == newer.fund_fen > 0
    assert told == [(0, 1), (1, 1)]


def test_sums_of_another_content_are_not_those_of_the_run(session, run):
    run.digest = "0" * 64
    assert not find_sums(session, MACHINE, run, WHOLE)
    session.rollback()


def test_what_the_database_refuses_is_raised(session, preparer, run, monkeypatch):
    """A run that is gone is no reason to say that somebody was quicker."""
    session.execute(sa.delete(PayoutSum))
    session.commit()
    gone = SimpleNamespace(area_id=1, id=5, digest=run.digest)
    monkeypatch.setattr(
        payout_sums, "insert_sums", lambda session, _run, sums: insert_sums(session, gone, sums)
    )
    with pytest.raises(IntegrityError):
        add_up(preparer)
