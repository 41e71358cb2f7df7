"""A dry run of any task writes nothing but its own job, and tells what the real run then tells."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ltc import clock
from ltc.jobs.running import run_task
from ltc.rules.backups import Retention, build_name
from ltc.rules.tasks import TASKS
from ltc.services import jobs, statement_sheets
from ltc.services.audit import seal_blocks
from ltc.services.statement_printers import Inline
from ltc.store import backup_tables
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.pdf import FontMissing, Printed
from tests.support.issuing import make_finance
from tests.support.month import AFTER, approve, make_month

DAY = timedelta(days=1)
NIGHT = datetime(2020, 1, 1, 22, 0, tzinfo=UTC)  # 06:00 of the 2nd in Chongqing
PEOPLE = 6
# A backup is enciphered anew each time: its bytes and their number say nothing.
RANDOM = {"backup": {"digest", "size_bytes"}}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Pages are filled in this process and not laid out; it is always the same night."""
    monkeypatch.setattr(statement_sheets, "print_page", lambda html: Printed(html.encode(), 1))
    monkeypatch.setattr("ltc.jobs.statements.Crew", lambda engine, _workers: Inline(engine))
    monkeypatch.setattr("ltc.services.statements.check_printer", lambda: None)
    monkeypatch.setattr(clock, "now", lambda: NIGHT)


@pytest.fixture
def month(session, area, make_ctx, house):
    """An approved November with nothing issued, a December to calculate, two old backups."""
    make_month(session, people=PEOPLE)
    run = approve(*make_finance(session, make_ctx))
    seal_blocks(make_ctx(now=AFTER), settle_seconds=0)
    house.settings.backups.mkdir(parents=True)
    for at in (AFTER, AFTER + DAY):
        (house.settings.backups / build_name(at)).touch()
    return run


@pytest.fixture
def thrifty(house):
    """The house, which keeps no more than its newest backup."""
    return replace(house, settings=replace(house.settings, backup_retention=Retention(1, 1, 1)))


def try_and_do(house, ctx, kind):
    """Try a task and do it; return both as they ended. Both are asked for before either begins."""
    asked = [jobs.ask(ctx, kind=kind, on=ctx.today, dry_run=d, quiet=DAY).id for d in (True, False)]
    before = digest_all(house, asked[0])
    tried = tell(run_task(house, asked[0], lambda: NIGHT))
    assert digest_all(house, asked[0]) == before, kind
    return tried, tell(run_task(house, asked[1], lambda: NIGHT))


def digest_all(house, own_id):
    """Digests of all tables, of the jobs but one's own, and the files of the installation."""
    with house.engine.connect() as connection:
        tables = {
            table.name: repr(backup_tables.sum_table(connection, table))
            for table in backup_tables.find_tables(connection)
            if table.name != JobRun.__tablename__
        }
        others = sa.select(JobRun.__table__).where(JobRun.id != own_id).order_by(JobRun.id)
        tables[JobRun.__tablename__] = repr(connection.execute(others).all())
    given = house.settings
    folders = (given.documents, given.backups, given.scratch)
    return tables, sorted(str(path) for folder in folders for path in folder.rglob("*"))


def tell(job):
    left_out = RANDOM.get(job.kind, set())
    result = {key: value for key, value in (job.result or {}).items() if key not in left_out}
    return {"status": job.status, "message": job.message, "result": result}


def test_every_task_tells_beforehand_what_it_then_does(thrifty, make_ctx, month):
    ctx, done = make_ctx(now=NIGHT), {}
    for kind in TASKS:
        tried, done[kind] = try_and_do(thrifty, ctx, kind)
        assert tried == done[kind], kind
        assert tried["status"] is JobStatus.DONE, tried
    assert done["calculate_last_month"]["result"]["month"] == "2019-12"
    assert done["calculate_last_month"]["result"]["people"] == PEOPLE
    assert done["issue_statements"]["result"]["rows"][0]["issued"] >= PEOPLE
    assert done["prove_last_month"]["result"]["month"] == "2019-11"
    assert done["backup"]["result"]["removed"] == 2


def test_what_was_done_already_is_told_beforehand_as_well(thrifty, make_ctx, month):
    ctx = make_ctx(now=NIGHT)
    for kind in ("calculate_last_month", "issue_statements"):
        try_and_do(thrifty, ctx, kind)
        tried, done = try_and_do(thrifty, ctx, kind)
        assert tried == done
        assert tried["status"] is JobStatus.DONE
    november = replace(ctx, now=datetime(2019, 12, 20, tzinfo=UTC))
    tried, done = try_and_do(thrifty, november, "calculate_last_month")
    assert tried == done
    assert "Nothing has changed" in done["result"]["outcome"]


@pytest.mark.parametrize("law", ["chongqing", "atlantis"])
def test_what_is_refused_is_refused_beforehand_in_the_same_words(
    house, session, area, make_ctx, law
):
    area.policy_area = law
    session.merge(area)
    session.commit()
    bare, ctx, failed = (
        replace(house, settings=replace(house.settings, backup_keys=None)),
        make_ctx(now=NIGHT),
        set(),
    )
    for kind in TASKS:
        tried, done = try_and_do(bare, ctx, kind)
        assert tried == done, kind
        failed |= {kind} if done["status"] is JobStatus.FAILED else set()
    lawless = {"calculate_last_month"} if law == "atlantis" else set()
    assert failed == {"backup", "restore_drill"} | lawless


def test_that_nothing_can_be_printed_is_told_beforehand(house, make_ctx, month, monkeypatch):
    def refuse(*_given):
        raise FontMissing(file="NotoSansSC-Regular.ttf")

    monkeypatch.setattr("ltc.services.statements.check_printer", refuse)
    monkeypatch.setattr(statement_sheets, "print_page", refuse)
    tried, done = try_and_do(house, make_ctx(now=NIGHT), "issue_statements")
    assert tried == done
    assert "NotoSansSC-Regular.ttf" in tried["message"]
