"""The people whom an assessor or expert has to evaluate, in the order of the planned visits."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.rules.applications import ApplicationStatus
from ltc.store.areas import District
from ltc.store.assessments import Application, Evaluation
from ltc.store.insured import InsuredPerson
from ltc.store.scope import visible

SHOWN = 50


class ToEvaluate(NamedTuple):
    """An accepted application, whose it is and where, and the draft that has begun (its id)."""

    application: Application
    person: InsuredPerson
    district: District
    draft_id: int | None


def is_assigned_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition for applications that an assessor or expert was given.

    It stands beside the scope, which opens more to an expert: so an index leads to the few at once.
    """
    given_to = Application.expert_id if actor.role is Role.EXPERT else Application.assessor_id
    return given_to == actor.user_id


def list_to_evaluate(session: Session, actor: Actor, limit: int = SHOWN) -> list[ToEvaluate]:
    """Return what is assigned to the actor and not evaluated; without a planned visit last."""
    area_id = Application.area_id
    query: Any = (
        sa.select(Application, InsuredPerson, District, Evaluation.id)
        .join(
            InsuredPerson,
            sa.and_(InsuredPerson.area_id == area_id, InsuredPerson.id == Application.person_id),
        )
        .join(
            District,
            sa.and_(District.area_id == area_id, District.id == InsuredPerson.district_id),
        )
        .outerjoin(
            Evaluation,
            sa.and_(
                Evaluation.area_id == area_id,
                Evaluation.application_id == Application.id,
                Evaluation.completed_at.is_(None),
            ),
        )
        .where(Application.status == ApplicationStatus.ACCEPTED, is_assigned_to(actor))
        .order_by(
            Application.visit_planned_at.is_(None), Application.visit_planned_at, Application.id
        )
        .limit(limit)
    )
    return [ToEvaluate(*row) for row in session.execute(visible(query, actor, Application))]
