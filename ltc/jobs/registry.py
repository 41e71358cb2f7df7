"""What each scheduled task does, by the kind of ``ltc.rules.tasks``. One line for each."""

from ltc.jobs.work import Runner
from ltc.rules.tasks import find_task

RUNNERS: dict[str, Runner] = {}


def find_runner(kind: str) -> Runner:
    """Return what does a task; raises UnknownTask."""
    find_task(kind)
    return RUNNERS[kind]
