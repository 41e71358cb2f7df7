"""As of when a run knows the facts: nothing recorded at the same moment slips in behind it."""

from datetime import date, timedelta

import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.books import Verdict
from ltc.rules.imports import ImportKind
from ltc.rules.insured import LifeEventKind
from ltc.rules.payouts.runs import RunStatus
from ltc.services import import_work, imports, payout_start
from ltc.services.executors import Inline
from ltc.services.facts import correct_fact
from ltc.services.life_facts import EventFacts, record_life_event
from ltc.services.proofs import prove_last_month
from ltc.store.insured import LifeEvent
from ltc.store.payout_changes import count_late_facts
from ltc.store.visits import Fee
from tests.services.import_files import ROWS, make_world, try_file, write_csv
from tests.support.meanwhile import Meanwhile
from tests.support.month import AFTER, approve, calculate, later

DAYS = EventFacts(LifeEventKind.HOSPITAL_STAY, date(2019, 11, 10), date(2019, 11, 15))
TOLD_BEFORE = later(AFTER, seconds=-3)


def select_event(session, person):
    session.rollback()
    return session.scalars(sa.select(LifeEvent).where(LifeEvent.person_id == person.id)).one()


def prove(ctx):
    return prove_last_month(ctx, executor=Inline(ctx.session.get_bind())).verdict


def test_who_was_told_the_time_before_a_run_and_writes_after_it_is_late(
    finance, run, month, session, make_ctx
):
    writer = make_ctx(Role.OFFICER, now=TOLD_BEFORE)
    event = record_life_event(writer, person_id=month.people[1].id, facts=DAYS)
    assert event.recorded_at > run.known_at
    assert count_late_facts(session, writer.actor, run) == (1, 1)
    assert prove(finance[0]) is Verdict.PROVEN


def test_a_correction_that_comes_after_a_run_leaves_it_what_it_knew(
    finance, run, month, session, make_ctx
):
    old = select_event(session, month.people[6])
    writer = make_ctx(Role.OFFICER, now=TOLD_BEFORE)
    with writer.transaction():
        new = correct_fact(writer, old, "longer", ends_before=date(2019, 11, 20))
        writer.record("life_event.corrected", "life_event", new.id)
    assert old.superseded_at == new.recorded_at > run.known_at
    assert prove(finance[0]) is Verdict.PROVEN


def test_who_records_while_a_run_is_begun_waits_and_is_late(
    finance, month, session, house, make_ctx, monkeypatch
):
    person_id = month.people[1].id
    writer = make_ctx(Role.OFFICER, now=TOLD_BEFORE)
    writing = Meanwhile(
        house, writer, lambda ctx: record_life_event(ctx, person_id=person_id, facts=DAYS)
    )
    add_run = payout_start._add_run

    def write_first(*given):
        writing.begin()
        return add_run(*given)

    monkeypatch.setattr(payout_start, "_add_run", write_first)
    run = approve(*finance)
    assert writing.end() is None
    assert select_event(session, month.people[1]).recorded_at > run.known_at
    assert (run.status, prove(finance[0])) == (RunStatus.APPROVED, Verdict.PROVEN)


def test_a_run_of_the_same_instant_knows_what_was_recorded_since(finance, month, make_ctx):
    old = calculate(finance[0])
    writer = make_ctx(Role.OFFICER, now=AFTER)
    event = record_life_event(writer, person_id=month.people[1].id, facts=DAYS)
    new = calculate(finance[0])
    assert (new.sequence, new.known_at) == (2, event.recorded_at)
    assert new.digest != old.digest


def test_a_piece_of_a_file_is_dated_when_it_has_its_turn(
    session, area, make_ctx, tmp_path, monkeypatch
):
    officer = make_ctx(Role.OFFICER)
    make_world(session)
    session.commit()
    path = write_csv(tmp_path / "fees.csv", [ROWS[ImportKind.FEES]])
    tried = try_file(officer, ImportKind.FEES, path)
    asked = imports.ask_to_carry_out(officer, import_id=tried.id)
    instants = [officer.now]
    take_numbers = import_work.take_numbers

    def wait_a_minute(*given):
        instants.append(instants[-1] + timedelta(minutes=1))
        return take_numbers(*given)

    monkeypatch.setattr(import_work, "take_numbers", wait_a_minute)
    import_work.work(officer, import_id=tried.id, folder=tmp_path / "uploads",
                     clock=lambda: instants[-1], job_id=asked.job_id)  # fmt: skip
    (fee,) = session.scalars(sa.select(Fee))
    assert fee.recorded_at == instants[-1] > instants[0]
