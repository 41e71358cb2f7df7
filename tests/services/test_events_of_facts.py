"""What the audit log tells of a new fact: all that the rules read, and no words about a person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.audit import plain
from ltc.rules.audit_words import ACTION_NAMES
from ltc.rules.insured import LifeEventKind, SchemeCode
from ltc.rules.providers import CarerKind, ProviderKind
from ltc.rules.stays import FeeKind
from ltc.rules.visits import VisitSource
from ltc.services import (
    applications,
    conclusions,
    evaluations,
    insured,
    life_facts,
    plans,
    providers,
    stays,
    visits,
)
from ltc.services.context import Context
from ltc.services.facts import EMPTY, WORDS, read_values
from ltc.store.assessments import Application, Confirmation, Evaluation
from ltc.store.audit_log import AuditEvent
from ltc.store.base import Base, Fact
from ltc.store.insured import Enrolment
from ltc.store.sealed_cells import Purpose, digest_words
from tests.support import factories as make
from tests.support.assessment_cases import HIGHEST, MakeCtx, Way, make_insured, make_staff

SAID = "中风，女儿李华 13800138000"
DAY = date(2019, 11, 1)
# Texts that are codes or numbers; bank and refusal are what the payment follows, and a reason is
# why somebody changed a record, which is what an auditor asks the log for.
NOT_WORDS = {
    "account_digest", "account_last4", "bank_name", "category", "grade", "instrument", "items",
    "kind", "mode", "number", "reason", "reference", "refused", "standard",
}  # fmt: skip
# Of a person the log has digests of what finds them; of a visit's place nothing.
UNTOLD = {*visits.HIDDEN, "identity_digest", "identity_last4", "phone_digest"}
PURPOSES = {**WORDS, "name": Purpose.NAME}


@dataclass
class Desk:
    """Where everything about a person can be recorded."""

    ctx: Context
    way: Way
    person: Any
    provider: Any
    carer: Any


@pytest.fixture
def desk(session: Session, area: Any, ctx: Context, make_ctx: MakeCtx) -> Desk:
    provider = make.make_provider(session)
    carer = make.make_carer(session, provider)
    way = Way(session, make_ctx, make_staff(session))
    return Desk(ctx, way, make.make_person(session), provider, carer)


def register_person(desk: Desk) -> Any:
    """Its first enrolment is told in the same event."""
    contact = insured.Contact("李桂芳", desk.person.district_id)
    person = insured.register(
        desk.ctx, identity=make.make_identity(900), contact=contact, scheme=SchemeCode.EMPLOYEE,
        contribution_years=15, starts_on=date(2018, 1, 1),
    )  # fmt: skip
    own = Enrolment.person_id == person.id
    return desk.ctx.session.scalars(sa.select(Enrolment).where(own)).one()


def record_enrolment(desk: Desk) -> Any:
    facts = life_facts.EnrolmentFacts(SchemeCode.RESIDENT, 3, DAY, topped_up_on=DAY)
    return life_facts.record_enrolment(desk.ctx, person_id=desk.person.id, facts=facts)


def record_assistance(desk: Desk) -> Any:
    facts = life_facts.AssistanceFacts("poor", DAY)
    return life_facts.record_assistance(desk.ctx, person_id=desk.person.id, facts=facts)


def record_life_event(desk: Desk) -> Any:
    facts = life_facts.EventFacts(LifeEventKind.HOSPITAL_STAY, DAY, date(2019, 11, 9), SAID)
    return life_facts.record_life_event(desk.ctx, person_id=desk.person.id, facts=facts)


def record_account(desk: Desk) -> Any:
    facts = life_facts.AccountFacts(SAID, "工商银行", make.make_account_number(), DAY)
    return life_facts.record_account(desk.ctx, person_id=desk.person.id, facts=facts)


def draw_up_plan(desk: Desk) -> Any:
    facts = plans.PlanFacts(
        "home_visits", DAY, provider_id=desk.provider.id, items={"D01": 2},
        authorised_minutes_per_month=600,
    )  # fmt: skip
    return plans.draw_up(desk.ctx, person_id=desk.person.id, facts=facts)


def log_visit(desk: Desk) -> Any:
    begins, ends = (datetime.fromisoformat(f"2019-11-13T{hour}:00") for hour in ("09", "10"))
    facts = visits.VisitFacts(
        desk.person.id, desk.carer.id, begins, ends, ("D01",), VisitSource.PAPER, price_fen=0
    )
    return visits.log(desk.ctx, facts=facts, reason="as the paper says")


def record_stay(desk: Desk) -> Any:
    facts = stays.StayFacts(desk.person.id, desk.provider.id, DAY, date(2019, 11, 5), 7_000)
    return stays.record(desk.ctx, facts=facts)


def record_fee(desk: Desk) -> Any:
    facts = stays.FeeFacts(desk.person.id, desk.provider.id, DAY, 6_000, FeeKind.DAILY_CARE)
    return stays.record_fee(desk.ctx, facts=facts)


def register_provider(desk: Desk) -> Any:
    facts = providers.ProviderFacts("N1", "新名护理站", ProviderKind.HOME, desk.person.district_id)
    return providers.register(desk.ctx, facts=facts)


def record_agreement(desk: Desk) -> Any:
    facts = providers.AgreementFacts("XY-1", DAY, date(2020, 11, 1))
    return providers.record_agreement(desk.ctx, provider_id=desk.provider.id, facts=facts)


def register_carer(desk: Desk) -> Any:
    facts = providers.CarerFacts(
        "K1", "李秀兰", CarerKind.FAMILY, DAY, identity=make.make_identity(901)
    )
    return providers.register_carer(desk.ctx, provider_id=desk.provider.id, facts=facts)


def conclude(desk: Desk) -> Any:
    return desk.way.conclude()[1]


EXAMPLES: Mapping[str, Callable[[Desk], Any]] = {
    "account.recorded": record_account,
    "agreement.recorded": record_agreement,
    "assistance.recorded": record_assistance,
    "carer.registered": register_carer,
    "conclusion.made": conclude,
    "enrolment.recorded": record_enrolment,
    "fee.recorded": record_fee,
    "life_event.recorded": record_life_event,
    "person.registered": register_person,
    "plan.drawn_up": draw_up_plan,
    "provider.registered": register_provider,
    "stay.recorded": record_stay,
    "visit.logged": log_visit,
}


def test_every_new_fact_has_an_example() -> None:
    ends = (".recorded", ".registered", ".logged", ".drawn_up", ".made")
    assert {action for action in ACTION_NAMES if action.endswith(ends)} == {
        *EXAMPLES,
        "backup.made",
    }


@pytest.mark.parametrize("action", EXAMPLES)
def test_the_event_of_a_new_fact_tells_all_that_the_fact_says(action: str, desk: Desk) -> None:
    row = EXAMPLES[action](desk)
    session = desk.ctx.session
    changes = session.scalars(sa.select(AuditEvent.changes).filter_by(action=action)).one()
    told = {name: value[1] if isinstance(value, list) else value for name, value in changes.items()}
    for name, value in read_values(row).items():
        if value in EMPTY or name.endswith("_sealed") or name in UNTOLD:
            continue
        is_of_a_person = name in WORDS or (name == "name" and action == "carer.registered")
        wanted = digest_words(session, value, PURPOSES[name]) if is_of_a_person else plain(value)
        if (name, action) != ("person_id", "person.registered"):  # the event is the person's
            assert told[name] == wanted, name


# --- words about a person -------------------------------------------------------------------------


def test_every_text_of_a_fact_about_a_person_is_a_code_or_kept_as_a_digest() -> None:
    tables = [mapper.class_ for mapper in Base.registry.mappers]
    facts = [table for table in tables if issubclass(table, Fact)]
    texts = {
        column.name
        for table in (*facts, Application, Evaluation, Confirmation)
        for column in table.__table__.columns
        if isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)
    }
    assert texts == NOT_WORDS | set(WORDS)


def write_everywhere(desk: Desk) -> None:
    """Write the same words into every field that takes words about a person."""
    way, ctx, staff = desk.way, desk.ctx, desk.way.staff
    event, account, plan = record_life_event(desk), record_account(desk), draw_up_plan(desk)
    facts = life_facts.EventFacts(event.kind, event.starts_on, event.ends_before, note="")
    life_facts.correct_life_event(ctx, event_id=event.id, facts=facts, reason="a slip")
    holder = life_facts.AccountFacts("李华", account.bank_name, None, account.starts_on)
    life_facts.correct_account(ctx, account_id=account.id, facts=holder, reason="a slip")
    plans.confirm(ctx, plan_id=plan.id, confirmed_on=DAY, confirmed_by=SAID)
    withdrawn = way.file()
    applications.withdraw(way.ctx(staff.officer), application_id=withdrawn.id, note=SAID)
    case = way.start(make_insured(ctx.session))
    assessor = way.ctx(staff.assessor)
    draft = evaluations.save_section(
        assessor, application_id=case.id, revision=0, scores=HIGHEST, notes=SAID
    )
    done = evaluations.complete_evaluation(
        assessor, application_id=case.id, revision=draft.revision, guardian_present=SAID, notes=SAID
    )
    conclusions.confirm_conclusion(
        way.ctx(staff.expert), application_id=case.id, evaluation_id=done.id, remark=SAID
    )
    evaluations.send_back(
        way.ctx(staff.second_expert), application_id=case.id, evaluation_id=done.id, reason=SAID
    )


def test_words_about_a_person_leave_a_digest_and_are_not_told(desk: Desk) -> None:
    write_everywhere(desk)
    session = desk.ctx.session
    events = session.scalars(sa.select(AuditEvent.changes)).all()
    assert not [changes for changes in events if SAID in str(changes)]
    told = {
        name for changes in events for name, value in changes.items() if _is_said(session, value)
    }
    assert told == set(WORDS)


def _is_said(session: Session, value: Any) -> bool:
    digests = {digest_words(session, SAID, purpose) for purpose in WORDS.values()}
    return isinstance(value, list) and bool(digests & {v for v in value if isinstance(v, str)})
