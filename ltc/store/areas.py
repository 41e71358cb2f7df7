"""Areas, districts and the organisations that users belong to."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.rules.errors import NotFound
from ltc.store.base import AreaKeyed, Base, area_key, enum_of


class OrganisationKind(StrEnum):
    """What an organisation does; the three are kept apart (三分离)."""

    AGENCY = "agency"
    ASSESSING_BODY = "assessing_body"
    PROVIDER = "provider"


class Area(Base):
    """A city or county with one law and one fund."""

    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(100))
    name_en: Mapped[str] = mapped_column(sa.String(100))
    time_zone: Mapped[str] = mapped_column(sa.String(40))
    policy_area: Mapped[str] = mapped_column(sa.String(40))


class District(AreaKeyed, Base):
    """A district of an area."""

    __tablename__ = "districts"
    __table_args__ = (sa.UniqueConstraint("area_id", "code"),)

    code: Mapped[str] = mapped_column(sa.String(40))
    name_zh: Mapped[str] = mapped_column(sa.String(100))
    name_en: Mapped[str] = mapped_column(sa.String(100))


class Organisation(AreaKeyed, Base):
    """An agency, an assessing body or a provider (whose row in ``providers`` has the same id)."""

    __tablename__ = "organisations"
    __table_args__ = (area_key("district_id", "districts"),)

    kind: Mapped[OrganisationKind] = mapped_column(enum_of(OrganisationKind))
    name: Mapped[str] = mapped_column(sa.String(200))
    district_id: Mapped[int | None] = mapped_column(sa.BigInteger)


class AreaNotFound(NotFound):
    """There is no area “{code}”."""


def get_area(session: Session, area_id: int) -> Area:
    """Return an area by its number; raises AreaNotFound."""
    area = session.get(Area, area_id)
    if area is None:
        raise AreaNotFound(code=area_id)
    return area


def get_area_by_code(session: Session, code: str) -> Area:
    """Return an area by its code; raises AreaNotFound."""
    area = session.scalar(sa.select(Area).where(Area.code == code))
    if area is None:
        raise AreaNotFound(code=code)
    return area


def list_areas(session: Session) -> list[Area]:
    """Return all areas in order of code."""
    return list(session.scalars(sa.select(Area).order_by(Area.code)))


def is_first_area(session: Session, area_id: int) -> bool:
    """Whether an area is the installation's first one, which does what is done once for all."""
    return session.scalar(sa.select(sa.func.min(Area.id))) == area_id


def list_districts(session: Session, area_id: int) -> list[District]:
    """Return the districts of an area in order of code."""
    return list(
        session.scalars(
            sa.select(District).where(District.area_id == area_id).order_by(District.code)
        )
    )


def list_organisations(
    session: Session, area_id: int, kind: OrganisationKind | None = None
) -> list[Organisation]:
    """Return the organisations of an area, of one kind or all, in order of name."""
    query = sa.select(Organisation).where(Organisation.area_id == area_id)
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    return list(session.scalars(query.order_by(Organisation.name, Organisation.id)))
