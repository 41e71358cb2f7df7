"""Named questions about applications, their evaluations and conclusions; all of them scoped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from ltc.rules.access import Actor
from ltc.rules.applications import OPEN, ApplicationStatus
from ltc.rules.errors import NotFound
from ltc.rules.insured import LifeEventKind
from ltc.store.assessments import (
    Application,
    Conclusion,
    Confirmation,
    Evaluation,
    ProposedCorrection,
)
from ltc.store.base import known_at, of_days
from ltc.store.conclusion_questions import find_proposal
from ltc.store.counting import count_each
from ltc.store.insured import Enrolment, InsuredPerson, LifeEvent
from ltc.store.insured_questions import PersonNotFound
from ltc.store.paging import Page, page
from ltc.store.scope import visible
from ltc.store.users import User
from ltc.store.whole_lists import WholeList

Assessor = aliased(User, name="assessor")
Expert = aliased(User, name="expert")

# An evaluation that was sent back is older than the one that takes its place, even in one second.
OLDEST_FIRST = (Evaluation.started_at, Evaluation.completed_at.is_(None), Evaluation.id)


class ApplicationNotFound(NotFound):
    """There is no such application, or it is not yours to see."""


class EvaluationNotFound(NotFound):
    """The evaluation has not begun yet. Start it on the page of the application."""


class CaseNumberUnknown(NotFound):
    """There is no insured person with this case number, or they are not yours to see."""


class Listed(NamedTuple):
    """A row of the list of applications."""

    application: Application
    person: InsuredPerson
    assessor_name: str | None
    expert_name: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list of applications is narrowed to."""

    text: str = ""
    status: ApplicationStatus | None = None
    district_id: int | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The grade so far (None: not yet), and how many experts have confirmed it."""

    grade: str | None
    confirmations: int


@dataclass(frozen=True, slots=True)
class CaseFile:
    """An application with everything that belongs to it, the newest evaluation last."""

    application: Application
    person: InsuredPerson
    assessor_name: str | None
    expert_name: str | None
    evaluations: tuple[Evaluation, ...]
    confirmations: tuple[tuple[Confirmation, str], ...]
    conclusions: tuple[Conclusion, ...]
    proposal: tuple[ProposedCorrection, str] | None = None

    @property
    def evaluation(self) -> Evaluation | None:
        """The evaluation that counts now."""
        return self.evaluations[-1] if self.evaluations else None

    @property
    def confirmed(self) -> tuple[tuple[Confirmation, str], ...]:
        """The confirmations of the evaluation that counts now, with the experts' names."""
        now = self.evaluation
        return tuple(pair for pair in self.confirmations if now and pair[0].evaluation_id == now.id)

    @property
    def conclusion(self) -> Conclusion | None:
        """The conclusion that is believed now."""
        return next(
            (row for row in self.conclusions if row.superseded_at is None and not row.withdrawn),
            None,
        )


# --- one ------------------------------------------------------------------------------------------


def get_application(session: Session, actor: Actor, application_id: int) -> Application:
    """Return an application the actor may see; raises ApplicationNotFound."""
    found: Application | None = session.scalar(
        visible(sa.select(Application), actor, Application).where(Application.id == application_id)
    )
    if found is None:
        raise ApplicationNotFound
    return found


def lock_application(session: Session, actor: Actor, application_id: int) -> Application:
    """Return an application as it stands now and keep others from changing it until the commit."""
    found: Application | None = session.scalar(
        visible(sa.select(Application), actor, Application)
        .where(Application.id == application_id)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise ApplicationNotFound
    return found


def get_case_file(session: Session, actor: Actor, application_id: int) -> CaseFile:
    """Return an application with everything that belongs to it; raises ApplicationNotFound."""
    row = session.execute(_select_listed(actor).where(Application.id == application_id)).first()
    if row is None:
        raise ApplicationNotFound
    case = CaseFile(
        *Listed(*row),
        evaluations=tuple(list_evaluations(session, actor, application_id)),
        confirmations=_list_confirmations(session, actor, application_id),
        conclusions=tuple(_list_conclusions(session, actor.area_id, application_id)),
    )
    if case.conclusion is None:
        return case
    return replace(case, proposal=find_proposal(session, actor, case.conclusion.id))


def find_evaluation(session: Session, actor: Actor, application_id: int) -> Evaluation | None:
    """Return the evaluation that counts now: the newest, as it stands in the database."""
    found = list_evaluations(session, actor, application_id)
    return found[-1] if found else None


def list_evaluations(session: Session, actor: Actor, application_id: int) -> list[Evaluation]:
    """Return the evaluations of an application, the newest last."""
    query = visible(sa.select(Evaluation), actor, Evaluation).where(
        Evaluation.application_id == application_id
    )
    return list(
        session.scalars(query.order_by(*OLDEST_FIRST).execution_options(populate_existing=True))
    )


def list_confirmers(session: Session, actor: Actor, evaluation_id: int) -> list[int]:
    """Return the ids of the experts who have confirmed an evaluation."""
    query = visible(sa.select(Confirmation), actor, Confirmation).where(
        Confirmation.evaluation_id == evaluation_id
    )
    return [row.expert_id for row in session.scalars(query.order_by(Confirmation.id))]


def _list_confirmations(
    session: Session, actor: Actor, application_id: int
) -> tuple[tuple[Confirmation, str], ...]:
    query: Any = (
        sa.select(Confirmation, User.name)
        .join(
            User, sa.and_(User.area_id == Confirmation.area_id, User.id == Confirmation.expert_id)
        )
        .where(Confirmation.application_id == application_id)
        .order_by(Confirmation.confirmed_at, Confirmation.id)
    )
    return tuple((row, name) for row, name in session.execute(visible(query, actor, Confirmation)))


def _list_conclusions(session: Session, area_id: int, application_id: int) -> list[Conclusion]:
    """All versions, corrected ones too; who sees the application sees what it came to."""
    return list(
        session.scalars(
            sa.select(Conclusion)
            .where(Conclusion.area_id == area_id, Conclusion.application_id == application_id)
            .order_by(Conclusion.recorded_at, Conclusion.id)
        )
    )


# --- many -----------------------------------------------------------------------------------------

ORDERS: dict[str, tuple[Any, ...]] = {
    "filed": (Application.filed_on, Application.id),
    "number": (Application.number, Application.id),
    "status": (Application.status, Application.filed_on, Application.id),
    "person": (InsuredPerson.name, Application.id),
}


def list_applications(
    session: Session,
    actor: Actor,
    given: Filter,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
    limit: int = 50,
) -> Page[Any]:
    """Return one page of ``Listed`` rows; raises CursorBroken."""
    found = page(
        session, _narrow(_select_listed(actor), given), order, cursor, limit, descending=descending
    )
    return Page([Listed(*row) for row in found.rows], found.next_cursor, found.previous_cursor)


def load_applications(
    session: Session, actor: Actor, given: Filter
) -> WholeList[tuple[Application, InsuredPerson, str | None, str | None]]:
    """Return what ``Listed`` takes, of a whole list by number, for a file."""
    return WholeList(session, _narrow(_select_listed(actor), given), *ORDERS["number"])


def count_by_status(session: Session, actor: Actor) -> dict[ApplicationStatus, int]:
    """Return how many applications stand where; counted as far as ``store.counting`` counts."""
    mine = visible(sa.select(Application.id), actor, Application)
    return count_each(
        session, {status: mine.where(Application.status == status) for status in ApplicationStatus}
    )


def load_outcomes(
    session: Session, actor: Actor, application_ids: Sequence[int]
) -> dict[int, Outcome]:
    """Return what each application has come to so far, by the evaluation that counts now."""
    newest = _load_newest(session, actor, application_ids)
    counts = _count_confirmations(session, actor, [row.id for row in newest.values()])
    concluded = sa.select(Conclusion.application_id, Conclusion.grade).where(
        Conclusion.area_id == actor.area_id,
        Conclusion.application_id.in_(application_ids),
        known_at(Conclusion, None),
    )
    grades = {key: row.grade for key, row in newest.items()}
    grades |= {key: grade for key, grade in session.execute(concluded) if key}
    return {
        key: Outcome(grades[key], counts.get(newest[key].id, 0) if key in newest else 0)
        for key in grades
    }


def _load_newest(
    session: Session, actor: Actor, application_ids: Sequence[int]
) -> dict[int, Evaluation]:
    query = visible(sa.select(Evaluation), actor).where(
        Evaluation.application_id.in_(application_ids)
    )
    return {row.application_id: row for row in session.scalars(query.order_by(*OLDEST_FIRST))}


def _count_confirmations(
    session: Session, actor: Actor, evaluation_ids: Sequence[int]
) -> dict[int, int]:
    counted: Any = (
        sa.select(Confirmation.evaluation_id, sa.func.count())
        .where(Confirmation.evaluation_id.in_(evaluation_ids))
        .group_by(Confirmation.evaluation_id)
    )
    return {row[0]: row[1] for row in session.execute(visible(counted, actor, Confirmation))}


def _select_listed(actor: Actor) -> sa.Select[Any]:
    query: Any = (
        sa.select(Application, InsuredPerson, Assessor.name, Expert.name)
        .join(
            InsuredPerson,
            sa.and_(
                InsuredPerson.area_id == Application.area_id,
                InsuredPerson.id == Application.person_id,
            ),
        )
        .outerjoin(Assessor, _is_user(Assessor, Application.assessor_id))
        .outerjoin(Expert, _is_user(Expert, Application.expert_id))
    )
    return visible(query, actor, Application)


def _is_user(user: Any, user_id: Any) -> sa.ColumnElement[bool]:
    return sa.and_(user.area_id == Application.area_id, user.id == user_id)


def _narrow(query: sa.Select[Any], given: Filter) -> sa.Select[Any]:
    if given.status is not None:
        query = query.where(Application.status == given.status)
    if given.is_open:
        query = query.where(Application.status.in_(sorted(OPEN)))
    if given.district_id is not None:
        query = query.where(InsuredPerson.district_id == given.district_id)
    if given.text:
        begins = given.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            sa.or_(
                Application.number.like(begins, escape="\\"),
                InsuredPerson.case_number.like(begins, escape="\\"),
                InsuredPerson.name.like(begins, escape="\\"),
            )
        )
    return query


# --- what filing and assigning ask ----------------------------------------------------------------


def get_person_by_case_number(session: Session, actor: Actor, case_number: str) -> InsuredPerson:
    """Return an insured person the actor may see; raises CaseNumberUnknown."""
    found: InsuredPerson | None = session.scalar(
        visible(sa.select(InsuredPerson), actor).where(InsuredPerson.case_number == case_number)
    )
    if found is None:
        raise CaseNumberUnknown(field="case_number")
    return found


def lock_person(session: Session, actor: Actor, person_id: int) -> InsuredPerson:
    """Return a person and keep a second application for them waiting; raises PersonNotFound."""
    found: InsuredPerson | None = session.scalar(
        visible(sa.select(InsuredPerson), actor)
        .where(InsuredPerson.id == person_id)
        .with_for_update(of=InsuredPerson)
    )
    if found is None:
        raise PersonNotFound
    return found


def find_enrolment(session: Session, person: InsuredPerson, day: Any) -> Enrolment | None:
    """Return the enrolment in force on a day, as known now."""
    return session.scalar(
        sa.select(Enrolment)
        .where(Enrolment.area_id == person.area_id, Enrolment.person_id == person.id)
        .where(known_at(Enrolment, None), Enrolment.starts_on <= day)
        .where(of_days(day, None, Enrolment))
        .order_by(Enrolment.starts_on.desc(), Enrolment.id)
        .limit(1)
    )


def find_death(session: Session, person: InsuredPerson) -> LifeEvent | None:
    """Return the person's death, as known now."""
    return session.scalar(
        sa.select(LifeEvent)
        .where(LifeEvent.area_id == person.area_id, LifeEvent.person_id == person.id)
        .where(LifeEvent.kind == LifeEventKind.DEATH, known_at(LifeEvent, None))
        .limit(1)
    )


def find_open_application(session: Session, person: InsuredPerson) -> Application | None:
    """Return the person's application that has not ended yet."""
    return session.scalar(
        sa.select(Application)
        .where(Application.area_id == person.area_id, Application.person_id == person.id)
        .where(Application.status.in_(sorted(OPEN)))
        .limit(1)
    )
