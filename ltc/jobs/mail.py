"""Mails the administrators: a job failed, or was not done at its time. Each trouble is told once."""

import smtplib
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from ltc.jobs.mail_words import write_failure, write_lateness, write_wait
from ltc.rules.timetable import is_late
from ltc.services import schedulers
from ltc.services.context import Context
from ltc.services.jobs import Wait, find_wait
from ltc.store.areas import Area
from ltc.store.job_questions import (
    LateDate,
    find_late_date,
    list_live_tasks,
    list_schedules,
    list_unmailed_failures,
)
from ltc.store.job_runs import JobRun

TOLD_FOR = timedelta(days=1)  # older failures are no news
TIMEOUT_SECONDS = 20
PORTS = {"smtp": 25, "smtps": 465}


def mail_troubles(house: Any, ctx: Context, area: Area) -> bool:
    """Mail what failed in an area, and what was not done at its time; nothing without settings.

    Return no where a mail could not be sent: the next look tries again, this one sends no more.
    """
    if not house.settings.mail_url:
        return True
    failures = list_unmailed_failures(ctx.session, ctx.area_id, ctx.now - TOLD_FOR)
    return all(_mail_failure(house, ctx, area, job) for job in failures) and all(
        _mail_late(house, ctx, area, kind, late)
        for kind, late in list(_late_dates(house, ctx, area))
    )


def _mail_failure(house: Any, ctx: Context, area: Area, job: JobRun) -> bool:
    if not schedulers.mark_mailed(ctx, job_id=job.id, at=ctx.now):
        return True
    try:
        send(house.settings, *write_failure(house.settings.mail_language, area, job))
    except (OSError, smtplib.SMTPException):
        schedulers.unmark_mailed(ctx, job_id=job.id)
        return False
    return True


def _late_dates(house: Any, ctx: Context, area: Area) -> Iterator[tuple[str, LateDate]]:
    """Yield each task whose newest date was not begun in time, unless that was mailed."""
    served = list_schedules(ctx.session, ctx.area_id)
    for kind, entry in house.timetable.of(area.code).items():
        row = served.get(kind)
        if row is None:
            continue
        late = find_late_date(ctx.session, area, entry, since=row.since_at, now=ctx.now)
        if late is None or late.key == row.mailed_key:
            continue
        if late.begun_at is None or is_late(late.due_at, late.begun_at):
            yield kind, late


def _mail_late(house: Any, ctx: Context, area: Area, kind: str, late: LateDate) -> bool:
    schedule = list_schedules(ctx.session, ctx.area_id)[kind]
    before, wait = schedule.mailed_key, _find_wait(house, ctx, area, kind, schedule.since_at)
    if not schedulers.mark_late(ctx, kind=kind, key=late.key, before=before):
        return True
    language = house.settings.mail_language
    if wait and late.begun_at is None:
        written = write_wait(language, area, kind, wait)
    else:
        written = write_lateness(language, area, kind, late.due_at)
    try:
        send(house.settings, *written)
    except (OSError, smtplib.SMTPException):
        schedulers.mark_late(ctx, kind=kind, key=before, before=late.key)
        return False
    return True


def _find_wait(house: Any, ctx: Context, area: Area, kind: str, since: datetime) -> Wait | None:
    """Return the job that a late date waits for."""
    entry = house.timetable.of(area.code)[kind]
    live = {job.job_key: job for job in list_live_tasks(ctx.session, [area.id])}
    return find_wait(ctx.session, area, entry, since=since, at=ctx.now, live=live)


def send(settings: Any, subject: str, text: str) -> None:
    """Send a mail to the administrators; raises OSError, SMTPException."""
    url = urlsplit(settings.mail_url)
    message = EmailMessage()
    message["Subject"], message["From"] = subject, settings.mail_to[0]
    message["To"] = ", ".join(settings.mail_to)
    message.set_content(text)
    port = url.port or PORTS[url.scheme]
    with _connect(url.scheme, url.hostname or "", port) as server:
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def _connect(scheme: str, host: str, port: int) -> smtplib.SMTP:
    """Open a connection, encrypted wherever the server offers it."""
    tls = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=tls)
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=tls)
    return server
