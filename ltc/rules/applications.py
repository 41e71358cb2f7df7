"""The way of an application from filing to the conclusion, as one table of allowed moves.

Source: 医保发〔2023〕29号 (application, two assessors, two experts, publicity, conclusion).
"""

from enum import StrEnum

from ltc.rules.errors import Conflict
from ltc.rules.words import N_


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    FILED = "filed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SCORED = "scored"
    CONCLUDED = "concluded"
    WITHDRAWN = "withdrawn"


S = ApplicationStatus
MOVES: dict[ApplicationStatus, frozenset[ApplicationStatus]] = {
    S.FILED: frozenset({S.ACCEPTED, S.REFUSED, S.WITHDRAWN}),
    S.ACCEPTED: frozenset({S.SCORED, S.WITHDRAWN}),
    S.SCORED: frozenset({S.ACCEPTED, S.CONCLUDED, S.WITHDRAWN}),
    S.REFUSED: frozenset(),
    S.CONCLUDED: frozenset(),
    S.WITHDRAWN: frozenset(),
}

STATUS_NAMES = {
    S.FILED: N_("Filed"),
    S.ACCEPTED: N_("Accepted"),
    S.REFUSED: N_("Refused"),
    S.SCORED: N_("Evaluated"),
    S.CONCLUDED: N_("Concluded"),
    S.WITHDRAWN: N_("Withdrawn"),
}


class MoveNotAllowed(Conflict):
    """The application is {status}; it cannot become {wanted} from there."""


def check_move(status: ApplicationStatus, wanted: ApplicationStatus) -> None:
    """Raise MoveNotAllowed unless the table of moves has this one."""
    if wanted not in MOVES[status]:
        raise MoveNotAllowed(status=status.value, wanted=wanted.value)
