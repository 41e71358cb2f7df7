"""What a job was given, in words: what the reader may not see elsewhere is not named here either."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ltc import http
from ltc.rules.imports import KIND_NAMES, ImportKind, ImportStatus
from ltc.rules.months import Month
from ltc.rules.tasks import find_last_month
from ltc.rules.words import N_
from ltc.store.audit_questions import find_actor_names
from ltc.store.import_questions import ImportNotFound, get_import
from ltc.store.job_runs import JobRun
from ltc.store.payout_runs import RunNotFound, get_run
from ltc.store.providers import Provider
from ltc.store.scope import visible
from ltc.web.formats import instant, month, said, whole

LAST_MONTH = "calculate_last_month"


def month_of(job: JobRun) -> Month | None:
    """Return the month that a job is about: as asked for, as it found out, or by its day."""
    named = job.inputs.get("month") or (job.result or {}).get("month")
    if named:
        return Month.parse(str(named))
    if job.kind == LAST_MONTH and job.due_on is not None:
        return find_last_month(job.due_on)
    return None


def list_inputs(job: JobRun) -> list[dict[str, str]]:
    """Return what a job was given, as rows of a page."""
    about = month_of(job)
    rows = [(N_("Month"), month(about))] if about else []
    for key, (name, show) in SHOWN.items():
        text = show(job.inputs[key]) if key in job.inputs else None
        if text:
            rows.append((name, text))
    return [{"key": said(name), "value": text} for name, text in rows]


def asker_of(job: JobRun) -> str:
    """Return who asked for a job: by name to those who may see users."""
    if job.asked_by_id is not None:
        names = find_actor_names(http.database(), http.current_actor(), [job.asked_by_id])
        return names.get(job.asked_by_id) or str(_("a person"))
    return str(_("the timetable") if job.schedule_key else _("another task, or a command"))


def _tell_known(known_at: str | None) -> str:
    if known_at is None:
        return str(_("all that was recorded when it began"))
    return instant(datetime.fromisoformat(known_at))


def _tell_run(run_id: str) -> str | None:
    try:
        run = get_run(http.database(), http.current_actor(), int(run_id))
    except RunNotFound:
        return None
    return f"{month(run.month)} / {run.sequence}"


def _tell_provider(provider_id: str) -> str:
    query = visible(
        sa.select(Provider.name).where(Provider.id == int(provider_id)), http.current_actor()
    )
    return http.database().scalar(query) or str(_("one provider"))


def _tell_file(import_id: str) -> str:
    try:
        file = get_import(http.database(), http.current_actor(), int(import_id))
    except ImportNotFound:
        return str(_("one file"))
    return f"{file.file_name} ({said(KIND_NAMES[ImportKind(file.kind)])})"


def _tell_work(status: str) -> str:
    is_trial = status == ImportStatus.ARRIVED
    return str(_("try it out, write nothing") if is_trial else _("carry it out"))


def _tell_instant(text: str) -> str:
    return instant(datetime.fromisoformat(text))


# Keys of the inputs → what the page calls them, and how it tells their value.
SHOWN: dict[str, tuple[str, Callable[[Any], str | None]]] = {
    "known_at": (N_("As known"), _tell_known),
    "run_id": (N_("Run"), _tell_run),
    "provider_id": (N_("For the provider"), _tell_provider),
    "issued_at": (N_("Issued"), _tell_instant),
    "chain_number": (N_("Audit chain, block"), whole),
    "import_id": (N_("File"), _tell_file),
    "status": (N_("What is to be done"), _tell_work),
    "row": (N_("From row"), whole),
}
