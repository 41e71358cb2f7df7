"""Who may do what: the one permission table.

A user has one role at one organisation. The role opens the door (``@requires``); which records a
user sees behind it is decided by ``store.scope.visible``, from the reach of the role.
"""

from dataclasses import dataclass
from enum import StrEnum

from ltc.rules.errors import NotAllowed
from ltc.rules.words import N_


class Role(StrEnum):
    """What a person (or the machine) is here."""

    OFFICER = "officer"
    ASSESSOR = "assessor"
    EXPERT = "expert"
    PROVIDER_MANAGER = "provider_manager"
    CARER = "carer"
    FINANCE_PREPARER = "finance_preparer"
    FINANCE_CHECKER = "finance_checker"
    FINANCE_APPROVER = "finance_approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    MACHINE = "machine"


class Reach(StrEnum):
    """How far a role sees: the whole area, its own organisation, or its own cases."""

    AREA = "area"
    ORGANISATION = "organisation"
    OWN = "own"
    NOTHING = "nothing"


class Permission(StrEnum):
    """One right at one kind of door."""

    SEE_PEOPLE = "see_people"
    CHANGE_PEOPLE = "change_people"
    UNMASK = "unmask"
    SEE_ASSESSMENTS = "see_assessments"
    FILE_APPLICATION = "file_application"
    ACCEPT_APPLICATION = "accept_application"
    RECORD_SCORES = "record_scores"
    CONFIRM_CONCLUSION = "confirm_conclusion"
    SEE_PROVIDERS = "see_providers"
    CHANGE_PROVIDERS = "change_providers"
    CHANGE_CARERS = "change_carers"
    SEE_PLANS = "see_plans"
    CHANGE_PLANS = "change_plans"
    SEE_VISITS = "see_visits"
    LOG_VISITS = "log_visits"
    REFUSE_VISITS = "refuse_visits"
    SEE_STAYS = "see_stays"
    CHANGE_STAYS = "change_stays"
    IMPORT = "import"
    SEE_PAYOUTS = "see_payouts"
    CALCULATE_PAYOUTS = "calculate_payouts"
    CHECK_PAYOUTS = "check_payouts"
    APPROVE_PAYOUTS = "approve_payouts"
    SEE_STATEMENTS = "see_statements"
    ISSUE_STATEMENTS = "issue_statements"
    SEE_LAW = "see_law"
    SEE_AUDIT = "see_audit"
    VERIFY_AUDIT = "verify_audit"
    MANAGE_USERS = "manage_users"
    SEE_JOBS = "see_jobs"
    RUN_JOBS = "run_jobs"


P = Permission
_SEE_CASES = {P.SEE_PEOPLE, P.SEE_ASSESSMENTS, P.SEE_PROVIDERS, P.SEE_PLANS, P.SEE_VISITS,
              P.SEE_STAYS}  # fmt: skip
_SEE_MONEY = {P.SEE_PAYOUTS, P.SEE_STATEMENTS}
_SEE_ALL = _SEE_CASES | _SEE_MONEY | {P.SEE_LAW}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(
        _SEE_ALL
        | {
            P.CHANGE_PEOPLE,
            P.UNMASK,
            P.FILE_APPLICATION,
            P.ACCEPT_APPLICATION,
            P.CHANGE_PROVIDERS,
            P.CHANGE_CARERS,
            P.CHANGE_PLANS,
            P.LOG_VISITS,
            P.REFUSE_VISITS,
            P.CHANGE_STAYS,
            P.IMPORT,
        }
    ),
    Role.ASSESSOR: frozenset({P.SEE_ASSESSMENTS, P.RECORD_SCORES, P.SEE_LAW}),
    Role.EXPERT: frozenset({P.SEE_ASSESSMENTS, P.RECORD_SCORES, P.CONFIRM_CONCLUSION, P.SEE_LAW}),
    Role.PROVIDER_MANAGER: frozenset(
        _SEE_CASES - {P.SEE_ASSESSMENTS}
        | {
            P.CHANGE_CARERS,
            P.LOG_VISITS,
            P.CHANGE_STAYS,
            P.IMPORT,
            P.SEE_STATEMENTS,
            P.SEE_PAYOUTS,
            P.SEE_LAW,
        }
    ),
    Role.CARER: frozenset({P.SEE_VISITS, P.LOG_VISITS}),
    Role.FINANCE_PREPARER: frozenset(_SEE_ALL | {P.CALCULATE_PAYOUTS}),
    Role.FINANCE_CHECKER: frozenset(_SEE_ALL | {P.CHECK_PAYOUTS}),
    Role.FINANCE_APPROVER: frozenset(_SEE_ALL | {P.APPROVE_PAYOUTS, P.ISSUE_STATEMENTS}),
    Role.AUDITOR: frozenset(_SEE_ALL | {P.UNMASK, P.SEE_AUDIT, P.VERIFY_AUDIT, P.SEE_JOBS}),
    Role.ADMINISTRATOR: frozenset(
        {P.MANAGE_USERS, P.SEE_LAW, P.SEE_JOBS, P.RUN_JOBS, P.VERIFY_AUDIT}
    ),
    Role.MACHINE: frozenset(Permission),
}

REACH: dict[Role, Reach] = {
    Role.OFFICER: Reach.AREA,
    Role.ASSESSOR: Reach.OWN,
    Role.EXPERT: Reach.OWN,
    Role.PROVIDER_MANAGER: Reach.ORGANISATION,
    Role.CARER: Reach.OWN,
    Role.FINANCE_PREPARER: Reach.AREA,
    Role.FINANCE_CHECKER: Reach.AREA,
    Role.FINANCE_APPROVER: Reach.AREA,
    Role.AUDITOR: Reach.AREA,
    Role.ADMINISTRATOR: Reach.NOTHING,
    Role.MACHINE: Reach.AREA,
}


ROLE_NAMES: dict[Role, str] = {
    Role.OFFICER: N_("Agency officer"),
    Role.ASSESSOR: N_("Assessor"),
    Role.EXPERT: N_("Expert"),
    Role.PROVIDER_MANAGER: N_("Provider manager"),
    Role.CARER: N_("Carer"),
    Role.FINANCE_PREPARER: N_("Finance, preparing"),
    Role.FINANCE_CHECKER: N_("Finance, checking"),
    Role.FINANCE_APPROVER: N_("Finance, approving"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.MACHINE: N_("The machine"),
}
ROLE_TASKS: dict[Role, str] = {
    Role.OFFICER: N_(
        "Registers people and providers, accepts applications, keeps plans and facts."
    ),
    Role.ASSESSOR: N_("Evaluates the people assigned to them, in their homes."),
    Role.EXPERT: N_("Reviews evaluations and confirms conclusions."),
    Role.PROVIDER_MANAGER: N_("Keeps carers, visits and stays of their own provider."),
    Role.CARER: N_("Sees and logs their own visits."),
    Role.FINANCE_PREPARER: N_("Calculates a month's payout run."),
    Role.FINANCE_CHECKER: N_("Checks a calculated run."),
    Role.FINANCE_APPROVER: N_("Approves a checked run and issues statements."),
    Role.AUDITOR: N_("Sees everything, changes nothing, and verifies the audit chain."),
    Role.ADMINISTRATOR: N_("Manages users; sees no cases and no amounts."),
    Role.MACHINE: N_("Runs jobs and commands of the installation."),
}
PERMISSION_NAMES: dict[Permission, str] = {
    P.SEE_PEOPLE: N_("See insured persons"),
    P.CHANGE_PEOPLE: N_("Register and correct insured persons"),
    P.UNMASK: N_("Show a masked number, with a reason"),
    P.SEE_ASSESSMENTS: N_("See applications and evaluations"),
    P.FILE_APPLICATION: N_("File an application"),
    P.ACCEPT_APPLICATION: N_("Accept or refuse an application"),
    P.RECORD_SCORES: N_("Record an evaluation"),
    P.CONFIRM_CONCLUSION: N_("Confirm a conclusion"),
    P.SEE_PROVIDERS: N_("See providers and carers"),
    P.CHANGE_PROVIDERS: N_("Register and correct providers"),
    P.CHANGE_CARERS: N_("Register and correct carers"),
    P.SEE_PLANS: N_("See care plans"),
    P.CHANGE_PLANS: N_("Draw up and correct care plans"),
    P.SEE_VISITS: N_("See visits"),
    P.LOG_VISITS: N_("Log and correct visits"),
    P.REFUSE_VISITS: N_("Refuse visits at the check"),
    P.SEE_STAYS: N_("See stays and fees"),
    P.CHANGE_STAYS: N_("Record and correct stays and fees"),
    P.IMPORT: N_("Import files"),
    P.SEE_PAYOUTS: N_("See payout runs and lines"),
    P.CALCULATE_PAYOUTS: N_("Calculate a payout run"),
    P.CHECK_PAYOUTS: N_("Check a payout run"),
    P.APPROVE_PAYOUTS: N_("Approve a payout run"),
    P.SEE_STATEMENTS: N_("See statements"),
    P.ISSUE_STATEMENTS: N_("Issue statements"),
    P.SEE_LAW: N_("See the law in force"),
    P.SEE_AUDIT: N_("See the audit log"),
    P.VERIFY_AUDIT: N_("Verify the audit chain"),
    P.MANAGE_USERS: N_("Manage users"),
    P.SEE_JOBS: N_("See jobs"),
    P.RUN_JOBS: N_("Run and stop jobs"),
}
REACH_NAMES: dict[Reach, str] = {
    Reach.AREA: N_("The whole area, or the district they are bound to"),
    Reach.ORGANISATION: N_("Their own organisation"),
    Reach.OWN: N_("Their own cases"),
    Reach.NOTHING: N_("No cases"),
}


# A month's run is one thing of the whole area, and so is the chain of the audit log, whose events
# are of no district: who is bound to one takes no step of a run, and sees no event.
OF_WHOLE_AREA = frozenset({
    P.CALCULATE_PAYOUTS, P.CHECK_PAYOUTS, P.APPROVE_PAYOUTS, P.ISSUE_STATEMENTS, P.SEE_AUDIT,
    P.VERIFY_AUDIT,
})  # fmt: skip
ROLES_OF_WHOLE_AREA = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


class BoundToDistrict(NotAllowed):
    """This is of the whole area, and you are bound to a district of it."""


class RoleLacksPermission(NotAllowed):
    """Your role does not include this."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the person, what they are, and where; ``user_id`` None is the machine."""

    user_id: int | None
    name: str
    role: Role
    area_id: int
    organisation_id: int | None = None
    district_id: int | None = None
    carer_id: int | None = None
    door: str = "page"

    def may(self, permission: Permission) -> bool:
        """Whether the role includes the permission, and the place allows it."""
        is_bound = self.district_id is not None and permission in OF_WHOLE_AREA
        return permission in PERMISSIONS[self.role] and not is_bound

    @property
    def reach(self) -> Reach:
        """How far the role sees."""
        return REACH[self.role]


def build_machine(area_id: int, door: str) -> Actor:
    """Return the machine as an actor of an area: work that nobody asked for, or the shell's."""
    return Actor(None, "machine", Role.MACHINE, area_id, door=door)


def check_may(actor: Actor, permission: Permission) -> None:
    """Raise RoleLacksPermission, or BoundToDistrict where only the actor's place forbids it."""
    if permission not in PERMISSIONS[actor.role]:
        raise RoleLacksPermission()
    if not actor.may(permission):
        raise BoundToDistrict()
