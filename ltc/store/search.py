"""The search of the header: people and providers, within what the actor may see."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.insured import InsuredPerson
from ltc.store.providers import Provider
from ltc.store.scope import visible

RESULTS_MAX = 50


def list_people_found(
    session: Session, actor: Actor, text: str, limit: int = RESULTS_MAX
) -> list[InsuredPerson]:
    """Return people by the start of the case number, part of the name, or the last four.

    An exact case number comes first.
    """
    exact = InsuredPerson.case_number == text.upper()
    query = visible(sa.select(InsuredPerson), actor).where(
        sa.or_(
            exact,
            InsuredPerson.case_number.startswith(text.upper(), autoescape=True),
            InsuredPerson.name.contains(text, autoescape=True),
            InsuredPerson.identity_last4 == text.upper(),
        )
    )
    order = (sa.case((exact, 0), else_=1), InsuredPerson.case_number, InsuredPerson.id)
    return list(session.scalars(query.order_by(*order).limit(limit)))


def list_providers_found(
    session: Session, actor: Actor, text: str, limit: int = RESULTS_MAX
) -> list[Provider]:
    """Return providers by code or part of the name."""
    query = visible(sa.select(Provider), actor).where(
        sa.or_(Provider.code == text.upper(), Provider.name.contains(text, autoescape=True))
    )
    return list(session.scalars(query.order_by(Provider.name, Provider.id).limit(limit)))
