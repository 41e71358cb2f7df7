"""What each scheduled task does, by the kind of ``ltc.rules.tasks``. One line for each."""

from ltc.jobs.backups import back_up, drill_restore
from ltc.jobs.calculation import calculate_last_month, issue_approved
from ltc.jobs.proving import check_the_books, prove_the_month
from ltc.jobs.watching import check_audit, list_deadlines, list_ending_soon
from ltc.jobs.work import Runner
from ltc.rules.tasks import find_task

RUNNERS: dict[str, Runner] = {
    "calculate_last_month": calculate_last_month,
    "issue_statements": issue_approved,
    "ending_soon": list_ending_soon,
    "deadlines": list_deadlines,
    "audit_check": check_audit,
    "books_check": check_the_books,
    "prove_last_month": prove_the_month,
    "backup": back_up,
    "restore_drill": drill_restore,
}


def find_runner(kind: str) -> Runner:
    """Return what does a task; raises UnknownTask."""
    return RUNNERS[find_task(kind).kind]
