"""The way of a payout run, as one table of allowed moves: calculate, check, approve, issue."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from ltc.rules.errors import Conflict
from ltc.rules.months import Month
from ltc.rules.words import N_, Word


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


# Raised whenever the rules of settlement, or of the bridge from month to month, answer differently
# on the same facts and law: a month is then no longer unchanged, and a stored bridge not compared.
EDITION = "5"

S = RunStatus
MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    S.CALCULATING: frozenset({S.CALCULATED, S.REJECTED}),
    S.CALCULATED: frozenset({S.CHECKED, S.REJECTED}),
    S.CHECKED: frozenset({S.APPROVED, S.REJECTED}),
    S.APPROVED: frozenset(),
    S.REJECTED: frozenset(),
}
STANDING = (S.CALCULATED, S.CHECKED, S.APPROVED)  # with a result that nobody has set aside

STATUS_NAMES = {
    S.CALCULATING: N_("Being calculated"),
    S.CALCULATED: N_("Calculated"),
    S.CHECKED: N_("Checked"),
    S.APPROVED: N_("Approved"),
    S.REJECTED: N_("Sent back"),
}
RUN_KIND_NAMES = {RunKind.REGULAR: N_("Regular"), RunKind.CORRECTION: N_("Correction")}


class RunMoveNotAllowed(Conflict):
    """The run stands at “{status}”; “{wanted}” is not possible from there."""


def check_move(status: RunStatus, wanted: RunStatus) -> None:
    """Raise RunMoveNotAllowed unless the table of moves has this one."""
    if wanted not in MOVES[status]:
        raise RunMoveNotAllowed(status=status, wanted=wanted)


class SamePerson(Conflict):
    """You have {done} this run yourself; another person has to take this step."""


class DigestDiffers(Conflict):
    """The run is no longer what you saw ({seen}…); its digest is {digest}…. Look at it again."""


class MonthNotOver(Conflict):
    """This run knows {month} only up to {known_on}. Calculate the month again when it is over."""


def is_month_over(month: Month, known_on: date) -> bool:
    """Whether a run that knows the facts of a day knows its month to the end."""
    return known_on >= month.ends_before


def check_month_over(month: Month, known_on: date) -> None:
    """Raise MonthNotOver where a run knows only a part of its month.

    A month's benefit is paid in the month that follows (经办规程 2024: 申报、初审、复核、拨付).
    """
    if not is_month_over(month, known_on):
        raise MonthNotOver(month=month, known_on=known_on)


def check_other_person(user_id: int | None, *, prepared_by: Collection[int],
                       checked_by: int | None = None) -> None:  # fmt: skip
    """Raise SamePerson where somebody would take two of the three separate steps.

    Declared, checked and approved by different people (医保经办“申报、初审、复核”分离). Whoever carried
    on an interrupted run has prepared it, too. The machine (None) prepares, but a person checks and
    approves.
    """
    if user_id in prepared_by:
        raise SamePerson(done=Word(N_("calculated")))
    if user_id is not None and user_id == checked_by:
        raise SamePerson(done=Word(N_("checked")))


def check_digest(digest: str | None, seen: str) -> None:
    """Raise DigestDiffers unless the digest is the one that was shown."""
    if digest is None or digest != seen:
        raise DigestDiffers(field="digest", seen=seen[:12], digest=(digest or "–")[:12])
