"""The start pages of auditor and administrator: proofs, leads, the law; jobs, storage, warnings."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.audit import OVERDUE_SECONDS
from ltc.rules.backups import parse_name
from ltc.rules.months import ONE_DAY
from ltc.rules.policies import Law, Policy
from ltc.rules.policy_changes import build_changes
from ltc.rules.words import N_
from ltc.services.backups import NoBackupFound, list_backups
from ltc.services.context import Context
from ltc.store.areas import get_area, list_areas
from ltc.store.audit_log import find_head, find_overdue
from ltc.store.job_questions import find_last_of_task
from ltc.store.oversight import (
    Disk,
    count_actions_since,
    count_events_since,
    measure_database,
    measure_disks,
)
from ltc.web import job_status
from ltc.web.audit_events import is_spoilt
from ltc.web.audit_values import action_words
from ltc.web.formats import instant, share, whole

WEEK = timedelta(days=7)
PROOFS = ("audit_check", "books_check", "prove_last_month", "restore_drill")
# Leads: what is called, and the actions that are counted. A lead is looked into, it proves nothing.
LEADS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        N_("Masked numbers shown in full"),
        ("identity.unmasked", "account.unmasked", "phone.unmasked", "address.unmasked"),
    ),
    (
        N_("Lists, sheets and statements taken away"),
        ("list.exported", "sheet.printed", "statement.handed_out", "statements.handed_out"),
    ),
    (N_("Sign-ins refused or failed"), ("sign_in.refused", "user.sign_in_failed", "user.locked")),
    (N_("Visits corrected or withdrawn"), ("visit.corrected", "visit.withdrawn")),
    (N_("Visits refused at the check"), ("visit.refused",)),
    (N_("Bank accounts recorded or corrected"), ("account.recorded", "account.corrected")),
    (N_("Runs sent back or replaced"), ("payout_run.sent_back", "payout_run.replaced")),
)
LEAST_FREE_BP = 1_000  # of a disk; below it somebody has to make room
BACKUP_AGE = timedelta(hours=36)  # one is due every night


@dataclass(frozen=True, slots=True)
class LawChange:
    """A version of the law beside the one before: when it begins, and how many values differ."""

    title: Any
    starts_on: date
    is_ahead: bool
    count: int
    href: str


def build_auditor_part(ctx: Context) -> dict[str, Any]:
    """Return the state of the chain and of the proofs, leads of a week, and changes of the law.

    Proofs tell what the whole area comes to: who sees one district is told of none.
    """
    overdue_before = ctx.now - timedelta(seconds=OVERDUE_SECONDS)
    overdue, since = find_overdue(ctx.session, ctx.area_id, overdue_before)
    head = find_head(ctx.session, ctx.area_id)
    kinds = () if ctx.actor.district_id else PROOFS
    jobs = {kind: find_last_of_task(ctx.session, ctx.actor, kind) for kind in kinds}
    counted = {action for _title, actions in LEADS for action in actions}
    done = count_actions_since(ctx.session, ctx.actor, ctx.now - WEEK, sorted(counted))
    return {
        "template": "home/_auditor.html",
        "head": head,
        "is_head_spoilt": is_spoilt(head),
        "overdue": overdue,
        "overdue_since": since,
        "proofs": [(kind, job_status.title_of(kind), job) for kind, job in jobs.items()],
        "words": job_status,
        "leads": [
            (_(title), [(action, done[action]) for action in actions if action in done])
            for title, actions in LEADS
        ],
        "since": (ctx.now - WEEK).date().isoformat(),
        "action_words": action_words,
        "changes_total": count_events_since(ctx.session, ctx.actor, ctx.now - WEEK),
        "law": list_law_changes(ctx),
    }


def list_law_changes(ctx: Context) -> list[LawChange]:
    """Return the versions of the area's law after its first, the latest first."""
    law: Law = ctx.policies.of(get_area(ctx.session, ctx.area_id).policy_area)
    pairs = zip(law.policies, law.policies[1:], strict=False)
    return [_law_change(law, before, after, ctx.today) for before, after in pairs][::-1]


def _law_change(law: Law, before: Policy, after: Policy, today: date) -> LawChange:
    first_on, last_before = after.starts_on, after.starts_on - ONE_DAY
    return LawChange(
        after.title,
        after.starts_on,
        after.starts_on > today,
        len(build_changes(before, after)),
        url_for(
            "law.changes", area=law.area, before=last_before.isoformat(), after=first_on.isoformat()
        ),
    )


def build_administrator_part(ctx: Context) -> dict[str, Any]:
    """Return jobs with last and next, areas, storage, and what needs somebody's hand."""
    statuses = job_status.list_statuses(ctx.session, ctx.actor, ctx.now)
    given = http.house().settings
    disks = measure_disks((given.home, given.documents, given.backups))
    backup = _find_backup(given.backups)
    names = {given.home: _("Home folder"), given.documents: _("Statements"),
             given.backups: _("Backups")}  # fmt: skip
    return {
        "template": "home/_administrator.html",
        "statuses": statuses,
        "words": job_status,
        "areas": list_areas(ctx.session),
        "database_bytes": measure_database(ctx.session),
        "disks": [(names[folder], disk, share(_free_bp(disk))) for folder, disk in disks.items()],
        "backup_at": backup,
        "warnings": [
            *_warn_of_jobs(ctx, statuses),
            *_warn_of_backups(ctx.now, backup, has_keys=given.backup_keys is not None),
            *_warn_of_disks(names, disks),
        ],
    }


def _find_backup(folder: Path) -> datetime | None:
    """Return the instant of the newest backup, None where there is none."""
    try:
        return parse_name(list_backups(folder)[0].name)
    except NoBackupFound:
        return None


def _warn_of_jobs(ctx: Context, statuses: list[job_status.TaskStatus]) -> list[str]:
    trouble = job_status.find_scheduler_trouble(ctx.session, ctx.now)
    late = [
        _("%(task)s was due %(time)s and has not begun.", task=status.title,
          time=instant(status.late_since))
        for status in statuses if status.late_since
    ]  # fmt: skip
    waits = [" ".join(job_status.say_wait(status)) for status in statuses if status.wait]
    failed = [
        _("%(task)s failed on %(time)s.", task=status.title, time=instant(status.last.started_at))
        for status in statuses
        if status.last and status.has_failed
    ]
    is_mailed = bool(http.house().settings.mail_url)
    unmailed = _(
        "Nobody is mailed when a job fails or does not run: LTC_MAIL_URL and LTC_MAIL_TO are not set."
    )
    return [
        *([trouble] if trouble else []),
        *late,
        *waits,
        *failed,
        *([] if is_mailed else [unmailed]),
    ]


def _warn_of_backups(now: datetime, newest: datetime | None, *, has_keys: bool) -> list[str]:
    if not has_keys:
        return [_("No backup is made: LTC_BACKUP_KEYS is not set.")]
    if newest is None:
        return [_("There is no backup yet.")]
    is_old = newest < now - BACKUP_AGE
    return [_("The newest backup is of %(time)s.", time=instant(newest))] if is_old else []


def _warn_of_disks(names: dict[Path, str], disks: dict[Path, Disk]) -> list[str]:
    return [
        _("%(folder)s: only %(share)s of the disk is free (%(size)s MB).", folder=names[folder],
          share=share(_free_bp(disk)), size=whole(disk.free // 1_000_000))
        for folder, disk in disks.items() if _free_bp(disk) < LEAST_FREE_BP
    ]  # fmt: skip


def _free_bp(disk: Disk) -> int:
    return disk.free * 10_000 // max(disk.total, 1)
