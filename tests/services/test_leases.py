"""Who holds a job, who may stop or take it at the same moment, and in which words one fails."""

import errno
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import imports, jobs, leases
from ltc.services.context import Context
from ltc.services.leases import AlreadyRunning, LeaseLost, say_why
from ltc.store.documents import DocumentsFull
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.reachable import DatabaseBusy
from tests.support.meanwhile import Meanwhile

NAME = "张三"


def of_database(kind, text):
    return kind("UPDATE people SET name = ?", {"name": NAME}, Exception(text))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DocumentsFull(reason="full"), "The folder of the documents cannot be written: full."),
        (AlreadyRunning(done=1, total=2, since="9:00"), "This is already being done: 1 of 2 since"),
        (of_database(sa.exc.OperationalError, "database is locked"), DatabaseBusy().message),
        (of_database(sa.exc.IntegrityError, f"UNIQUE: {NAME}"), "IntegrityError"),
        (OSError(errno.ENOSPC, "No space left on device", NAME), "No space left on device"),
        (ValueError(NAME), "ValueError"),
    ],
)
def test_the_text_of_a_strange_error_is_never_kept(error, said):
    assert say_why(error).startswith(said)
    assert NAME not in say_why(error)


# --- two at the same moment ----------------------------------------------------------------------

TASK = "books_check"


def take(ctx, kind, key, **given):
    """Begin a job in a transaction of its own."""
    with ctx.transaction():
        lease = leases.acquire(ctx, kind=kind, key=key, inputs={}, at=ctx.now, **given)
        ctx.record("job.asked", "job_run", lease.job_id)
    return lease


def end_well(ctx, lease):
    with ctx.bookkeeping() as session:
        leases.end(session, lease, JobStatus.DONE, at=ctx.now)


@pytest.fixture
def read_then(monkeypatch):
    """Let somebody else begin when a use-case has read the job, and has not written it yet."""

    def set_up(other):
        record = Context.record

        def begin_first(ctx, action, *given):
            if action in ("job.cancelled", "job.refused", "import.stopped"):
                other.begin()
            record(ctx, action, *given)

        monkeypatch.setattr(Context, "record", begin_first)

    return set_up


def stop_month(ctx, lease):
    leases.stop(ctx, kind="calculate", job_id=lease.job_id)


def stop_task_whose_process_is_gone(ctx, lease):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases, "is_gone", lambda _holder: True)
        jobs.cancel(ctx, job_id=lease.job_id)


@pytest.mark.parametrize(
    ("kind", "stop"), [("calculate", stop_month), (TASK, stop_task_whose_process_is_gone)]
)
def test_what_is_being_stopped_does_not_end_well_meanwhile(
    make_ctx, house, session, read_then, kind, stop
):
    ctx = make_ctx(Role.ADMINISTRATOR)
    lease = take(ctx, kind, f"{kind}:1")
    ending = Meanwhile(house, ctx, lambda other: end_well(other, lease))
    read_then(ending)
    stop(ctx, lease)
    assert isinstance(ending.end(), LeaseLost)
    session.expire_all()
    assert session.get_one(JobRun, (1, lease.job_id)).status is JobStatus.CANCELLED


def test_a_file_that_is_being_stopped_does_not_end_well_meanwhile(
    make_ctx, house, session, read_then
):
    ctx = make_ctx(Role.OFFICER)
    given = {"kind": ImportKind.FEES, "file_name": "fees.csv", "file_digest": "0" * 64}
    asked = imports.receive(ctx, **given)
    lease = take(ctx, imports.JOB_KIND, imports.job_key(asked.import_id), job_id=asked.job_id)
    ending = Meanwhile(house, ctx, lambda other: end_well(other, lease))
    read_then(ending)
    imports.cancel(ctx, import_id=asked.import_id)
    assert isinstance(ending.end(), LeaseLost)


def test_a_request_that_is_being_withdrawn_is_not_taken_up_meanwhile(
    make_ctx, house, session, read_then
):
    ctx = make_ctx(Role.ADMINISTRATOR)
    job = jobs.ask(ctx, kind=TASK, on=ctx.today, dry_run=False, quiet=leases.STALE_AFTER)
    given = {"kind": TASK, "key": job.job_key, "job_id": job.id}
    taking = Meanwhile(house, ctx, lambda other: take(other, **given))
    read_then(taking)
    leases.withdraw_request(ctx, job_id=job.id, problem=DatabaseBusy())
    assert isinstance(taking.end(), leases.JobNotLive)


def test_a_request_that_was_taken_up_is_not_withdrawn(ctx, session, house):
    job = jobs.plan(ctx, kind=TASK, schedule_key=f"{TASK}:1", on=ctx.today)
    take(ctx, TASK, jobs.task_key(TASK), job_id=job)
    leases.withdraw_request(ctx, job_id=job, problem=DatabaseBusy())
    assert session.get_one(JobRun, (1, job)).status is JobStatus.RUNNING


# --- two machines --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "minutes", "is_taken_over"),
    [("", 2, True), ("elsewhere/1/1", 2, False), ("elsewhere/1/1", 19, False),
     ("elsewhere/1/1", 21, True)],
)  # fmt: skip
def test_another_machines_silence_proves_less(ctx, session, machine, minutes, is_taken_over):
    lease = take(ctx, "calculate", "calculate:1")
    job = session.get_one(JobRun, (1, lease.job_id))
    job.holder = machine or job.holder
    session.commit()
    at = ctx.now + timedelta(minutes=minutes)
    assert leases.is_stalled(job, at) is is_taken_over
    assert leases.is_worked_on(job, at) is not is_taken_over
    ctx.now = at
    if is_taken_over:
        assert take(ctx, "calculate", "calculate:1").job_id == job.id
        return
    with pytest.raises(AlreadyRunning):
        take(ctx, "calculate", "calculate:1")


def test_two_containers_of_one_name_are_two_machines(tmp_path, monkeypatch):
    outside = leases.name_holder()
    names = [outside, *(name_in_container(tmp_path / n, n, monkeypatch) for n in ("1", "2"))]
    assert len({name.partition("/")[0] for name in names}) == 3
    assert not any(leases.is_gone(name) for name in names[:2])
    assert leases.is_gone(names[2].rpartition("/")[0] + "/7")  # of our own we see it


def name_in_container(folder, number, monkeypatch):
    """Return the name of this process as in a container of its own; the last made stays."""
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/ns/pid").symlink_to(f"pid:[402653200{number}]")
    (folder / "sys/kernel/random").mkdir(parents=True)
    (folder / "sys/kernel/random/boot_id").write_text("f5db8898")
    monkeypatch.setattr(leases, "PROCESSES", folder)
    return leases.name_holder()
