"""The month on a cluster: the same to the byte, and nothing is lost with a worker that dies."""

import pickle
import re
import socket
import sys

import pytest

from ltc.services import executors, leases
from ltc.services.executors import (
    ClusterAway,
    DaskCluster,
    DaskMissing,
    Inline,
    PieceFailed,
    ProcessPool,
    WorkerOutdated,
    choose,
)
from ltc.services.payouts import calculate_run, preview_run
from ltc.settings import SettingMissing, load
from tests.conftest import ENVIRONMENT
from tests.support.asking import PROMISED, ask_in_pool, fail_in_pool
from tests.support.cluster import open_cluster
from tests.support.month import AFTER, MONTH, make_month

CHUNK_PEOPLE = 2
NAMED_WORKER = rf"The worker {re.escape(socket.gethostname())} \(process \d+\) .* restart it\. "


@pytest.fixture
def month(session, area):
    return make_month(session)


@pytest.mark.slow
@pytest.mark.kill
def test_a_month_is_the_same_on_a_cluster_and_outlives_a_worker(
    make_ctx, month, engine, tmp_path, monkeypatch
):
    ctx = make_ctx(now=AFTER)
    expected = preview_run(ctx, month=MONTH, executor=Inline(engine)).digest
    with open_cluster(tmp_path, workers=2) as cluster:
        executor, victim, told = DaskCluster(engine, cluster.address), cluster.workers[0], []

        def kill_one(progress):
            told.append(progress.event)
            if progress.event == "chunk":
                victim.kill()

        run = calculate_run(
            ctx, month=MONTH, executor=executor, clock=lambda: AFTER, chunk_people=CHUNK_PEOPLE,
            on_progress=kill_one,
        )  # fmt: skip
        assert victim.wait(10) < 0
        found = list(executor.map(ask_in_pool, None, range(3)))
        with pytest.raises(PieceFailed, match=r"ValueError at asking\.py:\d+ fail_in_pool\. "):
            list(executor.map(fail_in_pool, None, range(3)))
        with monkeypatch.context() as patch:
            patch.setattr(executors, "CODE_EDITION", "of another version")
            with pytest.raises(WorkerOutdated, match=NAMED_WORKER):
                list(executor.map(ask_in_pool, None, range(3)))
        monkeypatch.setattr(executors, "TICK_SECONDS", 0.5)
        with pytest.raises(ClusterAway):
            [cluster.workers[1].kill() for _ in executor.map(ask_in_pool, None, range(9))]
    assert "王淑珍" not in (tmp_path / "dask.log").read_text()
    assert (run.digest, told.count("chunk")) == (expected, len(month.people) // CHUNK_PEOPLE)
    assert found == [PROMISED[engine.dialect.name]] * 3


def test_what_other_code_sent_is_not_even_unpacked():
    sent = pickle.dumps(("of another version", b"nothing that could be unpacked"))
    with pytest.raises(WorkerOutdated, match=NAMED_WORKER):
        executors._check(executors._work_far(sent, 1))


class Late:
    """What a cluster promised, and gives after so many looks."""

    def __init__(self, looks):
        self.looks = looks

    def result(self, timeout):
        assert timeout < leases.STALE_AFTER.total_seconds()
        if self.looks:
            self.looks -= 1
            raise TimeoutError
        return "done"


class Working:
    """A client of a cluster that is at work."""

    status = "running"

    def nthreads(self):
        return {"worker": 1}


def test_a_cluster_that_takes_its_time_gives_signs_of_life(engine):
    ticks = []
    executor = DaskCluster(engine, "tcp://127.0.0.1:9")
    assert executor._wait_for(Working(), Late(3), lambda: ticks.append(1)) == "done"
    assert len(ticks) == 3


def test_a_cluster_that_is_away_is_said(engine, monkeypatch):
    monkeypatch.setattr(executors, "ANSWER_SECONDS", 0.2)
    with pytest.raises(ClusterAway, match=r"tcp://127\.0\.0\.1:9"):
        list(DaskCluster(engine, "tcp://127.0.0.1:9").map(ask_in_pool, None, [1]))


def test_a_machine_without_dask_says_what_to_install(engine, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DaskMissing, match="requirements-dask"):
        list(DaskCluster(engine, "tcp://127.0.0.1:9").map(ask_in_pool, None, [1]))


def test_who_works_is_chosen_by_the_settings(engine):
    assert choose(engine, 2, "tcp://localhost:8786") == DaskCluster(engine, "tcp://localhost:8786")
    assert (choose(engine, 1), choose(engine, 2)) == (Inline(engine), ProcessPool(engine, 2))


@pytest.mark.parametrize(
    ("address", "database", "told"),
    [
        ("tcp://far.example.org:8786", "postgresql://db/ltc", "must begin with tls://"),
        ("tls://far.example.org:8786", "sqlite:///ltc.db", "cannot reach an SQLite file"),
        ("tls://far.example.org", "postgresql://db/ltc", "is not an address"),
        ("far:8786", "postgresql://db/ltc", "is not an address"),
    ],
)
def test_an_address_that_would_not_do_is_refused(tmp_path, address, database, told):
    given = {"LTC_HOME": str(tmp_path), "LTC_DATABASE_URL": database, "LTC_DASK_SCHEDULER": address}
    with pytest.raises(SettingMissing, match=told):
        load({**ENVIRONMENT, **given})


@pytest.mark.parametrize("address", ["tls://far.example.org:8786", "tcp://127.0.0.1:8786", ""])
def test_an_address_that_will_do_is_kept(tmp_path, address):
    given = {"LTC_HOME": str(tmp_path), "LTC_DATABASE_URL": "postgresql://db/ltc"}
    assert load({**ENVIRONMENT, **given, "LTC_DASK_SCHEDULER": address}).dask_scheduler == address
