"""The way of a payout run, as one table of allowed moves: calculate, check, approve, issue."""

from enum import StrEnum

from ltc.rules.errors import Conflict
from ltc.rules.words import N_


class RunKind(StrEnum):
    """Why a run is made."""

    REGULAR = "regular"
    CORRECTION = "correction"


class RunStatus(StrEnum):
    """Where a run stands."""

    CALCULATING = "calculating"
    CALCULATED = "calculated"
    CHECKED = "checked"
    APPROVED = "approved"
    REJECTED = "rejected"


S = RunStatus
MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    S.CALCULATING: frozenset({S.CALCULATED}),
    S.CALCULATED: frozenset({S.CHECKED, S.REJECTED}),
    S.CHECKED: frozenset({S.APPROVED, S.REJECTED}),
    S.APPROVED: frozenset(),
    S.REJECTED: frozenset(),
}

STATUS_NAMES = {
    S.CALCULATING: N_("Being calculated"),
    S.CALCULATED: N_("Calculated"),
    S.CHECKED: N_("Checked"),
    S.APPROVED: N_("Approved"),
    S.REJECTED: N_("Sent back"),
}
RUN_KIND_NAMES = {RunKind.REGULAR: N_("Regular"), RunKind.CORRECTION: N_("Correction")}


class RunMoveNotAllowed(Conflict):
    """The run is {status}; it cannot become {wanted} from there."""


def check_move(status: RunStatus, wanted: RunStatus) -> None:
    """Raise RunMoveNotAllowed unless the table of moves has this one."""
    if wanted not in MOVES[status]:
        raise RunMoveNotAllowed(status=status.value, wanted=wanted.value)
