"""Cases on their way to a conclusion, made through the use-cases themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.services import applications, conclusions, evaluations
from ltc.services.context import Context
from ltc.store.areas import OrganisationKind
from ltc.store.assessments import Application, Conclusion, Evaluation
from ltc.store.instruments import CURRENT, get_instrument
from ltc.store.insured import InsuredPerson
from ltc.store.users import User
from tests.support.factories import (
    make_enrolment,
    make_organisation,
    make_person,
    make_user,
)

MakeCtx = Callable[..., Context]
INSTRUMENT = get_instrument(CURRENT)
LOWEST = {code: item.scores[0] for code, item in INSTRUMENT.items.items()}
HIGHEST = {code: item.scores[-1] for code, item in INSTRUMENT.items.items()}
GUARDIAN = "王小明（女儿）"


@dataclass
class Staff:
    """Who handles a case."""

    officer: User
    assessor: User
    expert: User
    second_expert: User


def make_staff(session: Session, area_id: int = 1) -> Staff:
    body = make_organisation(
        session, area_id, kind=OrganisationKind.ASSESSING_BODY, name="市失能评估中心"
    )
    here = {"area_id": area_id, "organisation_id": body.id}
    return Staff(
        officer=make_user(session, Role.OFFICER, area_id, name="陈经办"),
        assessor=make_user(session, Role.ASSESSOR, name="李评估", **here),
        expert=make_user(session, Role.EXPERT, name="周专家", **here),
        second_expert=make_user(session, Role.EXPERT, name="吴专家", **here),
    )


def make_insured(session: Session, **given: Any) -> InsuredPerson:
    """A person who may apply."""
    person = make_person(session, **given)
    make_enrolment(session, person)
    return person


@dataclass
class Way:
    """Takes a case along its way; every step by the one whose step it is."""

    session: Session
    make_ctx: MakeCtx
    staff: Staff

    def ctx(self, user: User, now: datetime | None = None) -> Context:
        who = {"user_id": user.id, "name": user.name, "organisation_id": user.organisation_id}
        return self.make_ctx(role=user.role, **who, **({"now": now} if now else {}))

    def file(self, person: InsuredPerson | None = None) -> Application:
        person = person or make_insured(self.session)
        return applications.file(self.ctx(self.staff.officer), person_id=person.id)

    def accept(self, person: InsuredPerson | None = None) -> Application:
        filed = self.file(person)
        return applications.accept(self.ctx(self.staff.officer), application_id=filed.id)

    def assign(self, person: InsuredPerson | None = None) -> Application:
        accepted = self.accept(person)
        return applications.assign(
            self.ctx(self.staff.officer),
            application_id=accepted.id,
            assessor_id=self.staff.assessor.id,
            expert_id=self.staff.expert.id,
        )

    def start(self, person: InsuredPerson | None = None) -> Application:
        assigned = self.assign(person)
        evaluations.start_evaluation(self.ctx(self.staff.assessor), application_id=assigned.id)
        return assigned

    def save(self, application: Application, revision: int = 0, **scores: int) -> Evaluation:
        return evaluations.save_section(
            self.ctx(self.staff.assessor),
            application_id=application.id,
            revision=revision,
            scores=scores,
        )

    def complete(self, application: Application, revision: int) -> Evaluation:
        return evaluations.complete_evaluation(
            self.ctx(self.staff.assessor),
            application_id=application.id,
            revision=revision,
            guardian_present=GUARDIAN,
        )

    def score(
        self, person: InsuredPerson | None = None, scores: dict[str, int] = LOWEST
    ) -> tuple[Application, Evaluation]:
        application = self.start(person)
        draft = self.save(application, **scores)
        return application, self.complete(application, draft.revision)

    def confirm(
        self, application: Application, evaluation: Evaluation, expert: User
    ) -> Conclusion | None:
        return conclusions.confirm_conclusion(
            self.ctx(expert), application_id=application.id, evaluation_id=evaluation.id
        )

    def conclude(
        self, person: InsuredPerson | None = None, scores: dict[str, int] = LOWEST
    ) -> tuple[Application, Conclusion]:
        application, evaluation = self.score(person, scores)
        self.confirm(application, evaluation, self.staff.expert)
        conclusion = self.confirm(application, evaluation, self.staff.second_expert)
        assert conclusion is not None
        return application, conclusion


def make_way(session: Session, policies: Any, area_id: int = 1) -> Way:
    """A way outside of fixtures: for tests of pages and for looking."""

    def make(role: Role, now: datetime, **who: Any) -> Context:
        actor = Actor(role=role, area_id=area_id, door="test", **who)
        return Context(session, actor, now, policies)

    return Way(session, make, make_staff(session, area_id))


def look_again(session: Session) -> None:
    """Forget what a test's session has read: pages have changed it since."""
    session.rollback()
    session.expire_all()


# --- pages ----------------------------------------------------------------------------------------


def path(application: Application, page: str = "") -> str:
    """Return the address of a page about an application."""
    return f"/assessments/{application.id}{page}"


def read(client: Any, address: str, language: str = "en", status: int = 200) -> str:
    """Return what a page says; fails where it does not answer with the status."""
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == status, answer.text
    return str(answer.text)
