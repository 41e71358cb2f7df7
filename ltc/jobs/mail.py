"""Mails the administrators: a job failed, or was not done at its time. Each trouble is told once."""

import smtplib
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from ltc.rules.tasks import TASKS
from ltc.rules.timetable import due_at, find_newest_due, is_late
from ltc.services import schedulers
from ltc.services.context import Context
from ltc.store.areas import Area
from ltc.store.job_questions import find_by_schedule_key, list_schedules, list_unmailed_failures
from ltc.store.job_runs import JobRun

TOLD_FOR = timedelta(days=1)  # older failures are no news
TIMEOUT_SECONDS = 20
PORTS = {"smtp": 25, "smtps": 465}


def mail_troubles(house: Any, ctx: Context, area: Area) -> None:
    """Mail what failed in an area, and what was not done at its time; nothing without settings.

    A mail that cannot be sent is tried again with the next look.
    """
    if not house.settings.mail_url:
        return
    for job in list_unmailed_failures(ctx.session, ctx.area_id, ctx.now - TOLD_FOR):
        _mail_failure(house, ctx, area, job)
    for kind, key, due in list(_late_dates(house, ctx, area)):
        _mail_late(house, ctx, area, kind, key, due)


def _mail_failure(house: Any, ctx: Context, area: Area, job: JobRun) -> None:
    if not schedulers.mark_mailed(ctx, job_id=job.id, at=ctx.now):
        return
    title = TASKS[job.kind].title if job.kind in TASKS else job.kind
    text = f"{title} in {area.name_en} failed.\n\n{job.message}\n\nJob {job.id}, of {job.due_on}."
    try:
        send(house.settings, f"Failed: {title}, {area.name_en}", text)
    except (OSError, smtplib.SMTPException):
        schedulers.unmark_mailed(ctx, job_id=job.id)


def _late_dates(house: Any, ctx: Context, area: Area) -> Iterator[tuple[str, str, str]]:
    """Yield task, schedule key and instant of what should have been planned and was not."""
    served = list_schedules(ctx.session, ctx.area_id)
    for kind, entry in house.timetable.of(area.code).items():
        row = served.get(kind)
        if row is None:
            continue
        on = find_newest_due(entry, time_zone=area.time_zone, since=row.since_at, now=ctx.now)
        if on is None:
            continue
        due, key = due_at(entry, on, area.time_zone), f"{kind}:{on}"
        run = find_by_schedule_key(ctx.session, ctx.area_id, key)
        is_open = run is None or is_late(due, run.started_at)
        if is_late(due, ctx.now) and is_open and row.mailed_key != key:
            yield kind, key, due.isoformat(" ", "minutes")


def _mail_late(house: Any, ctx: Context, area: Area, kind: str, key: str, due: str) -> None:
    before = list_schedules(ctx.session, ctx.area_id)[kind].mailed_key
    if not schedulers.mark_late(ctx, kind=kind, key=key, before=before):
        return
    title = TASKS[kind].title
    text = f"{title} in {area.name_en} was due at {due} and was not done at its time."
    try:
        send(house.settings, f"Not done in time: {title}, {area.name_en}", text)
    except (OSError, smtplib.SMTPException):
        schedulers.mark_late(ctx, kind=kind, key=before, before=key)


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
