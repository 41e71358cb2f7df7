"""The record lock: which rows an actor sees. Every list, count, export, API and job goes through it.

``visible(select, actor)`` narrows a select to the actor's area, district, organisation or own
cases, by the tables in its FROM. A table without a rule here cannot be shown at all.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import sqlalchemy as sa

from ltc.rules.access import Actor, Reach, Role
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
from ltc.store.base import known_at
from ltc.store.imports import ImportFile
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
from ltc.store.statements import Statement
from ltc.store.users import User, UserSession
from ltc.store.visits import BedStay, Fee, Visit

S = TypeVar("S", bound=sa.Select[*tuple[Any, ...]])
# A ColumnElement[bool]; untyped, because a class and its aliases are both asked for columns.
Condition: TypeAlias = Any
Rule = Callable[[Any, Actor], Condition]
NOTHING = sa.false()


class NoScopeRule(Exception):
    """A table has no rule of who sees its rows; write one before showing it."""


def visible(select: S, actor: Actor, *entities: Any) -> S:
    """Narrow a select to the rows that the actor may see.

    Without ``entities`` every table in the FROM is narrowed. Name the one that decides (the class,
    or its alias) where others are only joined for a name beside it, or are joined from outside.
    """
    for entity in entities or _entities(select):
        select = select.where(condition_for(entity, actor))
    return select


def condition_for(entity: Any, actor: Actor) -> Condition:
    """Return who-sees-it for one mapped class (or an alias of it)."""
    table = sa.inspect(entity).mapper.class_
    rule = RULES.get(table)
    if rule is None:
        raise NoScopeRule(table.__name__)
    return sa.and_(entity.area_id == actor.area_id, rule(entity, actor))


def _entities(select: sa.Select[*tuple[Any, ...]]) -> list[Any]:
    """The mapped classes of all tables in the FROM; anything else must be named by the caller."""
    found: list[Any] = []
    waiting: list[Any] = list(select.get_final_froms())
    while waiting:
        source = waiting.pop()
        if isinstance(source, sa.Join):
            waiting += [source.left, source.right]
        elif source in CLASSES:
            found.append(CLASSES[source])
        else:
            raise NoScopeRule(str(source))
    return found


def _is(column: Any, value: int | None) -> Condition:
    """Rows with a value; nothing where the actor has none: NULL must not match NULL."""
    return NOTHING if value is None else column == value


def _by_district(column: Any, actor: Actor) -> Condition:
    """All rows of the area, or of the officer's district where they are bound to one."""
    return sa.true() if actor.district_id is None else column == actor.district_id


def _persons_of_provider(actor: Actor) -> sa.Select[Any]:
    """Ids of the people that have or had a plan with the actor's organisation.

    A plan that was withdrawn or corrected to another provider never was: it opens nothing.
    """
    return sa.select(CarePlan.person_id).where(
        CarePlan.area_id == actor.area_id,
        _is(CarePlan.provider_id, actor.organisation_id),
        known_at(CarePlan, None),
    )


def _persons_of_district(actor: Actor) -> sa.Select[Any]:
    return sa.select(InsuredPerson.id).where(
        InsuredPerson.area_id == actor.area_id, InsuredPerson.district_id == actor.district_id
    )


def _persons_of_own_cases(actor: Actor) -> sa.Select[Any]:
    """Ids of the people whose application the assessor or expert works on."""
    return sa.select(Application.person_id).where(
        Application.area_id == actor.area_id, _own_application(Application, actor)
    )


def _own_application(entity: Any, actor: Actor) -> Condition:
    if actor.role is Role.EXPERT:
        is_open = entity.status.in_((ApplicationStatus.SCORED, ApplicationStatus.CONCLUDED))
        return sa.or_(_is(entity.expert_id, actor.user_id), is_open)
    return _is(entity.assessor_id, actor.user_id)


def _person(entity: Any, actor: Actor) -> Condition:
    """People; for a carer those of their employer, to log a visit, and nothing else about them."""
    if actor.role is Role.CARER:
        return entity.id.in_(_persons_of_provider(actor))
    return _about_person(entity.id, actor, district=entity.district_id)


def _of_person(entity: Any, actor: Actor) -> Condition:
    return _about_person(entity.person_id, actor)


def _about_person(person_id: Any, actor: Actor, district: Any = None) -> Condition:
    """Rows about a person, by the reach of the role."""
    if actor.reach is Reach.AREA:
        if actor.district_id is None:
            return sa.true()
        if district is not None:
            return district == actor.district_id
        return person_id.in_(_persons_of_district(actor))
    if actor.reach is Reach.ORGANISATION:
        return person_id.in_(_persons_of_provider(actor))
    if actor.role in (Role.ASSESSOR, Role.EXPERT):
        return person_id.in_(_persons_of_own_cases(actor))
    return NOTHING


def _application(entity: Any, actor: Actor) -> Condition:
    if actor.reach is Reach.AREA:
        return _about_person(entity.person_id, actor)
    if actor.role in (Role.ASSESSOR, Role.EXPERT):
        return _own_application(entity, actor)
    return NOTHING


def _of_application(entity: Any, actor: Actor) -> Condition:
    if _is_of_whole_area(actor):
        return sa.true()
    case = sa.orm.aliased(Application)
    return sa.exists().where(
        case.area_id == entity.area_id, case.id == entity.application_id, _application(case, actor)
    )


def _of_conclusion(entity: Any, actor: Actor) -> Condition:
    """What is proposed about a conclusion: for the agency and those who assess."""
    if actor.reach is not Reach.AREA and actor.role not in (Role.ASSESSOR, Role.EXPERT):
        return NOTHING
    row = sa.orm.aliased(Conclusion)
    return sa.exists().where(
        row.area_id == entity.area_id, row.id == entity.conclusion_id, _of_person(row, actor)
    )


def _provider(entity: Any, actor: Actor) -> Condition:
    if actor.reach is Reach.AREA:
        return _by_district(entity.district_id, actor)
    if actor.reach is Reach.ORGANISATION:
        return _is(entity.id, actor.organisation_id)
    return NOTHING


def _of_provider(entity: Any, actor: Actor) -> Condition:
    if actor.reach is Reach.AREA:
        if actor.district_id is None:
            return sa.true()
        return entity.provider_id.in_(
            sa.select(Provider.id).where(
                Provider.area_id == actor.area_id, Provider.district_id == actor.district_id
            )
        )
    if actor.reach is Reach.ORGANISATION:
        return _is(entity.provider_id, actor.organisation_id)
    if actor.role is Role.CARER and entity_has(entity, "carer_id"):
        return _is(entity.carer_id, actor.carer_id)
    return NOTHING


def _carer(entity: Any, actor: Actor) -> Condition:
    if actor.role is Role.CARER:
        return _is(entity.id, actor.carer_id)
    return _of_provider(entity, actor)


def _version_of(table: Any, rule: Rule) -> Rule:
    """Return the rule of earlier versions: whoever sees the record now sees what was believed."""

    def of_record(entity: Any, actor: Actor) -> Condition:
        mine = sa.select(table.id).where(table.area_id == actor.area_id, rule(table, actor))
        return entity.record_id.in_(mine)

    return of_record


def _person_version(entity: Any, actor: Actor) -> Condition:
    """Earlier versions of people; a carer needs the newest only."""
    return _about_person(entity.record_id, actor)


def entity_has(entity: Any, column: str) -> bool:
    """Whether a mapped class has a column of this name."""
    return column in sa.inspect(entity).mapper.columns


def _care(entity: Any, actor: Actor) -> Condition:
    """Care given: by the person's district at the agency, by provider or carer outside of it."""
    if actor.reach is Reach.AREA:
        return _about_person(entity.person_id, actor)
    return _of_provider(entity, actor)


def _plan_item(entity: Any, actor: Actor) -> Condition:
    plans = sa.select(CarePlan.id).where(CarePlan.area_id == actor.area_id, _care(CarePlan, actor))
    return entity.plan_id.in_(plans)


def _money(entity: Any, actor: Actor) -> Condition:
    """Results of a run: the agency's district, or a provider's own lines of approved runs."""
    if actor.reach is Reach.AREA:
        return _by_district(entity.district_id, actor)
    if actor.reach is Reach.ORGANISATION:
        approved = sa.select(PayoutRun.id).where(
            PayoutRun.area_id == actor.area_id, PayoutRun.status == RunStatus.APPROVED
        )
        own = _is(entity.provider_id, actor.organisation_id)
        return sa.and_(own, entity.run_id.in_(approved))
    return NOTHING


def _run(entity: Any, actor: Actor) -> Condition:
    if actor.reach is Reach.AREA:
        return sa.true()
    if actor.reach is Reach.ORGANISATION:
        return entity.status == RunStatus.APPROVED
    return NOTHING


def _agency_of_person(entity: Any, actor: Actor) -> Condition:
    return _about_person(entity.person_id, actor) if actor.reach is Reach.AREA else NOTHING


def _statement(entity: Any, actor: Actor) -> Condition:
    if actor.reach is Reach.AREA:
        return _by_district(entity.district_id, actor)
    if actor.reach is Reach.ORGANISATION:
        return _is(entity.provider_id, actor.organisation_id)
    return NOTHING


def _is_of_whole_area(actor: Actor) -> bool:
    return actor.reach is Reach.AREA and actor.district_id is None


def _whole_area(_entity: Any, actor: Actor) -> Condition:
    """Rows that count the whole area: nothing for whoever is bound to a district of it."""
    return sa.true() if _is_of_whole_area(actor) else NOTHING


def _anyone(_entity: Any, _actor: Actor) -> Condition:
    return sa.true()


def _administered(entity: Any, actor: Actor) -> Condition:
    if actor.role in (Role.ADMINISTRATOR, Role.MACHINE, Role.AUDITOR):
        return sa.true()
    key = "id" if sa.inspect(entity).mapper.class_ is User else "user_id"
    return _is(getattr(entity, key), actor.user_id)


def _audited(_entity: Any, actor: Actor) -> Condition:
    """Events and their chain, of the whole area: nobody can tell of which district an event is."""
    allowed = actor.role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.MACHINE)
    return sa.true() if allowed and actor.district_id is None else NOTHING


def _import(entity: Any, actor: Actor) -> Condition:
    """Files with people of any district: whoever is bound to one sees those they brought."""
    if _is_of_whole_area(actor):
        return sa.true()
    if actor.reach is Reach.AREA:
        return _is(entity.uploaded_by_id, actor.user_id)
    if actor.reach is Reach.ORGANISATION:
        return _is(entity.organisation_id, actor.organisation_id)
    return NOTHING


def _job(_entity: Any, actor: Actor) -> Condition:
    """Jobs, whose progress and result count the whole area."""
    allowed = _is_of_whole_area(actor) or actor.role is Role.ADMINISTRATOR
    return sa.true() if allowed else NOTHING


RULES: dict[type[Any], Rule] = {
    District: _anyone,
    Organisation: _anyone,
    InsuredPerson: _person,
    PersonVersion: _person_version,
    Enrolment: _of_person,
    Assistance: _agency_of_person,
    LifeEvent: _of_person,
    BankAccount: _agency_of_person,
    Application: _application,
    Evaluation: _of_application,
    Confirmation: _of_application,
    Conclusion: _of_person,
    ProposedCorrection: _of_conclusion,
    Provider: _provider,
    ProviderVersion: _version_of(Provider, _provider),
    Agreement: _of_provider,
    Carer: _carer,
    CarerVersion: _version_of(Carer, _carer),
    CarePlan: _care,
    PlanItem: _plan_item,
    Visit: _care,
    BedStay: _care,
    Fee: _care,
    PayoutRun: _run,
    RunChunk: _whole_area,
    PayoutResult: _money,
    PayoutLine: _money,
    PayoutHold: _agency_of_person,
    PayoutSum: _whole_area,
    PayoutBridge: _whole_area,
    Statement: _statement,
    User: _administered,
    UserSession: _administered,
    AuditEvent: _audited,
    AuditBlock: _audited,
    ImportFile: _import,
    JobRun: _job,
}

CLASSES: dict[Any, type[Any]] = {table.__table__: table for table in RULES}
