"""The way of an application from filing to the conclusion: moves, people, days.

Source: 医保发〔2023〕29号 (application, two assessors, two experts, publicity, conclusion).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ltc.rules.access import Role
from ltc.rules.errors import Conflict, Invalid, NotAllowed
from ltc.rules.months import add_months
from ltc.rules.policies import Policy
from ltc.rules.words import N_, Word
from ltc.rules.working_days import Deadline, WorkingDays

CONFIRMATIONS_NEEDED = 2
NOTE_LENGTH_MAX = 500


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    FILED = "filed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SCORED = "scored"
    CONCLUDED = "concluded"
    WITHDRAWN = "withdrawn"


class RefusalReason(StrEnum):
    """Why an application may be refused; the list is closed but for other words."""

    NOT_INSURED = "not_insured"
    CONDITIONS_NOT_MET = "conditions_not_met"
    OUTSIDE_SCOPE = "outside_scope"
    PAPERS = "papers"
    OTHER = "other"


S = ApplicationStatus
MOVES: dict[ApplicationStatus, frozenset[ApplicationStatus]] = {
    S.FILED: frozenset({S.ACCEPTED, S.REFUSED, S.WITHDRAWN}),
    S.ACCEPTED: frozenset({S.SCORED, S.WITHDRAWN}),
    S.SCORED: frozenset({S.ACCEPTED, S.CONCLUDED, S.WITHDRAWN}),
    S.REFUSED: frozenset(),
    S.CONCLUDED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
OPEN = frozenset(status for status, wanted in MOVES.items() if wanted)

STATUS_NAMES = {
    S.FILED: N_("Filed"),
    S.ACCEPTED: N_("Accepted"),
    S.REFUSED: N_("Refused"),
    S.SCORED: N_("Evaluated"),
    S.CONCLUDED: N_("Concluded"),
    S.WITHDRAWN: N_("Withdrawn"),
}
REFUSAL_NAMES = {
    RefusalReason.NOT_INSURED: N_("Not insured"),
    RefusalReason.CONDITIONS_NOT_MET: N_("The conditions of the benefit are not met"),
    RefusalReason.OUTSIDE_SCOPE: N_("The cost is outside of what the fund covers"),
    RefusalReason.PAPERS: N_("Papers are incomplete or false"),
    RefusalReason.OTHER: N_("Another reason, in words"),
}
# Where the reason alone does not say enough: what is missing is told once, and all of it.
REASONS_WITH_WORDS = frozenset({RefusalReason.PAPERS, RefusalReason.OTHER})


class MoveNotAllowed(Conflict):
    """The application stands at “{status}”; “{wanted}” is not possible from there."""


class NotEnrolled(Conflict):
    """The person is not insured on {day}: no enrolment is in force. Record the enrolment first."""


class PersonDied(Conflict):
    """The person died on {died_on}. Nobody can apply for them any more."""


class ApplicationOpen(Conflict):
    """The person already has an open application, {number}. Finish or withdraw that one first."""


class FiledAhead(Invalid):
    """An application cannot be filed on a day that lies ahead."""


class ReasonNotGiven(Invalid):
    """Say in words why: the applicant is told once, and all of it."""


class NotAnAssessor(Invalid):
    """Choose an active assessor of the area."""


class NotAnExpert(Invalid):
    """Choose an active expert of the area. One of the two who evaluate must be an expert."""


class NotIndependent(Invalid):
    """{name} belongs to {organisation}: who provides care or handles the insurance does not assess."""


class TwoAssessorsNeeded(Conflict):
    """An evaluation needs two people on site, one of them an expert. Assign both first."""


class NotOnSite(NotAllowed):
    """Only the assessor and the expert who were assigned record this evaluation."""


class AssessorCannotConfirm(NotAllowed):
    """Who evaluated as the assessor cannot confirm the conclusion."""


class ProposedByYourself(Conflict):
    """You have proposed this correction; it holds once another expert confirms it."""


class AlreadyConfirmed(Conflict):
    """You have confirmed this evaluation already; the second confirmation is another expert's."""


def check_move(status: ApplicationStatus, wanted: ApplicationStatus) -> None:
    """Raise MoveNotAllowed unless the table of moves has this one."""
    if wanted not in MOVES[status]:
        raise MoveNotAllowed(status=status, wanted=wanted)


def check_may_assign(status: ApplicationStatus) -> None:
    """Raise MoveNotAllowed unless assessor and expert are chosen, or others, at this status."""
    if status is not S.ACCEPTED:
        raise MoveNotAllowed(status=status, wanted=Word(N_("Assigned")))


# --- filing and deciding --------------------------------------------------------------------------


def check_may_apply(filed_on: date, today: date, is_enrolled: bool, died_on: date | None) -> None:
    """Raise FiledAhead, PersonDied or NotEnrolled where nobody can apply for the person."""
    if filed_on > today:
        raise FiledAhead(field="filed_on")
    if died_on is not None:
        raise PersonDied(died_on=died_on)
    if not is_enrolled:
        raise NotEnrolled(field="filed_on", day=filed_on)


def clean_refusal(reason: RefusalReason, note: str) -> str:
    """Return the words of a refusal; raises ReasonNotGiven where the reason needs some."""
    return clean_note(note) if reason in REASONS_WITH_WORDS else note.strip()[:NOTE_LENGTH_MAX]


def clean_note(note: str, field: str = "note") -> str:
    """Return words that must be given; raises ReasonNotGiven."""
    note = note.strip()[:NOTE_LENGTH_MAX]
    if not note:
        raise ReasonNotGiven(field=field)
    return note


def build_application_number(year: int, number: int) -> str:
    """Return the number of an application, such as AP-2019-000123."""
    return f"AP-{year}-{number:06d}"


# --- people ---------------------------------------------------------------------------------------


def check_on_site(user_id: int | None, assessor_id: int | None, expert_id: int | None) -> None:
    """Raise unless two people are assigned and the user is one of them; the machine may always."""
    if assessor_id is None or expert_id is None:
        raise TwoAssessorsNeeded
    if user_id is not None and user_id not in (assessor_id, expert_id):
        raise NotOnSite


def check_may_confirm(user_id: int, assessor_id: int | None, confirmed_by: Collection[int]) -> None:
    """Raise where the two confirmations would not be two experts', or not independent ones."""
    if user_id == assessor_id:
        raise AssessorCannotConfirm
    if user_id in confirmed_by:
        raise AlreadyConfirmed


def check_may_second(user_id: int, assessor_id: int | None, proposed_by: int) -> None:
    """Raise unless a correction that one expert proposed is confirmed by another."""
    if user_id == assessor_id:
        raise AssessorCannotConfirm
    if user_id == proposed_by:
        raise ProposedByYourself


# --- who acts next, and until when ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextStep:
    """Who must act, what to do (both to be translated) and until when, where a day is set."""

    who: str
    what: str
    by: Deadline | None
    role: Role


@dataclass(frozen=True, slots=True)
class Situation:
    """What the next step depends on."""

    status: ApplicationStatus
    filed_on: date
    decided_on: date | None
    is_assigned: bool
    confirmations: int


def calculate_due(
    policy: Policy, working_days: WorkingDays, situation: Situation
) -> Deadline | None:
    """Return the last day of the step that comes next; None where the way has ended.

    An application is decided some working days after it was filed, and its conclusion delivered
    some working days after it was accepted. Raises ValueUnknown.
    """
    if situation.status not in OPEN:
        return None
    if situation.decided_on is None:
        days = policy.settings["acceptance_working_days"].get()
        return working_days.add_working_days(situation.filed_on, days)
    days = policy.settings["delivery_working_days"].get()
    return working_days.add_working_days(situation.decided_on, days)


def find_reassessment_day(policy: Policy, concluded_on: date) -> date | None:
    """Return from when on a state that has changed may be assessed again; None where none is set.

    Raises ValueUnknown.
    """
    months = policy.settings.get("reassessment_months")
    return add_months(concluded_on, months.get()) if months else None


def build_next_step(situation: Situation, by: Deadline | None) -> NextStep | None:
    """Return who acts next; None where the way has ended."""
    if situation.status not in OPEN:
        return None
    who, what, role = _act_on(situation)
    return NextStep(who, what, by, role)


def _act_on(situation: Situation) -> tuple[str, str, Role]:
    if situation.status is S.FILED:
        return N_("Agency officer"), N_("accepts or refuses"), Role.OFFICER
    if situation.status is S.SCORED:
        missing = CONFIRMATIONS_NEEDED - situation.confirmations
        what = N_("confirm the conclusion") if missing > 1 else N_("one more confirms")
        return N_("Experts"), what, Role.EXPERT
    if situation.is_assigned:
        return N_("Assessor and expert"), N_("evaluate in the home"), Role.ASSESSOR
    return N_("Agency officer"), N_("assigns assessor and expert"), Role.OFFICER
