"""Who sees which row: every table, every role, two areas, two sides, and nothing in between."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ltc.rules.access import REACH, Actor, Reach, Role
from ltc.rules.applications import ApplicationStatus
from ltc.rules.payouts.runs import RunStatus
from ltc.store.areas import District, Organisation
from ltc.store.assessments import (
    Application,
    Conclusion,
    Confirmation,
    Evaluation,
    ProposedCorrection,
)
from ltc.store.audit_log import AuditBlock, AuditEvent
from ltc.store.base import Base
from ltc.store.imports import FormToken, ImportFile
from ltc.store.insured import (
    Assistance,
    BankAccount,
    Enrolment,
    InsuredPerson,
    LifeEvent,
    PersonVersion,
)
from ltc.store.job_runs import JobRun
from ltc.store.payouts import (
    PayoutBridge,
    PayoutHold,
    PayoutLine,
    PayoutResult,
    PayoutRun,
    PayoutSum,
    RunChunk,
)
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.providers import Agreement, Carer, CarerVersion, Provider, ProviderVersion
from ltc.store.scope import RULES, NoScopeRule, visible
from ltc.store.statements import Statement
from ltc.store.users import User, UserSession
from ltc.store.visits import BedStay, Fee, Visit
from tests.support.world import AREA_WIDE, Side, build_world

EVERYBODY = {District, Organisation}
CASES = {InsuredPerson, PersonVersion, Enrolment, LifeEvent, Conclusion}
ASSESSING = {Application, Evaluation, Confirmation, ProposedCorrection}
CARE = {CarePlan, PlanItem, Visit, BedStay, Fee}
PROVIDING = {Provider, ProviderVersion, Agreement, Carer, CarerVersion}
MONEY = {PayoutResult, PayoutLine, Statement}
AGENCY_ONLY = {Assistance, BankAccount, PayoutHold, RunChunk, PayoutSum, PayoutBridge}
PEOPLE_OF_THE_HOUSE = {User, UserSession}
AUDIT = {AuditEvent, AuditBlock}

# What each role sees at its own place; the rest of the tables it does not see at all.
OF_AGENCY = (
    CASES | ASSESSING | CARE | PROVIDING | MONEY | AGENCY_ONLY | {PayoutRun, JobRun, ImportFile}
)
SEES = {
    Role.ASSESSOR: CASES | ASSESSING,
    Role.EXPERT: CASES | ASSESSING,
    Role.PROVIDER_MANAGER: CASES | CARE | PROVIDING | MONEY | {PayoutRun, ImportFile},
    Role.CARER: {Visit, Carer, CarerVersion, InsuredPerson},
    Role.ADMINISTRATOR: PEOPLE_OF_THE_HOUSE | AUDIT | {JobRun},
    Role.AUDITOR: OF_AGENCY | PEOPLE_OF_THE_HOUSE | AUDIT,
    Role.MACHINE: OF_AGENCY | PEOPLE_OF_THE_HOUSE | AUDIT,
}
# What they count or tell is the whole area's: nobody who is bound to a district sees it.
COUNTS_THE_WHOLE_AREA = {JobRun, RunChunk, PayoutSum, PayoutBridge} | AUDIT
# Rows of these are the same for both sides of an area, also for whoever is bound to a district.
OF_THE_WHOLE_AREA = (AREA_WIDE | EVERYBODY | PEOPLE_OF_THE_HOUSE) - COUNTS_THE_WHOLE_AREA


@pytest.fixture
def world(session, area):
    return build_world(session)


def sees(actor: Actor, table: type, own: Side, side: Side) -> bool:
    """The oracle: whether an actor of one side sees the row of another (or the same)."""
    if side.area_id != own.area_id:
        return False
    if table in EVERYBODY:
        return True
    if sees_own_only(actor, table):
        return owner_of(side, table) == actor.user_id
    if table not in SEES.get(actor.role, OF_AGENCY):
        return False
    is_wide = REACH[actor.role] in (Reach.AREA, Reach.NOTHING)
    if table in COUNTS_THE_WHOLE_AREA:
        return actor.district_id is None
    if table is PayoutRun:
        return True
    if is_wide and (actor.district_id is None or table in OF_THE_WHOLE_AREA):
        return True
    return side is own


def sees_own_only(actor: Actor, table: type) -> bool:
    """A file has people of any district: whoever is bound to one sees those they brought."""
    if table is ImportFile:
        return actor.district_id is not None
    wide = (Role.ADMINISTRATOR, Role.AUDITOR, Role.MACHINE)
    return table in PEOPLE_OF_THE_HOUSE and actor.role not in wide


def owner_of(side: Side, table: type) -> int | None:
    return side[ImportFile].uploaded_by_id if table is ImportFile else side[User].id


def actors_of(side: Side, role: Role) -> Iterator[Actor]:
    yield side.actor(role)
    if REACH[role] is Reach.AREA:
        yield side.actor(role, is_bound=True)


def key_of(row) -> tuple:
    return sa.inspect(row).identity


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_exactly_its_rows(session, world, role):
    own = world[0][0]
    for actor in actors_of(own, role):
        for table in RULES:
            found = {key_of(row) for row in session.scalars(visible(sa.select(table), actor))}
            for side in (side for sides in world for side in sides):
                expected = sees(actor, table, own, side)
                assert (key_of(side[table]) in found) is expected, (table, actor, side.area_id)


@pytest.mark.parametrize("role", Role)
def test_a_count_and_an_alias_are_narrowed_like_the_list(session, world, role):
    for actor in actors_of(world[0][0], role):
        for table in RULES:
            rows = len(session.scalars(visible(sa.select(table), actor)).all())
            for entity in (table, aliased(table)):
                count = sa.select(sa.func.count()).select_from(entity)
                assert session.scalar(visible(count, actor, entity)) == rows, (table, actor)


@pytest.mark.parametrize(
    "role", [role for role in Role if REACH[role] in (Reach.OWN, Reach.ORGANISATION)]
)
def test_an_actor_without_a_place_matches_no_empty_column(session, world, role):
    """NULL is not NULL: without organisation, carer or number nobody sees rows that lack them."""
    own = world[0][0]
    own[CarePlan].provider_id = own[PayoutLine].provider_id = own[Statement].provider_id = None
    own[ImportFile].organisation_id = own[Application].assessor_id = None
    own[Application].expert_id = None
    session.commit()
    nobody = Actor(None, "", role, area_id=1)
    for table in set(RULES) - EVERYBODY - {PayoutRun}:
        assert session.scalars(visible(sa.select(table), nobody)).all() == [], table


def test_every_table_of_an_area_has_a_rule():
    """A new table is shown to nobody until its rule is written here and in RULES."""
    named = {table.__tablename__ for table in RULES} | {FormToken.__tablename__, "areas"}
    unruled = set(Base.metadata.tables) - named
    # The machine's own books: running numbers, who schedules since when, by what names are found.
    assert unruled == {"number_series", "job_schedules", "schedulers", "name_parts"}


def test_a_join_is_narrowed_by_both_tables(session, world):
    officer = world[0][0].actor(Role.OFFICER, is_bound=True)
    query = sa.select(Visit, InsuredPerson).join(
        InsuredPerson,
        sa.and_(InsuredPerson.area_id == Visit.area_id, InsuredPerson.id == Visit.person_id),
    )
    assert len(session.execute(visible(query, officer)).all()) == 1


@pytest.mark.parametrize(
    "select",
    [
        sa.select(FormToken),
        sa.select(aliased(Visit)),
        sa.select(sa.select(Visit).subquery()),
        sa.select(sa.text("1")).select_from(sa.text("visits")),
    ],
)
def test_what_has_no_rule_is_not_shown(select):
    with pytest.raises(NoScopeRule):
        visible(select, Actor(1, "", Role.OFFICER, 1))


def test_a_plan_that_never_was_opens_no_person(session, world):
    (own, other), _ = world
    manager = own.actor(Role.PROVIDER_MANAGER)
    plan = other[CarePlan]
    mistaken = CarePlan(
        area_id=1, number="X", person_id=plan.person_id, provider_id=own.provider_id,
        mode="home_visit", starts_on=plan.starts_on, recorded_at=plan.recorded_at, withdrawn=True,
    )  # fmt: skip
    session.add(mistaken)
    session.commit()
    people = session.scalars(visible(sa.select(InsuredPerson.id), manager, InsuredPerson)).all()
    assert people == [own[InsuredPerson].id]


@pytest.mark.parametrize("status", [RunStatus.CALCULATED, RunStatus.CHECKED, RunStatus.REJECTED])
def test_a_provider_sees_no_amount_before_approval(session, world, status):
    own = world[0][0]
    own[PayoutRun].status = status
    session.commit()
    manager = own.actor(Role.PROVIDER_MANAGER)
    for table in (PayoutRun, PayoutResult, PayoutLine):
        assert session.scalars(visible(sa.select(table), manager)).all() == []


@pytest.mark.parametrize("status", ApplicationStatus)
def test_an_expert_sees_others_cases_once_they_are_evaluated(session, world, status):
    own, other = world[0]
    other[Application].status = status
    session.commit()
    found = session.scalars(visible(sa.select(Application), own.actor(Role.EXPERT))).all()
    is_open = status in (ApplicationStatus.SCORED, ApplicationStatus.CONCLUDED)
    assert (other[Application] in found) is is_open
