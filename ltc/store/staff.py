"""Who evaluates: assessors and experts of an area, where they belong, and how much they have to do."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Role
from ltc.rules.applications import ApplicationStatus
from ltc.store.areas import Organisation, OrganisationKind
from ltc.store.assessments import Application
from ltc.store.users import User


class Staff(NamedTuple):
    """Somebody who evaluates, with where they belong and how many people they have to evaluate."""

    user: User
    organisation: Organisation
    load: int

    @property
    def is_independent(self) -> bool:
        """Whether they belong to an assessing body (三分离, 医保发〔2023〕29号)."""
        return self.organisation.kind is OrganisationKind.ASSESSING_BODY


def list_staff(session: Session, area_id: int, role: Role) -> list[Staff]:
    """Return the active users of an area with a role, in order of name."""
    query: Any = (
        sa.select(User, Organisation, _load_of(User).label("load"))
        .join(
            Organisation,
            sa.and_(Organisation.area_id == User.area_id, Organisation.id == User.organisation_id),
        )
        .where(User.area_id == area_id, User.role == role, User.active.is_(True))
        .order_by(User.name, User.id)
    )
    return [Staff(*row) for row in session.execute(query)]


def _load_of(user: Any) -> Any:
    """How many accepted applications are assigned to a user and not evaluated yet."""
    as_expert = (
        Application.expert_id == user.id,
        Application.assessor_id.is_distinct_from(user.id),
    )
    return _count_accepted(user, Application.assessor_id == user.id) + _count_accepted(
        user, *as_expert
    )


def _count_accepted(user: Any, *conditions: Any) -> Any:
    """One for each of the two indexes: joined by OR, neither would be used."""
    return (
        sa.select(sa.func.count())
        .where(Application.area_id == user.area_id)
        .where(Application.status == ApplicationStatus.ACCEPTED, *conditions)
        .scalar_subquery()
    )
