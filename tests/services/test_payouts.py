import hashlib
import zlib

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.insured import LifeEventKind
from ltc.rules.months import Month
from ltc.rules.payouts.runs import (
    RunStatus,
)
from ltc.services import insured, payout_chunks
from ltc.services.executors import Inline, ProcessPool
from ltc.services.insured import Contact
from ltc.services.leases import AlreadyRunning, LeaseLost
from ltc.services.payout_start import NobodyInMonth, Unchanged
from ltc.services.payouts import (
    KnownInFuture,
    MonthNotBegun,
    preview_run,
)
from ltc.store.audit_log import AuditEvent
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult, PayoutRun, RunChunk
from tests.support import factories
from tests.support.month import AFTER, MONTH, PEOPLE, calculate, later, make_month


@pytest.fixture
def month(session, area):
    return make_month(session)


@pytest.fixture
def ctx(make_ctx):
    return make_ctx(now=AFTER)


def count(session, table):
    return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_everybody_is_paid_held_or_zero(ctx, month, session):
    run = calculate(ctx)
    assert run.status is RunStatus.CALCULATED
    assert (run.people, run.paid + run.held + run.zero) == (PEOPLE, PEOPLE)
    # Held: no account, plan not confirmed. Zero: a grade without a benefit.
    assert (run.held, run.zero) == (2, 1)
    # 21 others: 30 days at 50.00 each, less 5 days in hospital twice, less 13 days after a death.
    assert run.fund_fen == (21 * 30 - 2 * 5 - 13) * 5_000


def test_results_lines_and_run_have_the_same_sums(ctx, month, session):
    run = calculate(ctx)
    for name in ("eligible_fen", "fund_fen", "assistance_fen", "person_fen"):
        for table in (PayoutResult, PayoutLine):
            total = session.scalar(sa.select(sa.func.sum(getattr(table, name))))
            assert total == getattr(run, name)


def test_a_trace_is_stored_with_its_digest(ctx, month, session):
    calculate(ctx)
    for result in session.scalars(sa.select(PayoutResult)):
        assert hashlib.sha256(zlib.decompress(result.trace)).hexdigest() == result.trace_digest


@pytest.mark.parametrize("chunk_people", [1, 5, 24, 1_000])
def test_the_size_of_chunks_leaves_no_mark(ctx, month, chunk_people):
    expected = preview_run(ctx, month=MONTH, executor=Inline(ctx.session.get_bind())).digest
    assert calculate(ctx, chunk_people=chunk_people).digest == expected


@pytest.mark.slow
def test_a_pool_of_processes_gives_the_same_bytes(ctx, month):
    engine = ctx.session.get_bind()
    expected = preview_run(ctx, month=MONTH, executor=Inline(engine)).digest
    assert calculate(ctx, executor=ProcessPool(engine, 2)).digest == expected


def test_a_bad_case_becomes_a_hold_and_stops_nobody(ctx, month, session, monkeypatch):
    victim = month.people[0].case_number
    real = payout_chunks.settle

    def settle(law, case):
        if case.person == victim:
            raise ZeroDivisionError
        return real(law, case)

    monkeypatch.setattr(payout_chunks, "settle", settle)
    run = calculate(ctx)
    assert (run.people, run.held) == (PEOPLE, 3)
    hold = session.scalar(sa.select(PayoutHold).where(PayoutHold.kind == "calculation_failed"))
    assert (hold.owner, hold.values) == ("administrator", {"error": "ZeroDivisionError"})


def test_an_unchanged_month_writes_nothing_and_says_so(ctx, month, session):
    calculate(ctx)
    tables = (PayoutRun, RunChunk, PayoutResult, PayoutLine, PayoutHold, JobRun, AuditEvent)
    before = [count(session, table) for table in tables]
    with pytest.raises(Unchanged):
        calculate(ctx)
    assert [count(session, table) for table in tables] == before


def test_a_late_fact_makes_a_new_run_and_sets_the_old_one_aside(ctx, month, session, make_ctx):
    old = calculate(ctx)
    factories.make_life_event(session, month.people[1], recorded_at=later(AFTER, hours=1))
    new = calculate(make_ctx(now=later(AFTER, hours=2)))
    session.refresh(old)
    assert (old.status, new.sequence) == (RunStatus.REJECTED, 2)
    assert old.fund_fen - new.fund_fen == 5 * 5_000


def test_as_known_on_an_earlier_day_gives_that_days_result(ctx, month, session, make_ctx):
    first = calculate(ctx)
    factories.make_life_event(session, month.people[1], recorded_at=later(AFTER, hours=1))
    wrong = factories.make_life_event(
        session, month.people[2], kind=LifeEventKind.SUSPENSION, recorded_at=later(AFTER, hours=1)
    )
    wrong.superseded_at = later(AFTER, hours=2)
    session.commit()
    now = make_ctx(now=later(AFTER, hours=3))
    second = calculate(now)
    third = calculate(now, known_at=AFTER)
    assert third.digest == first.digest != second.digest
    assert third.fund_fen == first.fund_fen


def test_a_person_corrected_after_a_run_lives_elsewhere_only_as_known_now(
    ctx, month, session, make_ctx
):
    person, elsewhere = month.people[1], factories.make_district(session)
    first = calculate(ctx)
    now = make_ctx(now=later(AFTER, hours=2))
    insured.correct_person(
        make_ctx(now=later(AFTER, hours=1)), person_id=person.id, reason="moved",
        contact=Contact(person.name, elsewhere.id),
    )  # fmt: skip
    second = calculate(now)
    third = calculate(now, known_at=AFTER)
    assert third.digest == first.digest
    found = {run.id: district_of(session, run, person) for run in (first, second, third)}
    assert found == {first.id: person_district(month, 1), second.id: elsewhere.id,
                     third.id: person_district(month, 1)}  # fmt: skip


def district_of(session, run, person):
    return session.scalar(
        sa.select(PayoutResult.district_id).where(
            PayoutResult.run_id == run.id, PayoutResult.person_id == person.id
        )
    )


def person_district(month, side):
    return month.providers[side].district_id


def test_nobody_is_in_an_empty_month(ctx, area, session):
    with pytest.raises(NobodyInMonth):
        calculate(ctx)
    assert count(session, PayoutRun) == count(session, JobRun) == 0


def test_a_month_that_has_not_begun_is_refused(ctx, month):
    with pytest.raises(MonthNotBegun):
        calculate(ctx, month=Month(2020, 1))


def test_the_future_is_not_known(ctx, month):
    with pytest.raises(KnownInFuture):
        calculate(ctx, known_at=later(AFTER, hours=1))


def test_a_preview_writes_nothing(ctx, month, session):
    events = count(session, AuditEvent)
    preview = preview_run(ctx, month=MONTH, executor=Inline(session.get_bind()))
    assert preview.tally.people == PEOPLE
    assert count(session, AuditEvent) == events
    assert count(session, PayoutResult) == count(session, PayoutRun) == 0
    assert calculate(ctx).digest == preview.digest


# --- two at once ---------------------------------------------------------------------------------


def test_of_two_starts_one_is_told_that_the_other_runs(ctx, month, house, make_ctx):
    told = []

    def start_again(progress):
        with house.session_maker() as other:
            second = make_ctx(now=AFTER)
            second.session = other
            with pytest.raises(AlreadyRunning) as refused:
                calculate(second)
            told.append(refused.value.values["done"])

    run = calculate(ctx, on_progress=lambda p: p.event == "chunk" and start_again(p))
    assert run.status is RunStatus.CALCULATED
    assert told == [7, 14, 21, 24]


def test_who_lost_the_lease_writes_nothing_more(ctx, month, house, session):
    def take_over(progress):
        if progress.done == 14:
            with house.session_maker() as other:
                other.execute(sa.update(JobRun).values(holder="another process"))
                other.commit()

    with pytest.raises(LeaseLost):
        calculate(ctx, on_progress=take_over)
    assert count(session, PayoutResult) == 14


def test_a_stale_lease_is_taken_over_and_the_run_goes_on(ctx, month, session, make_ctx):
    class Killed(BaseException):
        pass

    def die(progress):
        if progress.done == 14:
            raise Killed

    expected = preview_run(ctx, month=MONTH, executor=Inline(session.get_bind())).digest
    with pytest.raises(Killed):
        calculate(ctx, on_progress=die)
    with pytest.raises(AlreadyRunning):
        calculate(ctx)
    done = []
    run = calculate(
        make_ctx(now=later(AFTER, minutes=2)), on_progress=lambda p: done.append(p.done)
    )
    assert (run.sequence, run.digest) == (1, expected)
    assert done == [14, 21, 24, 24]
    assert count(session, JobRun) == 1


def test_a_failure_leaves_the_job_failed_and_the_run_to_be_taken_up(ctx, month, session):
    def fail(progress):
        if progress.done == 7:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        calculate(ctx, on_progress=fail)
    job = session.scalar(sa.select(JobRun))
    assert (job.status, job.message) == (JobStatus.FAILED, "OSError")  # its text may be personal
    assert calculate(ctx).sequence == 1


def test_a_provider_manager_may_not_calculate(make_ctx, month):
    from ltc.rules.access import RoleLacksPermission

    with pytest.raises(RoleLacksPermission):
        calculate(make_ctx(role=Role.PROVIDER_MANAGER, organisation_id=1, now=AFTER))


# --- keys in the database ------------------------------------------------------------------------


@pytest.mark.parametrize("table", [PayoutRun, PayoutResult, PayoutLine, PayoutHold, RunChunk])
def test_the_database_refuses_a_second_row_of_a_kind(ctx, month, session, table):
    calculate(ctx)
    row = session.scalars(sa.select(table)).first()
    columns = {c.key: getattr(row, c.key) for c in sa.inspect(table).columns}
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.insert(table), [{**columns, "id": 1}])
    session.rollback()
