"""The process that seals the audit log: by itself, beside the pages, and after long work."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from ltc.jobs.audit_sealing import seal_until
from ltc.store.audit_log import AuditEvent
from tests.conftest import ROOT
from tests.support.month import AFTER, calculate, make_month

PATIENCE_SECONDS = 90
NOBODY = 2**22 + 1  # above the largest number of a process
PORT = 8467


@pytest.fixture
def start(environ, tmp_path):
    """Start ``flask …`` on the test's database; what it says goes to a file."""

    def flask(*words):
        command = [sys.executable, "-m", "flask", "--app", "app", *words]
        with (tmp_path / "said").open("ab") as said:
            return subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **environ}, stdout=said, stderr=said
            )

    return flask


def wait_until(is_so):
    for _ in range(PATIENCE_SECONDS * 5):
        if is_so():
            return
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


def count_waiting(session):
    session.rollback()
    query = sa.select(sa.func.count()).where(AuditEvent.block_number.is_(None))
    return session.scalar(query.select_from(AuditEvent))


@pytest.fixture
def waiting(ctx, session):
    """Something that waits to be sealed."""
    with ctx.transaction():
        ctx.record("test.done", "test", 1)
    assert count_waiting(session) == 1


@pytest.mark.slow
def test_it_seals_until_it_is_told_to_end(waiting, session, start, tmp_path):
    process = start("audit", "seal", "--every", "1")
    wait_until(lambda: count_waiting(session) == 0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
    assert (tmp_path / "said").read_text() == ""


@pytest.mark.slow
def test_it_ends_with_its_parent_after_sealing_once_more(waiting, session, start):
    process = start("audit", "seal", "--every", "3600", "--parent", str(NOBODY))
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
    assert count_waiting(session) == 0


def sealers_of(pid):
    """The processes that were started to seal beside a server."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        if b"--parent" in words and str(pid).encode() in words:
            found.append(path.parent.name)
    return found


@pytest.mark.slow
@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_pages_are_served_with_a_sealer_that_ends_with_them(waiting, session, start, end):
    server = start("serve", "--port", str(PORT), "--seal-every", "1", "--workers", "1")
    try:
        wait_until(lambda: count_waiting(session) == 0 or server.poll() is not None)
        assert count_waiting(session) == 0
        assert len(sealers_of(server.pid)) == 1
    finally:
        server.send_signal(end)
        server.wait(timeout=PATIENCE_SECONDS)
    wait_until(lambda: sealers_of(server.pid) == [])


def test_trouble_is_told_once_and_ends_nothing(house, waiting, session):
    error = OperationalError("SELECT 1", {}, Exception("no connection"))
    makers = iter([error, error, house.session_maker, error])

    def make_session():
        maker = next(makers, house.session_maker)
        if maker is error:
            raise error
        return maker()

    rounds = iter([False, False, False, False, True])
    told = []
    shaky = SimpleNamespace(session_maker=make_session, policies=house.policies)
    seal_until(shaky, lambda: next(rounds), told.append)
    assert len(told) == 1
    assert "no connection" in told[0]
    assert count_waiting(session) == 0


def test_a_calculated_month_is_sealed_at_once(app, session, area):
    make_month(session, people=2)
    result = app.test_cli_runner().invoke(args=["payouts", "calculate", "chongqing", "2019-11"])
    assert result.exit_code == 0, result.output
    assert count_waiting(session) == 0


def test_what_a_library_call_writes_waits_for_the_sealer(make_ctx, session, area):
    make_month(session, people=2)
    calculate(make_ctx(now=AFTER))
    assert count_waiting(session) > 0
