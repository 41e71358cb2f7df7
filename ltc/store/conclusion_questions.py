"""What is asked about conclusions: one to be corrected, and what is proposed to correct in it."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.store.assessments import Application, Conclusion, ProposedCorrection
from ltc.store.base import known_at
from ltc.store.insured import InsuredPerson
from ltc.store.scope import visible
from ltc.store.users import User

PROPOSALS_SHOWN = 20


class ConclusionNotFound(NotFound):
    """There is no such conclusion, or it is not yours to see."""


def lock_conclusion(session: Session, actor: Actor, conclusion_id: int) -> Conclusion:
    """Return a conclusion that is believed now, and keep others from correcting it until the commit.

    Raises ConclusionNotFound.
    """
    found: Conclusion | None = session.scalar(
        visible(sa.select(Conclusion), actor)
        .where(Conclusion.id == conclusion_id, known_at(Conclusion, None))
        .with_for_update(of=Conclusion)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise ConclusionNotFound
    return found


def find_proposal(
    session: Session, actor: Actor, conclusion_id: int
) -> tuple[ProposedCorrection, str] | None:
    """Return the newest correction proposed for a conclusion, with the name of who proposed it."""
    p = ProposedCorrection
    query: Any = (
        sa.select(p, User.name)
        .join(User, sa.and_(User.area_id == p.area_id, User.id == p.proposed_by_id))
        .where(p.conclusion_id == conclusion_id)
        .order_by(p.proposed_at.desc(), p.id.desc())
        .limit(1)
    )
    row = session.execute(visible(query, actor, p)).first()
    return None if row is None else (row[0], row[1])


class WaitingProposal(NamedTuple):
    """A correction that a second expert may confirm, with what names the case."""

    application_id: int
    number: str
    person: str
    proposed_by: str
    proposed_at: datetime


def list_waiting_proposals(session: Session, actor: Actor) -> list[WaitingProposal]:
    """Return the corrections that others proposed and nobody confirmed yet, the oldest first."""
    p, newer = ProposedCorrection, aliased(ProposedCorrection)
    is_replaced = sa.exists().where(
        newer.area_id == p.area_id,
        newer.conclusion_id == p.conclusion_id,
        sa.tuple_(newer.proposed_at, newer.id) > sa.tuple_(p.proposed_at, p.id),
    )
    query: Any = (
        sa.select(Application.id, Application.number, InsuredPerson.name, User.name, p.proposed_at)
        .select_from(p)
        .join(Conclusion, _is_of(p, conclusion_id=Conclusion))
        .join(Application, _is_of(Conclusion, application_id=Application))
        .join(InsuredPerson, _is_of(Conclusion, person_id=InsuredPerson))
        .join(User, _is_of(p, proposed_by_id=User))
        .where(known_at(Conclusion, None), p.proposed_by_id != actor.user_id, ~is_replaced)
        .order_by(p.proposed_at, p.id)
        .limit(PROPOSALS_SHOWN)
    )
    return [WaitingProposal(*row) for row in session.execute(visible(query, actor, p))]


def _is_of(entity: Any, **reference: Any) -> sa.ColumnElement[bool]:
    """The condition that a row refers by a column to a row of another table."""
    ((column, other),) = reference.items()
    return sa.and_(other.area_id == entity.area_id, other.id == getattr(entity, column))
