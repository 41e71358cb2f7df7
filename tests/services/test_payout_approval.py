"""A calculated month is checked and approved by others, who approve what they saw and no more."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.payouts.runs import (
    DigestDiffers,
    MonthNotOver,
    RunMoveNotAllowed,
    RunStatus,
    SamePerson,
)
from ltc.services import payout_start
from ltc.services.executors import Inline
from ltc.services.payout_start import MonthApproved, Unchanged
from ltc.services.payout_sums import add_up
from ltc.services.payouts import (
    BooksDiffer,
    RemarkMissing,
    approve_run,
    check_run,
    preview_run,
    send_back,
)
from ltc.store.audit_log import AuditEvent
from ltc.store.payouts import PayoutLine, PayoutResult, PayoutRun, PayoutSum
from ltc.store.sealed_cells import digest_words
from tests.support import factories
from tests.support.meanwhile import Meanwhile
from tests.support.month import AFTER, MONTH, approve, calculate, later, make_month


@pytest.fixture
def month(session, area):
    return make_month(session)


@pytest.fixture
def people_of_finance(session, area, make_ctx):
    """Contexts of a preparer, a checker and an approver."""
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    users = [factories.make_user(session, role) for role in roles]
    return [make_ctx(role=u.role, user_id=u.id, now=AFTER) for u in users]


def test_three_people_bring_a_run_to_approval(people_of_finance, month):
    run = approve(*people_of_finance)
    assert run.status is RunStatus.APPROVED
    assert run.approved_digest == run.digest


def test_nobody_takes_two_of_the_three_steps(people_of_finance, month, make_ctx):
    preparer, checker, _approver = people_of_finance
    run = calculate(preparer)
    both = make_ctx(role=Role.FINANCE_CHECKER, user_id=preparer.actor.user_id, now=AFTER)
    with pytest.raises(SamePerson):
        check_run(both, run_id=run.id, digest=run.digest)
    check_run(checker, run_id=run.id, digest=run.digest)
    for context in (preparer, checker):
        same = make_ctx(role=Role.FINANCE_APPROVER, user_id=context.actor.user_id, now=AFTER)
        with pytest.raises(SamePerson):
            approve_run(same, run_id=run.id, digest=run.digest)


def test_who_carried_on_an_interrupted_run_has_prepared_it_too(people_of_finance, month, make_ctx):
    preparer, checker, approver = people_of_finance

    def break_off(progress):
        if progress.done == 7:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        calculate(preparer, on_progress=break_off)
    run = calculate(make_ctx(role=Role.FINANCE_PREPARER, user_id=checker.actor.user_id, now=AFTER))
    assert run.calculated_by_id == preparer.actor.user_id
    with pytest.raises(SamePerson):
        check_run(checker, run_id=run.id, digest=run.digest)
    other = make_ctx(role=Role.FINANCE_CHECKER, user_id=approver.actor.user_id, now=AFTER)
    check_run(other, run_id=run.id, digest=run.digest)
    same = make_ctx(role=Role.FINANCE_APPROVER, user_id=checker.actor.user_id, now=AFTER)
    with pytest.raises(SamePerson):
        approve_run(same, run_id=run.id, digest=run.digest)


def test_a_run_that_is_being_replaced_is_not_approved_meanwhile(
    people_of_finance, month, session, house, monkeypatch
):
    preparer, checker, approver = people_of_finance
    old = calculate(preparer)
    seen = {"run_id": old.id, "digest": old.digest}
    check_run(checker, **seen)
    factories.make_life_event(session, month.people[1], recorded_at=later(AFTER, hours=1))
    session.commit()
    approving = Meanwhile(house, approver, lambda ctx: approve_run(ctx, **seen))
    set_aside = payout_start._replace

    def approve_first(*given):
        approving.begin()
        set_aside(*given)

    monkeypatch.setattr(payout_start, "_replace", approve_first)
    preparer.now = later(AFTER, hours=2)
    assert calculate(preparer).sequence == 2
    assert isinstance(approving.end(), RunMoveNotAllowed)
    session.refresh(old)
    assert (old.status, old.approved_at) == (RunStatus.REJECTED, None)


def test_approval_is_bound_to_what_was_seen(people_of_finance, month):
    preparer, checker, approver = people_of_finance
    run = calculate(preparer)
    with pytest.raises(DigestDiffers):
        check_run(checker, run_id=run.id, digest="0" * 64)
    with pytest.raises(RunMoveNotAllowed):
        approve_run(approver, run_id=run.id, digest=run.digest)
    check_run(checker, run_id=run.id, digest=run.digest)
    with pytest.raises(DigestDiffers):
        approve_run(approver, run_id=run.id, digest="0" * 64)


def test_a_month_calculated_before_its_end_is_calculated_again_when_it_is_over(
    make_ctx, month, session
):
    over = datetime(2019, 11, 30, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    within, again = (make_ctx(now=later(over, minutes=minutes)) for minutes in (-1, 0))
    old = calculate(within)
    with pytest.raises(Unchanged):
        calculate(make_ctx(now=later(over, seconds=-1)))
    new = calculate(again)
    assert (new.sequence, new.known_at, new.digest) == (2, over, old.digest)
    session.refresh(old)
    assert old.status is RunStatus.REJECTED
    with pytest.raises(Unchanged):
        calculate(make_ctx(now=AFTER))


@pytest.mark.parametrize(("minutes", "refusal"), [(-1, MonthNotOver), (0, None)])
def test_a_month_is_approved_only_when_the_run_knows_it_to_its_end(
    people_of_finance, month, minutes, refusal
):
    preparer, checker, approver = people_of_finance
    over = datetime(2019, 11, 30, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    run = calculate(preparer, known_at=over + timedelta(minutes=minutes))
    check_run(checker, run_id=run.id, digest=run.digest)
    with pytest.raises(refusal) if refusal else nullcontext():
        approve_run(approver, run_id=run.id, digest=run.digest)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (sa.update(PayoutLine).values(fund_fen=PayoutLine.fund_fen + 1,
                                      eligible_fen=PayoutLine.eligible_fen + 1), BooksDiffer),
        (sa.update(PayoutResult).values(trace_digest="0" * 64), DigestDiffers),
        (sa.delete(PayoutLine), BooksDiffer),
        (sa.update(PayoutRun).values(fund_fen=PayoutRun.fund_fen + 1), BooksDiffer),
    ],
)  # fmt: skip
def test_rows_changed_behind_the_books_are_not_approved(
    people_of_finance, month, session, change, refusal
):
    preparer, checker, approver = people_of_finance
    run = calculate(preparer)
    check_run(checker, run_id=run.id, digest=run.digest)
    session.execute(change)
    session.commit()
    with pytest.raises(refusal):
        approve_run(approver, run_id=run.id, digest=run.digest)
    assert session.get(PayoutRun, (1, run.id), populate_existing=True).status is RunStatus.CHECKED


def test_totals_that_are_not_the_lines_are_not_approved(people_of_finance, month, session):
    """An approver sees the stored sums, and the digest is not over them."""
    preparer, checker, approver = people_of_finance
    run = calculate(preparer)
    add_up(preparer)
    check_run(checker, run_id=run.id, digest=run.digest)
    total = PayoutSum.breakdown == "whole"
    for change, is_refused in ((1, True), (-1, False)):
        session.execute(sa.update(PayoutSum).where(total).values(people=PayoutSum.people + change))
        session.commit()
        with pytest.raises(BooksDiffer) if is_refused else nullcontext():
            approve_run(approver, run_id=run.id, digest=run.digest)
    assert run.status is RunStatus.APPROVED


def test_a_run_sent_back_is_calculated_anew(people_of_finance, month, session):
    preparer, checker, _ = people_of_finance
    run = calculate(preparer)
    with pytest.raises(RemarkMissing):
        send_back(checker, run_id=run.id, remark=" ")
    send_back(checker, run_id=run.id, remark="The stays of November are not complete.")
    assert run.status is RunStatus.REJECTED
    assert read_event(session, "payout_run.sent_back")["remark"] == [
        None, digest_words(session, run.remark),
    ]  # fmt: skip
    assert calculate(preparer).sequence == 2


def test_an_approved_month_stands(people_of_finance, month, session, make_ctx):
    run = approve(*people_of_finance)
    with pytest.raises(Unchanged):
        calculate(people_of_finance[0])
    factories.make_life_event(session, month.people[1], recorded_at=later(AFTER, hours=1))
    now = make_ctx(now=later(AFTER, hours=2))
    with pytest.raises(MonthApproved):
        calculate(now)
    preview = preview_run(now, month=MONTH, executor=Inline(session.get_bind()))
    assert run.fund_fen - preview.tally.fund_fen == 5 * 5_000


def read_event(session, action):
    query = sa.select(AuditEvent.changes).where(AuditEvent.action == action)
    return session.scalars(query).one()


def test_every_step_leaves_its_event(people_of_finance, month, session):
    run = approve(*people_of_finance)
    amounts = {"digest": run.digest, "people": run.people, "fund_fen": run.fund_fen}
    for action, status in (("checked", ["calculated", "checked"]),
                           ("approved", ["checked", "approved"])):  # fmt: skip
        changes = read_event(session, f"payout_run.{action}")
        assert changes == {"status": status, **amounts}  # what stays as it was is no change
    calculated = read_event(session, "payout_run.calculated")
    assert {name: calculated[name] for name in amounts} == {
        name: [None, value] for name, value in amounts.items()
    }
    actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id))
    steps = [action for action in actions if action.startswith("payout_run.")]
    assert steps == [
        "payout_run.started", *["payout_run.chunk_settled"] * 4, "payout_run.calculated",
        "payout_run.checked", "payout_run.approved",
    ]  # fmt: skip
