"""A small world for tests of access: two areas, in each two sides that share nothing.

A side is a district with a provider, a carer, a person with an application and everything that
follows from it, and users of every role. What belongs to an area as a whole stands on both sides.
"""

import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.rules.applications import ApplicationStatus
from ltc.rules.payouts.results import Outcome, Settlement
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.rules.payouts.trace import to_json
from ltc.rules.statements import StatementKind
from ltc.store.areas import Area, District, Organisation, OrganisationKind
from ltc.store.assessments import (
    Application,
    Conclusion,
    Confirmation,
    Evaluation,
    ProposedCorrection,
)
from ltc.store.audit_log import AuditBlock, AuditEvent
from ltc.store.base import new_id
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import (
    PayoutBridge,
    PayoutHold,
    PayoutLine,
    PayoutResult,
    PayoutRun,
    PayoutSum,
    RunChunk,
)
from ltc.store.plans import PlanItem
from ltc.store.statements import Statement
from ltc.store.users import User, UserSession
from tests.support import factories as make

AT = datetime(2019, 11, 1, tzinfo=UTC)
DIGEST = "0" * 64
PROVIDER_ROLES = {Role.PROVIDER_MANAGER, Role.CARER}
ASSESSING_ROLES = {Role.ASSESSOR, Role.EXPERT}


@dataclass
class Side:
    """One half of an area: its rows by class, and its users by role."""

    area_id: int
    district_id: int
    provider_id: int = 0
    carer_id: int = 0
    rows: dict[type[Any], Any] = field(default_factory=dict)
    users: dict[Role, User] = field(default_factory=dict)

    def __getitem__(self, table: type[Any]) -> Any:
        return self.rows[table]

    def keep(self, *rows: Any) -> None:
        self.rows.update({type(row): row for row in rows})

    def actor(self, role: Role, *, is_bound: bool = False) -> Actor:
        """Who this side's user of a role is; ``is_bound``: to the side's district."""
        user = self.users[role]
        return Actor(
            user.id, user.name, role, self.area_id, user.organisation_id,
            self.district_id if is_bound else None, user.carer_id,
        )  # fmt: skip


def build_world(session: Session) -> list[list[Side]]:
    """Return the two sides of each of two areas; area 1 is Chongqing."""
    world = [_build_area(session, number) for number in (1, 2)]
    session.commit()
    return world


def _build_area(session: Session, number: int) -> list[Side]:
    if session.get(Area, number) is None:
        make.make_area(session, id=number)
    run = _save(session, PayoutRun, area_id=number, month="2019-11", kind=RunKind.REGULAR,
                sequence=1, status=RunStatus.APPROVED, known_at=AT, policy_digest=DIGEST,
                digest=DIGEST, approved_digest=DIGEST, started_at=AT, calculated_at=AT)  # fmt: skip
    chunk = _save(session, RunChunk, area_id=number, run_id=run.id, number=1, first_case="A",
                  last_case="Z", people=2)  # fmt: skip
    total = _save(session, PayoutSum, area_id=number, run_id=run.id, digest=DIGEST, people=2,
                  breakdown="scheme", key="employee", eligible_fen=0, fund_fen=0, assistance_fen=0,
                  person_fen=0)  # fmt: skip
    bridge = _save(session, PayoutBridge, area_id=number, run_id=run.id, digest=DIGEST,
                   before_id=run.id, before_digest=DIGEST, spans=[], largest=[])  # fmt: skip
    job = _save(session, JobRun, area_id=number, kind="calculate", job_key="2019-11",
                status=JobStatus.DONE, inputs={"month": "2019-11"}, heartbeat_at=AT, started_at=AT)  # fmt: skip
    event = _save(session, AuditEvent, area_id=number, at=AT, actor_id=None, actor_role="machine",
                  door="test", action="test.done", record_type="test", record_id=1, changes={},
                  digest=DIGEST)  # fmt: skip
    block = AuditBlock(area_id=number, number=1, events=0, previous_digest=DIGEST, digest=DIGEST,
                       sealed_at=AT)  # fmt: skip
    session.add(block)
    sides = [_build_side(session, number, run) for _ in range(2)]
    for side in sides:
        side.keep(run, chunk, total, bridge, job, event, block)
    return sides


def _build_side(session: Session, area_id: int, run: PayoutRun) -> Side:
    district = make.make_district(session, area_id)
    side = Side(area_id, district.id)
    provider = make.make_provider(session, area_id, district_id=district.id)
    carer = make.make_carer(session, provider)
    side.provider_id, side.carer_id = provider.id, carer.id
    person = make.make_person(session, area_id, district_id=district.id)
    side.keep(district, provider, carer, person, make.make_agreement(session, provider))
    side.keep(*[make.make_version(session, record) for record in (person, provider, carer)])
    _add_users(session, side)
    _add_facts(session, side)
    _add_application(session, side)
    _add_money(session, side, run)
    return side


def _add_users(session: Session, side: Side) -> None:
    agency = make.make_organisation(session, side.area_id)
    body = make.make_organisation(session, side.area_id, kind=OrganisationKind.ASSESSING_BODY)
    for role in Role:
        place = side.provider_id if role in PROVIDER_ROLES else agency.id
        side.users[role] = make.make_user(
            session, role, side.area_id,
            organisation_id=body.id if role in ASSESSING_ROLES else place,
            carer_id=side.carer_id if role is Role.CARER else None,
        )  # fmt: skip
    officer = side.users[Role.OFFICER]
    known = UserSession(token_digest=f"{officer.id:064x}", area_id=side.area_id, user_id=officer.id,
                        created_at=AT, seen_at=AT, expires_at=AT)  # fmt: skip
    session.add(known)
    side.keep(agency, officer, known)


def _add_facts(session: Session, side: Side) -> None:
    person, provider, carer = side[make.InsuredPerson], side[make.Provider], side[make.Carer]
    plan = make.make_plan(session, person, provider)
    side.keep(
        make.make_enrolment(session, person),
        make.make_assistance(session, person),
        make.make_life_event(session, person),
        make.make_account(session, person),
        make.make_conclusion(session, person),
        plan,
        _save(session, PlanItem, area_id=side.area_id, plan_id=plan.id, item_code="1",
              times_per_week=1),
        make.make_visit(session, person, carer),
        make.make_bed_stay(session, person, provider),
        make.make_fee(session, person, provider),
        _save(session, ImportFile, area_id=side.area_id, kind="visits", file_name="v.csv",
              file_digest=DIGEST, organisation_id=provider.id, counts={}, uploaded_at=AT,
              uploaded_by_id=side.users[Role.OFFICER].id),
    )  # fmt: skip


def _add_application(session: Session, side: Side) -> None:
    person = side[make.InsuredPerson]
    application = _save(
        session, Application, area_id=side.area_id, number=f"SQ{person.id}", person_id=person.id,
        filed_on=date(2019, 10, 1), status=ApplicationStatus.ACCEPTED,
        assessor_id=side.users[Role.ASSESSOR].id, expert_id=side.users[Role.EXPERT].id,
        recorded_at=AT,
    )  # fmt: skip
    evaluation = _save(session, Evaluation, area_id=side.area_id, application_id=application.id,
                       instrument="cn-2021", scores={}, started_at=AT, saved_at=AT)  # fmt: skip
    confirmation = _save(
        session, Confirmation, area_id=side.area_id, application_id=application.id,
        evaluation_id=evaluation.id, expert_id=side.users[Role.EXPERT].id, confirmed_at=AT,
    )  # fmt: skip
    proposed = _save(
        session, ProposedCorrection, area_id=side.area_id, conclusion_id=side[Conclusion].id,
        grade="4", concluded_on=AT.date(), reason="a slip", proposed_at=AT,
        proposed_by_id=side.users[Role.EXPERT].id,
    )  # fmt: skip
    side.keep(application, evaluation, confirmation, proposed)


def _add_money(session: Session, side: Side, run: PayoutRun) -> None:
    person = side[make.InsuredPerson]
    of_run = {"area_id": side.area_id, "run_id": run.id, "person_id": person.id}
    place = {"district_id": side.district_id, "provider_id": side.provider_id}
    settlement = Settlement(person.case_number, Outcome.ZERO, (), (), (), (), ())
    sums = {"eligible_fen": 0, "fund_fen": 0, "assistance_fen": 0, "person_fen": 0, "days": 0}
    side.keep(
        _save(session, PayoutResult, **of_run, **place, **sums, case_number=person.case_number,
              outcome=Outcome.ZERO, trace=zlib.compress(to_json(settlement)), trace_digest=DIGEST),
        _save(session, PayoutLine, **of_run, **place, **sums, component="daily_care",
              payee_kind="provider", payee_id=side.provider_id, sequence=1, scheme="employee",
              mode="home_visit", grade="5", level="5", form="daily", minutes=0,
              starts_on=date(2019, 11, 1), ends_before=date(2019, 12, 1)),
        _save(session, PayoutHold, **of_run, sequence=1, kind="no_account", owner="officer",
              values={"amount_fen": 155000}),
        _save(session, Statement, area_id=side.area_id, number=f"JS{person.id}", run_id=run.id,
              kind=StatementKind.PERSON, subject_id=person.id, **place, content_digest=DIGEST,
              issued_at=AT),
    )  # fmt: skip


def _save(session: Session, table: type[Any], **values: Any) -> Any:
    row = table(id=new_id(), **values)
    session.add(row)
    session.flush()
    return row


AREA_WIDE = {PayoutRun, RunChunk, PayoutSum, PayoutBridge, JobRun, AuditEvent, AuditBlock}
ORGANISATIONAL = {District, Organisation}
