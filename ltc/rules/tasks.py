"""The tasks that the scheduler does: what they are called, and how their results are named.

What a task does stands in ``ltc.jobs.registry``, when it is due in the timetable.
"""

from dataclasses import dataclass
from datetime import date

from ltc.rules.errors import NotFound
from ltc.rules.months import Month
from ltc.rules.words import N_


@dataclass(frozen=True, slots=True)
class Task:
    """One task by its kind; one ``of_installation`` is done once for all areas together."""

    kind: str
    title: str
    of_installation: bool = False

    def is_done_in(self, *, first_area: bool) -> bool:
        """Whether an area does it: those of the whole installation are the first area's."""
        return first_area or not self.of_installation


TASKS: dict[str, Task] = {
    task.kind: task
    for task in (
        Task("calculate_last_month", N_("Calculate last month")),
        Task("issue_statements", N_("Issue the statements of approved months")),
        Task("ending_soon", N_("List what ends soon")),
        Task("deadlines", N_("List the deadlines of the day")),
        Task("audit_check", N_("Check the chain of the audit log")),
        Task("books_check", N_("Check the books")),
        Task("prove_last_month", N_("Calculate the last closed month again")),
        Task("backup", N_("Back up"), of_installation=True),
        Task("restore_drill", N_("Restore a backup for practice"), of_installation=True),
    )
}

# What a person asks for on the page of a month or a file; the scheduler goes on with it where its
# process has ended.
ASKED_TITLES: dict[str, str] = {
    "calculate": N_("Calculate a month"),
    "statements": N_("Issue statements"),
    "import": N_("Import a file"),
}

# Names in a result → what the page calls them. Names that end in _fen are amounts, in _on days,
# in _at instants; a list of such results under ``rows`` is a table.
RESULT_NAMES: dict[str, str] = {
    "month": N_("Month"),
    "sequence": N_("Run"),
    "run_id": N_("Run"),
    "run": N_("Run"),
    "detail": N_("Reason"),
    "people": N_("Number of people"),
    "paid": N_("Paid"),
    "held": N_("Held"),
    "zero": N_("Zero"),
    "fund_fen": N_("Fund pays"),
    "digest": N_("Digest"),
    "outcome": N_("Outcome"),
    "issued": N_("Statements issued"),
    "waiting": N_("Events not sealed yet"),
    "blocks": N_("Blocks"),
    "events": N_("Events"),
    "found": N_("Found"),
    "overdue": N_("Overdue"),
    "what": N_("What"),
    "number": N_("Number"),
    "name": N_("Name"),
    "ends_on": N_("Last day"),
    "due_on": N_("Due on"),
    "runs": N_("Payout runs"),
    "statements": N_("Statements"),
    "file": N_("File"),
    "size_bytes": N_("Bytes"),
    "tables": N_("Tables"),
    "table_rows": N_("Rows"),
    "documents": N_("Documents"),
    "removed": N_("Removed"),
    "status": N_("Status"),
    "failed": N_("failed"),
}
# Where an imported file stands when its job is done.
RESULT_WORDS: dict[str, str] = {
    "tried": N_("tried out only"),
    "done": N_("done"),
    "refused": N_("cannot be read"),
}


class UnknownTask(NotFound):
    """There is no task “{kind}”."""


def title_of(kind: str) -> str:
    """Return what a kind of job is called, for a door to translate."""
    return TASKS[kind].title if kind in TASKS else ASKED_TITLES.get(kind, kind)


def find_last_month(due_on: date) -> Month:
    """Return the month that a task of “last month” is about, by its business day."""
    return Month.of(due_on).plus(-1)


def find_task(kind: str, *, first_area: bool = True) -> Task:
    """Return a task that an area does, by its kind; raises UnknownTask."""
    task = TASKS.get(kind)
    if task is None or not task.is_done_in(first_area=first_area):
        raise UnknownTask(kind=kind)
    return task
