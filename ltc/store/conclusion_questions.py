"""What is asked about conclusions: one to be corrected, and what is proposed to correct in it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.store.assessments import Conclusion, ProposedCorrection
from ltc.store.base import known_at
from ltc.store.scope import visible
from ltc.store.users import User


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
