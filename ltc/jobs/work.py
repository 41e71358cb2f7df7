"""What a scheduled task is given: where it works, for which day, and how it tells what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ltc.services.context import Context
from ltc.services.executors import Executor, choose


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of scheduled work.

    ``house`` holds engine, settings, policies and session_maker (``factory.House``); for a dry run
    its connections refuse to write. ``ctx`` is the machine in the area, None for a task of the
    whole installation. ``on`` is the business day. ``report`` and ``log`` are the signs of life: a
    task that is silent for too long is taken for hung. Both write: never call them inside a
    transaction. They raise LeaseLost where somebody else took over, and Cancelled where a person
    stopped the job.
    """

    house: Any
    ctx: Context | None
    on: date
    dry_run: bool
    report: Callable[[int, int], None]
    log: Callable[[str], None]
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def machine(self) -> Context:
        """The machine in the area; for tasks that are of an area."""
        if self.ctx is None:
            raise RuntimeError("this task is of the whole installation")
        return self.ctx


# Returns the result that the page shows (names in ``rules.tasks.RESULT_NAMES``); a Problem that it
# raises is the message of the failed job.
Runner = Callable[[Work], dict[str, Any]]


def executor_of(house: Any) -> Executor:
    """Return where an installation calculates: on its cluster, or on so many workers here."""
    given = house.settings
    return choose(house.engine, given.workers, given.dask_scheduler)
