"""Numbers for Prometheus: requests counted by the processes, the rest asked of the database.

The processes of one server count into files of a shared folder (``PROMETHEUS_MULTIPROC_DIR``, which
``flask serve`` makes), and whichever process is asked adds them up. Labels name routes, states,
tasks and areas; nothing of a person.

Jobs are counted over all their rows, which grow with the years: each process asks the database
once a minute at most, however often it is asked itself.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from ltc.store.job_questions import find_newest_scheduler
from ltc.store.metric_questions import (
    Measured,
    count_jobs_by_status,
    list_last_successes,
    list_payout_totals,
    list_queues,
)
from ltc.web.run_sums import MINUTE_SECONDS, kept

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
NANOSECONDS_A_SECOND = 1_000_000_000
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 1, 2.5, 10)
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}


class Meters:
    """What this process counts."""

    def __init__(self) -> None:
        """Register the meters of this process."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ltc_requests", "Requests answered", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "ltc_request_seconds", "Time to answer a request", ("route",),
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip


def share(folder: Path) -> None:
    """Let this process and those forked off it count into one fresh folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER] = str(folder)
    # The library decides at its import whether it counts into files; it was imported before.
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
    meters.cache_clear()


def forget(pid: int) -> None:
    """Tidy up after a process that has ended; what it counted stays counted."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]


@cache
def meters() -> Meters:
    """Return the meters of this process, made when the first request is counted."""
    return Meters()


def count_request(method: str, route: str, status: int, elapsed_ns: int) -> None:
    """Count one answered request."""
    known = method if method in METHODS else "other"
    meters().requests.labels(known, route, str(status)).inc()
    meters().seconds.labels(route).observe(elapsed_ns / NANOSECONDS_A_SECOND)


def write_metrics(session: Session, now: datetime) -> bytes:
    """Return all numbers in the text format of Prometheus."""
    registry = CollectorRegistry() if os.environ.get(FOLDER) else meters().registry
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    asked = CollectorRegistry()
    asked.register(FromDatabase(_ask_once_a_minute(session, now), now))
    return generate_latest(registry) + generate_latest(asked)


class Answers(NamedTuple):
    """What the database said, at most a minute ago."""

    last_successes: list[tuple[tuple[str, str], datetime]]
    jobs: list[Measured]
    queues: list[Measured]
    payouts: list[Measured]
    scheduler_seen_at: datetime | None


def _ask_once_a_minute(session: Session, now: datetime) -> Answers:
    minute = int(now.timestamp()) // MINUTE_SECONDS
    return kept().work_out(("metrics", minute), lambda: _ask(session))


def _ask(session: Session) -> Answers:
    scheduler = find_newest_scheduler(session)
    return Answers(
        list_last_successes(session),
        count_jobs_by_status(session),
        list_queues(session),
        list_payout_totals(session),
        scheduler.heartbeat_at if scheduler else None,
    )


class FromDatabase(Collector):
    """Numbers that every process would give alike: jobs, queues, payouts."""

    def __init__(self, answers: Answers, now: datetime) -> None:
        """Take what the database said, and this instant."""
        self.answers, self.now = answers, now

    def describe(self) -> Iterable[Metric]:
        """Nothing is told before the scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Tell the numbers; an age goes on growing while what was said is kept."""
        answers, now = self.answers, self.now
        yield _gauge(
            "ltc_job_age_seconds", "Seconds since a task was last done, or since it should be",
            ("area", "task"),
            [(names, _age(now, at)) for names, at in answers.last_successes],
        )  # fmt: skip
        seen_at = answers.scheduler_seen_at
        yield _gauge(
            "ltc_scheduler_age_seconds", "Seconds since a scheduler gave a sign of life", (),
            [((), _age(now, seen_at))] if seen_at else [],
        )  # fmt: skip
        yield _gauge("ltc_jobs", "Jobs by state", ("area", "state"), answers.jobs)
        yield _gauge(
            "ltc_queue_length", "What waits for somebody", ("area", "queue"),
            answers.queues,
        )  # fmt: skip
        yield _gauge(
            "ltc_payout", "Newest calculated run: people and the fund's part in fen",
            ("area", "measure"), answers.payouts,
        )  # fmt: skip


def _age(now: datetime, at: datetime) -> int:
    return int((now - at).total_seconds())


def _gauge(name: str, text: str, labels: tuple[str, ...], measured: Iterable[Measured]) -> Any:
    family = GaugeMetricFamily(name, text, labels=labels)
    for names, value in measured:
        family.add_metric(list(names), value)
    return family
