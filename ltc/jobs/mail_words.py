"""What the mails about jobs say, in the language of the settings: mails have no page and no reader."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ltc.rules.tasks import title_of
from ltc.rules.words import N_
from ltc.services.jobs import Wait
from ltc.store.areas import Area
from ltc.store.job_runs import JobRun
from ltc.store.words import load_chinese

CHINESE = "zh_CN"
FAILED = N_("Failed: {task}, {area}")
IT_FAILED = N_("{task} in {area} failed.")
WHICH_JOB = N_("Job {job}, of {day}. Its page tells more.")
NOT_IN_TIME = N_("Not done in time: {task}, {area}")
IT_IS_LATE = N_(
    "{task} in {area} was due at {time} and was not done at its time. See on the page of the jobs"
    " whether a scheduler runs (`flask scheduler`)."
)

WAITS = N_("Waits: {task}, {area}")
IT_WAITS = N_(
    "{task} in {area} was due at {time} and waits: job {job}, a run of the same task that was asked"
    " for at {asked}, has not ended. The task begins by itself when it has. If that takes too long,"
    " stop the job on its page."
)


def write_failure(language: str, area: Area, job: JobRun) -> tuple[str, str]:
    """Return subject and text of the mail about a job that failed."""
    named = _name(language, area, job.kind)
    day = job.due_on or job.started_at.date()
    parts = (
        say(language, area, IT_FAILED, named),
        say_why(language, area, job),
        say(language, area, WHICH_JOB, {"job": job.id, "day": day}),
    )
    return say(language, area, FAILED, named), "\n\n".join(parts)


def write_lateness(language: str, area: Area, kind: str, due_at: datetime) -> tuple[str, str]:
    """Return subject and text of the mail about a task that was not done at its time."""
    named = _name(language, area, kind)
    text = say(language, area, IT_IS_LATE, {**named, "time": _tell_time(area, due_at)})
    return say(language, area, NOT_IN_TIME, named), text


def write_wait(language: str, area: Area, kind: str, wait: Wait) -> tuple[str, str]:
    """Return subject and text of the mail about a date that waits until a job has ended."""
    named = _name(language, area, kind)
    values = {
        **named, "time": _tell_time(area, wait.since), "job": wait.job.id,
        "asked": _tell_time(area, wait.job.started_at),
    }  # fmt: skip
    return say(language, area, WAITS, named), say(language, area, IT_WAITS, values)


def _tell_time(area: Area, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(area.time_zone)):%Y-%m-%d %H:%M}"


def say_why(language: str, area: Area, job: JobRun) -> str:
    """Return why a job ended as it did; texts from before reasons were kept stay as they are."""
    kept = job.result or {}
    return say(language, area, kept["reason"], kept["values"]) if "reason" in kept else job.message


def say(language: str, area: Area, text: str, values: Mapping[str, Any]) -> str:
    """Return a marked text, filled; instants are told by the clock of the area."""
    filled = {name: _say_value(language, area, value) for name, value in values.items()}
    return _translate(language, text).format(**filled)


def _say_value(language: str, area: Area, value: Any) -> str:
    """Return a value: a marked text, an instant, or a reason with values of its own."""
    if not isinstance(value, dict):
        return _translate(language, str(value))
    if "at" in value:
        return _tell_time(area, datetime.fromisoformat(value["at"]))
    return say(language, area, value["reason"], value["values"])


def _translate(language: str, text: str) -> str:
    return load_chinese().get(text, text) if language == CHINESE else text


def _name(language: str, area: Area, kind: str) -> dict[str, str]:
    name = area.name_zh if language == CHINESE else area.name_en
    return {"task": title_of(kind), "area": name}
