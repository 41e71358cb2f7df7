"""Where the scheduled tasks of an area stand: last and next, late or failed, and their results."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from ltc import http
from ltc.rules import tasks
from ltc.rules.access import Actor, Permission
from ltc.rules.tasks import RESULT_NAMES, RESULT_WORDS, TASKS, Task
from ltc.rules.timetable import Entry, Repeats, Weekday, find_next_due
from ltc.rules.words import N_
from ltc.services.jobs import Wait, find_wait
from ltc.services.leases import is_stalled
from ltc.store.areas import Area, get_area, is_first_area
from ltc.store.job_questions import (
    find_last_of_task,
    find_late_date,
    find_newest_scheduler,
    list_live_tasks,
    list_schedules,
)
from ltc.store.job_runs import JobRun, JobSchedule, JobStatus
from ltc.web.formats import instant, plain_day, said, whole, yuan
from ltc.web.job_inputs import asker_of

SILENT_AFTER = timedelta(minutes=3)
NO_SCHEDULER = N_("No scheduler is running. Start one: “flask scheduler”.")
SILENT = N_("The scheduler gave no sign of life since {time}. Start one: “flask scheduler”.")
WAITS = N_(
    "{task} was due {time} and waits for “{job}” (asked by {asker}, {asked}). It begins by itself"
    " when that has ended."
)
STOP_IT = N_("If that takes too long, stop it on its page.")
LET_STOP = N_("If that takes too long, whoever issues statements may stop it.")
GOES_ON = N_(
    "The process that worked on it has ended. The scheduler goes on with it by itself; you may also"
    " do it here."
)
WHEN = {
    Repeats.DAILY: N_("every day at {time}"),
    Repeats.WEEKLY: N_("on {weekday} at {time}"),
    Repeats.MONTHLY: N_("on day {day} of the month at {time}"),
    Repeats.AFTER_APPROVAL: N_("when a month is approved"),
}
WEEKDAYS = {
    Weekday.MONDAY: N_("Monday"),
    Weekday.TUESDAY: N_("Tuesday"),
    Weekday.WEDNESDAY: N_("Wednesday"),
    Weekday.THURSDAY: N_("Thursday"),
    Weekday.FRIDAY: N_("Friday"),
    Weekday.SATURDAY: N_("Saturday"),
    Weekday.SUNDAY: N_("Sunday"),
}
STATES = {
    JobStatus.WAITING: (N_("waiting"), "waiting"),
    JobStatus.RUNNING: (N_("at work"), "current"),
    JobStatus.DONE: (N_("done"), "done"),
    JobStatus.FAILED: (N_("failed"), "stopped"),
    JobStatus.CANCELLED: (N_("stopped"), "attention"),
}


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One task of an area: its last run, when it is due next, since when it is late or waits."""

    task: Task
    entry: Entry
    last: JobRun | None
    next_at: datetime | None
    wait: Wait | None
    late_since: datetime | None  # nobody has begun it, and it waits for nothing

    @property
    def title(self) -> str:
        """What the task is called."""
        return said(self.task.title)

    @property
    def has_failed(self) -> bool:
        """Whether the last run failed."""
        return self.last is not None and self.last.status is JobStatus.FAILED


def list_statuses(session: Session, actor: Actor, now: datetime) -> list[TaskStatus]:
    """Return every task of the actor's area by its timetable."""
    area = get_area(session, actor.area_id)
    is_first = is_first_area(session, area.id)
    look = _Look(
        session,
        actor,
        area,
        now,
        list_schedules(session, area.id),
        {job.job_key: job for job in list_live_tasks(session, [area.id])},
    )
    return [
        look.build_status(entry)
        for kind, entry in http.house().timetable.of(area.code).items()
        if TASKS[kind].is_done_in(first_area=is_first)
    ]


@dataclass(frozen=True, slots=True)
class _Look:
    """What is asked once for all tasks of an area: since when they are served, and which live."""

    session: Session
    actor: Actor
    area: Area
    now: datetime
    served: dict[str, JobSchedule]
    live: dict[str, JobRun]

    def build_status(self, entry: Entry) -> TaskStatus:
        """Return where one task stands; what is not served yet is neither late nor waits."""
        schedule, wait, late_since = self.served.get(entry.kind), None, None
        if schedule:
            wait = self._find_wait(entry, schedule.since_at)
            late_since = None if wait else self._find_late(entry, schedule.since_at)
        return TaskStatus(
            TASKS[entry.kind],
            entry,
            find_last_of_task(self.session, self.actor, entry.kind),
            find_next_due(entry, time_zone=self.area.time_zone, now=self.now),
            wait,
            late_since,
        )

    def _find_wait(self, entry: Entry, since: datetime) -> Wait | None:
        return find_wait(
            self.session, self.area, entry, since=since, at=self.now, live=self.live
        )  # fmt: skip

    def _find_late(self, entry: Entry, since: datetime) -> datetime | None:
        """Return the instant at which the newest date was due, where nobody has begun it in time."""
        late = find_late_date(self.session, self.area, entry, since=since, now=self.now)
        return late.due_at if late and late.begun_at is None else None


def say_wait(status: TaskStatus) -> tuple[str, str]:
    """Return in words since when a waiting task waits and for whose job, and what to do."""
    if status.wait is None:
        return "", ""
    since, job = status.wait
    waits = said(
        WAITS, task=status.title, time=instant(since), job=title_of(job.kind),
        asker=asker_of(job), asked=instant(job.started_at),
    )  # fmt: skip
    return waits, said(STOP_IT if job.kind in TASKS else LET_STOP)


def find_scheduler_trouble(session: Session, now: datetime) -> str | None:
    """Return in words why nothing is scheduled now; None where a scheduler is at work."""
    newest = find_newest_scheduler(session)
    if newest is None:
        return said(NO_SCHEDULER)
    if newest.heartbeat_at < now - SILENT_AFTER:
        return said(SILENT, time=instant(newest.heartbeat_at))
    return in_words(newest.trouble) or None


def title_of(kind: str) -> str:
    """Return what a kind of job is called."""
    return said(tasks.title_of(kind))


def state_of(job: JobRun) -> tuple[str, str]:
    """Return a job's state in words, and how a tag shows it."""
    text, look = STATES[job.status]
    return said(text), look


def seconds_of(job: JobRun) -> int:
    """Return how long a job took, in seconds."""
    return int((job.ended_at - job.started_at).total_seconds()) if job.ended_at else 0


def message_of(job: JobRun) -> str:
    """Return why a job ended as it did, in the reader's language."""
    kept = job.result or {}
    return _say_kept(kept) if kept.get("reason") else in_words(job.message)


def _say_kept(kept: dict[str, Any]) -> str:
    """Return a kept reason, filled."""
    values = {name: _say_kept_value(value) for name, value in kept["values"].items()}
    return said(kept["reason"], **values)


def _say_kept_value(value: Any) -> str:
    """Return a value of a kept reason: a text, an instant, or a reason with values of its own."""
    if not isinstance(value, dict):
        return in_words(str(value))
    if "at" in value:
        return instant(datetime.fromisoformat(value["at"]))
    return _say_kept(value)


def why_stopped(job: JobRun, now: datetime) -> str:
    """Return why a job that a person asked for is at rest: as it ended, or its process is gone."""
    return said(GOES_ON) if is_stalled(job, now) else message_of(job)


def list_results(job: JobRun) -> list[dict[str, str]]:
    """Return a job's result in words; amounts only to those who see amounts."""
    if job.status is not JobStatus.DONE or not job.result:
        return []
    return [
        {"key": name_of(key), "value": value_of(key, value)}
        for key, value in job.result.items()
        if key not in ("rows", "import_id", "run_id") and _may_see(key)
    ]


def list_rows(job: JobRun) -> list[dict[str, Any]]:
    """Return the list that a job found; only to those who see cases, and amounts as above."""
    if not http.current_actor().may(Permission.SEE_PEOPLE):
        return []
    rows = (job.result or {}).get("rows", [])
    return [{key: value for key, value in row.items() if _may_see(key)} for row in rows]


def _may_see(key: str) -> bool:
    is_amount = key.endswith("_fen") or key == "detail"  # what differs in the books
    return not is_amount or http.current_actor().may(Permission.SEE_PAYOUTS)


def name_of(key: str) -> str:
    """Return what a key of a result is called."""
    return said(RESULT_NAMES.get(key, key))


def value_of(key: str, value: Any) -> str:
    """Return a value of a result as its key says what it is."""
    if value is None:
        return "–"
    if key.endswith("_fen"):
        return str(yuan(int(value)))
    if key.endswith("_on"):
        return plain_day(date.fromisoformat(str(value)))
    if key.endswith("_at"):
        return instant(datetime.fromisoformat(str(value)))
    if isinstance(value, dict):
        return said(value["text"], **value["values"])
    if isinstance(value, int) and not key.endswith("_id"):
        return whole(value)
    if isinstance(value, list):
        return whole(len(value))
    return in_words(RESULT_WORDS.get(str(value), str(value)))


def in_words(text: str) -> str:
    """Return a stored text in the reader's language where it is a known one, else as it is."""
    return str(gettext(text)) if text else ""


def describe_when(entry: Entry) -> str:
    """Return in words how often a task is due, by the clock of the area."""
    weekday = said(WEEKDAYS[entry.weekday])
    return said(WHEN[entry.repeats], time=f"{entry.at:%H:%M}", day=entry.day, weekday=weekday)
